"""Image files -> pictures. The whole file is decoded or it is an error: half a picture is never judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crane_desktop.camera.own_archive import developed
from crane_desktop.camera.pictures.depth import SHALLOWEST, checked_bits, eight_bits, used_depth
from crane_desktop.camera.pictures.kinds import IMAGE_SUFFIXES
from crane_desktop.camera.pictures.reading import read_picture_file
from crane_desktop.camera.pictures.values import Array, Values, page_values
from crane_desktop.camera.pictures.whole import PictureFile, open_picture
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.frames import sealed_pixels

__all__ = [
    "IMAGE_SUFFIXES",
    "Picture",
    "decode_image",
    "decode_page",
    "look_at_first",
    "must_hold_a_part",
    "read_image",
    "read_part",
    "read_parts",
    "read_values",
]

_LEAST_SIDE_PX = 16
"""Nothing narrower holds a part: the model's smallest patches are about as large."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded picture, upright as its file says.

    Attributes
    ----------
    pixels
        uint8 ``(H, W)`` or ``(H, W, 3)`` RGB, C-contiguous, read-only; alpha is dropped.
    original
        The file's own values where `pixels` are not just these: uint16 where it holds more than 8 bit a channel, or
        a mosaic that this program has archived; else None.
    pixel_format
        PFNC name: ``Mono8``, ``RGB8``, ``Mono16``, ``RGB16``, or with the bits that are used (``Mono10``); of a file
        that this program has archived, the camera's.
    """

    pixels: NDArray[np.uint8]
    original: Array | None
    pixel_format: str


def read_image(path: str | Path, significant_bits: int | None = None) -> Picture:
    """Read a file of one picture; see `decode_page`.

    The bytes are read by Python, so that any path works that the system knows (cv2.imread fails silently
    on Japanese Windows paths).

    Raises
    ------
    InputError
        If the file is missing, unreadable, does not answer, is truncated or of a kind that is not supported, holds
        several pictures, or nobody knows how deep its values are.
    """
    return _only_page(read_picture_file(Path(path)), significant_bits)


def read_part(path: str | Path, significant_bits: int | None = None) -> Picture:
    """Read the picture of a part; raises as `read_image`, also where it is too small to hold a part."""
    picture = read_image(path, significant_bits)
    must_hold_a_part(picture.pixels, Path(path).name)
    return picture


def look_at_first(path: Path, significant_bits: int | None = None) -> None:
    """Decode a file's first picture, so that what is wrong is told before a model is loaded; raises as `read_part`."""
    file = read_picture_file(path)
    must_hold_a_part(decode_page(file, 1, significant_bits).pixels, file.page_name(1))


def read_parts(path: Path, significant_bits: int | None = None) -> Iterator[tuple[str, Picture]]:
    """Read the pictures of a file, of several pages one after the other, each with its name.

    Raises
    ------
    InputError
        As `read_part`, but for several pages.
    """
    file = read_picture_file(path)
    for number in range(1, len(file.pages) + 1):
        picture = decode_page(file, number, significant_bits)
        must_hold_a_part(picture.pixels, file.page_name(number))
        yield file.page_name(number), picture


def read_values(path: str | Path) -> Array:
    """Read a file's bare values, uint8 or uint16: of a drawn mask, which has no black and white.

    Raises
    ------
    InputError
        As `read_image`; how deep they are does not matter.
    """
    file = read_picture_file(Path(path))
    _must_be_single(file)
    return page_values(file, file.pages[0]).values


def decode_image(data: bytes, name: str, significant_bits: int | None = None) -> Picture:
    """Decode the bytes of a file of one picture; `name` is for the sentence of the error.

    Raises
    ------
    InputError
        If the bytes are no whole picture of a supported kind, or nobody knows how deep its values are.
    """
    return _only_page(open_picture(data, name), significant_bits)


def decode_page(file: PictureFile, number: int, significant_bits: int | None = None) -> Picture:
    """Decode the page of that number, from 1.

    Parameters
    ----------
    significant_bits
        How deep values of more than 8 bits are where the file does not say; None: not known.

    Raises
    ------
    InputError
        If its pixels are damaged or of a kind that is not supported, or nobody knows how deep its values are.
    """
    found, name = page_values(file, file.pages[number - 1]), file.page_name(number)
    own = developed(file.data, found.values, name)
    if own is not None:
        return Picture(sealed_pixels(own.pixels), _sealed_original(own.original), own.pixel_format)
    return _picture(found, name, checked_bits(significant_bits))


def must_hold_a_part(pixels: NDArray[np.uint8], name: str) -> None:
    """Raise InputError where the picture is too small or too narrow to hold a part."""
    height, width = pixels.shape[:2]
    if min(height, width) < _LEAST_SIDE_PX:
        raise InputError("camera.image_too_small", file=name, width=width, height=height, least=_LEAST_SIDE_PX)


def _sealed_original(values: Array | None) -> Array | None:
    if values is None:
        return None
    own = values.copy()  # C order
    own.flags.writeable = False
    return own


def _only_page(file: PictureFile, significant_bits: int | None) -> Picture:
    _must_be_single(file)
    return decode_page(file, 1, significant_bits)


def _must_be_single(file: PictureFile) -> None:
    if len(file.pages) != 1:
        raise InputError("camera.image_of_several", file=file.name, count=len(file.pages))


def _picture(found: Values, name: str, wanted_bits: int | None) -> Picture:
    """Make 8-bit pixels of values: the one place where a depth becomes black and white."""
    grey = found.values.ndim == 2
    if found.values.dtype == np.uint8:
        return Picture(sealed_pixels(found.values.astype(np.uint8, copy=False)), None, "Mono8" if grey else "RGB8")
    original = np.array(found.values, dtype=np.uint16, order="C", copy=True)
    told = found.depth if found.depth is not None else wanted_bits
    depth = used_depth(original, told, name, high_end=found.high_end and found.depth is not None)
    if found.white_is_zero:
        original = np.asarray(((1 << depth) - 1) - original, np.uint16)
    original.flags.writeable = False
    pixels = sealed_pixels(eight_bits(original, depth))
    if depth == SHALLOWEST:
        return Picture(pixels, None, "Mono8" if grey else "RGB8")
    return Picture(pixels, original, f"{'Mono' if grey else 'RGB'}{depth}")
