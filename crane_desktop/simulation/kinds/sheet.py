"""Sheet metal: a perforated sheet, a knurled pin, and a painted panel with printed marks."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from crane_desktop.simulation.kinds.ground import background
from crane_desktop.simulation.painting.surface import Brush, Colour, Surface, mixed, posed, rounded_rectangle, unit
from crane_desktop.simulation.painting.textures import blurred, noise, streaks

_PAINTS: tuple[Colour, ...] = (
    (0.16, 0.28, 0.42), (0.62, 0.63, 0.64), (0.50, 0.10, 0.10),
    (0.14, 0.15, 0.16), (0.70, 0.66, 0.56), (0.20, 0.36, 0.27),
)  # fmt: skip


def perforated(size_px: int, skip: int | None, design: Generator, rng: Generator) -> Surface:
    """Paint a sheet with a lattice of round or square holes over a dark or bright ground."""
    pose = posed(rng, size_px, 0.08, 1.0, 0.06)
    brush = Brush(pose, skip)
    holes = brush.layer()
    count, share = int(design.integers(7, 14)), design.uniform(0.26, 0.36)
    pitch = 2.3 / count
    square, staggered = design.random() < 0.3, design.random() < 0.6
    for row in range(count + 1):
        for column in range(count + 1):
            at = np.array([column + (0.5 if staggered and row % 2 else 0.0), row]) * pitch - 1.15
            inside = bool(np.all(np.abs(at) < 0.85))
            if inside and not brush.feature():
                continue
            if square:
                brush.box(holes, at, (pitch * share, pitch * share))
            else:
                brush.disc(holes, at, pitch * share)
    open_ = unit(holes)
    angle = pose.angle_rad
    lay = streaks(rng, size_px, angle, 200, 18)
    tone = design.uniform(0.42, 0.6) * (1 + 0.08 * lay + 0.06 * noise(rng, size_px, 3, 2))
    ground = background(size_px, np.random.default_rng(design.integers(1 << 30)), rng) * np.float32(0.5)
    sheet = tone[:, :, None] * np.array([1, 1, 1.02], np.float32)
    height = blurred(1 - open_, 0.004) * np.float32(0.014)
    return Surface(
        mixed(sheet.astype(np.float32), ground, open_), height, 1 - open_, gloss=0.25, roughness=0.3,
        grain=(float(np.cos(angle)), float(np.sin(angle))), features=brush.count,
    )  # fmt: skip


def knurled(size_px: int, skip: int | None, design: Generator, rng: Generator) -> Surface:
    """Paint a knurled pin lying on a tray: crossed grooves on a cylinder between turned collars."""
    pose = posed(rng, size_px, 0.1, 0.95)
    brush = Brush(pose, skip)
    outline, band = brush.layer(), brush.layer()
    radius = design.uniform(0.48, 0.7)
    collar = design.uniform(0.3, 0.62)
    floor = np.random.default_rng(design.integers(1 << 30))
    brush.polygon(outline, rounded_rectangle(1.3, radius, 0.03))
    brush.box(band, (0, 0), (collar, radius * 1.1))
    x, y = pose.local()
    slope = np.clip(y / radius, -0.995, 0.995)
    around = np.arcsin(slope) * radius
    teeth = design.uniform(9, 17)
    one = np.abs(np.mod((x + around) * teeth, 1.0) - 0.5)
    two = np.abs(np.mod((x - around) * teeth, 1.0) - 0.5)
    diamond = np.minimum(one, two).astype(np.float32)
    knurl = blurred(unit(band), 0.004)
    missing = brush.layer()
    for i in range(12):  # patches where the wheel has not bitten
        at = (-0.8 + 1.6 * (i % 6 + 0.5) / 6) * collar, (-0.35 if i < 6 else 0.35) * radius
        if not brush.feature():
            brush.disc(missing, at, radius * 0.2)
    knurl = knurl * (1 - blurred(unit(missing), 0.006))
    lathe = streaks(rng, size_px, pose.angle_rad + np.pi / 2, 190, 26)
    round_ = np.sqrt(1 - slope * slope) * radius * np.float32(0.5 * pose.scale)
    height = round_ * 0.55 + diamond * knurl * np.float32(0.26 / teeth) + lathe * (1 - knurl) * np.float32(0.0004)
    solid = unit(outline)
    tone = design.uniform(0.42, 0.58) * (
        1 + 0.07 * lathe * (1 - knurl) + 0.05 * noise(rng, size_px, 4, 2) - 0.25 * knurl * (0.25 - diamond)
    )
    metal = tone.astype(np.float32)[:, :, None] * np.array([1, 0.99, 0.96], np.float32)
    albedo = mixed(background(size_px, floor, rng), metal, solid)
    return Surface(albedo, (height * solid).astype(np.float32), solid, gloss=0.38, roughness=0.22, features=brush.count)


def painted(size_px: int, skip: int | None, design: Generator, rng: Generator) -> Surface:
    """Paint a lacquered front panel: orange peel, metallic flakes, a printed scale, lamps and screws."""
    pose = posed(rng, size_px, 0.06, 1.0, 0.05)
    brush = Brush(pose, skip)
    paint_: Colour = _PAINTS[design.integers(len(_PAINTS))]
    ink: Colour = (0.9, 0.9, 0.86) if sum(paint_) < 1.4 else (0.1, 0.1, 0.12)
    marks, screws, slots = brush.layer(), brush.layer(), brush.layer()
    at, radius, ticks = design.uniform(-0.25, 0.25, 2), design.uniform(0.4, 0.58), int(design.integers(9, 19))
    for i in range(ticks):
        angle = np.pi * (0.75 + 1.5 * i / (ticks - 1))
        way = np.array([np.cos(angle), np.sin(angle)])
        if brush.feature():
            brush.line(marks, [at + way * radius, at + way * (radius + (0.12 if i % 3 == 0 else 0.07))], 0.024)
    for row in range(2):
        brush.text(marks, _label(design), (-0.58, 0.72 + 0.16 * row), 0.085)
    brush.disc(slots, at, radius * 0.34)
    for x, y in ((-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)):
        spin = rng.uniform(0, np.pi)
        if brush.feature():
            brush.disc(screws, (x, y), 0.065)
            way = np.array([np.cos(spin), np.sin(spin)]) * 0.05
            brush.line(slots, [np.array([x, y]) - way, np.array([x, y]) + way], 0.016)
    flakes = noise(rng, size_px, 240) if design.random() < 0.5 else np.zeros((size_px, size_px), np.float32)
    tone = 1 + 0.09 * flakes + 0.02 * noise(rng, size_px, 3, 2)
    albedo = mixed(tone[:, :, None] * np.asarray(paint_, np.float32), ink, unit(marks))
    albedo = mixed(albedo, (0.55, 0.55, 0.55), unit(screws))
    albedo = mixed(albedo, (0.05, 0.05, 0.05), unit(slots))
    peel = noise(rng, size_px, 46, 2) * np.float32(0.0007)
    height = peel + blurred(unit(screws), 0.006) * np.float32(0.02) - blurred(unit(slots), 0.004) * np.float32(0.01)
    part = np.ones((size_px, size_px), np.float32)
    return Surface(albedo, height.astype(np.float32), part, gloss=0.17, roughness=0.17, features=brush.count)


def _label(design: Generator) -> str:
    letters = "".join(chr(65 + int(v)) for v in design.integers(0, 26, 3))
    return f"{letters}-{int(design.integers(100, 1000))}"
