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
    """Return `pixels` reduced by averaging; the same array where `factor` is 1.

    Parameters
    ----------
    pixels
        uint8 ``(H, W)`` or ``(H, W, 3)``.

    Returns
    -------
    ndarray
        uint8 ``(ceil(H / factor), ceil(W / factor)[, 3])``.
    """
    if factor <= 1:
        return pixels
    rows, columns = pixels.shape[:2]
    size = (-(-columns // factor), -(-rows // factor))
    small: NDArray[np.uint8] = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return small
