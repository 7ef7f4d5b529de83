"""Wood and leather: grown materials, in which no two good pieces are alike."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from crane_desktop.simulation.painting.surface import Brush, Surface, mixed, posed, unit
from crane_desktop.simulation.painting.textures import blurred, cells_map, noise, streaks, turned

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
    """Paint staves of wood: growth rings cut lengthwise, pores, joints. Nothing that could be missing."""
    del skip
    pose = posed(rng, size_px, 0.05, 1.0, 0.2)
    x, y = pose.local()
    colour = np.asarray(_WOODS[design.integers(len(_WOODS))], np.float32)
    pitch, wave, contrast = design.uniform(14, 26), design.uniform(0.05, 0.13), design.uniform(0.22, 0.42)
    staves = int(design.choice([1, 2, 3]))
    across = (y + np.float32(1.4)) * np.float32(staves / 2.2)
    plank = np.floor(across)
    which = plank.astype(np.int32) % 64
    own = rng.uniform(6, 14, 64).astype(np.float32)[which]
    heart_x = rng.uniform(-1.2, 1.2, 64).astype(np.float32)[which]
    arch = rng.uniform(0.02, 0.16, 64).astype(np.float32)[which]
    bend = turned(noise(rng, size_px, 6, 2, 0.5, 3.0), -pose.angle_rad) * np.float32(wave)
    # How far from the pith the saw passed: rings show as long arches along the stave.
    depth = np.abs(y * np.float32(0.8) + own + bend + arch * (x - heart_x) ** 2)
    phase = depth * np.float32(pitch) + _growth(rng, depth * np.float32(pitch * 0.5))
    ring_ = phase - np.floor(phase)  # slow early wood, then a dark line of late wood
    late = ring_**2 * np.clip((1 - ring_) * 9, 0, 1)
    late = late * (np.float32(0.75) + _growth(rng, np.floor(phase)) * np.float32(0.8))
    pores = streaks(rng, size_px, pose.angle_rad, 260, 34)
    tone = rng.normal(1, 0.05, 64).astype(np.float32)[which]
    level = tone * (1 - np.float32(contrast) * late + 0.13 * pores + 0.06 * noise(rng, size_px, 4, 2))
    if staves > 1:
        level = np.where(np.abs(across - plank - np.float32(0.5)) > 0.494, level * np.float32(0.5), level)
    warm = cv2.merge([level, level * (1 - np.float32(0.06) * late), level * (1 - np.float32(0.14) * late)])
    height = (late * np.float32(0.0003) + pores * np.float32(0.0004)).astype(np.float32)
    part = np.ones((size_px, size_px), np.float32)
    return Surface((warm * colour).astype(np.float32), height, part, gloss=0.07, roughness=0.35)


def _growth(rng: Generator, years: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return one random number a year, about [-1, 1], joined by straight lines."""
    table = rng.standard_normal(512, np.float32) * np.float32(0.5)
    low = np.floor(years)
    at = low.astype(np.int32) % 511
    part = years - low
    out: NDArray[np.float32] = table[at] * (1 - part) + table[at + 1] * part
    return out


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
