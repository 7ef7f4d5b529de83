"""Tray of like items: screws, pins, discs, caps in rows; one may lie askew, upside down or be another one."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from crane_desktop.simulation.kinds.ground import background
from crane_desktop.simulation.painting.surface import Brush, Surface, mixed, posed, ring, rounded_rectangle, unit
from crane_desktop.simulation.painting.textures import blurred, noise

FLAWS = ("foreign_matter", "broken_off", "worn", "scribble", "colour_shift", "chip")


def paint(size_px: int, skip: int | None, design: Generator, rng: Generator) -> Surface:
    """Paint a filled tray; the design chooses item, rows and tray, each shot how the items lie."""
    pose = posed(rng, size_px, 0.08, 0.95, 0.05)
    brush = Brush(pose, skip)
    body, detail, pocket = brush.layer(), brush.layer(), brush.layer()
    rows, columns = int(design.integers(2, 7)), int(design.integers(2, 7))
    pitch = np.array([1.9 / columns, 1.9 / rows])
    radius = float(pitch.min()) * design.uniform(0.28, 0.42)
    form, nicks = int(design.integers(5)), int(design.integers(3, 8))
    loose, deep = design.uniform(0, 0.12), design.random() < 0.5
    free = design.random() < 0.3
    for row in range(rows):
        for column in range(columns):
            place = (np.array([column, row]) + 0.5) * pitch - 0.95
            at = place + rng.normal(0, loose * radius * 0.5, 2)
            turn = float(rng.uniform(0, 2 * np.pi)) if free else float(rng.normal(0, loose))
            if deep:
                brush.polygon(pocket, rounded_rectangle(radius * 1.25, radius * 1.25, radius * 0.5) + place)
            if brush.feature():
                _item(brush, (body, detail), at, radius, turn, form, nicks)
    solid, fine = unit(body), unit(detail)
    colour, second = design.uniform(0.08, 0.85, 3), design.uniform(0.05, 0.9, 3)
    if design.random() < 0.5:
        colour = np.repeat(colour[:1], 3)
    tone = (1 + 0.05 * noise(rng, size_px, 60, 2))[:, :, None]
    face = mixed(tone * colour.astype(np.float32), second.astype(np.float32), fine)
    floor = background(size_px, np.random.default_rng(design.integers(1 << 30)), rng)
    floor = floor * (1 - np.float32(0.35) * unit(pocket)[:, :, None])
    height = blurred(solid, 0.006) * np.float32(design.uniform(0.01, 0.04)) - blurred(unit(pocket), 0.004) * 0.01
    height = height + blurred(fine, 0.003) * np.float32(design.uniform(-0.012, 0.012))
    return Surface(
        mixed(floor, face.astype(np.float32), solid), height.astype(np.float32), solid,
        gloss=float(design.uniform(0, 0.3)), roughness=0.22, features=brush.count, ground=floor, flaws=FLAWS,
    )  # fmt: skip


def _item(
    brush: Brush, layers: tuple[NDArray[np.uint8], NDArray[np.uint8]], at: NDArray[np.float64], radius: float,
    turn: float, form: int, nicks: int,
) -> None:  # fmt: skip
    """Paint one item: screw head, nut, ring, pin or toothed disc."""
    body, detail = layers
    c, s = np.cos(turn), np.sin(turn)
    spin = np.array([[c, s], [-s, c]])
    if form == 0:
        brush.disc(body, at, radius)
        for way in ([1.0, 0.0], [0.0, 1.0]):
            end = np.array(way) * radius * 0.6 @ spin
            brush.line(detail, [at - end, at + end], radius * 0.2)
    elif form == 1:
        brush.polygon(body, ring(radius, 6) @ spin + at)
        brush.disc(detail, at, radius * 0.5)
    elif form == 2:
        brush.disc(body, at, radius)
        brush.disc(detail, at, radius * 0.55)
        brush.box(detail, at + np.array([radius * 0.7, 0]) @ spin, (radius * 0.22, radius * 0.1), turn=turn)
    elif form == 3:
        end = np.array([0, radius * 0.95]) @ spin
        brush.line(body, [at - end, at + end], radius * 0.6)
        brush.disc(body, at - end, radius * 0.5)
        brush.line(detail, [at + end * 0.3, at + end * 0.9], radius * 0.5)
    else:
        brush.disc(body, at, radius * 0.85)
        for tooth in ring(radius * 0.9, nicks * 2) @ spin:
            brush.disc(body, at + tooth, radius * 0.14)
        brush.disc(detail, at, radius * 0.25)
