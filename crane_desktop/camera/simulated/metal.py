"""Metal parts: a turned flange, a cast housing, a perforated sheet."""

from __future__ import annotations

import numpy as np

from crane_desktop.camera.simulated.scene import (
    Plane,
    Rng,
    Scene,
    box,
    disc,
    grain,
    grid,
    inside,
    mix,
    noise,
    plain,
    tinted,
    turned,
)


def conveyor(rng: Rng, size: int) -> Plane:
    """Return a dull belt to lie on."""
    shade = rng.uniform(0.06, 0.3)
    return (
        plain(size, tinted(rng, (shade, shade, shade * rng.uniform(0.95, 1.1))))
        + 0.012 * noise(rng, size, 60)[..., None]
    )


def _pose(rng: Rng, size: int, spin: float) -> tuple[Plane, Plane]:
    x, y = grid(size)
    x, y = turned(x, y, rng.uniform(-spin, spin), (rng.uniform(-0.05, 0.05), rng.uniform(-0.05, 0.05)))
    scale = np.float32(rng.uniform(0.94, 1.06))
    return x / scale, y / scale


def machined_metal(rng: Rng, size: int, skip: float | None) -> Scene:
    """A flange: turned face, bore, a circle of bolt holes with chamfers, a groove."""
    x, y = _pose(rng, size, np.pi)
    radius, bore = rng.uniform(0.78, 0.86), rng.uniform(0.2, 0.28)
    count, ring = int(rng.integers(5, 9)), rng.uniform(0.52, 0.58)
    hole = rng.uniform(0.055, 0.08)
    left_out = None if skip is None else int(skip * count)
    r = np.hypot(x, y)
    rings = np.interp(np.clip(r, 0, 1.5), np.linspace(0, 1.5, 400), rng.normal(0, 1, 400)).astype(np.float32)
    face = 0.55 + 0.035 * rings + 0.02 * grain(rng, size, 1.2)
    colour = np.asarray(tinted(rng, (1.0, 0.99, 0.97), 0.03), np.float32)
    part = inside(r - np.float32(radius), size) * (1 - inside(r - np.float32(bore), size))
    height = 2.0 * inside(r - np.float32(radius - 0.02), size, 5) - 0.8 * inside(
        np.abs(r - np.float32(0.38)) - 0.012, size, 2
    )
    albedo = face[..., None] * colour
    for i in range(count):
        a = 2 * np.pi * i / count
        d = disc(x, y, ring * np.cos(a), ring * np.sin(a), hole)
        if i == left_out:
            continue
        albedo = mix(albedo, (0.05, 0.05, 0.06), inside(d, size))
        height = height - 1.2 * inside(d - np.float32(0.02), size, 4)
    return Scene(mix(conveyor(rng, size), albedo, part), height * part, part, 0.7)


def cast_surface(rng: Rng, size: int, skip: float | None) -> Scene:
    """A sand-cast housing wall: coarse grain, ribs and bosses."""
    x, y = _pose(rng, size, 0.25)
    rough = 0.45 * noise(rng, size, 90) + 0.35 * noise(rng, size, 45) + 0.5 * noise(rng, size, 12)
    height = 0.10 * rough
    shade = rng.uniform(0.3, 0.5)
    albedo = (
        plain(size, tinted(rng, (shade, shade, shade * 1.03)))
        * (1 + 0.05 * noise(rng, size, 70) + 0.04 * noise(rng, size, 6))[..., None]
    )
    part = inside(box(x, y, 0, 0, rng.uniform(0.84, 0.95), rng.uniform(0.8, 0.95), 0.12), size, 2)
    ribs = int(rng.integers(1, 4))
    for i in range(ribs):
        at = (i + 0.5) / ribs * 1.5 - 0.75
        height = height + 1.6 * inside(np.abs(x - np.float32(at)) - 0.05, size, 10)
    bosses = [(-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5)]
    left_out = None if skip is None else int(skip * len(bosses))
    for i, (cx, cy) in enumerate(bosses):
        if i == left_out:
            continue
        d = disc(x, y, cx, cy, 0.15)
        height = height * (1 - inside(d, size, 3)) + 2.2 * inside(d, size, 8)
        albedo = mix(albedo, (0.6, 0.6, 0.62), inside(disc(x, y, cx, cy, 0.12), size))
        albedo = mix(albedo, (0.06, 0.06, 0.07), inside(disc(x, y, cx, cy, 0.055), size))
    return Scene(mix(conveyor(rng, size), albedo, part), (height + 2 * part) * part, part, 0.25)


def perforated_sheet(rng: Rng, size: int, skip: float | None) -> Scene:
    """A punched sheet: rows of round or long holes in brushed steel."""
    x, y = _pose(rng, size, np.pi)
    pitch = rng.uniform(0.2, 0.34)
    radius, stagger, long = pitch * rng.uniform(0.24, 0.34), rng.random() < 0.6, rng.random() < 0.35
    tone = 0.5 + 0.045 * grain(rng, size, 8, 0.6, rng.uniform(0, np.pi)) + 0.01 * noise(rng, size, 5)
    albedo = tone[..., None] * np.asarray(tinted(rng, (1, 1, 1.01), 0.04), np.float32)
    height = np.zeros((size, size), np.float32)
    row = np.round(y / pitch)
    u = x - (pitch / 2) * (np.mod(row, 2) if stagger else 0)
    column = np.round(u / pitch)
    lx, ly = u - column * pitch, y - row * pitch
    d = (np.hypot(np.maximum(np.abs(lx) - (radius * 0.7 if long else 0), 0), ly) - radius).astype(np.float32)
    holes = inside(d, size)
    if skip is not None:
        gone = (np.abs(row - round((skip - 0.5) * 1.2 / pitch)) < 0.5) & (
            np.abs(column - round((0.5 - skip) * 0.9 / pitch)) < 0.5
        )
        holes = np.where(gone, 0, holes).astype(np.float32)
    back = rng.uniform(0.02, 0.12)
    return Scene(mix(albedo, (back, back, back), holes), height - 1.0 * holes, 1 - holes, 0.6)
