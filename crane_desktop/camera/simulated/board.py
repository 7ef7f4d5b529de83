"""A printed board, and a moulded connector."""

from __future__ import annotations

import numpy as np

from crane_desktop.camera.simulated.metal import conveyor
from crane_desktop.camera.simulated.scene import (
    Plane,
    Rng,
    Scene,
    box,
    disc,
    grid,
    inside,
    mix,
    noise,
    plain,
    tinted,
    turned,
)

_MASKS = ((0.03, 0.25, 0.12), (0.04, 0.12, 0.3), (0.25, 0.04, 0.05), (0.04, 0.04, 0.05), (0.02, 0.22, 0.2))


def printed_board(rng: Rng, size: int, skip: float | None) -> Scene:
    """Solder mask, tracks, vias, pads, chips and silkscreen on a grid that the part's own layout seed draws."""
    x, y = grid(size)
    x, y = turned(
        x,
        y,
        rng.uniform(-0.06, 0.06) + rng.integers(4) * np.pi / 2,
        (rng.uniform(-0.04, 0.04), rng.uniform(-0.04, 0.04)),
    )
    base = np.asarray(tinted(rng, _MASKS[int(rng.integers(len(_MASKS)))]), np.float32)
    albedo = plain(size, base) * (1 + 0.03 * noise(rng, size, 50) + 0.03 * noise(rng, size, 4))[..., None]
    height = np.zeros((size, size), np.float32)
    copper = np.zeros((size, size), np.float32)
    for _ in range(int(rng.integers(10, 22))):
        copper = np.maximum(copper, _track(rng, x, y, size))
    albedo = mix(albedo, base * 1.5 + 0.05, copper * 0.8)
    height = height + 0.15 * copper
    for _ in range(int(rng.integers(8, 20))):
        cx, cy = rng.integers(-9, 10, 2) / 10
        albedo = mix(albedo, (0.75, 0.65, 0.4), inside(disc(x, y, cx, cy, 0.03), size))
        albedo = mix(albedo, (0.05, 0.05, 0.05), inside(disc(x, y, cx, cy, 0.012), size))
    return _populated(rng, size, skip, (x, y), albedo, height)


def _track(rng: Rng, x: Plane, y: Plane, size: int) -> Plane:
    width = rng.choice([0.008, 0.012, 0.02])
    cx, cy, to = rng.integers(-9, 10, 3) / 10
    run = inside(box(x, y, (cx + to) / 2, cy, abs(to - cx) / 2 + width, width), size)
    up = rng.integers(-9, 10) / 10
    rise = inside(box(x, y, to, (cy + up) / 2, width, abs(up - cy) / 2 + width), size)
    return np.maximum(run, rise)


def _populated(rng: Rng, size: int, skip: float | None, xy: tuple[Plane, Plane], albedo: Plane, height: Plane) -> Scene:
    x, y = xy
    cells = [(i, j) for i in range(3) for j in range(3)]
    rng.shuffle(cells)
    chosen = cells[: int(rng.integers(4, 8))]
    left_out = None if skip is None else int(skip * len(chosen))
    for index, (i, j) in enumerate(chosen):
        cx, cy = (i - 1) * 0.58 + rng.uniform(-0.05, 0.05), (j - 1) * 0.58 + rng.uniform(-0.05, 0.05)
        upright, small, kind = rng.random() < 0.5, rng.uniform(0.07, 0.11), int(rng.integers(3))
        half_w, half_h = (small, small * 1.7) if upright else (small * 1.7, small)
        pads = np.maximum(
            inside(
                box(x, y, cx - (0 if upright else half_w), cy - (half_h if upright else 0), small * 0.9, small * 0.9),
                size,
            ),
            inside(
                box(x, y, cx + (0 if upright else half_w), cy + (half_h if upright else 0), small * 0.9, small * 0.9),
                size,
            ),
        )
        albedo = mix(albedo, (0.72, 0.72, 0.7), pads)
        albedo = mix(
            albedo, (0.9, 0.9, 0.88), inside(np.abs(box(x, y, cx, cy, half_w + 0.1, half_h + 0.1)) - 0.006, size)
        )
        colour = ((0.05, 0.05, 0.055), (0.55, 0.42, 0.28), (0.08, 0.09, 0.1))[kind]
        if index == left_out:
            continue
        body = inside(box(x, y, cx, cy, half_w, half_h, 0.01), size)
        albedo = mix(albedo, colour, body)
        albedo = mix(
            albedo, (0.8, 0.8, 0.8), inside(disc(x, y, cx - half_w * 0.6, cy - half_h * 0.6, 0.015), size) * (kind == 0)
        )
        height = height + 1.5 * inside(box(x, y, cx, cy, half_w, half_h), size, 2)
    return Scene(np.clip(albedo, 0, 1), height, np.ones((size, size), np.float32), 0.35)


def moulded_plastic(rng: Rng, size: int, skip: float | None) -> Scene:
    """A connector: rounded housing with ribs and two rows of pins."""
    x, y = grid(size)
    x, y = turned(
        x, y, rng.uniform(-0.2, 0.2) + rng.integers(2) * np.pi, (rng.uniform(-0.06, 0.06), rng.uniform(-0.06, 0.06))
    )
    palette = (
        (0.1, 0.1, 0.11),
        (0.85, 0.84, 0.8),
        (0.1, 0.2, 0.45),
        (0.55, 0.12, 0.1),
        (0.15, 0.4, 0.25),
        (0.8, 0.6, 0.15),
    )
    colour = tinted(rng, palette[int(rng.integers(len(palette)))])
    body = inside(box(x, y, 0, 0, 0.85, rng.uniform(0.55, 0.72), 0.1), size)
    albedo = plain(size, colour) * (1 + 0.02 * noise(rng, size, 90) + 0.02 * noise(rng, size, 5))[..., None]
    height = 2.5 * inside(box(x, y, 0, 0, 0.83, 0.56, 0.1), size, 6) + 0.03 * noise(rng, size, 90)
    well = inside(box(x, y, 0, 0, 0.72, 0.36, 0.04), size)
    albedo = mix(albedo, np.asarray(colour) * 0.45, well)
    height = height - 2.0 * inside(box(x, y, 0, 0, 0.73, 0.37, 0.04), size, 3)
    columns = int(rng.integers(5, 9))
    left_out = None if skip is None else int(skip * columns * 2)
    metal = tinted(rng, (0.8, 0.7, 0.4) if rng.random() < 0.5 else (0.75, 0.76, 0.78))
    for i in range(columns * 2):
        cx, cy = ((i // 2 + 0.5) / columns * 2 - 1) * 0.66, (i % 2 - 0.5) * 0.36
        if i == left_out:
            continue
        albedo = mix(albedo, metal, inside(box(x, y, cx, cy, 0.035, 0.06, 0.01), size))
        height = height + 1.2 * inside(box(x, y, cx, cy, 0.03, 0.055), size, 2)
    return Scene(mix(conveyor(rng, size), albedo, body), height * body, body, 0.45)
