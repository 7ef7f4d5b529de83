"""Woven fabric: warp and weft yarns that pass over and under each other."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from crane_desktop.simulation.painting.surface import Surface, posed
from crane_desktop.simulation.painting.textures import noise

_YARNS = (
    (0.72, 0.70, 0.64), (0.26, 0.32, 0.46), (0.45, 0.40, 0.32), (0.55, 0.56, 0.57),
    (0.50, 0.22, 0.20), (0.24, 0.36, 0.28), (0.14, 0.14, 0.16), (0.78, 0.72, 0.55),
)  # fmt: skip


def paint(size_px: int, skip: int | None, design: Generator, rng: Generator) -> Surface:
    """Paint plain weave or twill; one warp yarn in sight can be missing."""
    pose = posed(rng, size_px, 0.12, 1.0, 0.1)
    x, y = pose.local()
    yarns = int(design.integers(22, 44))
    twill = int(design.choice([1, 1, 2, 3]))
    warp = np.asarray(_YARNS[design.integers(len(_YARNS))], np.float32)
    weft = np.asarray(_YARNS[design.integers(len(_YARNS))], np.float32) if design.random() < 0.5 else warp * 0.92
    # Yarns are never quite straight, nor evenly spaced.
    u = (x + noise(rng, size_px, 5, 2) * np.float32(0.012) + 2) * (yarns / 2)
    v = (y + noise(rng, size_px, 5, 2) * np.float32(0.012) + 2) * (yarns / 2)
    column, row = np.floor(u), np.floor(v)
    du, dv = u - column - np.float32(0.5), v - row - np.float32(0.5)
    # Plain weave passes over one, under one; twill over one or two more, stepping aside row by row.
    over = np.mod(column + row, twill + 1) < max(1, twill - 1)
    missing = np.zeros_like(over)
    if skip is not None:
        missing = column == np.floor(yarns + yarns / 2 * (-0.7 + 1.4 * (skip + 0.5) / _FEATURES))
        over = over & ~missing
    # Height of the yarn on top: round across its run, bowed along it.
    across = np.where(over, du, dv)
    along = np.where(over, dv, du)
    top = np.sqrt(np.maximum(1 - (across * 2.05) ** 2, 0)) * (1 - 0.9 * along * along)
    thread = rng.normal(1, 0.06, 256).astype(np.float32)
    tone = np.where(over, thread[column.astype(np.int32) % 128], thread[128 + row.astype(np.int32) % 128])
    twist = np.sin((along * 3.0 + across * 2.2) * np.float32(2 * np.pi))
    fluff = noise(rng, size_px, 180)
    level = tone * (0.42 + 0.58 * top) * (1 + 0.06 * twist + 0.12 * fluff) * (1 + 0.05 * noise(rng, size_px, 4, 2))
    level = np.where(missing & (top < 0.5), level * np.float32(0.45), level).astype(np.float32)
    colour = np.where(over[:, :, None], warp, weft)
    height = top * np.float32(0.16 / yarns)
    part = np.ones((size_px, size_px), np.float32)
    albedo = (colour * level[:, :, None]).astype(np.float32)
    return Surface(albedo, height.astype(np.float32), part, gloss=0.03, roughness=0.5, features=_FEATURES)


_FEATURES = 16
