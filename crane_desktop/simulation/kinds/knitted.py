"""Knitted fabric: columns of stitches, each a V of two legs, in one yarn or in stripes of two."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from crane_desktop.simulation.painting.surface import Surface, posed
from crane_desktop.simulation.painting.textures import noise

_YARNS = (
    (0.70, 0.68, 0.66), (0.20, 0.24, 0.36), (0.42, 0.16, 0.18), (0.30, 0.34, 0.28),
    (0.60, 0.48, 0.30), (0.12, 0.12, 0.13),
)  # fmt: skip
_SLANT = 0.55
"""How far a leg rises across half a stitch, in stitch heights."""


def paint(size_px: int, skip: int | None, design: Generator, rng: Generator) -> Surface:  # noqa: ARG001 - no features
    """Paint plain knit; the design chooses yarns, gauge and stripes."""
    x, y = posed(rng, size_px, 0.1, 1.0, 0.1).local()
    stitches = int(design.integers(14, 26))
    aspect = float(design.uniform(1.1, 1.45))
    # Stitches give way to each other: no column is straight.
    u = (x + noise(rng, size_px, 6, 2) * np.float32(0.012) + 2) * (stitches / 2)
    v = (y + noise(rng, size_px, 6, 2) * np.float32(0.012) + 2) * (stitches * aspect / 2)
    column = np.floor(u)
    side = u - column - np.float32(0.5)
    rise = v + np.abs(side) * np.float32(2 * _SLANT)
    row = np.floor(rise)
    along = rise - row - np.float32(0.5)
    across = np.abs(side) - np.float32(0.25)
    leg = np.sqrt(np.maximum(1 - (along * 2.1) ** 2, 0)) * np.sqrt(np.maximum(1 - (across * 3.4) ** 2, 0))
    first = np.asarray(_YARNS[design.integers(len(_YARNS))], np.float32)
    second = np.asarray(_YARNS[design.integers(len(_YARNS))], np.float32) if design.random() < 0.4 else first
    stripe = int(design.integers(2, 7))
    colour = np.where((np.mod(row, 2 * stripe) < stripe)[:, :, None], first, second)
    tone = rng.normal(1, 0.05, 4096).astype(np.float32)[(column * 61 + row).astype(np.int32) % 4096]
    twist = np.sin((along * 2.5 + np.sign(side) * across * 5) * np.float32(2 * np.pi))
    level = tone * (0.3 + 0.7 * leg) * (1 + 0.06 * twist + 0.14 * noise(rng, size_px, 190))
    level = (level * (1 + 0.06 * noise(rng, size_px, 3, 2))).astype(np.float32)
    height = (leg * np.float32(0.14 / stitches)).astype(np.float32)
    part = np.ones((size_px, size_px), np.float32)
    return Surface((colour * level[:, :, None]).astype(np.float32), height, part, gloss=0.02, roughness=0.5)
