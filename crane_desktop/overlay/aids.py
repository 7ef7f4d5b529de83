"""Aids for setting up a camera: how sharp, how bright, where clipped, and the grey values along a line. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
"""x right, y down, in frame pixels."""

_STRIPE_PX = 6
_PAINTS = np.array([(0, 0, 0, 0), (255, 40, 40, 230), (40, 110, 255, 230)], np.uint8)
"""Clear, over, under."""
_DARKEST, _BRIGHTEST = 0, 255
_LONGEST_PROFILE = 4096
_EXACT_IN_FLOAT32 = 1 << 24


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """How the pixels lie between black and white.

    Attributes
    ----------
    histogram
        int64 ``(256,)``: pixels by grey value.
    under, over
        Shares in [0, 1] of pixels at the ends of the scale: of a colour picture, over where any channel is full,
        under where all are empty.
    mean
        Mean grey value.
    """

    histogram: NDArray[np.int64]
    under: float
    over: float
    mean: float


@dataclass(frozen=True, slots=True, eq=False)
class LineProfile:
    """Grey values along a line, a sample a pixel (but 4096 samples at most).

    Attributes
    ----------
    distance_px
        float64 ``(n,)``, from the line's beginning.
    values
        uint8 ``(n,)``, or ``(n, 3)`` for a colour picture.
    """

    distance_px: NDArray[np.float64]
    values: NDArray[np.uint8]


def grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return uint8 ``(H, W)`` of a grey or RGB picture."""
    return pixels if pixels.ndim == 2 else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def sharpness(pixels: NDArray[np.uint8]) -> float:
    """Return how sharp a picture is: the variance of its Laplacian, relative to its brightness squared, times 1000.

    Only good for comparing pictures of the same scene: it rises to its peak at the best focus. Relative to the
    brightness, so that a change of the exposure does not pass for one of the focus. 0 for a black picture.
    """
    plane = grey(pixels)
    mean = float(cv2.mean(plane)[0])
    if mean == 0.0:
        return 0.0
    _, deviation = cv2.meanStdDev(cv2.Laplacian(plane, cv2.CV_16S))
    return 1000.0 * (float(deviation[0][0]) / mean) ** 2


def exposure(pixels: NDArray[np.uint8]) -> Exposure:
    """Count pixels by grey value, and the share that is clipped at either end."""
    plane = grey(pixels)
    counts = _histogram(plane)
    total = plane.size
    if pixels.ndim == 2:
        under, over = int(counts[_DARKEST]), int(counts[_BRIGHTEST])
    else:
        under_mask, over_mask = _clipped(pixels)
        under, over = int(np.count_nonzero(under_mask)), int(np.count_nonzero(over_mask))
    mean = float(counts @ np.arange(256)) / total
    return Exposure(counts, under / total, over / total, mean)


def clipping_rgba(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return uint8 ``(H, W, 4)``: red stripes over what is at full white, blue ones over what is black, else clear.

    The stripes of the two run against each other: they differ without colour, too.
    """
    under, over = _clipped(pixels)
    rows, columns = under.shape
    y, x = np.ogrid[:rows, :columns]
    place = (over & ((x + y) // _STRIPE_PX % 2 == 0)).astype(np.uint8)
    place[under & ((x - y) // _STRIPE_PX % 2 == 0)] = 2
    painted: NDArray[np.uint8] = _PAINTS[place]
    return painted


def line_profile(pixels: NDArray[np.uint8], start: Point, end: Point) -> LineProfile:
    """Return the values along a line, each of the pixel that the sample lies in.

    Parameters
    ----------
    start, end
        Places of the frame; what lies outside is left out.
    """
    rows, columns = pixels.shape[:2]
    length = float(np.hypot(end[0] - start[0], end[1] - start[1]))
    count = int(min(max(2, round(length) + 1), _LONGEST_PROFILE))
    share = np.linspace(0.0, 1.0, count)
    x = np.floor(start[0] + share * (end[0] - start[0])).astype(np.intp)
    y = np.floor(start[1] + share * (end[1] - start[1])).astype(np.intp)
    inside = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
    return LineProfile(share[inside] * length, pixels[y[inside], x[inside]])


def _histogram(plane: NDArray[np.uint8]) -> NDArray[np.int64]:
    # In pieces: OpenCV returns counts as float32, which beyond 2**24 skips whole numbers.
    flat = np.ascontiguousarray(plane).reshape(1, -1)
    pieces = (flat[:, start : start + _EXACT_IN_FLOAT32] for start in range(0, flat.size, _EXACT_IN_FLOAT32))
    counts = np.zeros(256, np.int64)
    for piece in pieces:
        counts += cv2.calcHist([piece], [0], None, [256], [0, 256]).ravel().astype(np.int64)
    return counts


def _clipped(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return where a picture is black and where it is at full white."""
    if pixels.ndim == 2:
        return pixels == _DARKEST, pixels == _BRIGHTEST
    return np.all(pixels == _DARKEST, axis=2), np.any(pixels == _BRIGHTEST, axis=2)
