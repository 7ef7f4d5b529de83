"""Speckled stone: grains of a few minerals and sizes, ground flat and polished."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from crane_desktop.simulation.painting.surface import Surface, mixed
from crane_desktop.simulation.painting.textures import cells_map, noise, scaled

_MINERALS = (
    (0.70, 0.68, 0.65), (0.52, 0.50, 0.48), (0.34, 0.33, 0.33), (0.60, 0.46, 0.40),
    (0.42, 0.46, 0.50), (0.16, 0.16, 0.17),
)  # fmt: skip


def paint(size_px: int, skip: int | None, design: Generator, rng: Generator) -> Surface:  # noqa: ARG001 - no features
    """Paint a slab; the design chooses its minerals, grain and polish."""
    chosen = design.permutation(len(_MINERALS))[: int(design.integers(2, 4))]
    table = np.asarray(_MINERALS, np.float32)[chosen]
    share = design.dirichlet(np.full(len(table), 2.0))
    coarse, fine = int(design.integers(26, 48)), int(design.integers(70, 110))
    albedo = np.empty((size_px, size_px, 3), np.float32)
    albedo[:] = table[0]
    for count, cover in ((coarse, 1.0), (fine, 0.45)):
        _, label = cells_map(rng, size_px, count, 1.0)
        mineral = table[rng.choice(len(table), 4096, p=share)]
        shade = rng.normal(1, 0.08, 4096).astype(np.float32)
        grains = np.stack([scaled(label, mineral[:, c] * shade) for c in range(3)], -1)
        shown = scaled(label, (rng.random(4096) < cover).astype(np.float32))
        albedo = mixed(albedo, grains, shown)
    albedo *= (1 + np.float32(0.05) * noise(rng, size_px, 3, 2))[:, :, None]
    height = noise(rng, size_px, 60, 2) * np.float32(0.0002)
    part = np.ones((size_px, size_px), np.float32)
    gloss = float(design.uniform(0.05, 0.25))
    return Surface(albedo.astype(np.float32), height.astype(np.float32), part, gloss=gloss, roughness=0.25)
