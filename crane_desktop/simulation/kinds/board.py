"""Printed board: tracks, pads, vias, parts with their print, under solder mask."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from crane_desktop.simulation.painting.surface import Brush, Colour, Surface, mixed, posed, unit
from crane_desktop.simulation.painting.textures import blurred, noise

FLAWS = ("missing_feature", "print_break", "print_nick", "scratch", "foreign_matter", "stain")
_MASKS: tuple[Colour, ...] = (
    (0.05, 0.26, 0.13),
    (0.04, 0.12, 0.30),
    (0.07, 0.08, 0.08),
    (0.34, 0.06, 0.06),
    (0.62, 0.63, 0.60),
)
_TIN: Colour = (0.66, 0.67, 0.66)
_PRINT: Colour = (0.86, 0.87, 0.84)


def paint(size_px: int, skip: int | None, design: Generator, rng: Generator) -> Surface:
    """Paint a view onto a board; the design chooses mask, routing and which parts sit where."""
    pose = posed(rng, size_px, 0.06, 1.0, 0.04)
    brush = Brush(pose, skip)
    mask: Colour = _MASKS[design.integers(len(_MASKS))]
    copper = _tracks(brush, design)
    weave = noise(rng, size_px, 90, 2)
    base = (1 + 0.1 * weave + 0.06 * noise(rng, size_px, 4, 2))[:, :, None] * np.asarray(mask, np.float32)
    over = tuple(min(1.0, 0.9 * m + 0.11 + 0.25 * m) for m in mask)
    albedo = mixed(base, (over[0], over[1], over[2]), unit(copper))
    canvas, cover, relief = brush.canvas((0, 0, 0)), brush.layer(), brush.layer()
    _parts(brush, design, rng, (canvas, cover, relief))
    height = blurred(unit(copper) * (1 - unit(cover)), 0.002) * np.float32(0.0022)
    tall = blurred(unit(relief), 0.003) * np.float32(0.03)
    grit = 1 + 0.05 * noise(rng, size_px, 170)
    albedo = mixed(albedo, unit(canvas) * grit[:, :, None], unit(cover))
    part = np.ones((size_px, size_px), np.float32)
    return Surface(
        albedo, (height + tall).astype(np.float32), part, gloss=0.10, roughness=0.24, features=brush.count, flaws=FLAWS
    )


def _tracks(brush: Brush, design: Generator) -> NDArray[np.uint8]:
    layer = brush.layer()
    width = design.uniform(0.018, 0.034)
    across = design.random() < 0.5
    for _ in range(int(design.integers(4, 8))):  # buses of parallel tracks that bend by 45 degrees
        lines, at, bend = int(design.integers(2, 7)), design.uniform(-1.1, 1.0), design.uniform(-0.7, 0.7)
        offset = design.uniform(-0.35, 0.35)
        for i in range(lines):
            u = at + i * width * 2.2
            path = np.array(
                [[-1.3, u], [bend - i * width, u], [bend + abs(offset) - i * width, u + offset], [1.3, u + offset]]
            )
            brush.line(layer, path[:, ::-1] if across else path, width)
    if design.random() < 0.6:  # a ground plane in one corner
        corner = design.choice([-1.0, 1.0], 2) * 0.95
        brush.box(layer, corner, (design.uniform(0.3, 0.6), design.uniform(0.3, 0.6)))
    return layer


def _parts(
    brush: Brush,
    design: Generator,
    rng: Generator,
    layers: tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]],
) -> None:
    """Set parts on a loose grid: chips with legs, resistors, capacitors, vias, a connector's row of pads."""
    canvas, cover, _ = layers
    rows = int(design.integers(3, 5))
    pitch = 2.0 / rows
    for row in range(rows):
        for column in range(rows):
            at = (np.array([column, row]) + 0.5) * pitch - 1 + design.uniform(-0.06, 0.06, 2)
            what, upright = design.random(), design.random() < 0.5
            wobble, nudge = rng.normal(0, 0.012), rng.normal(0, 0.004, 2)
            turn, place = (np.pi / 2 if upright else 0.0) + wobble, at + nudge
            half = pitch * design.uniform(0.24, 0.36)
            if what < 0.3:
                _chip(brush, design, layers, at, place, half, turn)
            elif what < 0.75:
                _pairs(brush, design, layers, at, half, turn)
            else:
                for i in range(-1, 2):
                    for k in range(-1, 2):
                        spot = at + np.array([i, k]) * half * 0.62
                        if brush.feature():
                            brush.disc(canvas, spot, half * 0.2, _TIN)
                            brush.disc(cover, spot, half * 0.2)
                            brush.disc(canvas, spot, half * 0.09, (0.05, 0.05, 0.05))


def _chip(
    brush: Brush, design: Generator, layers: tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]],
    at: NDArray[np.float64], place: NDArray[np.float64], half: float, turn: float,
) -> None:  # fmt: skip
    canvas, cover, relief = layers
    legs, shade = int(design.integers(4, 9)), design.uniform(0.07, 0.12)
    c, s = np.cos(turn), np.sin(turn)
    spin = np.array([[c, s], [-s, c]])
    ink: Colour = _PRINT
    brush.box(canvas, at, (half * 1.28, half * 1.12), ink, turn)
    outline = np.array([[-1.3, -1.14], [1.3, -1.14], [1.3, 1.14], [-1.3, 1.14]]) * half
    brush.line(cover, outline @ spin + at, 0.008, closed=True)
    for side in (-1, 1):
        for i in range(legs):
            spot = np.array([(i + 0.5) / legs * 2 - 1, side * 0.92]) * half * [0.92, 1] @ spin + place
            brush.box(canvas, spot, (half / legs * 0.45, half * 0.16), _TIN, turn)
            brush.box(cover, spot, (half / legs * 0.45, half * 0.16), 1.0, turn)
    size = (half * 0.98, half * 0.8)
    if brush.feature():
        brush.box(canvas, place, size, (shade, shade, shade), turn)
        brush.box(cover, place, size, 1.0, turn)
        brush.box(relief, place, size, 1.0, turn)
        brush.disc(canvas, np.array([-0.75, 0.55]) * half @ spin + place, half * 0.08, (0.3, 0.3, 0.3))
        for i in range(2):  # the maker's print
            spot = np.array([0.08, -0.12 + 0.3 * i]) * half @ spin + place
            brush.line(
                canvas, [spot - spin[0] * half * 0.5, spot + spin[0] * half * (0.2 + 0.3 * i)], 0.012, (0.5, 0.5, 0.48)
            )


def _pairs(
    brush: Brush, design: Generator, layers: tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]],
    at: NDArray[np.float64], half: float, turn: float,
) -> None:  # fmt: skip
    """Set two or three two-pole parts side by side."""
    canvas, cover, relief = layers
    c, s = np.cos(turn), np.sin(turn)
    spin = np.array([[c, s], [-s, c]])
    body: Colour = ((0.08, 0.08, 0.09), (0.50, 0.38, 0.24), (0.62, 0.55, 0.42))[design.integers(3)]
    count = int(design.integers(2, 4))
    for i in range(count):
        middle = np.array([0, (i - (count - 1) / 2) * half * 0.72]) @ spin + at
        for sign in (-1, 1):
            spot = np.array([sign * half * 0.48, 0]) @ spin + middle
            brush.box(canvas, spot, (half * 0.2, half * 0.25), _TIN, turn)
            brush.box(cover, spot, (half * 0.2, half * 0.25), 1.0, turn)
        if brush.feature():
            size = (half * 0.36, half * 0.2)
            brush.box(canvas, middle, size, body, turn)
            brush.box(cover, middle, size, 1.0, turn)
            brush.box(relief, middle, (half * 0.46, half * 0.2), 0.5, turn)
