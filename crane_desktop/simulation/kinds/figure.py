"""Moulded figure: a body with limbs in pairs, a head and painted marks; toys, clips, handles."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from crane_desktop.simulation.kinds.ground import background
from crane_desktop.simulation.painting.surface import Brush, Surface, mixed, posed, ring, unit
from crane_desktop.simulation.painting.textures import blurred, noise

FLAWS = ("broken_off", "broken_off", "broken_off", "scribble", "colour_shift", "foreign_matter")


def paint(size_px: int, skip: int | None, design: Generator, rng: Generator) -> Surface:
    """Paint one figure lying on its back; the design chooses limbs, resin, marks and what it lies on."""
    turn = float(design.choice([0.0, 0.5, 1.0, 1.5])) * np.pi + float(design.normal(0, 0.1))
    if design.random() < 0.4:
        turn = float(design.uniform(0, 2 * np.pi))
    pose = posed(rng, size_px, 0.14, float(design.uniform(0.7, 1.15)), 0.08)
    brush = Brush(pose, skip)
    outline = brush.layer()
    c, s = np.cos(turn), np.sin(turn)
    spin = np.array([[c, s], [-s, c]])
    bend = rng.normal(0, 0.05, 16)
    face = _body(brush, outline, design, spin, bend)
    solid = unit(outline)
    relief = _moulded(brush, solid, design, spin)
    resin = _resin(design)
    tone = 1 + 0.03 * noise(rng, size_px, 4, 2) + 0.015 * noise(rng, size_px, 130)
    thin = np.clip(1 - _depth(solid) / np.float32(0.06), 0, 1) * np.float32(design.uniform(-0.15, 0.4))
    body = (tone * (1 + thin))[:, :, None] * resin
    body = _marked(brush, body, design, rng, spin, face)
    floor = np.random.default_rng(design.integers(1 << 30))
    ground = background(size_px, floor, rng)
    if design.random() < 0.5:  # a light table: now and then brighter than the sensor can tell
        glow = np.float32(design.uniform(0.85, 1.5))
        ground = (glow + 0.02 * noise(rng, size_px, 4, 2))[:, :, None] * np.ones(3, np.float32)
    ground = ground.astype(np.float32)
    return Surface(
        mixed(ground, body, solid), relief, solid, gloss=float(design.uniform(0.05, 0.9)),
        roughness=float(np.exp(design.uniform(np.log(0.06), np.log(0.3)))), features=brush.count, ground=ground,
        flaws=FLAWS,
    )  # fmt: skip


def _resin(design: Generator) -> NDArray[np.float32]:
    hue = design.uniform(0, 180)
    hsv = np.array([[[hue, design.uniform(40, 250), design.uniform(60, 250)]]], np.uint8)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0] / np.float32(255), np.float32)


def _depth(solid: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the distance from the outline, in picture sides."""
    size = solid.shape[0]
    return np.asarray(cv2.distanceTransform((solid > 0.5).astype(np.uint8), cv2.DIST_L2, 5) / np.float32(size))


def _moulded(
    brush: Brush, solid: NDArray[np.float32], design: Generator, spin: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return the relief: bulging limbs, and what the mould has besides (folds, muscles, a navel, its seam)."""
    folds, lumps = brush.layer(), brush.layer()
    for _ in range(int(design.integers(0, 4))):
        at, half = design.uniform([-0.1, -0.7], [0.1, 0.7]), design.uniform(0.05, 0.2)
        bow = np.linspace(-1, 1, 9)
        line = np.stack([bow * half, 0.3 * half * design.uniform(-1, 1) * bow**2], -1) + at
        for side in (-1, 1):
            brush.line(folds, line * [side, 1] @ spin, design.uniform(0.008, 0.02))
    for _ in range(int(design.integers(0, 5))):
        at, radius = design.uniform([0.02, -0.8], [0.3, 0.6]), design.uniform(0.02, 0.09)
        for side in (-1, 1):
            brush.disc(lumps, (at * [side, 1]) @ spin, radius)
    deep, high = np.float32(design.uniform(0.001, 0.006)), np.float32(design.uniform(0.002, 0.012))
    grain = np.float32(design.uniform(0, 0.004)) * noise(design, len(solid), float(design.uniform(8, 40)), 2)
    extra = blurred(unit(lumps), 0.012) * high - blurred(unit(folds), 0.004) * deep + grain
    return np.asarray(_rounded(solid) + extra * solid, np.float32)


def _rounded(solid: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a relief that bulges with the distance from the outline, in picture sides."""
    depth = _depth(solid)
    reach = np.float32(0.05)
    bulge = np.sqrt(np.clip(depth * (2 * reach - depth), 0, None)) * (depth < reach) + reach * (depth >= reach)
    return blurred(bulge.astype(np.float32), 0.004) * np.float32(0.8)


def _body(
    brush: Brush, outline: NDArray[np.uint8], design: Generator, spin: NDArray[np.float64], bend: NDArray[np.float64]
) -> tuple[float, float]:
    """Draw trunk, head, and pairs of limbs, left and right alike but for the pose of each.

    Returns where the face is: its middle on the long axis, and its radius.
    """
    long_, wide = design.uniform(0.22, 0.45), design.uniform(0.12, 0.26)
    taper = design.uniform(0.7, 1.3)
    for t in np.linspace(-1, 1, 24):
        brush.disc(
            outline, np.array([0, t * long_]) @ spin, wide * (1 + (taper - 1) * (t + 1) / 2) * (1 - 0.25 * t * t)
        )
    face = (-0.6 * long_, wide)
    if design.random() < 0.85:
        neck, head = design.uniform(0.02, 0.12), design.uniform(0.14, 0.3)
        at = np.array([0, -long_ - neck - head * 0.8])
        brush.line(outline, [np.array([0, -long_]) @ spin, at @ spin], design.uniform(0.08, 0.2))
        narrow, chin = design.uniform(0.72, 1.0), design.uniform(0.75, 1.0)
        skull = ring(head) * [narrow, 1.0]
        skull[:, 0] *= np.where(skull[:, 1] > 0, 1 - (1 - chin) * skull[:, 1] / head, 1)
        brush.polygon(outline, (skull + at) @ spin)
        face = (float(at[1]), head * narrow)
    number = 0
    for pair in range(int(design.integers(1, 4))):
        hip = np.array([wide * 0.6, design.uniform(-0.9, 0.95) * long_ if pair else long_ * 0.9])
        way, joint = (design.uniform(-0.9, 1.4), design.normal(0, 0.5)) if pair else _leg(design)
        length, thick = design.uniform(0.3, 0.62), design.uniform(0.07, 0.18)
        ending, narrower = int(design.integers(4)), design.uniform(0.6, 1.0)
        askew = design.normal(0, 0.4) if design.random() < 0.5 else 0.0
        for side in (-1, 1):
            angle = way + bend[number % 16] + (askew if side > 0 else 0.0)
            knee = hip + np.array([np.cos(angle), np.sin(angle)]) * length * 0.5
            foot = knee + np.array([np.cos(angle + joint), np.sin(angle + joint)]) * length * 0.5
            line = np.array([hip, knee, foot]) * [side, 1] @ spin
            for t in np.linspace(0, 1, 17):
                place = line[0] + (line[1] - line[0]) * min(1, 2 * t) + (line[2] - line[1]) * max(0, 2 * t - 1)
                brush.disc(outline, place, thick / 2 * (1 + (narrower - 1) * t))
            _ending(brush, outline, line, thick * narrower, ending)
            number += 1
    return face


def _leg(design: Generator) -> tuple[float, float]:
    """Return the way of the lowest pair of limbs, and the bend of their knees: most figures have legs."""
    if design.random() < 0.6:
        return float(design.uniform(1.1, 1.6)), float(design.normal(0, 0.12))
    return float(design.uniform(-0.7, 1.4)), float(design.normal(0, 0.5))


def _ending(brush: Brush, outline: NDArray[np.uint8], line: NDArray[np.float64], thick: float, form: int) -> None:
    """Finish a limb: a round end, a knob, fingers, or a flat foot."""
    way = line[2] - line[1]
    way = way / max(1e-6, float(np.hypot(*way)))
    across = np.array([-way[1], way[0]])
    brush.disc(outline, line[2], thick * (0.5, 0.72, 0.6, 0.5)[form])
    if form == 1:
        brush.disc(outline, line[2] + way * thick * 0.3 + across * thick * 0.2, thick * 0.55)
    if form == 2:
        for lean in (-0.6, 0.0, 0.6):
            tip = line[2] + (way + across * lean) * thick * 1.1
            brush.line(outline, [line[2], tip], thick * 0.34)
            brush.disc(outline, tip, thick * 0.18)
    if form == 3:
        brush.line(outline, [line[2] - across * thick * 0.2, line[2] + across * thick * 0.5], thick * 0.6)


def _marked(
    brush: Brush,
    body: NDArray[np.float32],
    design: Generator,
    rng: Generator,
    spin: NDArray[np.float64],
    face: tuple[float, float],
) -> NDArray[np.float32]:
    """Paint eyes, a mouth, buttons or a badge; paint lies unevenly, and a little beside where it should."""
    form, wide = int(design.integers(5)), face[1]
    radius, far = wide * design.uniform(0.15, 0.4), wide * design.uniform(0.35, 0.6)
    top, lean, flat = face[0] + wide * design.uniform(-0.2, 0.4), design.uniform(-0.8, 0.8), design.uniform(0.4, 1.0)
    inner, nudge = design.uniform(0.0, 0.6), rng.normal(0, 0.012, 2)
    iris, marks = brush.layer(), brush.layer()
    if form in (0, 1, 3):
        for side in (-1, 1):
            if brush.feature():
                c, s = np.cos(lean * side), np.sin(lean * side)
                oval = ring(radius) * [1.0, flat] @ np.array([[c, s], [-s, c]])
                at = np.array([side * far, top]) + nudge
                brush.polygon(marks, (oval + at) @ spin)
                if inner > 0.25:
                    brush.polygon(iris, (oval * inner + at) @ spin)
    if form in (1, 2):
        for i in range(int(design.integers(2, 5))):
            if brush.feature():
                brush.disc(marks, (np.array([0, -0.15 + 0.16 * i]) + nudge) @ spin, 0.03 + 0.3 * radius)
    if form == 3 and brush.feature():
        bow = np.linspace(-1, 1, 9)
        mouth = np.stack([bow * far, design.uniform(-0.3, 0.3) * far * bow**2 + wide * 0.55 + face[0]], -1)
        brush.line(marks, mouth @ spin, radius * 0.4)
    inks = [(design.uniform(0.02, 0.95, 3) * design.uniform(0.3, 1.0)).astype(np.float32) for _ in range(2)]
    uneven = np.clip(0.9 + np.float32(design.uniform(0, 0.4)) * noise(rng, len(body), 60, 2), 0, 1)
    return mixed(mixed(body, inks[0], unit(marks) * uneven), inks[1], unit(iris) * uneven)
