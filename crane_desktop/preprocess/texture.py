"""Local texture and colour of a picture, on a fine grid, without any learned weights.

Uniform local binary patterns (Ojala, Pietikäinen and Mäenpää 2002) at two radii say which corners, edges, spots and
line ends a neighbourhood holds; mean Lab colours at three window sizes say how bright and which colour it is. A
tolerance of a few grey levels keeps noise of flat areas out of the patterns.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE_PX = 448
"""Pictures are brought to this square: fine enough for a broken track, still cheap."""
GRID = 56
"""Places along a side, 8 pixels apart."""
FAMILIES = (10, 10, 9)
"""Numbers per place: patterns at radius 1 and at radius 3, Lab means."""
_TOLERANCE = 4
_CELL_PX = 4
_RADII = (1, 3)
_PATTERN_CELLS = 4
_COLOUR_CELLS = (2, 4, 8)


def _uniform_table() -> NDArray[np.uint8]:
    """Return what each 8-bit code counts as: its number of ones where it is uniform, else 9."""
    codes = np.arange(256)[:, None] >> np.arange(8) & 1
    changes = (codes != np.roll(codes, 1, axis=1)).sum(axis=1)
    return np.where(changes <= 2, codes.sum(axis=1), 9).astype(np.uint8)


_TABLE = _uniform_table()


def texture(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Describe every place of a uint8 ``(H, W)`` or ``(H, W, 3)`` RGB picture.

    Returns
    -------
    NDArray[np.float32]
        ``(GRID, GRID, sum(FAMILIES))``, row-major; patterns are shares in [0, 1], colours lie in [0, 1].
    """
    lab = cv2.cvtColor(square(pixels, SIDE_PX), cv2.COLOR_RGB2Lab)
    light: NDArray[np.uint8] = np.ascontiguousarray(lab[:, :, 0], dtype=np.uint8)
    planes: list[NDArray[np.float32]] = []
    for radius in _RADII:
        codes = patterns(light, radius)
        planes += [_window(_pooled((codes == code).astype(np.float32)), _PATTERN_CELLS) for code in range(10)]
    colours = _pooled(lab.astype(np.float32) * np.float32(1 / 255))
    for channel in range(3):
        plane = np.ascontiguousarray(colours[:, :, channel])
        planes += [_window(plane, cells) for cells in _COLOUR_CELLS]
    return np.ascontiguousarray(np.stack(planes, axis=-1))


def patterns(light: NDArray[np.uint8], radius: int) -> NDArray[np.uint8]:
    """Return the uniform local binary pattern of every pixel, 0..8 by its number of ones, 9 where not uniform."""
    height, width = light.shape
    wide = cv2.copyMakeBorder(light, radius, radius, radius, radius, cv2.BORDER_REFLECT_101)
    least = cv2.subtract(light, np.full_like(light, _TOLERANCE))
    slant = max(1, round(radius * 0.7071))
    ring = (
        (0, radius), (slant, slant), (radius, 0), (slant, -slant),
        (0, -radius), (-slant, -slant), (-radius, 0), (-slant, slant),
    )  # fmt: skip
    code = np.zeros((height, width), np.uint8)
    for bit, (down, right) in enumerate(ring):
        y, x = radius + down, radius + right
        above = np.asarray(cv2.compare(wide[y : y + height, x : x + width], least, cv2.CMP_GE), dtype=np.uint8)
        code |= above & np.uint8(1 << bit)
    return np.asarray(cv2.LUT(code, _TABLE), dtype=np.uint8)


def square(pixels: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    """Return the picture as a square of three channels, averaged where it gets smaller."""
    smaller = max(pixels.shape[:2]) >= side_px
    sized = cv2.resize(pixels, (side_px, side_px), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
    return np.asarray(cv2.cvtColor(sized, cv2.COLOR_GRAY2RGB) if sized.ndim == 2 else sized, dtype=np.uint8)


def _pooled(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    cells = SIDE_PX // _CELL_PX
    return np.asarray(cv2.resize(plane, (cells, cells), interpolation=cv2.INTER_AREA), dtype=np.float32)


def _window(plane: NDArray[np.float32], cells: int) -> NDArray[np.float32]:
    """Mean over `cells` x `cells` around the middle of every place."""
    at = cells // 2 - 1
    around = cv2.boxFilter(plane, -1, (cells, cells), anchor=(at, at), borderType=cv2.BORDER_REFLECT)
    return np.asarray(around[::2, ::2], dtype=np.float32)
