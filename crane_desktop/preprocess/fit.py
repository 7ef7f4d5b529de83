"""Bring a picture to the model's size, as Crane's published evaluation does (GOLDEN step 1 and fact 15)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def fit(pixels: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
    """Resize a frame to a square, without keeping its aspect ratio.

    Parameters
    ----------
    pixels
        uint8 ``(H, W)`` or ``(H, W, 3)`` RGB.
    size_px
        Side of the square.

    Returns
    -------
    NDArray[np.uint8]
        ``(size_px, size_px, 3)`` RGB.

    Raises
    ------
    ValueError
        If the array is no picture.
    """
    if pixels.dtype != np.uint8 or pixels.size == 0 or not (pixels.ndim == 2 or pixels.shape[2:] == (3,)):
        raise ValueError(f"no picture: {pixels.dtype} {pixels.shape}")
    return fit_picture(Image.fromarray(pixels), size_px)


def fit_picture(picture: Image.Image, size_px: int) -> NDArray[np.uint8]:
    """Resize a Pillow picture of any mode by Pillow's antialiased bicubic filter, then convert it to RGB.

    Returns
    -------
    NDArray[np.uint8]
        ``(size_px, size_px, 3)`` RGB.
    """
    resized = picture.resize((size_px, size_px), Image.Resampling.BICUBIC)
    return np.asarray(resized.convert("RGB"))
