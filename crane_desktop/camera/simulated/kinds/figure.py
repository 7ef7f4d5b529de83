"""Moulded figure: a body with limbs in pairs, a head and painted marks; toys, clips, handles."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from crane_desktop.camera.simulated.kinds.ground import background
from crane_desktop.camera.simulated.surface import Brush, Surface, mixed, posed, ring, unit
from crane_desktop.camera.simulated.textures import blurred, noise

FLAWS = ("broken_off", "broken_off", "broken_off", "scribble", "colour_shift", "foreign_matter")


def paint(size_px: int, skip: int | None, design: Generator, rng: Generator) -> Surface:
    """Paint one figure lying on its back; the design chooses limbs, resin, marks and what it lies on."""
    turn = float(design.uniform(0, 2 * np.pi)) if design.random() < 0.5 else 0.0
    pose = posed(rng, size_px, 0.14, float(design.uniform(0.7, 1.0)), 0.08)
    brush = Brush(pose, skip)
    outline, marks = brush.layer(), brush.layer()
    c, s = np.cos(turn), np.sin(turn)
    spin = np.array([[c, s], [-s, c]])
    bend = rng.normal(0, 0.05, 16)
    _body(brush, outline, design, spin, bend)
    _marks(brush, marks, design, spin)
    solid = unit(outline)
    resin = _resin(design)
    tone = 1 + 0.03 * noise(rng, size_px, 4, 2) + 0.015 * noise(rng, size_px, 130)
    body = tone[:, :, None] * resin
    ink = design.uniform(0.02, 0.9, 3) * design.uniform(0.3, 1.0)
    body = mixed(body, ink.astype(np.float32), unit(marks) * np.float32(0.95))
    floor = np.random.default_rng(design.integers(1 << 30))
    bright = design.random() < 0.5
    ground = background(size_px, floor, rng)
    if bright:
        ground = (0.94 + 0.02 * noise(rng, size_px, 4, 2))[:, :, None] * np.ones(3, np.float32)
    ground = ground.astype(np.float32)
    return Surface(
        mixed(ground, body, solid), _rounded(solid), solid, gloss=float(design.uniform(0.05, 0.35)),
        roughness=float(design.uniform(0.12, 0.3)), features=brush.count, ground=ground, flaws=FLAWS,
    )  # fmt: skip


def _resin(design: Generator) -> NDArray[np.float32]:
    hue = design.uniform(0, 180)
    hsv = np.array([[[hue, design.uniform(40, 230), design.uniform(60, 235)]]], np.uint8)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0] / np.float32(255), np.float32)


def _rounded(solid: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a relief that bulges with the distance from the outline, in picture sides."""
    size = solid.shape[0]
    depth = cv2.distanceTransform((solid > 0.5).astype(np.uint8), cv2.DIST_L2, 5) / np.float32(size)
    reach = np.float32(0.05)
    bulge = np.sqrt(np.clip(depth * (2 * reach - depth), 0, None)) * (depth < reach) + reach * (depth >= reach)
    return blurred(bulge.astype(np.float32), 0.004) * np.float32(0.8)


def _body(
    brush: Brush, outline: NDArray[np.uint8], design: Generator, spin: NDArray[np.float64], bend: NDArray[np.float64]
) -> None:
    """Trunk, head, and pairs of limbs, left and right alike but for the pose of each."""
    long_, wide = design.uniform(0.25, 0.45), design.uniform(0.14, 0.26)
    taper = design.uniform(0.7, 1.3)
    for t in np.linspace(-1, 1, 24):
        brush.disc(
            outline, np.array([0, t * long_]) @ spin, wide * (1 + (taper - 1) * (t + 1) / 2) * (1 - 0.25 * t * t)
        )
    if design.random() < 0.8:
        neck, head = design.uniform(0.02, 0.12), design.uniform(0.14, 0.26)
        at = np.array([0, -long_ - neck - head * 0.8])
        brush.line(outline, [np.array([0, -long_]) @ spin, at @ spin], design.uniform(0.08, 0.16))
        brush.polygon(outline, (ring(head) * [design.uniform(0.75, 1.0), 1.0] + at) @ spin)
    number = 0
    for pair in range(int(design.integers(1, 4))):
        hip = np.array([wide * 0.6, design.uniform(-0.9, 0.95) * long_ if pair else long_ * 0.9])
        way, joint = design.uniform(-0.7, 1.4), design.normal(0, 0.5)
        length, thick = design.uniform(0.3, 0.62), design.uniform(0.07, 0.15)
        ending = int(design.integers(3))
        askew = design.normal(0, 0.25) if design.random() < 0.4 else 0.0
        for side in (-1, 1):
            angle = way + bend[number % 16] + (askew if side > 0 else 0.0)
            knee = hip + np.array([np.cos(angle), np.sin(angle)]) * length * 0.5
            foot = knee + np.array([np.cos(angle + joint), np.sin(angle + joint)]) * length * 0.5
            line = np.array([hip, knee, foot]) * [side, 1] @ spin
            brush.line(outline, line, thick)
            brush.disc(outline, line[1], thick / 2)
            _ending(brush, outline, line, thick, ending)
            number += 1


def _ending(brush: Brush, outline: NDArray[np.uint8], line: NDArray[np.float64], thick: float, form: int) -> None:
    """Finish a limb: a round end, a knob, or fingers."""
    way = line[2] - line[1]
    way = way / max(1e-6, float(np.hypot(*way)))
    across = np.array([-way[1], way[0]])
    brush.disc(outline, line[2], thick * (0.5, 0.72, 0.6)[form])
    if form == 1:
        brush.disc(outline, line[2] + way * thick * 0.3 + across * thick * 0.2, thick * 0.55)
    if form == 2:
        for lean in (-0.6, 0.0, 0.6):
            tip = line[2] + (way + across * lean) * thick * 1.1
            brush.line(outline, [line[2], tip], thick * 0.34)
            brush.disc(outline, tip, thick * 0.18)


def _marks(brush: Brush, marks: NDArray[np.uint8], design: Generator, spin: NDArray[np.float64]) -> None:
    """Paint eyes, buttons or a badge, in pairs or in a row."""
    form, radius, far = int(design.integers(4)), design.uniform(0.03, 0.07), design.uniform(0.06, 0.13)
    top = design.uniform(-0.75, -0.35)
    if form in (0, 1):
        for side in (-1, 1):
            if brush.feature():
                brush.polygon(marks, (ring(radius) * [1.0, 0.7] + np.array([side * far, top])) @ spin)
    if form in (1, 2):
        for i in range(int(design.integers(2, 5))):
            if brush.feature():
                brush.disc(marks, np.array([0, -0.15 + 0.16 * i]) @ spin, radius * 0.7)
