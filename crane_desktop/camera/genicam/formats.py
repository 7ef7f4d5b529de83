"""The bytes that a camera sends -> uint8 grey or RGB, with the full depth kept beside it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from crane_desktop.camera.genicam.pfnc import LAYOUTS, PixelLayout
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.frames import sealed_pixels

# OpenCV names a Bayer pattern by the second row's second and third pixel, PFNC by the first row's first two.
_BAYER = {
    "RG": cv2.COLOR_BayerBG2RGB,
    "GR": cv2.COLOR_BayerGB2RGB,
    "GB": cv2.COLOR_BayerGR2RGB,
    "BG": cv2.COLOR_BayerRG2RGB,
}


@dataclass(frozen=True, slots=True, eq=False)
class Converted:
    """Pixels as `domain.frames.Frame` wants them: arrays of their own, read-only."""

    pixels: NDArray[np.uint8]
    original: NDArray[np.uint16] | None


def convert(data: NDArray[np.uint8], width_px: int, height_px: int, pixel_format: str) -> Converted:
    """Convert a camera's frame; the input is not kept.

    Parameters
    ----------
    data
        uint8 ``(bytes,)``: lines without padding, one after the other.
    pixel_format
        PFNC name.

    Raises
    ------
    InputError
        If the format is not one of `LAYOUTS`.
    ValueError
        If `data` has the wrong size.
    """
    layout = LAYOUTS.get(pixel_format)
    if layout is None:
        raise InputError("camera.format_unknown", format=pixel_format, known=", ".join(LAYOUTS))
    row = layout.row_bytes(width_px)
    if data.size != row * height_px:
        raise ValueError(f"{width_px}x{height_px} {pixel_format} is {row * height_px} bytes, not {data.size}")
    rows = data.reshape(height_px, row)
    if layout.depth > 8:
        return _deep(_unpacked(rows, width_px, layout), layout.depth)
    if layout.order == "mono":
        return Converted(sealed_pixels(rows), None)
    if layout.order in _BAYER:
        colour = cv2.cvtColor(np.ascontiguousarray(rows), _BAYER[layout.order])
        return Converted(_sealed(np.asarray(colour, dtype=np.uint8)), None)
    channels = rows.reshape(height_px, width_px, layout.bits // 8)
    return Converted(_sealed(_rgb(channels, layout.order)), None)


def _rgb(channels: NDArray[np.uint8], order: str) -> NDArray[np.uint8]:
    """Return own RGB of ``(H, W, 3 or 4)``; alpha is dropped. OpenCV is several times faster than slicing."""
    code = {"rgba": cv2.COLOR_RGBA2RGB, "bgra": cv2.COLOR_BGRA2RGB, "bgr": cv2.COLOR_BGR2RGB}.get(order)
    if code is None:
        return channels.copy()
    return np.asarray(cv2.cvtColor(channels, code), dtype=np.uint8)


def _unpacked(rows: NDArray[np.uint8], width_px: int, layout: PixelLayout) -> NDArray[np.uint16]:
    """Return uint16 ``(H, W)`` holding `layout.depth` bits, at the low end."""
    if layout.packing == "":
        return np.ascontiguousarray(rows).view("<u2").astype(np.uint16)
    if layout.packing == "p":
        # Pixel k's bits follow each other from bit k * depth on, lowest first, across byte limits.
        first = np.arange(width_px) * layout.bits
        low, shift = first // 8, (first % 8).astype(np.uint16)
        wide = np.pad(rows, ((0, 0), (0, 1))).astype(np.uint16)
        word = wide[:, low] | (wide[:, low + 1] << 8)
        return np.asarray((word >> shift) & ((1 << layout.depth) - 1), dtype=np.uint16)
    # GigE Vision: byte 0 and 2 hold the high 8 bits of two pixels, byte 1 the low bits of both.
    low_bits = layout.depth - 8
    padded = np.pad(rows, ((0, 0), (0, -rows.shape[1] % 3))).reshape(rows.shape[0], -1, 3).astype(np.uint16)
    mask = (1 << low_bits) - 1
    even = (padded[..., 0] << low_bits) | (padded[..., 1] & mask)
    odd = (padded[..., 2] << low_bits) | ((padded[..., 1] >> 4) & mask)
    pairs = np.stack((even, odd), axis=-1).reshape(rows.shape[0], -1)
    return np.ascontiguousarray(pairs[:, :width_px])


def _deep(values: NDArray[np.uint16], depth: int) -> Converted:
    original = np.ascontiguousarray(values)
    original.flags.writeable = False
    # Bits over the depth would wrap around; a camera that sets them is at full white.
    capped = np.minimum(original, (1 << depth) - 1)
    return Converted(_sealed((capped >> (depth - 8)).astype(np.uint8)), original)


def _sealed(own: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Make an array that is already a copy of its own read-only."""
    own = np.ascontiguousarray(own)
    own.flags.writeable = False
    return own
