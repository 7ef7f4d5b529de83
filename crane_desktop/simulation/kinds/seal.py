"""Rubber seal: a moulded ring with lips and, in some designs, tabs or lobes."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from crane_desktop.simulation.kinds.ground import background
from crane_desktop.simulation.painting.surface import Brush, Surface, mixed, posed, ring, unit
from crane_desktop.simulation.painting.textures import blurred, noise

_RUBBERS = ((0.09, 0.09, 0.10), (0.42, 0.16, 0.10), (0.16, 0.22, 0.34), (0.70, 0.70, 0.66), (0.20, 0.36, 0.26))


def paint(size_px: int, skip: int | None, design: Generator, rng: Generator) -> Surface:
    """Paint one seal; a soft part never lies quite round."""
    pose = posed(rng, size_px, np.pi, 0.86)
    brush = Brush(pose, skip)
    rubber = np.asarray(_RUBBERS[design.integers(len(_RUBBERS))], np.float32)
    middle, width = design.uniform(0.6, 0.78), design.uniform(0.1, 0.18)
    lobes, lobe = int(design.choice([0, 3, 4])), design.uniform(0.03, 0.06)
    x, y = pose.local()
    slack = rng.normal(0, 0.008, 3)
    angle = np.arctan2(y, x)
    round_ = middle + (lobe * np.cos(lobes * angle) if lobes else 0.0)
    round_ = round_ + slack[0] * np.cos(2 * angle + slack[1] * 200) + slack[2] * np.cos(3 * angle)
    off = (np.sqrt(x * x + y * y) - round_) / np.float32(width)
    edge = np.float32(pose.length_px(width))
    solid = np.clip((1 - np.abs(off)) * edge + 0.5, 0, 1).astype(np.float32)
    tabs = brush.layer()
    for at in ring(middle + width + 0.05, int(design.integers(2, 5))):
        if brush.feature():
            brush.disc(tabs, at, 0.085)
    solid = np.maximum(solid, unit(tabs))
    bead = np.sqrt(np.maximum(1 - off * off, 0))
    lip = np.exp(-(((np.abs(off) - 0.45) / 0.1) ** 2)) if design.random() < 0.6 else np.zeros_like(bead)
    height = (
        bead * np.float32(width * 0.3) + lip * np.float32(width * 0.05) + blurred(unit(tabs), 0.006) * np.float32(0.012)
    )
    height = height + noise(rng, size_px, 120, 2) * np.float32(0.00035)
    tone = 1 + 0.12 * noise(rng, size_px, 4, 3) + 0.08 * noise(rng, size_px, 140)
    floor = np.random.default_rng(design.integers(1 << 30))
    albedo = mixed(background(size_px, floor, rng), tone[:, :, None] * rubber, solid)
    return Surface(
        albedo.astype(np.float32), height.astype(np.float32), solid, gloss=0.12, roughness=0.3, features=brush.count
    )
