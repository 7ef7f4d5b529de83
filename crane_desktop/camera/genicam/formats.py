"""The bytes that a camera sends -> uint8 grey or RGB, with the camera's own values kept beside it.

How often a picture's values are written on the way from the ring (a hand-over costs one copy before that, out
of the driver's buffer, which so comes back at once):

=========================  =======================================================================
Mono8, RGB8                once: the picture
BGR8, RGBa8, BGRa8         once: the picture, in RGB
YUV422, YCbCr422           once: the picture; its planes pass through the cache in pieces
Mono10...16, and packed    twice: the values, unpacked (`original`), and their high 8 bits
RGB10...16, BGR10...16     twice, BGR three times: the values, in RGB, and their high 8 bits
Bayer8                     twice: the mosaic (`original`), and the picture
Bayer10...16, and packed   three times: the mosaic, unpacked (`original`), its high 8 bits, the picture
=========================  =======================================================================

Corrections write the 8 bits in place of the high 8 bits; with a reference picture the values pass through
16-bit pieces in the cache before. Where the 8 bits were the camera's own, those are kept as `original`: once more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from crane_desktop.camera.genicam.pfnc import BAYER_ORDERS, LAYOUTS, PixelLayout, pfnc_name
from crane_desktop.camera.genicam.unpack import unpack
from crane_desktop.domain.corrections import Correction
from crane_desktop.domain.errors import InputError
from crane_desktop.preprocess.colour import demosaic, high_bits
from crane_desktop.preprocess.correct import Corrector

_PIECE_PX = 1 << 18
_TO_RGB = {"bgr": cv2.COLOR_BGR2RGB, "rgba": cv2.COLOR_RGBA2RGB, "bgra": cv2.COLOR_BGRA2RGB}
_PAIRS = {"yuyv": (0, 1, 2, 3), "uyvy": (1, 0, 3, 2)}  # where a pair's Y, U, second Y and V lie


@dataclass(frozen=True, slots=True, eq=False)
class Converted:
    """Pixels as `domain.frames.Frame` wants them: arrays of their own, read-only.

    Attributes
    ----------
    original
        The camera's own values, as in `domain.frames.Frame.original`.
    corrections
        What was done to the values before they became pixels.
    """

    pixels: NDArray[np.uint8]
    original: NDArray[np.uint8] | NDArray[np.uint16] | None
    corrections: tuple[Correction, ...] = ()


class Converter:
    """Makes pictures of what one camera sends. One thread at a time.

    Parameters
    ----------
    corrector
        What is done to the values, None for nothing: the pixels are then the values' high 8 bits, exactly.
    """

    def __init__(self, corrector: Corrector | None = None) -> None:
        self._corrector = corrector

    def __call__(self, data: NDArray[np.uint8], width_px: int, height_px: int, pixel_format: str) -> Converted:
        """Convert a frame; the input is not kept.

        Parameters
        ----------
        data
            uint8 ``(bytes,)``: lines without padding, one after the other.
        pixel_format
            PFNC name, or its older GigE Vision one.

        Raises
        ------
        InputError
            If the format is not one of `LAYOUTS`, or the corrections do not fit the picture.
        ValueError
            If `data` has the wrong size.
        """
        layout = layout_of(pixel_format)
        row = layout.row_bytes(width_px)
        if data.size != row * height_px:
            raise ValueError(f"{width_px}x{height_px} {pixel_format} is {row * height_px} bytes, not {data.size}")
        values, own = _values(data.reshape(height_px, row), width_px, layout)
        order = _raw_order(layout)
        if self._corrector is not None:
            shown, changed = self._corrector(values, layout.depth, order), True
        elif values.dtype == np.uint16:
            shown, changed = high_bits(values, layout.depth), True
        else:
            shown, changed = np.asarray(values, dtype=np.uint8), False
        if order in BAYER_ORDERS:
            shown, changed = demosaic(shown, order), True
        if not changed:
            return Converted(_sealed(shown if own else shown.copy()), None)
        steps = () if self._corrector is None else self._corrector.steps
        return Converted(_sealed(shown), _sealed(values if own else values.copy()), steps)


def convert(data: NDArray[np.uint8], width_px: int, height_px: int, pixel_format: str) -> Converted:
    """Convert a frame without corrections; see `Converter`."""
    return Converter()(data, width_px, height_px, pixel_format)


def layout_of(pixel_format: str) -> PixelLayout:
    """Return how a pixel format lies in memory.

    Raises
    ------
    InputError
        If it is none of ours.
    """
    layout = LAYOUTS.get(pfnc_name(pixel_format))
    if layout is None:
        raise InputError("camera.format_unknown", format=pixel_format, known=", ".join(LAYOUTS))
    return layout


def raw_kind(pixel_format: str) -> tuple[int, str]:
    """Return depth and order (``"mono"``, ``"rgb"`` or the Bayer pattern) of `domain.frames.Frame.raw`.

    Raises
    ------
    InputError
        If the format is none of ours.
    """
    layout = layout_of(pixel_format)
    return layout.depth, _raw_order(layout)


def _raw_order(layout: PixelLayout) -> str:
    return layout.order if layout.order == "mono" or layout.order in BAYER_ORDERS else "rgb"


def _values(rows: NDArray[np.uint8], width_px: int, layout: PixelLayout) -> tuple[NDArray[Any], bool]:
    """Return the camera's values, ``(H, W)`` or RGB ``(H, W, 3)``, and whether they are an array of their own."""
    if layout.depth > 8:
        values: NDArray[Any] = unpack(rows, width_px, layout)
        return (values if layout.order != "bgr" else np.asarray(cv2.cvtColor(values, _TO_RGB["bgr"]))), True
    if layout.order in _PAIRS:
        return _rgb_of_pairs(rows, width_px, layout.order), True
    if layout.order == "mono" or layout.order in BAYER_ORDERS:
        return rows, False
    channels = rows.reshape(rows.shape[0], width_px, layout.bits // 8)
    if layout.order == "rgb":
        return channels, False
    return np.asarray(cv2.cvtColor(channels, _TO_RGB[layout.order])), True


def _rgb_of_pairs(rows: NDArray[np.uint8], width_px: int, order: str) -> NDArray[np.uint8]:
    """Return RGB of YUV 4:2:2: BT.601 over the full range of 8 bits, as industrial cameras send it.

    (OpenCV's own conversion from YUYV takes video's range, 16..235.)
    """
    height, pairs = rows.shape[0], (width_px + 1) // 2
    if rows.shape[1] != pairs * 4:  # an odd width ends with half a pair: its U and Y alone
        rows = np.pad(rows, ((0, 0), (0, pairs * 4 - rows.shape[1])), mode="edge")
    rgb = np.empty((height, pairs * 2, 3), np.uint8)
    step = max(1, _PIECE_PX // (pairs * 2))
    for top in range(0, height, step):
        four = cv2.split(rows[top : top + step].reshape(-1, pairs, 4))
        y, u, second_y, v = (four[place] for place in _PAIRS[order])
        planes = [cv2.merge([a, b]).reshape(-1, pairs * 2) for a, b in ((y, second_y), (v, v), (u, u))]
        cv2.cvtColor(cv2.merge(planes), cv2.COLOR_YCrCb2RGB, dst=rgb[top : top + step])
    return rgb if width_px == pairs * 2 else np.ascontiguousarray(rgb[:, :width_px])


def _sealed(own: NDArray[Any]) -> NDArray[Any]:
    """Make an array that is already one of its own read-only."""
    own = np.ascontiguousarray(own)
    own.flags.writeable = False
    return own
