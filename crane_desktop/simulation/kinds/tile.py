"""Ceramic tile: a glazed square with bevelled edges, speckled, veined or printed with a motif."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from crane_desktop.simulation.kinds.ground import background
from crane_desktop.simulation.painting.surface import (
    Brush,
    Colour,
    Surface,
    mixed,
    posed,
    ring,
    rounded_rectangle,
    unit,
)
from crane_desktop.simulation.painting.textures import blurred, noise

_GLAZES: tuple[Colour, ...] = (
    (0.78, 0.77, 0.73), (0.62, 0.55, 0.47), (0.42, 0.44, 0.46),
    (0.30, 0.42, 0.46), (0.66, 0.42, 0.30), (0.24, 0.27, 0.33),
)  # fmt: skip


def paint(size_px: int, skip: int | None, design: Generator, rng: Generator) -> Surface:
    """Paint one tile; a printed tile can miss one element of its motif."""
    pose = posed(rng, size_px, 0.07, 0.9)
    brush = Brush(pose, skip)
    outline = brush.layer()
    brush.polygon(outline, rounded_rectangle(0.98, 0.98, 0.03))
    glaze = np.asarray(_GLAZES[design.integers(len(_GLAZES))], np.float32)
    look = int(design.integers(3))
    tone = 1 + 0.05 * noise(rng, size_px, 3, 3)
    if look == 0:  # speckles
        spots = noise(rng, size_px, design.uniform(60, 130), 2)
        tone = tone * (1 - 0.45 * np.clip(spots * 3 - 1.4, 0, 1) + 0.12 * np.clip(-spots * 3 - 1.6, 0, 1))
    elif look == 1:  # veins
        field = noise(rng, size_px, design.uniform(3, 6), 4)
        tone = tone * (1 - 0.3 * np.exp(-((field * 14) ** 2)) + 0.12 * noise(rng, size_px, 9, 3))
    face: NDArray[np.float32] = tone.astype(np.float32)[:, :, None] * glaze
    if look == 2:
        face = _motif(brush, design, rng, face)
    solid = unit(outline)
    height = blurred(solid, 0.012) * np.float32(0.04) + noise(rng, size_px, 7, 2) * np.float32(0.0009)
    albedo = mixed(background(size_px, np.random.default_rng(design.integers(1 << 30)), rng), face, solid)
    return Surface(albedo, height, solid, gloss=float(design.uniform(0.12, 0.3)), roughness=0.16, features=brush.count)


def _motif(brush: Brush, design: Generator, rng: Generator, face: NDArray[np.float32]) -> NDArray[np.float32]:
    ink: Colour = _GLAZES[design.integers(len(_GLAZES))]
    second: Colour = _GLAZES[design.integers(len(_GLAZES))]
    if ink == second:
        second = (0.2, 0.22, 0.25)
    layer, other = brush.layer(), brush.layer()
    count = int(design.integers(2, 5))
    petals, inner = int(design.integers(4, 9)), design.uniform(0.3, 0.55)
    pitch = 1.8 / count
    for row in range(count):
        for column in range(count):
            at = (np.array([column, row]) + 0.5) * pitch - 0.9
            for way in ring(1.0, petals):
                side = np.array([-way[1], way[0]])
                leaf = [way * inner * 0.3, way * 0.6 + side * 0.16, way * 0.92, way * 0.6 - side * 0.16]
                if brush.feature():
                    brush.polygon(layer, np.array(leaf) * pitch * 0.5 + at)
            brush.disc(other, at, pitch * 0.5 * inner * 0.3)
    worn = 0.9 + 0.1 * noise(rng, brush.pose.size_px, 40, 2)
    return mixed(mixed(face, ink, unit(layer) * worn), second, unit(other))
