"""Cast surface: rough grain, a rim, ribs and bosses in relief, one colour of metal, no machining."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from crane_desktop.simulation.painting.surface import Brush, Surface, posed, unit
from crane_desktop.simulation.painting.textures import blurred, noise


def paint(size_px: int, skip: int | None, design: Generator, rng: Generator) -> Surface:
    """Paint a view onto a casting; the design chooses ribs, bosses, grain and alloy."""
    pose = posed(rng, size_px, 0.1, 1.0, 0.05)
    brush = Brush(pose, skip)
    ribs, bosses, wells = brush.layer(), brush.layer(), brush.layer()
    for _ in range(int(design.integers(1, 4))):
        angle, off = design.uniform(0, np.pi), design.uniform(-0.6, 0.6)
        way = np.array([np.cos(angle), np.sin(angle)])
        side = np.array([-way[1], way[0]]) * off
        brush.line(ribs, [side - way * 2.2, side + way * 2.2], design.uniform(0.05, 0.1))
    count = int(design.integers(2, 6))
    turn, radius = design.uniform(0, 2 * np.pi), design.uniform(0.13, 0.2)
    bored = design.random() < 0.6
    for i in range(count):
        angle = turn + 2 * np.pi * i / count
        at = np.array([np.cos(angle), np.sin(angle)]) * design.uniform(0.48, 0.66)
        if brush.feature():
            brush.disc(bosses, at, radius)
            if bored:
                brush.disc(wells, at, radius * 0.42)
    coarse, depth = design.uniform(28, 70), design.uniform(0.0012, 0.0026)
    grain = noise(rng, size_px, coarse, 4, 0.75)
    height = grain * np.float32(depth) + noise(rng, size_px, 4, 2) * np.float32(0.006)
    height += blurred(unit(ribs), 0.009) * np.float32(0.02) + blurred(unit(bosses), 0.008) * np.float32(0.018)
    height -= blurred(unit(wells), 0.005) * np.float32(0.014)
    tone = design.uniform(0.36, 0.58)
    tint = np.array([1, 1, 1], np.float32) + np.asarray(design.normal(0, 0.025, 3), np.float32)
    level = (
        tone
        * (1 + 0.1 * noise(rng, size_px, 3, 3) + 0.16 * noise(rng, size_px, 150, 2, 0.8))
        * (1 - 0.55 * unit(wells))
    )
    albedo = (level[:, :, None] * tint).astype(np.float32)
    part = np.ones((size_px, size_px), np.float32)
    return Surface(albedo, height.astype(np.float32), part, gloss=0.12, roughness=0.28, features=brush.count)
