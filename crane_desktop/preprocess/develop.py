"""Archived values -> the 8-bit pixels that were judged, by the same steps as live. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.frames import Frame
from crane_desktop.preprocess.colour import demosaic, high_bits
from crane_desktop.preprocess.png_note import PictureNote

Array: TypeAlias = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True, slots=True, eq=False)
class Developed:
    """Pixels, and what they were made of.

    Attributes
    ----------
    pixels
        uint8 ``(H, W)`` or ``(H, W, 3)`` RGB.
    original
        The values themselves where the pixels are not just these.
    pixel_format
        PFNC name of the values.
    """

    pixels: NDArray[np.uint8]
    original: Array | None
    pixel_format: str


def note_of_picture(frame: Frame) -> PictureNote:
    """Return what the archived picture of `frame` holds: what the camera sent; what was judged where corrected."""
    if frame.corrections:
        return PictureNote("picture", "Mono8" if frame.pixels.ndim == 2 else "RGB8", 8)
    return PictureNote("picture", frame.pixel_format, _bits(frame.pixel_format, frame.raw))


def note_of_original(frame: Frame) -> PictureNote:
    """Return what the archived original of a corrected `frame` holds."""
    return PictureNote("original", frame.pixel_format, _bits(frame.pixel_format, frame.raw))


def develop(values: Array, note: PictureNote) -> Developed:
    """Return what becomes of a camera's values without corrections: their high 8 bits, the colours of a mosaic.

    Parameters
    ----------
    values
        uint8 or uint16, ``(H, W)`` or ``(H, W, 3)`` RGB, as `note` describes them.
    """
    shown: NDArray[np.uint8]
    if values.dtype == np.uint8:
        shown = np.asarray(values, np.uint8)
    else:
        bits = note.significant_bits or _bits(note.pixel_format, values)
        shown = high_bits(np.ascontiguousarray(values, np.uint16), bits)
    bayer = re.match(r"Bayer(RG|GR|GB|BG)", note.pixel_format)
    if bayer and shown.ndim == 2:
        shown = demosaic(np.ascontiguousarray(shown), bayer[1])
    return Developed(shown, values if shown is not values else None, note.pixel_format)


def develop_as(values: Array, pixel_format: str | None) -> NDArray[np.uint8]:
    """Return the 8-bit pixels as `develop` does, where only the camera's pixel format is known."""
    return develop(values, PictureNote("picture", pixel_format or "", None)).pixels


def _bits(pixel_format: str, values: Array) -> int:
    """Return a format's depth, as PFNC has it in the name ("Mono12": 12); deep values lie at the low end."""
    if values.dtype == np.uint8:
        return 8
    digits = re.search(r"(\d+)", pixel_format)
    return int(digits[1]) if digits and 8 < int(digits[1]) <= 16 else 16
