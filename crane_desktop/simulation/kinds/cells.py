"""Repeated units: a blister of tablets and a solar cell with its busbars."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from crane_desktop.simulation.kinds.ground import background
from crane_desktop.simulation.painting.surface import Brush, Colour, Surface, mixed, posed, rounded_rectangle, unit
from crane_desktop.simulation.painting.textures import blurred, cells_map, noise

_TABLETS: tuple[Colour, ...] = (
    (0.86, 0.85, 0.82),
    (0.80, 0.52, 0.42),
    (0.78, 0.72, 0.36),
    (0.42, 0.58, 0.72),
    (0.56, 0.34, 0.28),
)


def blister(size_px: int, skip: int | None, design: Generator, rng: Generator) -> Surface:
    """Paint a blister pack: tablets or capsules in rows of pockets on foil."""
    pose = posed(rng, size_px, 0.12, 0.92)
    brush = Brush(pose, skip)
    outline, pockets, pills, score = brush.layer(), brush.layer(), brush.layer(), brush.layer()
    columns, rows = int(design.integers(3, 6)), int(design.integers(2, 5))
    floor = np.random.default_rng(design.integers(1 << 30))
    brush.polygon(outline, rounded_rectangle(0.98, 0.8, 0.08))
    pitch = np.array([1.8 / columns, 1.46 / rows])
    radius = float(pitch.min()) * 0.36
    oblong = design.uniform(1.0, 1.5) if pitch[0] > pitch[1] else 1.0
    colour: Colour = _TABLETS[design.integers(len(_TABLETS))]
    for row in range(rows):
        for column in range(columns):
            at = (np.array([column, row]) + 0.5) * pitch - [0.9, 0.73]
            lie = rng.normal(0, 0.012, 2)
            turn = rng.uniform(0, np.pi) if oblong == 1.0 else rng.normal(0, 0.05)
            brush.polygon(pockets, rounded_rectangle(radius * oblong * 1.2, radius * 1.2, radius * 1.19) + at)
            if brush.feature():
                c, s = np.cos(turn), np.sin(turn)
                spin = np.array([[c, s], [-s, c]])
                brush.polygon(pills, rounded_rectangle(radius * oblong, radius, radius * 0.99) @ spin + at + lie)
                brush.line(score, np.array([[0, -0.7], [0, 0.7]]) * radius @ spin + at + lie, 0.02)
    solid = unit(outline)
    emboss = np.minimum(np.abs(np.mod(pose.local()[0] * 22, 1) - 0.5), np.abs(np.mod(pose.local()[1] * 22, 1) - 0.5))
    foil = (0.58 + 0.12 * emboss + 0.05 * noise(rng, size_px, 5, 2)).astype(np.float32)[:, :, None] * np.array(
        [1, 1, 1.01], np.float32
    )
    pill = (1 + 0.03 * noise(rng, size_px, 90, 2))[:, :, None] * np.asarray(colour, np.float32)
    face = mixed(foil * (1 - 0.22 * unit(pockets))[:, :, None], pill, unit(pills))
    height = blurred(solid, 0.005) * 0.008 + emboss * (1 - unit(pockets)) * np.float32(0.003)
    height = (
        height
        + blurred(unit(pockets), 0.006) * 0.012
        + blurred(unit(pills), 0.012) * 0.05
        - blurred(unit(score), 0.003) * 0.012
    )
    albedo = mixed(background(size_px, floor, rng), face, solid)
    return Surface(albedo, height.astype(np.float32), solid, gloss=0.2, roughness=0.2, features=brush.count)


def solar(size_px: int, skip: int | None, design: Generator, rng: Generator) -> Surface:
    """Paint a solar cell: crystalline or even silicon, fine fingers, wide busbars."""
    pose = posed(rng, size_px, 0.03, 0.95, 0.02)
    brush = Brush(pose, skip)
    outline, bars, fingers = brush.layer(), brush.layer(), brush.layer()
    brush.polygon(outline, rounded_rectangle(0.99, 0.99, design.uniform(0.02, 0.16)))
    many, busbars = int(design.integers(22, 40)), int(design.integers(2, 6))
    for i in range(many):
        y = -0.94 + 1.88 * i / (many - 1)
        if brush.feature():
            brush.line(fingers, [[-0.95, y], [0.95, y]], 0.008)
    for i in range(busbars):
        x = -1 + 2 * (i + 0.5) / busbars
        brush.line(bars, [[x, -0.96], [x, 0.96]], 0.04)
    glowing = design.random() < 0.4  # electroluminescence: the cell itself is the lamp, the metal is dark
    tint = (0.55, 0.55, 0.55) if glowing else ((0.10, 0.15, 0.34) if design.random() < 0.7 else (0.09, 0.09, 0.12))
    level = 1 + 0.08 * noise(rng, size_px, 3, 3)
    if design.random() < 0.6:
        distance, label = cells_map(rng, size_px, int(design.integers(9, 18)), 1.0)
        level = level * rng.normal(1, 0.16, 512).astype(np.float32)[label % 512] * (1 - 0.12 * distance)
    face = (level + 0.03 * noise(rng, size_px, 150)).astype(np.float32)[:, :, None] * np.asarray(tint, np.float32)
    metal: Colour = (0.16, 0.16, 0.16) if glowing else (0.68, 0.68, 0.66)
    face = mixed(mixed(face, metal, unit(fingers) * np.float32(0.8)), metal, unit(bars))
    solid = unit(outline)
    dark = np.full((size_px, size_px, 3), 0.03, np.float32)
    floor = dark if glowing else background(size_px, np.random.default_rng(design.integers(1 << 30)), rng)
    height = blurred(solid, 0.004) * 0.004 + blurred(unit(bars), 0.002) * 0.003
    return Surface(
        mixed(floor, face, solid), height.astype(np.float32), solid, gloss=0.0 if glowing else 0.1, roughness=0.15,
        features=brush.count,
    )  # fmt: skip
