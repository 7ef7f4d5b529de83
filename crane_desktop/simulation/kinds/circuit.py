"""Bare circuit: conductors and pads in two tones, as seen through a film, by a line scan or as black and white."""

from __future__ import annotations

import copy

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from crane_desktop.simulation.painting.surface import Brush, Surface, mixed, posed, ring, unit
from crane_desktop.simulation.painting.textures import blurred, noise

FLAWS = ("print_break", "print_nick", "print_blot")
_EIGHTHS = np.pi / 4
_CROSSING_SHARE = 0.08
_FOR_WIRES_SHARE = 0.4
"""Of boards for parts with wires: fields of drilled pads come first, conductors take what room is left."""


def paint(size_px: int, skip: int | None, design: Generator, rng: Generator) -> Surface:
    """Paint a view onto bare conductors; the design chooses widths, routing, tones and how crowded it is."""
    pose = posed(rng, size_px, 0.02, 1.0, 0.03)
    brush, full = Brush(pose, skip), Brush(pose)
    ink, taken = brush.layer(), full.layer()
    thin = float(np.exp(design.uniform(np.log(0.011), np.log(0.05))))
    crowd = float(design.uniform(0.15, 1.0))
    order = [(_bus, 4), (_route, 16), (_solid, 3), (_comb, 2), (_winding, 2), (_pads, 8), (_drilled, 4), (_bones, 3)]
    if design.random() < _FOR_WIRES_SHARE:
        order.insert(0, (_drilled, 3))
    for painter, most in order:
        for _ in range(int(design.binomial(most, crowd * 0.6))):
            again = copy.deepcopy(design)
            planned = full.layer()
            painter(full, planned, design, thin)
            if _fits(planned, taken) or design.random() < _CROSSING_SHARE:
                drawn = brush.layer()
                painter(brush, drawn, again, thin)
                taken, ink = np.maximum(taken, planned), np.maximum(ink, drawn)
    if not ink.any():
        _route(brush, ink, design, thin)
    rough = noise(rng, size_px, float(design.uniform(60, 200)), 2) * np.float32(design.uniform(0.0, 0.08))
    share = np.clip(unit(ink) + rough * (blurred(unit(ink), 0.002) > 0.02), 0, 1).astype(np.float32)
    low, high = _tones(design)
    grain = (1 + 0.03 * noise(rng, size_px, 120, 2))[:, :, None]
    albedo = mixed(np.broadcast_to(high, (size_px, size_px, 3)), low, share) * grain
    relief = share * np.float32(design.choice([0.0, 0.0, 0.0015]))
    black_and_white = float(low.mean() + high.mean()) / 2 if design.random() < 0.55 else None
    whole = np.ones((size_px, size_px), np.float32)
    return Surface(
        albedo.astype(np.float32), relief.astype(np.float32), whole, gloss=0.0, features=brush.count,
        flaws=FLAWS, threshold=black_and_white,
    )  # fmt: skip


def _fits(planned: NDArray[np.uint8], taken: NDArray[np.uint8]) -> bool:
    """Return whether what is planned keeps clear of what is there: conductors hardly ever cross or touch."""
    near = cv2.dilate(planned, np.ones((5, 5), np.uint8))
    return int(cv2.countNonZero(cv2.min(near, taken))) < 0.02 * cv2.countNonZero(near)


def _tones(design: Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the colours of conductor and ground."""
    low, high = np.full(3, design.uniform(0.02, 0.12)), np.full(3, design.uniform(0.75, 0.97))
    if design.random() < 0.45:
        low = design.uniform(0.02, 0.4, 3)
        high = np.clip(low + design.uniform(0.3, 0.6), 0, 0.97)
    if design.random() < 0.35:
        low, high = high, low
    return low.astype(np.float32), high.astype(np.float32)


def _way(eighth: float) -> NDArray[np.float64]:
    return np.array([np.cos(eighth * _EIGHTHS), np.sin(eighth * _EIGHTHS)])


def _walk(design: Generator, start: NDArray[np.float64], legs: int, reach: float) -> NDArray[np.float64]:
    """Return the corners of a conductor that turns by 45 degrees, now and then by 90."""
    eighth, points = float(design.integers(8)), [start]
    for _ in range(legs):
        points.append(points[-1] + _way(eighth) * design.uniform(0.15, 1.0) * reach)
        eighth += float(design.choice([-1, 1, -1, 1, -2, 2]))
    return np.array(points)


def _bus(brush: Brush, ink: NDArray[np.uint8], design: Generator, thin: float) -> None:
    """Parallel conductors that bend together."""
    eighth, turn = float(design.integers(8)), float(design.choice([-1, 1]))
    ways = [_way(eighth + turn * (leg % 2)) for leg in range(int(design.integers(1, 4)))]  # to and fro: they keep apart
    legs = [way * design.uniform(0.2, 1.2) for way in ways]
    corners = design.uniform(-1.1, 1.1, 2) + np.cumsum([np.zeros(2), *legs], axis=0)
    first = corners[1] - corners[0]
    side = np.array([-first[1], first[0]]) / max(1e-6, float(np.hypot(*first)))
    pitch, width = thin * design.uniform(1.9, 4.0), thin * design.uniform(0.7, 1.2)
    for i in range(int(design.integers(2, 9))):
        line = corners + side * pitch * i
        brush.line(ink, line, width)
        if design.random() < 0.4:
            brush.disc(ink, line[-1], width * 1.3)


def _route(brush: Brush, ink: NDArray[np.uint8], design: Generator, thin: float) -> None:
    """One conductor from pad to pad."""
    width = thin * float(design.choice([0.7, 1.0, 1.0, 1.6, 2.5]))
    line = _walk(design, design.uniform(-1.0, 1.0, 2), int(design.integers(1, 6)), 0.7)
    brush.line(ink, line, width)
    if design.random() < 0.3:  # it goes on through another layer there
        brush.polygon(ink, _oval(design, width * design.uniform(0.8, 1.5)) + line[int(design.integers(len(line)))])
    for end in (line[0], line[-1]):
        if design.random() < 0.8:
            _pad(brush, ink, design, end, max(width, 0.012) * design.uniform(0.9, 1.8))
        else:
            brush.disc(ink, end, width / 2)


def _pad(brush: Brush, ink: NDArray[np.uint8], design: Generator, at: NDArray[np.float64], radius: float) -> None:
    form = int(design.integers(4))
    if form == 0:
        brush.box(ink, at, (radius * 1.3, radius), turn=float(design.integers(2)) * np.pi / 2)
        return
    brush.disc(ink, at, radius)
    if form == 1 and radius > 0.03:
        brush.disc(ink, at, radius * design.uniform(0.3, 0.6), 0.0)


def _oval(design: Generator, radius: float) -> NDArray[np.float64]:
    """Return the outline of a small filled via: etched small, none is quite round."""
    turn = float(design.uniform(0, np.pi))
    c, s = np.cos(turn), np.sin(turn)
    wobble = 1 + design.normal(0, 0.08) * np.cos(2 * np.linspace(0, 2 * np.pi, 24, endpoint=False) + turn)
    outline = ring(radius, 24) * wobble[:, None] * [1.0, design.uniform(0.7, 1.0)]
    turned: NDArray[np.float64] = outline @ np.array([[c, s], [-s, c]])
    return turned


def _solid(brush: Brush, ink: NDArray[np.uint8], design: Generator, _thin: float) -> None:
    """A wide conductor or a filled area, sometimes with round clearances."""
    if design.random() < 0.5:
        line = _walk(design, design.uniform(-1.0, 1.0, 2), int(design.integers(1, 4)), 1.0)
        width = design.uniform(0.08, 0.28)
        brush.line(ink, line, width)
        brush.disc(ink, line[0], width / 2)
        brush.disc(ink, line[-1], width / 2)
        return
    at, half = design.uniform(-1.0, 1.0, 2), design.uniform(0.1, 0.5, 2)
    brush.box(ink, at, half)
    for _ in range(int(design.integers(0, 4))):
        place, radius = at + design.uniform(-0.8, 0.8, 2) * half, design.uniform(0.02, 0.06)
        brush.disc(ink, place, radius * 1.8, 0.0)
        if design.random() < 0.6:
            brush.disc(ink, place, radius)


def _comb(brush: Brush, ink: NDArray[np.uint8], design: Generator, thin: float) -> None:
    """A row of like pads, each with its lead."""
    count, turn = int(design.integers(4, 14)), float(design.integers(4)) * np.pi / 2
    pitch, at = max(thin * design.uniform(2.2, 4.5), 0.03), design.uniform(-0.9, 0.4, 2)
    half = np.array([design.uniform(0.03, 0.16), pitch * design.uniform(0.22, 0.34)])
    round_ends = design.random() < 0.5
    lead = design.uniform(0.0, 0.5)
    c, s = np.cos(turn), np.sin(turn)
    spin = np.array([[c, s], [-s, c]])
    for i in range(count):
        middle = at + np.array([0, i * pitch]) @ spin
        if not brush.feature():
            continue
        if round_ends:
            brush.line(
                ink, [middle - np.array([half[0], 0]) @ spin, middle + np.array([half[0], 0]) @ spin], half[1] * 2
            )
        else:
            brush.box(ink, middle, half, turn=turn)
        brush.line(ink, [middle, middle + np.array([half[0] + lead, 0]) @ spin], min(thin, half[1] * 1.6))


def _winding(brush: Brush, ink: NDArray[np.uint8], design: Generator, thin: float) -> None:
    """A conductor laid in bends to make it longer."""
    turns, swing, pitch = int(design.integers(4, 12)), design.uniform(0.05, 0.16), thin * design.uniform(2.2, 3.5)
    angle = float(design.integers(8)) * _EIGHTHS
    c, s = np.cos(angle), np.sin(angle)
    steps = [[i * pitch, swing * (-1) ** (i + k)] for i in range(turns) for k in (0, 1)]
    line = np.array(steps) @ np.array([[c, s], [-s, c]]) + design.uniform(-0.8, 0.4, 2)
    brush.line(ink, line, thin * 0.9)


def _pads(brush: Brush, ink: NDArray[np.uint8], design: Generator, _thin: float) -> None:
    """Vias here and there, or a few round pads of one size."""
    radius = float(np.exp(design.uniform(np.log(0.009), np.log(0.12))))
    form = int(design.integers(3))
    first, step = design.uniform(-0.9, 0.9, 2), design.uniform(2.4, 5.0) * radius * _way(float(design.integers(8)))
    places = ring(radius * 4, int(design.integers(3, 8))) + first if form == 2 else None
    for i in range(int(design.integers(1, 7))):
        at = places[i % len(places)] if places is not None else first + i * step
        if form == 1:
            at = design.uniform(-1.0, 1.0, 2)
        small = _oval(design, radius)
        if brush.feature():
            brush.polygon(ink, (small if radius < 0.03 else ring(radius)) + at)


def _drilled(brush: Brush, ink: NDArray[np.uint8], design: Generator, thin: float) -> None:
    """Rows of drilled pads; a hole off the middle leaves a crescent, as all of one board do."""
    radius, hollow = float(np.exp(design.uniform(np.log(0.035), np.log(0.13)))), design.uniform(0.45, 0.88)
    thinnest = design.uniform(-0.35, 1.0) * (1 - hollow)  # below 0 the hole breaks out of its pad
    off = _way(float(design.uniform(0, 8))) * radius * (1 - hollow - thinnest)
    first, eighth = design.uniform(-1.0, 0.7, 2), float(design.integers(4)) * 2
    along, across = (_way(eighth + more) * radius * design.uniform(2.6, 4.5) for more in (0, 2))
    lead = design.uniform(0.1, 0.5) * _way(eighth + float(design.choice([1, 2, 3])))
    for row in range(int(design.integers(1, 4))):
        for column in range(int(design.integers(1, 6))):
            at = first + column * along + row * across
            led = design.random() < 0.35
            if not brush.feature():
                continue
            if led:
                brush.line(ink, [at, at + lead], thin * 0.8)
            brush.disc(ink, at, radius)
            brush.disc(ink, at + off, radius * hollow, 0.0)


def _bones(brush: Brush, ink: NDArray[np.uint8], design: Generator, thin: float) -> None:
    """A field of pads, each with a short lead to a via of its own, as below a grid of solder balls."""
    pitch, eighth = thin * design.uniform(3.5, 7.0), float(design.integers(8))
    first, radius = design.uniform(-1.0, 0.5, 2), thin * design.uniform(0.7, 1.2)
    reach = _way(eighth) * pitch * design.uniform(0.5, 0.75)
    for row in range(int(design.integers(1, 6))):
        for column in range(int(design.integers(2, 7))):
            at = first + np.array([column, row]) * pitch
            form = int(design.integers(4))
            if not brush.feature() or form == 3:
                continue
            brush.disc(ink, at, radius)
            if form < 2:
                brush.line(ink, [at, at + reach * (1, -1)[form]], thin * 0.6)
                brush.disc(ink, at + reach * (1, -1)[form], radius * 0.8)
