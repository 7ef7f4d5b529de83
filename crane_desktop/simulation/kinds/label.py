"""Printed label: words, bars, frames and signs on paper, foil or plastic."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from crane_desktop.simulation.kinds.ground import background
from crane_desktop.simulation.painting.surface import Brush, Surface, mixed, posed, ring, rounded_rectangle, unit
from crane_desktop.simulation.painting.textures import blurred, noise

FLAWS = ("print_break", "print_nick", "print_blot", "worn", "smear", "warped", "scribble")
_SIGNS = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789-./"


def paint(size_px: int, skip: int | None, design: Generator, rng: Generator) -> Surface:
    """Paint one label; the design chooses what is printed on it, in which ink, on what."""
    pose = posed(rng, size_px, 0.06, float(design.uniform(0.75, 1.1)), 0.05)
    brush = Brush(pose, skip)
    outline, print_ = brush.layer(), brush.layer()
    half_y = design.uniform(0.5, 0.95)
    brush.polygon(outline, rounded_rectangle(0.96, half_y, design.uniform(0.01, 0.15)))
    if design.random() < 0.5:
        frame = rounded_rectangle(0.9, half_y - 0.06, 0.04)
        brush.line(print_, frame, design.uniform(0.008, 0.03), closed=True)
    y = -half_y + 0.14
    while y < half_y - 0.2:
        y += _row(brush, print_, design, y) + design.uniform(0.03, 0.12)
    solid, ink = unit(outline), unit(print_)
    paper, second = design.uniform(0.6, 0.95, 3), design.uniform(0.02, 0.4, 3) * design.uniform(0.2, 1.0)
    if design.random() < 0.3:
        paper, second = second, paper
    fibre = 1 + 0.03 * noise(rng, size_px, 90, 3) + 0.02 * noise(rng, size_px, 3)
    face = mixed(fibre[:, :, None] * paper.astype(np.float32), second.astype(np.float32), ink * np.float32(0.96))
    floor = background(size_px, np.random.default_rng(design.integers(1 << 30)), rng)
    height = blurred(solid, 0.003) * np.float32(0.003)
    return Surface(
        mixed(floor, face.astype(np.float32), solid), height.astype(np.float32), solid,
        gloss=float(design.uniform(0, 0.15)), roughness=0.3, features=brush.count, ground=floor, flaws=FLAWS,
    )  # fmt: skip


def _row(brush: Brush, print_: NDArray[np.uint8], design: Generator, top: float) -> float:
    """Print one row and return how high it is."""
    what, high = design.random(), design.uniform(0.08, 0.26)
    left = design.uniform(-0.85, -0.5)
    if what < 0.55:
        words = "".join(design.choice(list(_SIGNS), int(design.integers(3, 12))))
        if brush.feature():
            brush.text(print_, words, (left, top + high), high * 0.8)
    elif what < 0.8:
        x = left
        while x < design.uniform(0.3, 0.8):
            wide = float(design.choice([0.012, 0.02, 0.034]))
            brush.box(print_, (x + wide / 2, top + high / 2), (wide / 2, high / 2))
            x += wide + float(design.choice([0.014, 0.024, 0.036]))
    else:
        for i in range(int(design.integers(2, 6))):
            at, radius = np.array([left + 0.1 + i * high * 1.3, top + high / 2]), high * 0.42
            if not brush.feature():
                continue
            brush.polygon(print_, ring(radius, int(design.integers(3, 9))) + at)
            brush.disc(print_, at, radius * 0.45, 0.0)
    return float(high)
