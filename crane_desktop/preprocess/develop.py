"""Archived values -> the 8-bit pixels that were judged, by the same steps as live. Pure."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.frames import Frame
from crane_desktop.preprocess.colour import demosaic, high_bits
from crane_desktop.preprocess.png_note import PictureNote


def note_of_picture(frame: Frame) -> PictureNote:
    """Return what the archived picture of `frame` holds: what the camera sent; what was judged where corrected."""
    if frame.corrections:
        return PictureNote("picture", "Mono8" if frame.pixels.ndim == 2 else "RGB8", 8)
    return PictureNote("picture", frame.pixel_format, _bits(frame.pixel_format, frame.raw))


def note_of_original(frame: Frame) -> PictureNote:
    """Return what the archived original of a corrected `frame` holds."""
    return PictureNote("original", frame.pixel_format, _bits(frame.pixel_format, frame.raw))


def develop(values: NDArray[Any], note: PictureNote) -> NDArray[np.uint8]:
    """Return uint8 ``(H, W)`` or ``(H, W, 3)`` RGB: the high 8 bits, and the colours of a mosaic.

    Parameters
    ----------
    values
        uint8 or uint16, ``(H, W)`` or ``(H, W, 3)`` RGB, as `note` describes them.
    """
    shown = values
    if values.dtype != np.uint8:
        shown = high_bits(values, note.significant_bits or _bits(note.pixel_format, values))
    bayer = re.match(r"Bayer(RG|GR|GB|BG)", note.pixel_format)
    return demosaic(shown, bayer[1]) if bayer and shown.ndim == 2 else shown


def develop_as(values: NDArray[Any], pixel_format: str | None) -> NDArray[np.uint8]:
    """Return an archived picture as `develop` does, where only the camera's pixel format is known."""
    return develop(values, PictureNote("picture", pixel_format or "", None))


def _bits(pixel_format: str, values: NDArray[Any]) -> int:
    """Return a format's depth, as PFNC has it in the name ("Mono12": 12); deep values lie at the low end."""
    if values.dtype == np.uint8:
        return 8
    digits = re.search(r"(\d+)", pixel_format)
    return int(digits[1]) if digits and 8 < int(digits[1]) <= 16 else 16
