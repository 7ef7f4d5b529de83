"""Defects of structure: what is broken off, torn apart, out of place, worn away, or does not belong there at all."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from crane_desktop.simulation.defects.place import blob, drawn_line, edge_spot, path, spot
from crane_desktop.simulation.painting.surface import Surface, mixed
from crane_desktop.simulation.painting.textures import blurred, grid_px, noise, streaks

_COARSE = 96
_CUTS = 40


def broken_off(surface: Surface, rng: Generator, strength: float) -> Surface:
    """An end of the part is gone: the background shows, the break is bare. Unchanged where the part has no ends."""
    gone = _end_of(surface, rng, largest=0.14 + 0.1 * strength)
    if gone is None:
        return surface
    part = (surface.part * (1 - gone)).astype(np.float32)
    face = np.clip(blurred(gone, 0.006) * 3 - 0.4, 0, 1) * part
    pale = np.float32(rng.choice([0.75, 1.15, 1.4]))
    albedo = mixed(surface.albedo, np.clip(surface.albedo * pale + np.float32(0.03), 0, 1), face)
    albedo = mixed(albedo, ground_below(surface), gone * surface.part)
    height = surface.height * (1 - gone)
    return replace(surface, albedo=albedo.astype(np.float32), height=height.astype(np.float32), part=part)


def _end_of(surface: Surface, rng: Generator, largest: float) -> NDArray[np.float32] | None:
    """Return what a cut through a thin place of the part takes off, ``(S, S)`` in [0, 1], or None."""
    size = surface.height.shape[0]
    small = cv2.resize(surface.part, (_COARSE, _COARSE), interpolation=cv2.INTER_AREA) > 0.5
    area = int(small.sum())
    if area > 0.93 * small.size or area < 30:
        return None
    depth = cv2.distanceTransform(small.astype(np.uint8), cv2.DIST_L2, 5)
    inside = np.flatnonzero(small)
    y, x = np.mgrid[:_COARSE, :_COARSE]
    for _ in range(_CUTS):
        row, column = divmod(int(rng.choice(inside)), _COARSE)
        turn = rng.uniform(0, np.pi)
        far = (x - column) * np.cos(turn) + (y - row) * np.sin(turn)
        cut = small & (np.abs(far) < 0.75)
        _, label = cv2.connectedComponents((small & ~cut).astype(np.uint8), connectivity=4)
        sides = [label[place] for place in _beside(row, column, turn) if label[place] > 0]
        if not sides:
            continue
        piece = label == int(rng.choice(sides))
        share, width = piece.sum() / area, float(depth[cut].max() * 2)
        if 0.012 < share < largest and piece.sum() > 0.5 * width * width:
            return _cut_out(size, piece, (column / _COARSE, row / _COARSE), turn, rng)
    return None


def _beside(row: int, column: int, turn: float) -> list[tuple[int, int]]:
    step = np.array([np.sin(turn), np.cos(turn)]) * 2
    places = [np.rint(np.array([row, column]) + sign * step).astype(int) for sign in (-1, 1)]
    return [(int(r), int(c)) for r, c in places if 0 <= r < _COARSE and 0 <= c < _COARSE]


def _cut_out(
    size: int, piece: NDArray[np.bool_], at: tuple[float, float], turn: float, rng: Generator
) -> NDArray[np.float32]:
    """Bring a coarse piece to the picture's size, its cut straight or ragged."""
    x, y = grid_px(size)
    u, v = (x + 1) / 2 - np.float32(at[0]), (y + 1) / 2 - np.float32(at[1])
    far = np.float32(np.cos(turn)) * u + np.float32(np.sin(turn)) * v
    far += np.float32(rng.choice([0.0, 0.004, 0.012])) * noise(rng, size, float(rng.uniform(10, 40)), 2)
    rows, columns = np.nonzero(piece)
    side = np.sign(((columns / _COARSE - at[0]) * np.cos(turn) + (rows / _COARSE - at[1]) * np.sin(turn)).mean())
    beyond = np.clip(far * np.float32(side) * size + 0.5, 0, 1)
    near = cv2.dilate(piece.astype(np.float32), np.ones((5, 5), np.uint8))
    return np.asarray(beyond * np.clip(cv2.resize(near, (size, size)) * 2, 0, 1), np.float32)


def fracture(surface: Surface, rng: Generator, strength: float) -> Surface:
    """A gap from the outline inwards, or right through, with crumbled edges; the background shows in it."""
    at = edge_spot(surface, rng)
    if at is None:
        return surface
    size = surface.height.shape[0]
    centre = np.array([float(c) for c in _centre(surface.part)])
    way = centre - np.asarray(at) + rng.normal(0, 0.06, 2)
    steps = 28
    walk = np.asarray(at) + np.linspace(-0.06, float(rng.uniform(0.6, 2.1)), steps)[:, None] * way
    side = np.array([-way[1], way[0]]) / max(1e-6, float(np.hypot(*way)))
    walk = walk + np.cumsum(rng.normal(0, 0.009, steps))[:, None] * side
    width = rng.uniform(0.01, 0.036) * min(1.4, strength)
    gap = drawn_line(size, walk, width, taper=False)
    if rng.random() < 0.6:  # wider at the outline, as a piece that leans away leaves it
        gap = np.maximum(gap, drawn_line(size, walk[: steps // 2], width * rng.uniform(1.3, 2.6)))
    ragged = blurred(gap, 0.005) + np.float32(0.22) * noise(rng, size, 45, 3) * (blurred(gap, 0.012) > 0.04)
    gap = np.clip((ragged - 0.4) * 6, 0, 1).astype(np.float32) * surface.part
    part = (surface.part * (1 - gap)).astype(np.float32)
    shade = np.float32(rng.uniform(0.35, 0.9))
    albedo = mixed(surface.albedo, ground_below(surface) * shade, gap)
    height = surface.height - blurred(gap, 0.003) * np.float32(0.025)
    return replace(surface, albedo=albedo.astype(np.float32), height=height.astype(np.float32), part=part)


def _centre(part: NDArray[np.float32]) -> tuple[float, float]:
    small = cv2.resize(part, (_COARSE, _COARSE), interpolation=cv2.INTER_AREA)
    rows, columns = np.nonzero(small > 0.5)
    return (float(columns.mean()) / _COARSE, float(rows.mean()) / _COARSE) if rows.size else (0.5, 0.5)


def ground_below(surface: Surface) -> NDArray[np.float32]:
    """Return what lies under the part, ``(S, S, 3)``; guessed as the nearest bare background where nobody says."""
    if surface.ground is not None:
        return surface.ground
    bare = cv2.erode((surface.part < 0.03).astype(np.uint8), np.ones((5, 5), np.uint8))
    if not bare.any():
        return np.broadcast_to(np.float32(0.05), surface.albedo.shape)
    _, label = cv2.distanceTransformWithLabels(1 - bare, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    colours = np.zeros((int(label.max()) + 1, 3), np.float32)
    colours[label[bare > 0]] = surface.albedo[bare > 0]
    return np.asarray(cv2.GaussianBlur(colours[label], (7, 7), 0), np.float32)


def warped(surface: Surface, rng: Generator, strength: float) -> Surface:
    """The pattern is out of place: pulled, twisted or squeezed, as cloth and print are."""
    size = surface.height.shape[0]
    at, radius = spot(surface, rng), rng.uniform(0.04, 0.11)
    area = blob(rng, size, at, radius, edge=rng.uniform(0.3, 1.0), ragged=0.15, aspect=rng.uniform(1, 2.5))
    x, y = (np.arange(size, dtype=np.float32)[None, :], np.arange(size, dtype=np.float32)[:, None])
    if rng.random() < 0.5:
        pull = rng.normal(0, 1, 2)
        pull = pull / np.hypot(*pull) * rng.uniform(0.008, 0.03) * strength * size
        moved_x, moved_y = x + area * np.float32(pull[0]), y + area * np.float32(pull[1])
    else:
        twist = area * np.float32(rng.uniform(0.3, 0.9) * strength * rng.choice([-1, 1]))
        u, v = x - np.float32(at[0] * size), y - np.float32(at[1] * size)
        c, s = np.cos(twist), np.sin(twist)
        moved_x, moved_y = x + (c - 1) * u - s * v, y + s * u + (c - 1) * v
    where = moved_x.astype(np.float32), moved_y.astype(np.float32)
    albedo, height = (
        np.asarray(cv2.remap(layer, *where, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101), np.float32)
        for layer in (surface.albedo, surface.height)
    )
    return replace(surface, albedo=albedo, height=height)


def worn(surface: Surface, rng: Generator, strength: float) -> Surface:
    """The structure is gone in one place: rubbed off, smeared over, not formed."""
    size = surface.height.shape[0]
    at, radius = spot(surface, rng), rng.uniform(0.03, 0.1)
    area = blob(rng, size, at, radius, edge=rng.uniform(0.15, 0.7), ragged=0.4, aspect=rng.uniform(1, 2.5))
    area = area * surface.part * np.float32(min(1.0, 0.8 * strength))
    reach = rng.uniform(0.012, 0.03)
    flat = np.asarray(cv2.GaussianBlur(surface.albedo, (0, 0), reach * size), np.float32)
    height = surface.height + (blurred(surface.height, reach) - surface.height) * area
    return replace(surface, albedo=mixed(surface.albedo, flat, area), height=height.astype(np.float32))


def foreign_matter(surface: Surface, rng: Generator, strength: float) -> Surface:
    """A flake or patch of some other material, with a texture of its own."""
    size = surface.height.shape[0]
    at, radius = spot(surface, rng), float(np.exp(rng.uniform(np.log(0.012), np.log(0.08))))
    area = blob(
        rng, size, at, radius, edge=rng.uniform(0.08, 0.5), ragged=rng.uniform(0.1, 0.7), aspect=rng.uniform(1, 3)
    )
    cells = float(np.exp(rng.uniform(np.log(8), np.log(160))))
    if rng.random() < 0.6:
        pattern = noise(rng, size, cells, 3, 0.7)
    else:
        pattern = streaks(rng, size, float(rng.uniform(0, np.pi)), cells, float(rng.uniform(3, 20)))
    low, high = (rng.uniform(0.02, 0.95, 3).astype(np.float32) for _ in range(2))
    if rng.random() < 0.5:
        high = np.clip(low * np.float32(rng.uniform(0.6, 1.6)), 0, 1).astype(np.float32)
    if rng.random() < 0.4:
        low, high = np.repeat(low[:1], 3), np.repeat(high[:1], 3)
    texture = mixed(np.broadcast_to(low, surface.albedo.shape), high, np.clip(pattern + 0.5, 0, 1).astype(np.float32))
    cover = area * np.float32(min(1.0, rng.uniform(0.5, 1.0) * strength))
    height = surface.height + blurred(area, 0.002) * np.float32(rng.uniform(0, 0.012))
    return replace(surface, albedo=mixed(surface.albedo, texture, cover), height=height.astype(np.float32))


def scribble(surface: Surface, rng: Generator, strength: float) -> Surface:
    """Marker, paint or ink that somebody or something drew across the part."""
    size = surface.height.shape[0]
    at, length = spot(surface, rng), rng.uniform(0.06, 0.4)
    points = path(rng, at, length, rng.uniform(0.05, 0.5), 30)
    width = rng.uniform(0.006, 0.022) * min(1.3, strength)
    line = drawn_line(size, points, width, taper=False) * surface.part
    if rng.random() < 0.35:
        line = np.maximum(line, blob(rng, size, at, width * rng.uniform(1, 2.5), edge=0.2, ragged=0.4) * surface.part)
    ink = rng.uniform(0.02, 0.9, 3) if rng.random() < 0.6 else np.repeat(rng.choice([0.03, 0.9]), 3)
    cover = line * np.float32(rng.uniform(0.6, 1.0))
    return replace(surface, albedo=mixed(surface.albedo, ink.astype(np.float32), cover))
