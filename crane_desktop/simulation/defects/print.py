"""Defects of a print of two tones, conductors on a board above all: broken, bridged, nicked, blotted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from crane_desktop.simulation.defects.place import blob
from crane_desktop.simulation.painting.surface import Surface, mixed

_TRIES = 24
_WIDEST = 0.09
"""Of what is broken or bridged, in picture sides."""


@dataclass(frozen=True, slots=True)
class _Edge:
    """A place on the outline of the print.

    Attributes
    ----------
    at, inward
        Pixels (x, y), and the unit vector towards the chosen side.
    own, other
        Colours of the chosen side and of the one across.
    width_px
        How far the chosen side reaches; None where it is wider than what can be broken.
    """

    at: NDArray[np.float64]
    inward: NDArray[np.float64]
    own: NDArray[np.float32]
    other: NDArray[np.float32]
    width_px: float | None


def print_break(surface: Surface, rng: Generator, strength: float) -> Surface:
    """A conductor is open, or two are shorted: the other tone goes right across."""
    size = surface.height.shape[0]
    edge = _found(surface, rng, lambda e: e.width_px is not None)
    if edge is None or edge.width_px is None:
        return surface
    gap = float(np.clip(edge.width_px * rng.uniform(0.3, 1.3), 0.007 * size, 0.032 * size)) * min(1.3, strength)
    along = np.array([-edge.inward[1], edge.inward[0]])
    lean = rng.uniform(-0.5, 0.5)
    steps = np.linspace(-1.5, edge.width_px + 1.5, 7)
    middle = edge.at + steps[:, None] * edge.inward + (steps * lean)[:, None] * along
    left, right = (middle + sign * along * (gap / 2 + rng.normal(0, 0.12 * gap + 0.3, 7))[:, None] for sign in (-1, 1))
    layer = np.zeros((size, size), np.uint8)
    outline = np.round(np.concatenate([left, right[::-1]]) * 16).astype(np.int32)
    cv2.fillPoly(layer, [outline], (255,), cv2.LINE_AA, 4)
    return _covered(surface, layer.astype(np.float32) / np.float32(255), edge.other)


def print_nick(surface: Surface, rng: Generator, strength: float) -> Surface:
    """A bite out of an outline, or a spur on it."""
    size = surface.height.shape[0]
    edge = _found(surface, rng, lambda _edge: True)
    if edge is None:
        return surface
    radius = rng.uniform(0.007, 0.017) * min(1.3, strength)
    place = (edge.at + edge.inward * rng.uniform(0.1, 0.9) * radius * size) / size
    bite = blob(
        rng, size, (float(place[0]), float(place[1])), radius, edge=0.15, ragged=rng.uniform(0.2, 0.7),
        aspect=rng.uniform(1, 2.2),
    )  # fmt: skip
    return _covered(surface, bite, edge.other)


def print_blot(surface: Surface, rng: Generator, strength: float) -> Surface:
    """A spot of one tone within the other: spilt metal or ink, or a pinhole."""
    size = surface.height.shape[0]
    radius = rng.uniform(0.006, 0.016) * min(1.3, strength)
    need = 2.4 * radius * size
    edge = _found(surface, rng, lambda e: e.width_px is None or e.width_px > need)
    if edge is None:
        return surface
    room = edge.width_px if edge.width_px is not None else float(np.exp(rng.uniform(np.log(need), np.log(0.3 * size))))
    reach = room / 2 if edge.width_px is not None else room
    place = np.clip((edge.at + edge.inward * reach) / size, 0.01, 0.99)
    spots = blob(
        rng, size, (float(place[0]), float(place[1])), radius, edge=0.15, ragged=rng.uniform(0.2, 0.9),
        aspect=rng.uniform(1, 2.2),
    )  # fmt: skip
    return _covered(surface, spots, edge.other)


def _covered(surface: Surface, where: NDArray[np.float32], colour: NDArray[np.float32]) -> Surface:
    return replace(surface, albedo=mixed(surface.albedo, colour, where))


def _found(surface: Surface, rng: Generator, fits: Callable[[_Edge], bool]) -> _Edge | None:
    """Look for an edge of the print that `fits`."""
    grey = cv2.GaussianBlur(surface.albedo.mean(2), (3, 3), 0)
    size = grey.shape[0]
    dx, dy = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    steep = cv2.magnitude(dx, dy)
    border = max(3, size // 40)
    steep[:border], steep[-border:], steep[:, :border], steep[:, -border:] = 0, 0, 0, 0
    places = np.flatnonzero(steep > max(0.25, 0.45 * float(steep.max())))
    if places.size < 20:
        return None
    for _ in range(_TRIES):
        row, column = divmod(int(rng.choice(places)), size)
        sign = float(rng.choice([-1.0, 1.0]))
        inward = np.array([dx[row, column], dy[row, column]], np.float64) * sign / float(steep[row, column])
        edge = _looked_at(surface.albedo, grey, np.array([column, row], np.float64), inward)
        if edge is not None and fits(edge):
            return edge
    return None


def _looked_at(
    albedo: NDArray[np.float32], grey: NDArray[np.float32], at: NDArray[np.float64], inward: NDArray[np.float64]
) -> _Edge | None:
    size = grey.shape[0]
    step = max(2.0, size / 160)
    inside, outside = (np.clip(np.rint(at + sign * step * inward), 0, size - 1).astype(int) for sign in (1, -1))
    own, other = float(grey[inside[1], inside[0]]), float(grey[outside[1], outside[0]])
    if abs(own - other) < 0.1:
        return None
    walk = np.arange(step, _WIDEST * size)
    line = np.clip(np.rint(at + walk[:, None] * inward), 0, size - 1).astype(int)
    values = grey[line[:, 1], line[:, 0]]
    crossed = np.flatnonzero(np.abs(values - other) < np.abs(values - own))
    width = float(walk[crossed[0]]) if crossed.size else None
    return _Edge(at, inward, albedo[inside[1], inside[0]], albedo[outside[1], outside[0]], width)
