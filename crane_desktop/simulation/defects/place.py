"""Where on a part a defect sits, and the soft shapes that defects are made of."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from crane_desktop.simulation.painting.surface import Surface
from crane_desktop.simulation.painting.textures import noise

_COARSE = 64


def spot(surface: Surface, rng: Generator, margin: float = 0.05) -> tuple[float, float]:
    """Draw a place well on the part: (x, y) in picture sides, `margin` sides away from its edge if there is room."""
    small = cv2.resize(surface.part, (_COARSE, _COARSE), interpolation=cv2.INTER_AREA)
    room = cv2.distanceTransform(np.pad((small > 0.9).astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    deep = np.flatnonzero(room >= min(margin * _COARSE, 0.75 * float(room.max())))
    row, column = divmod(int(rng.choice(deep)), _COARSE)
    x, y = (np.array([column, row]) + rng.uniform(0.2, 0.8, 2)) / _COARSE
    return float(x), float(y)


def edge_spot(surface: Surface, rng: Generator) -> tuple[float, float] | None:
    """Draw a place on the part's outline (hole rims included), or None where the part fills the picture."""
    small = cv2.resize(surface.part, (2 * _COARSE, 2 * _COARSE), interpolation=cv2.INTER_AREA)
    inside = (small > 0.5).astype(np.uint8)
    rim = inside - cv2.erode(inside, np.ones((3, 3), np.uint8))
    rim[:6], rim[-6:], rim[:, :6], rim[:, -6:] = 0, 0, 0, 0
    found = np.flatnonzero(rim)
    if found.size < 20:
        return None
    row, column = divmod(int(rng.choice(found)), 2 * _COARSE)
    return (column + 0.5) / (2 * _COARSE), (row + 0.5) / (2 * _COARSE)


def blob(
    rng: Generator,
    size_px: int,
    at: tuple[float, float],
    radius: float,
    *,
    edge: float,
    ragged: float,
    aspect: float = 1.0,
) -> NDArray[np.float32]:
    """Return a lump, float32 ``(S, S)`` in [0, 1].

    Parameters
    ----------
    at, radius
        Middle and radius in picture sides.
    edge
        Softness of its rim relative to the radius: 0.05 is sharp, 1 fades all the way.
    ragged
        Raggedness of its outline relative to the radius.
    aspect
        Length over width; its direction is drawn.
    """
    axis = (np.arange(size_px, dtype=np.float32) + 0.5) / np.float32(size_px)
    x, y = (axis - at[0])[None, :] / np.float32(radius), (axis - at[1])[:, None] / np.float32(radius)
    turn = rng.uniform(0, np.pi)
    c, s = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    long_, short = (c * x + s * y) / np.float32(np.sqrt(aspect)), (c * y - s * x) * np.float32(np.sqrt(aspect))
    far = cv2.sqrt(long_ * long_ + short * short)
    far = far + np.float32(ragged) * noise(rng, size_px, 0.9 / radius, 3)
    soft = max(edge, 1.2 / (radius * size_px))
    ramp = np.clip((1 + soft / 2 - far) / np.float32(soft), 0, 1)
    out: NDArray[np.float32] = ramp * ramp * (3 - 2 * ramp)
    return out


def path(rng: Generator, at: tuple[float, float], length: float, wander: float, steps: int = 24) -> NDArray[np.float64]:
    """Return a wandering line through `at`, ``(steps, 2)`` in picture sides; `wander` is in radians a step."""
    angle = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, wander, steps))
    walk = np.cumsum(np.stack([np.cos(angle), np.sin(angle)], -1), 0) * (length / steps)
    out: NDArray[np.float64] = walk - walk[steps // 2] + np.asarray(at)
    return out


def drawn_line(size_px: int, points: NDArray[np.float64], width: float, taper: bool = True) -> NDArray[np.float32]:
    """Return a line of `width` picture sides (may be under a pixel), float32 ``(S, S)`` in [0, 1]."""
    layer = np.zeros((size_px, size_px), np.uint8)
    fixed = np.round((points * size_px - 0.5) * 16).astype(np.int32)
    wide_px = width * size_px
    thick = max(1, round(wide_px))
    value = 255 * min(1.0, wide_px)
    steps = len(fixed) - 1
    for i in range(steps):
        near_end = min(i + 1, steps - i) / max(1, steps * 0.3)
        strength = min(1.0, near_end) if taper else 1.0
        colour = int(value * (0.35 + 0.65 * strength))
        cv2.line(layer, fixed[i].tolist(), fixed[i + 1].tolist(), (colour,), thick, cv2.LINE_AA, 4)
    return layer.astype(np.float32) * np.float32(1 / 255)
