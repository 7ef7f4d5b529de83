"""Packed and deep pixels -> uint16, one pass in pieces that stay in the processor's cache."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from crane_desktop.camera.genicam.pfnc import PixelLayout

_PIECE_PX = 1 << 18
# Pixels that fill whole bytes together, and how many bytes.
_GROUPS = {("p", 10): (4, 5), ("p", 12): (2, 3), ("gige", 10): (2, 3), ("gige", 12): (2, 3)}


def unpack(rows: NDArray[np.uint8], width_px: int, layout: PixelLayout) -> NDArray[np.uint16]:
    """Return the values of a picture of more than 8 bits, its bits at the low end.

    Parameters
    ----------
    rows
        uint8 ``(H, row bytes)``, contiguous.
    layout
        Deeper than 8 bits.

    Returns
    -------
    NDArray[np.uint16]
        ``(H, W)``, or ``(H, W, 3)`` in the order of the format; an array of its own.
    """
    height = rows.shape[0]
    if layout.packing == "":
        channels = layout.bits // 16
        whole = np.empty((height, width_px * channels), np.uint16)
        # As bytes: in the ring a line may begin at an odd address.
        np.copyto(whole.view(np.uint8), rows)
        values = whole if whole.dtype.newbyteorder("<") == whole.dtype else whole.byteswap()
        return values if channels == 1 else values.reshape(height, width_px, channels)
    values = np.empty((height, width_px), np.uint16)
    step = max(1, _PIECE_PX // width_px)
    for top in range(0, height, step):
        _unpack_piece(rows[top : top + step], values[top : top + step], layout)
    return values


def _unpack_piece(rows: NDArray[np.uint8], values: NDArray[np.uint16], layout: PixelLayout) -> None:
    pixels, size = _GROUPS[layout.packing, layout.depth]
    height, width = values.shape
    groups = -(-width // pixels)
    odd = groups * pixels != width
    # A width that leaves a group open is filled up, unpacked and cut off.
    target = np.empty((height, groups * pixels), np.uint16) if odd else values
    if groups * size != rows.shape[1]:
        rows = np.pad(rows, ((0, 0), (0, groups * size - rows.shape[1])))
    if (layout.packing, layout.depth) == ("p", 10):
        _four_in_five_bytes(rows, target)
    else:
        _two_in_three_bytes(rows, target, layout)
    if odd:
        np.copyto(values, target[:, :width])


def _two_in_three_bytes(rows: NDArray[np.uint8], values: NDArray[np.uint16], layout: PixelLayout) -> None:
    """Put each value's low and high byte together; everything is done on whole planes of bytes."""
    height, width = values.shape
    planes = cv2.split(rows.reshape(height, width // 2, 3))
    first, middle, last = (np.asarray(plane, dtype=np.uint8) for plane in planes)
    if layout.packing == "p":
        # Bits 0..11 are the even pixel, 12..23 the odd one.
        even, odd = [first, middle & 15], [(middle >> 4) | (last << 4), last >> 4]
    else:
        # GigE Vision: first and last hold the high 8 bits of a pixel each, the middle the low bits of both.
        low = layout.depth - 8
        mask = (1 << low) - 1
        even = [(first << low) | (middle & mask), first >> (8 - low)]
        odd = [(last << low) | ((middle >> 4) & mask), last >> (8 - low)]
    cv2.merge([*even, *odd], dst=values.view(np.uint8).reshape(height, width // 2, 4))


def _four_in_five_bytes(rows: NDArray[np.uint8], values: NDArray[np.uint16]) -> None:
    """PFNC ``10p``: pixel k of a group begins at its bit 10k, lowest first; it lies within the word at byte k."""
    height, width = values.shape
    groups = rows.size // 5
    planes = []
    for k in range(4):
        word = np.ndarray((groups,), "<u2", rows.data, offset=k, strides=(5,))
        plane = word.astype(np.uint16)
        if k > 0:
            np.right_shift(plane, 2 * k, out=plane)
        if k < 3:
            np.bitwise_and(plane, 0x3FF, out=plane)
        planes.append(plane.reshape(height, width // 4))
    cv2.merge(planes, dst=values.reshape(height, width // 4, 4))
