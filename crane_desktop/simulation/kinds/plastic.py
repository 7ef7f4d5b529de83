"""Moulded plastic: a gear, a ribbed cap, or a connector housing with its contacts."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from crane_desktop.simulation.kinds.ground import background
from crane_desktop.simulation.painting.surface import Brush, Surface, mixed, posed, ring, rounded_rectangle, unit
from crane_desktop.simulation.painting.textures import blurred, noise

Layers: TypeAlias = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]
"""Outline, raised, sunk, metal."""

_RESINS = (
    (0.80, 0.79, 0.74), (0.10, 0.10, 0.11), (0.72, 0.14, 0.10), (0.12, 0.30, 0.60),
    (0.85, 0.62, 0.10), (0.18, 0.48, 0.28), (0.45, 0.46, 0.48),
)  # fmt: skip


def paint(size_px: int, skip: int | None, design: Generator, rng: Generator) -> Surface:
    """Paint one moulding; the design chooses its form, resin and surface."""
    form = int(design.integers(3))
    resin = np.asarray(_RESINS[design.integers(len(_RESINS))], np.float32)
    floor = np.random.default_rng(design.integers(1 << 30))
    pose = posed(rng, size_px, 0.1 if form == 2 else np.pi, 0.85)
    brush = Brush(pose, skip)
    outline, raised, sunk, metal = brush.layer(), brush.layer(), brush.layer(), brush.layer()
    (_gear, _cap, _housing)[form](brush, design, (outline, raised, sunk, metal))
    grained = design.random() < 0.4
    skin = noise(rng, size_px, 110, 2) * np.float32(0.0005 if grained else 0.00008)
    solid = unit(outline)
    height = (
        blurred(solid, 0.009) * 0.03 + blurred(unit(raised), 0.006) * 0.026 - blurred(unit(sunk), 0.006) * 0.03 + skin
    )
    tone = 1 + 0.035 * noise(rng, size_px, 3, 2) + 0.02 * noise(rng, size_px, 140)
    body = tone[:, :, None] * resin * (1 - 0.45 * unit(sunk))[:, :, None]
    body = mixed(body, (0.72, 0.62, 0.36), unit(metal))
    albedo = mixed(background(size_px, floor, rng), body, solid)
    return Surface(
        albedo, height.astype(np.float32), solid, gloss=0.10 if grained else 0.26, roughness=0.3 if grained else 0.2,
        features=brush.count,
    )  # fmt: skip


def _gear(brush: Brush, design: Generator, layers: Layers) -> None:
    outline, raised, sunk, _ = layers
    teeth, depth = int(design.integers(14, 26)), design.uniform(0.1, 0.16)
    brush.disc(outline, (0, 0), 1 - depth)
    for i in range(teeth):
        angle = 2 * np.pi * i / teeth
        root, tip = np.pi / teeth * 0.62, np.pi / teeth * 0.34
        way = [angle - root, angle - tip, angle + tip, angle + root]
        far = [1 - depth - 0.03, 1.0, 1.0, 1 - depth - 0.03]
        if brush.feature():
            brush.polygon(outline, [[np.cos(a) * r, np.sin(a) * r] for a, r in zip(way, far, strict=True)])
    rim, hub, bore = 1 - depth - 0.1, design.uniform(0.28, 0.36), design.uniform(0.1, 0.16)
    brush.disc(raised, (0, 0), 1 - depth - 0.02)
    brush.disc(raised, (0, 0), rim, 0.35)
    spokes = int(design.integers(3, 7))
    for at in ring(1.0, spokes):
        brush.line(raised, [at * hub * 0.8, at * rim * 1.02], design.uniform(0.07, 0.1), 0.8)
    brush.disc(raised, (0, 0), hub)
    brush.disc(sunk, (0, 0), bore)
    brush.box(sunk, (bore, 0), (0.05, 0.04))


def _cap(brush: Brush, design: Generator, layers: Layers) -> None:
    outline, raised, sunk, _ = layers
    ribs = int(design.integers(36, 64))
    brush.disc(outline, (0, 0), 0.94)
    for at in ring(0.93, ribs):
        brush.disc(outline, at, 0.036)
        brush.disc(raised, at, 0.03, 0.5)
    brush.disc(raised, (0, 0), 0.82, 0.55)
    brush.disc(raised, (0, 0), 0.68, 0.2)
    count, pins = int(design.integers(3, 7)), design.uniform(0.05, 0.08)
    for at in ring(0.48, count):
        if brush.feature():
            brush.disc(raised, at, pins)
    brush.disc(raised, (0, 0), 0.2, 0.7)
    brush.disc(sunk, (0, 0), 0.05, 0.7)


def _housing(brush: Brush, design: Generator, layers: Layers) -> None:
    outline, raised, sunk, metal = layers
    rows, columns = int(design.integers(2, 4)), int(design.integers(4, 9))
    half_x, half_y = 0.95, design.uniform(0.42, 0.62)
    brush.polygon(outline, rounded_rectangle(half_x, half_y, 0.06))
    brush.box(outline, (0, -half_y), (0.22, 0.1))
    brush.polygon(raised, rounded_rectangle(half_x - 0.02, half_y - 0.02, 0.05))
    brush.polygon(raised, rounded_rectangle(half_x - 0.1, half_y - 0.1, 0.04), 0.3)
    pitch = np.array([(half_x - 0.16) * 2 / columns, (half_y - 0.12) * 2 / rows])
    for row in range(rows):
        for column in range(columns):
            at = (np.array([column, row]) + 0.5) * pitch - [half_x - 0.16, half_y - 0.12]
            brush.box(sunk, at, pitch * 0.36)
            if brush.feature():
                brush.box(metal, at, pitch * 0.17)
                brush.box(sunk, at, pitch * 0.17, 0.3)
