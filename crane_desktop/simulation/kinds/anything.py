"""Random texture: whatever a camera may be pointed at, for breadth in training rather than for show.

Colour, pattern, outline, print and relief are drawn independently of each other: what they have in common with any
real product is that a defect does not belong to them.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from crane_desktop.simulation.painting.surface import Brush, Surface, mixed, posed, ring, unit
from crane_desktop.simulation.painting.textures import blurred, cells_map, noise, streaks


def paint(size_px: int, skip: int | None, design: Generator, rng: Generator) -> Surface:
    """Paint a texture from a random palette, over the whole picture or within a random outline."""
    pose = posed(rng, size_px, np.pi, float(design.uniform(0.62, 0.92)), 0.1)
    brush = Brush(pose, skip)
    face, relief = _texture(size_px, design, rng, pose.local())
    forms = _forms(brush, design) if design.random() < 0.5 else np.zeros((size_px, size_px), np.float32)
    gloss, rough = float(design.uniform(0, 0.25)), float(design.uniform(0.15, 0.4))
    depth = np.float32(10 ** design.uniform(-3.6, -2.3))
    if design.random() < 0.5:
        whole = np.ones((size_px, size_px), np.float32)
        return Surface(face, relief * depth + forms, whole, gloss, rough, None, brush.count)
    floor, _ = _texture(size_px, np.random.default_rng(design.integers(1 << 30)), rng, pose.local())
    floor = floor * np.float32(0.4) + np.float32(0.6) * np.asarray(design.uniform(0.02, 0.9, 3), np.float32)
    outline = brush.layer()
    corners = int(design.integers(3, 40))
    angles = 2 * np.pi * (np.arange(corners) + design.uniform(-0.25, 0.25, corners)) / corners
    far = design.uniform(0.6, 1.0, corners) if design.random() < 0.5 else np.ones(corners)
    brush.polygon(outline, np.stack([np.cos(angles) * far, np.sin(angles) * far], -1))
    marks = brush.layer()
    for at in design.uniform(-0.5, 0.5, (int(design.integers(0, 9)), 2)):
        size = design.uniform(0.04, 0.1)
        if brush.feature():
            brush.disc(marks, at, size)
    solid = unit(outline)
    ink = tuple(float(v) for v in design.uniform(0.02, 0.95, 3))
    face = mixed(face, (ink[0], ink[1], ink[2]), unit(marks))
    height = blurred(solid, 0.006) * np.float32(design.uniform(0, 0.03)) + relief * depth + forms * solid
    return Surface(mixed(floor, face, solid), height.astype(np.float32), solid, gloss, rough, None, brush.count)


def _forms(brush: Brush, design: Generator) -> NDArray[np.float32]:
    """Return raised and sunken bars, rings, boxes and discs, ``(S, S)`` in picture sides."""
    size_px = brush.pose.size_px
    height = np.zeros((size_px, size_px), np.float32)
    for _ in range(int(design.integers(1, 4))):
        layer = brush.layer()
        sort, size = int(design.integers(4)), float(np.exp(design.uniform(np.log(0.05), np.log(0.3))))
        for at in design.uniform(-0.9, 0.9, (int(design.integers(1, 7)), 2)):
            turn = float(design.uniform(0, np.pi))
            if not brush.feature():
                continue
            if sort == 0:
                way = np.array([np.cos(turn), np.sin(turn)]) * 2.5
                brush.line(layer, [at - way, at + way], size * 0.4)
            elif sort == 1:
                brush.line(layer, ring(size) + at, size * 0.3, closed=True)
            elif sort == 2:
                brush.box(layer, at, (size, size * 0.6), turn=turn)
            else:
                brush.disc(layer, at, size)
        step = np.float32(design.uniform(0.006, 0.024) * design.choice([-1, 1]))
        height += blurred(unit(layer), float(design.uniform(0.003, 0.012))) * step
    return height


def _texture(
    size_px: int, design: Generator, rng: Generator, local: tuple[NDArray[np.float32], NDArray[np.float32]]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return a colour picture ``(S, S, 3)`` and its pattern ``(S, S)`` in about [-1, 1]."""
    pattern = _pattern(int(design.integers(7)), size_px, design, rng, local)
    pattern = pattern + np.float32(design.uniform(0.05, 0.5)) * noise(rng, size_px, float(design.uniform(2, 150)), 3)
    low, high = (np.asarray(design.uniform(0.02, 0.95, 3), np.float32) for _ in range(2))
    if design.random() < 0.45:  # one hue, as most materials
        high = np.clip(low * np.float32(design.uniform(0.4, 1.9)), 0.02, 0.95).astype(np.float32)
    if design.random() < 0.25:
        low, high = np.repeat(low[:1], 3), np.repeat(high[:1], 3)
    share = np.clip(pattern * np.float32(design.uniform(0.25, 0.9)) + np.float32(0.5), 0, 1)
    return mixed(np.broadcast_to(low, (size_px, size_px, 3)), np.broadcast_to(high, (1, 1, 3)), share), pattern


def _pattern(
    which: int, size_px: int, design: Generator, rng: Generator, local: tuple[NDArray[np.float32], NDArray[np.float32]]
) -> NDArray[np.float32]:
    x, y = local
    period = float(np.exp(design.uniform(np.log(4), np.log(36))))
    bend = noise(rng, size_px, 4, 2) * np.float32(design.uniform(0, 0.06))
    if which == 0:
        out = noise(rng, size_px, period, int(design.integers(1, 6)), float(design.uniform(0.5, 0.95))) * 2
    elif which == 1:
        out = np.sin((x + bend) * np.float32(np.pi * period))
    elif which == 2:
        out = np.sign(np.sin((x + bend) * np.float32(np.pi * period))) * np.float32(0.8)
    elif which == 3:
        out = np.sin((x + bend) * np.float32(np.pi * period)) * np.sin((y + bend) * np.float32(np.pi * period))
    elif which == 4:
        distance, _ = cells_map(rng, size_px, max(4, int(period)), float(design.uniform(0.2, 1)))
        out = 1 - distance * np.float32(2.4)
    elif which == 5:
        _, label = cells_map(rng, size_px, max(4, int(period)), 1.0)
        out = rng.normal(0, 0.6, 1024).astype(np.float32)[label % 1024]
    else:
        out = streaks(rng, size_px, float(design.uniform(0, np.pi)), period * 6, float(design.uniform(3, 40))) * 2
    return np.asarray(out, np.float32)
