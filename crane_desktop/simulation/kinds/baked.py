"""Baked good: an uneven round of crumb with dark pieces in it, shallow cracks that belong to it, on a tray."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from crane_desktop.simulation.kinds.ground import background
from crane_desktop.simulation.painting.surface import Brush, Surface, mixed, posed, unit
from crane_desktop.simulation.painting.textures import blurred, cells_map, noise

FLAWS = ("fracture", "fracture", "broken_off", "chip", "hole", "foreign_matter")


def paint(size_px: int, skip: int | None, design: Generator, rng: Generator) -> Surface:
    """Paint one piece; the design chooses dough, pieces and tray, each piece has an outline of its own."""
    pose = posed(rng, size_px, np.pi, float(design.uniform(0.6, 0.88)), 0.1)
    brush = Brush(pose, skip)
    outline, pieces = brush.layer(), brush.layer()
    angles = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    lumps = sum(rng.normal(0, 0.05 / k) * np.cos(k * angles + rng.uniform(0, 6.3)) for k in range(2, 9))
    square, stretch = design.uniform(0, 0.14), rng.uniform(0.8, 1.0)
    far = (0.9 + lumps) * (1 + square * np.abs(np.sin(2 * angles)) ** 2)
    brush.polygon(outline, np.stack([np.cos(angles) * far, np.sin(angles) * far * stretch], -1))
    dark = design.random() < 0.75
    for _ in range(int(rng.integers(0, 14)) if dark else 0):
        at, size = rng.uniform(-0.65, 0.65, 2), rng.uniform(0.03, 0.1)
        corners = rng.uniform(0.6, 1.2, 9)[:, None] * size
        turn = np.linspace(0, 2 * np.pi, 9, endpoint=False)
        brush.polygon(pieces, np.stack([np.cos(turn), np.sin(turn)], -1) * corners + at)
    solid, inside = unit(outline), unit(pieces)
    crumb = noise(rng, size_px, 9, 5, 0.7)
    distance, _ = cells_map(rng, size_px, int(design.integers(3, 8)), 1.0)
    seams = np.clip((distance + 0.16 * crumb - 0.62) * 6, 0, 1) * np.float32(rng.uniform(0, 0.6))
    dough = np.array([0.74, 0.55, 0.33], np.float32) * np.float32(design.uniform(0.6, 1.15))
    dough = dough * design.uniform(0.9, 1.1, 3).astype(np.float32)
    toasted = 1 + 0.16 * crumb + 0.06 * noise(rng, size_px, 120, 2) - 0.35 * seams
    rim = blurred(solid, 0.03) * solid
    face = (toasted * (0.7 + 0.32 * rim))[:, :, None] * dough
    cocoa = np.array([0.13, 0.08, 0.06], np.float32) * np.float32(design.uniform(0.7, 1.6))
    face = mixed(face, cocoa, inside * np.float32(0.95))
    relief = blurred(solid, 0.02) * 0.05 + crumb * solid * np.float32(design.uniform(0.004, 0.012)) - seams * 0.01
    relief = relief + blurred(inside, 0.006) * np.float32(0.012)
    floor = background(size_px, np.random.default_rng(design.integers(1 << 30)), rng)
    return Surface(
        mixed(floor, face.astype(np.float32), solid), relief.astype(np.float32), solid, gloss=0.02, roughness=0.35,
        features=brush.count, ground=floor, flaws=FLAWS,
    )  # fmt: skip
