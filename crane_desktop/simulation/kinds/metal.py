"""Machined metal: a turned flange with its bolt circle, or a brushed or milled plate with holes."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from crane_desktop.simulation.kinds.ground import background
from crane_desktop.simulation.painting.surface import (
    Brush,
    Surface,
    mixed,
    posed,
    ring,
    rounded_rectangle,
    unit,
)
from crane_desktop.simulation.painting.textures import blurred, noise, rings, streaks

_ALLOYS = ((0.56, 0.56, 0.55), (0.50, 0.51, 0.54), (0.58, 0.50, 0.36), (0.56, 0.42, 0.34), (0.44, 0.44, 0.45))


def paint(size_px: int, skip: int | None, design: Generator, rng: Generator) -> Surface:
    """Paint one machined part; the design chooses flange or plate, alloy, holes and steps."""
    turned_part = design.random() < 0.5
    alloy = np.asarray(_ALLOYS[design.integers(len(_ALLOYS))]) * design.uniform(0.9, 1.1)
    floor = int(design.integers(1 << 30))
    if turned_part:
        return _flange(size_px, skip, design, rng, alloy, floor)
    return _plate(size_px, skip, design, rng, alloy, floor)


def _flange(
    size_px: int, skip: int | None, design: Generator, rng: Generator, alloy: NDArray[np.float64], floor: int
) -> Surface:
    pose = posed(rng, size_px, np.pi, 0.84)
    brush = Brush(pose, skip)
    outline, holes, steps = brush.layer(), brush.layer(), brush.layer()
    brush.disc(outline, (0, 0), 1.0)
    bore = design.uniform(0.16, 0.34)
    step = design.uniform(bore + 0.12, 0.62)
    bolts, hole = int(design.integers(4, 9)), design.uniform(0.055, 0.085)
    circle = design.uniform(max(step + hole + 0.05, 0.66), 0.83)
    brush.disc(steps, (0, 0), step)
    brush.disc(holes, (0, 0), bore)
    for at in ring(circle, bolts):
        if brush.feature():
            brush.disc(holes, at, hole)
    x, y = pose.local()
    radius = np.sqrt(x * x + y * y)
    solid = unit(outline) * (1 - unit(holes))
    grooves = rings(rng, radius * np.float32(pose.scale), design.uniform(90, 220))
    height = blurred(solid, 0.005) * 0.018 + blurred(unit(steps), 0.004) * design.uniform(0.006, 0.014)
    height += grooves * solid * np.float32(0.00035)
    tone = 1 + 0.05 * grooves + 0.05 * noise(rng, size_px, 3, 2) + 0.04 * noise(rng, size_px, 120)
    metal = (tone * (1 - 0.06 * unit(steps)))[:, :, None] * alloy.astype(np.float32)
    ground = background(size_px, np.random.default_rng(floor), rng)
    radius = np.maximum(radius, 1e-3)
    c, s = np.cos(pose.angle_rad), np.sin(pose.angle_rad)
    # The grooves run around: their direction at a place is the radius turned by 90 degrees.
    gx, gy = -(s * x + c * y) / radius, (c * x - s * y) / radius
    dark = ground * np.float32(0.45)
    albedo = mixed(mixed(ground, metal, unit(outline)), dark, unit(outline) * unit(holes))
    return Surface(
        albedo, height, solid, gloss=0.42, roughness=0.34, features=brush.count,
        grain=(gx.astype(np.float32), gy.astype(np.float32)),
    )  # fmt: skip


def _plate(
    size_px: int, skip: int | None, design: Generator, rng: Generator, alloy: NDArray[np.float64], floor: int
) -> Surface:
    pose = posed(rng, size_px, 0.12, 0.88)
    brush = Brush(pose, skip)
    half_x, half_y = design.uniform(0.8, 0.98), design.uniform(0.55, 0.9)
    outline, holes, sink, pocket = brush.layer(), brush.layer(), brush.layer(), brush.layer()
    brush.polygon(outline, rounded_rectangle(half_x, half_y, design.uniform(0.03, 0.2)))
    hole = design.uniform(0.05, 0.085)
    inset = hole + design.uniform(0.07, 0.12)
    wide = rounded_rectangle(half_x * design.uniform(0.3, 0.5), half_y * design.uniform(0.25, 0.45), 0.08)
    if design.random() < 0.7:
        brush.polygon(pocket, wide)
    count = int(design.integers(2, 5))
    along = np.linspace(-half_x + inset, half_x - inset, count)
    for sign in (-1, 1):
        for place in along:
            at = (float(place), sign * (half_y - inset))
            if brush.feature():
                brush.disc(holes, at, hole)
                brush.disc(sink, at, hole * 1.5)
    solid = unit(outline) * (1 - unit(holes))
    milled = design.random() < 0.45
    angle = pose.angle_rad + (0.0 if design.random() < 0.6 else np.pi / 2)
    lay = streaks(rng, size_px, angle, 230, 22)
    x, y = pose.local()
    height = blurred(solid, 0.0045) * 0.016 - blurred(unit(pocket), 0.0045) * 0.012 - blurred(unit(sink), 0.006) * 0.01
    tone = 1 + 0.11 * lay + 0.05 * noise(rng, size_px, 4, 2)
    if milled:  # the cutter's arcs, one pass beside the other
        pitch = design.uniform(0.05, 0.09)
        arc = np.abs((x - np.sqrt(np.maximum(0.3 - (np.mod(y + 1.2, 0.44) - 0.22) ** 2, 0))) / pitch % 1.0 - 0.5)
        tone += (arc - 0.25) * 0.22
        height += (arc * 0.0006 * solid).astype(np.float32)
    metal = tone[:, :, None] * alloy.astype(np.float32)
    ground = background(size_px, np.random.default_rng(floor), rng)
    albedo = mixed(mixed(ground, metal, unit(outline)), ground * np.float32(0.4), unit(outline) * unit(holes))
    return Surface(
        albedo.astype(np.float32), height.astype(np.float32), solid, gloss=0.34, roughness=0.3,
        grain=(float(np.cos(angle)), float(np.sin(angle))), features=brush.count,
    )  # fmt: skip
