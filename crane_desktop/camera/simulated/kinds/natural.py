"""Wood and leather: grown materials, in which no two good pieces are alike."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from crane_desktop.camera.simulated.surface import Brush, Surface, mixed, posed, unit
from crane_desktop.camera.simulated.textures import blurred, cells_map, noise, streaks

_WOODS = ((0.62, 0.44, 0.27), (0.74, 0.58, 0.39), (0.42, 0.26, 0.16), (0.68, 0.50, 0.34), (0.50, 0.38, 0.28))
_HIDES = (
    (0.36, 0.20, 0.12),
    (0.12, 0.11, 0.11),
    (0.52, 0.32, 0.18),
    (0.60, 0.52, 0.42),
    (0.30, 0.10, 0.10),
    (0.20, 0.24, 0.30),
)


def wood(size_px: int, skip: int | None, design: Generator, rng: Generator) -> Surface:
    """Paint a board of wood: growth rings cut lengthwise, pores, a joint between staves. Nothing to miss."""
    del skip
    pose = posed(rng, size_px, 0.06, 1.0, 0.2)
    x, y = pose.local()
    colour = np.asarray(_WOODS[design.integers(len(_WOODS))], np.float32)
    pitch, wave = design.uniform(9, 20), design.uniform(0.04, 0.12)
    staves = int(design.choice([1, 2, 3]))
    plank = np.floor((y + 1.4) * staves / 2.2)
    own = rng.uniform(-40, 40, 64).astype(np.float32)[plank.astype(np.int32) % 64]
    bend = noise(rng, size_px, 3, 2, stretch=1.0) * np.float32(wave)
    heart = y + bend + own + np.float32(0.25) * (x + own * 0.03) ** 2
    phase = heart * np.float32(pitch)
    ringed = phase - np.floor(phase)  # slow early wood, then a sharp dark late-wood line
    late = ringed**3
    pores = streaks(rng, size_px, pose.angle_rad, 240, 30)
    level = 1 - 0.28 * late + 0.13 * pores + 0.08 * noise(rng, size_px, 5, 2) + 0.05 * np.sin(own)
    joint = np.abs((y + 1.4) * staves / 2.2 - plank - 0.5) > 0.493 if staves > 1 else np.zeros_like(late, bool)
    level = np.where(joint, level * 0.45, level).astype(np.float32)
    warm = np.stack([level, level * (1 - 0.05 * late), level * (1 - 0.12 * late)], -1)
    height = (late * np.float32(0.0004) + pores * np.float32(0.0004)).astype(np.float32)
    part = np.ones((size_px, size_px), np.float32)
    return Surface((warm * colour).astype(np.float32), height, part, gloss=0.07, roughness=0.35)


def leather(size_px: int, skip: int | None, design: Generator, rng: Generator) -> Surface:
    """Paint a hide: pebbled grain with creases, and a seam of stitches of which one can be missing."""
    pose = posed(rng, size_px, 0.25, 1.0, 0.05)
    brush = Brush(pose, skip)
    colour = np.asarray(_HIDES[design.integers(len(_HIDES))], np.float32)
    count = int(design.integers(30, 62))
    distance, label = cells_map(rng, size_px, count, 1.0)
    pebble = np.clip(1 - distance * distance * 1.7, 0, 1)
    crease = noise(rng, size_px, 9, 3)
    height = (pebble * np.float32(0.10 / count) + np.exp(-((crease * 9) ** 2)) * np.float32(-0.0016)).astype(np.float32)
    own = rng.normal(1, 0.035, 1024).astype(np.float32)[label % 1024]
    level = own * (0.72 + 0.28 * pebble) * (1 + 0.09 * noise(rng, size_px, 4, 3))
    albedo = (level[:, :, None] * colour).astype(np.float32)
    if design.random() < 0.7:
        stitches, fold = brush.layer(), brush.layer()
        off, turn = design.uniform(-0.55, 0.55), design.uniform(-0.3, 0.3)
        way = np.array([np.cos(turn), np.sin(turn)])
        side = np.array([-way[1], way[0]])
        brush.line(fold, [side * (off + 0.16) - way * 2, side * (off + 0.16) + way * 2], 0.035)
        pitch = design.uniform(0.1, 0.16)
        for i in range(-9, 10):
            at = side * off + way * pitch * i
            slack = rng.normal(0, 0.003, 2)
            inside = bool(np.all(np.abs(at) < 0.9))
            if not inside or brush.feature():
                brush.line(stitches, [at - way * pitch * 0.34, at + way * pitch * 0.34 + slack], 0.032)
        yarn = (0.78, 0.70, 0.52) if design.random() < 0.6 else (0.85, 0.85, 0.82)
        albedo = mixed(albedo * (1 - 0.5 * unit(fold))[:, :, None], yarn, unit(stitches))
        height = (
            height + blurred(unit(stitches), 0.003) * np.float32(0.012) - blurred(unit(fold), 0.006) * np.float32(0.014)
        )
    part = np.ones((size_px, size_px), np.float32)
    return Surface(albedo, height.astype(np.float32), part, gloss=0.13, roughness=0.3, features=brush.count)
