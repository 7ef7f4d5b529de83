"""How many of a frame's pixels the screen can show: 5 MP frames are made smaller before they are painted."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray


def reduction(frame_px_per_screen_px: float) -> int:
    """Return by which whole factor a frame may be reduced without losing what the screen shows.

    Parameters
    ----------
    frame_px_per_screen_px
        How many frame pixels fall on one screen pixel at the present zoom.
    """
    if not math.isfinite(frame_px_per_screen_px) or frame_px_per_screen_px < 2.0:
        return 1
    return int(frame_px_per_screen_px)


def reduced(pixels: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Return `pixels` reduced by averaging whole blocks; the same array where `factor` is 1.

    What is left over at the right and lower edge, less than a block and so less than a screen pixel, is left out:
    averaging whole blocks takes half the time.

    Parameters
    ----------
    pixels
        uint8 ``(H, W)`` or ``(H, W, 3)``.

    Returns
    -------
    ndarray
        uint8 ``(H // factor, W // factor[, 3])``, at least one pixel.
    """
    rows, columns = pixels.shape[:2]
    factor = min(factor, rows, columns)
    if factor <= 1:
        return pixels
    whole = covered(pixels.shape, factor)
    size = (whole[1] // factor, whole[0] // factor)
    blocks = pixels[: whole[0], : whole[1]]
    small: NDArray[np.uint8] = cv2.resize(blocks, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return small


def covered(shape: tuple[int, ...], factor: int) -> tuple[int, int]:
    """Return how many rows and columns of a frame of this shape `reduced` shows."""
    rows, columns = shape[:2]
    factor = max(1, min(factor, rows, columns))
    return rows // factor * factor, columns // factor * factor
