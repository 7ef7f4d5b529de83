"""From an anomaly value to a colour: one fixed scale, readable with any colour vision and in grey."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

CLEAR_BELOW = 0.1
"""Values up to here are fully transparent: the part itself stays visible."""

SOLID_ABOVE = 0.6
"""Values from here on are as opaque as the overlay's opacity allows."""


@cache
def colour_table() -> NDArray[np.uint8]:
    """Return the colours of the values 0..1.

    Inferno (S. van der Walt and N. Smith, 2015, CC0): lightness grows evenly with the value, so the order can
    be seen with any colour vision and on a grey print.

    Returns
    -------
    ndarray
        uint8 ``(256, 3)`` RGB, read-only; row ``round(255 * value)`` belongs to `value`.
    """
    ramp = np.arange(256, dtype=np.uint8).reshape(256, 1)
    bgr = cv2.applyColorMap(ramp, cv2.COLORMAP_INFERNO).reshape(256, 3)
    return _sealed(np.asarray(bgr[:, ::-1], dtype=np.uint8))


@cache
def overlay_table() -> NDArray[np.uint8]:
    """Return the colours of the values 0..1 with an opacity that grows with the value.

    Returns
    -------
    ndarray
        uint8 ``(256, 4)`` RGBA (straight alpha), read-only.
    """
    value = np.arange(256) / 255.0
    rise = np.clip((value - CLEAR_BELOW) / (SOLID_ABOVE - CLEAR_BELOW), 0.0, 1.0)
    smooth = rise * rise * (3.0 - 2.0 * rise)
    alpha = np.rint(255.0 * smooth).astype(np.uint8)
    return _sealed(np.column_stack((colour_table(), alpha)))


def colour_index(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the table row of each value, on the absolute scale 0..1 (never stretched).

    Parameters
    ----------
    values
        float ``(h, w)``; beyond 0..1 the ends of the scale apply, what is no number counts as 0.

    Returns
    -------
    ndarray
        uint8 ``(h, w)``.
    """
    index: NDArray[np.uint8] = np.rint(on_scale(values) * 255.0).astype(np.uint8)
    return index


def on_scale(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the values within 0..1 (same shape): the nearer end where they are beyond it, 0 for what is no number."""
    return np.clip(np.nan_to_num(values, nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0)


def _sealed(table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    own = np.ascontiguousarray(table, dtype=np.uint8)
    own.flags.writeable = False
    return own
