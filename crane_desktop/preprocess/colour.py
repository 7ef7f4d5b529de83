"""Colour out of what a sensor gives: Bayer mosaics, and the high 8 bits of deep values."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

BAYER_ROWS = {"RG": ("RG", "GB"), "GR": ("GR", "BG"), "GB": ("GB", "RG"), "BG": ("BG", "GR")}
"""The colours of an even and of an odd line, by the name that PFNC gives the pattern (its upper left corner)."""

# OpenCV names a pattern by the second line's second and third pixel.
_OPENCV = {
    "RG": cv2.COLOR_BayerBG2RGB,
    "GR": cv2.COLOR_BayerGB2RGB,
    "GB": cv2.COLOR_BayerGR2RGB,
    "BG": cv2.COLOR_BayerRG2RGB,
}
_LEAST_PX = 3


def demosaic(mosaic: NDArray[np.uint8], pattern: str) -> NDArray[np.uint8]:
    """Return RGB of a Bayer mosaic, by bilinear interpolation (OpenCV's).

    What a pixel measured stays as it is; its other two colours are the rounded means of the nearest pixels that
    measured them. The outermost pixels take their neighbours' values.

    Parameters
    ----------
    mosaic
        uint8 ``(H, W)``.
    pattern
        ``"RG"``, ``"GR"``, ``"GB"`` or ``"BG"``.

    Returns
    -------
    NDArray[np.uint8]
        ``(H, W, 3)``, an array of its own.
    """
    height, width = mosaic.shape
    if min(height, width) < _LEAST_PX:
        # OpenCV leaves so small a picture black. Mirrored at its edge, a mosaic keeps its pattern.
        wide = np.pad(mosaic, 2, mode="reflect" if min(height, width) > 1 else "edge")
        return np.ascontiguousarray(demosaic(wide, pattern)[2:-2, 2:-2])
    return np.asarray(cv2.cvtColor(mosaic, _OPENCV[pattern]), dtype=np.uint8)


def high_bits(values: NDArray[np.uint16], depth: int) -> NDArray[np.uint8]:
    """Return the high 8 of `depth` bits; values over the depth are full white, they do not wrap around.

    Parameters
    ----------
    values
        uint16 ``(H, W)`` or ``(H, W, 3)``, `depth` bits at the low end.
    """
    if depth == 8:
        return np.minimum(values, 255).astype(np.uint8)
    # Scaling with rounding does the same as a shift that caps, in one pass: a value's distance from the
    # middle between two whole numbers is never less than half a unit of the camera's.
    unit = 1.0 / (1 << (depth - 8))
    flat = values.reshape(values.shape[0], -1)
    shown = cv2.convertScaleAbs(flat, alpha=unit, beta=-(0.5 - unit / 2))
    return np.asarray(shown, dtype=np.uint8).reshape(values.shape)
