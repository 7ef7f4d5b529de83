"""One page of a picture file -> its values, upright, at the depth that the file holds."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from crane_desktop.camera.pictures.kinds import FORMATS
from crane_desktop.camera.pictures.not_whole import NotWholeError
from crane_desktop.camera.pictures.proof import prove_png_rows
from crane_desktop.camera.pictures.tiff import PHOTOMETRIC, SAMPLE_FORMAT, Directory
from crane_desktop.camera.pictures.whole import DAMAGED, PictureFile, strict_tiff, too_large
from crane_desktop.domain.errors import InputError

Array: TypeAlias = NDArray[np.uint8] | NDArray[np.uint16]
_GREY = ("1", "L", "LA", "La")
_COLOUR = ("RGB", "RGBA", "RGBX", "P", "PA", "CMYK", "YCbCr", "LAB", "HSV")
_ORIENTATION = 0x0112
_SIGNED, _FLOATING = 2, 3
_MOST_OF_8, _MOST_OF_16 = np.iinfo(np.uint8).max, np.iinfo(np.uint16).max
_SIGNED_DEPTH = 15


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """The values of one page.

    Attributes
    ----------
    values
        uint8 or uint16, grey ``(H, W)`` or RGB ``(H, W, 3)``; alpha is dropped, the picture stands upright.
    depth
        Of uint16: how many bits are used, where the file says so.
    high_end
        Where fewer than 16 bits are used, the format puts them at the high end.
    white_is_zero
        The values count darkness (TIFF).
    """

    values: Array
    depth: int | None = None
    high_end: bool = False
    white_is_zero: bool = False


def page_values(file: PictureFile, page: int) -> Values:
    """Decode the page at place `page`.

    Raises
    ------
    InputError
        If its pixels are damaged, or of a kind without a scale from black to white.
    """
    try:
        data = file.page_bytes(page)
        with strict_tiff(data), Image.open(io.BytesIO(data), formats=FORMATS) as image:
            image.seek(file.place_inside(page))
            deep = _is_deep(image, data)
            told = _told_depth(image, file, page)
            turned = _orientation(image)
            largest = _decoder_args(image)[-1]
            image.load()  # raises on a truncated file, where other decoders fill with grey
        with image:
            if file.kind == "PNG" and page == 0:
                _must_have_all_rows(image, file.data)
            directory = file.directories[page] if file.directories else None
            if deep and file.kind == "PPM" and isinstance(largest, int):
                found = _deep_pnm(file, page, told or 16, largest)
            elif deep:
                found = _deep(image, file, page, told, directory)
            else:
                found = _plain(image, told, directory)
    except Image.DecompressionBombError as error:  # a page that is larger than the first
        raise too_large(file.name) from error
    except (NotWholeError, *DAMAGED) as error:
        raise InputError("camera.image_unreadable", file=file.name) from error
    if found is None:
        raise InputError("camera.image_kind_unknown", file=file.name)
    return Values(_upright(found.values, turned), found.depth, found.high_end, found.white_is_zero)


def _must_have_all_rows(image: Image.Image, data: bytes) -> None:
    """Pillow leaves rows black that a PNG does not have; only then is it worth while to unpack it twice."""
    last = image.crop((0, image.height - 1, image.width, image.height))
    if image.info.get("interlace") or not np.asarray(last).any():
        prove_png_rows(data)


def _is_deep(image: Image.Image, data: bytes) -> bool:
    """Tell from the decoder's raw mode; Pillow's own mode says 8 bit for 16-bit colour."""
    if image.mode.startswith("I;16"):
        return True
    if image.format == "JPEG2000" and image.mode in ("RGB", "RGBA", "LA"):
        return _jp2_depth(data) > 8
    args = _decoder_args(image)
    if image.format == "PPM":
        most = args[-1]
        return image.mode == "RGB" and data.startswith(b"P6") and isinstance(most, int) and most > _MOST_OF_8
    return ";16" in str(args[0])


def _decoder_args(image: Image.Image) -> tuple[object, ...]:
    """Return what Pillow's decoder is told: first the raw mode, of PNM files last the largest value."""
    tiles = image.tile if isinstance(image, ImageFile.ImageFile) else []
    args = tiles[0].args if tiles else ()
    return (args or ("",)) if isinstance(args, tuple) else (args,)


def _jp2_depth(data: bytes) -> int:
    """Return how many bits the first component of a JPEG 2000 stream has."""
    at = data.find(b"\xff\x4f\xff\x51")
    return (data[at + 42] & 0x7F) + 1 if 0 <= at < len(data) - 42 else 8


def _told_depth(image: Image.Image, file: PictureFile, page: int) -> int | None:
    if file.kind == "PNG":
        return _png_significant_bits(file.data)
    if file.kind == "PPM":
        return _pnm_depth(image)
    if file.kind == "TIFF":
        return file.directories[page].depth()
    return None


def _png_significant_bits(data: bytes) -> int | None:
    """Return what the chunk sBIT says of grey or colour, where it is less than the whole."""
    at = 8
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        if name == b"sBIT":
            colours = data[at + 8 : at + 8 + (length if length in (1, 3) else length - 1)]
            return max(colours) if colours and 8 <= max(colours) < 16 else None
        if name in (b"IDAT", b"PLTE"):
            return None
        at += 12 + length
    return None


def _pnm_depth(image: Image.Image) -> int | None:
    """Return the bits of a largest value that is all ones; another one is scaled to the whole range by Pillow."""
    most = _decoder_args(image)[-1]
    if isinstance(most, int) and most > _MOST_OF_8:
        return most.bit_length() if most & (most + 1) == 0 else 16
    return 16 if image.mode == "I" else None


def _orientation(image: Image.Image) -> int:
    """Return how the camera says it was held; Pillow turns TIFF files itself."""
    if image.format == "TIFF":
        return 1
    try:
        turned = image.getexif().get(_ORIENTATION, 1)
    except DAMAGED:  # a camera's notes are not the picture
        return 1
    return turned if isinstance(turned, int) and 1 <= turned <= 8 else 1


def _upright(values: Array, turned: int) -> Array:
    if turned in (5, 6, 7, 8):
        values = values.swapaxes(0, 1)
    if turned in (3, 4, 7, 8):
        values = values[::-1]
    if turned in (2, 3, 6, 7):
        values = values[:, ::-1]
    return values


def _plain(image: Image.Image, told: int | None, directory: Directory | None) -> Values | None:
    form = 1 if directory is None else directory.number(SAMPLE_FORMAT, 1)
    if image.mode == "I":
        return _wide(np.asarray(image), told, signed=form == _SIGNED, pnm=image.format == "PPM")
    if form in (_SIGNED, _FLOATING):
        return None  # negative values would come out bright
    if image.mode in _GREY:
        return Values(np.asarray(image.convert("L")))
    if image.mode in _COLOUR:
        return Values(np.asarray(image.convert("RGB")))
    return None


def _wide(values: NDArray[np.int32], told: int | None, *, signed: bool, pnm: bool) -> Values | None:
    """16-bit grey that Pillow widened to 32 bit; truly deeper pictures are not ours."""
    if values.min() < 0 or values.max() > _MOST_OF_16:
        return None
    if pnm:  # Pillow has scaled them to the whole range
        depth = told or 16
        own = np.rint(values * (((1 << depth) - 1) / _MOST_OF_16)).astype(np.uint16)
        return Values(own, depth)
    deep = values.astype(np.uint16)
    full_range = told is None and signed and (1 << _SIGNED_DEPTH - 1) <= deep.max() < 1 << _SIGNED_DEPTH
    return Values(deep, _SIGNED_DEPTH if full_range else told)


def _deep(
    image: Image.Image, file: PictureFile, page: int, told: int | None, directory: Directory | None
) -> Values | None:
    inverted = directory is not None and directory.number(PHOTOMETRIC, 1) == 0
    high_end = file.kind == "PNG"
    if image.mode.startswith("I;16"):
        # Pillow shifts the values of JPEG 2000 to the high end: they are black to white.
        depth = 16 if file.kind == "JPEG2000" and _jp2_depth(file.data) < 16 else told
        return Values(np.asarray(image).astype(np.uint16), depth, high_end, inverted)
    if image.mode not in ("L", "LA", "La", "RGB", "RGBA", "RGBX"):
        return None
    found = _by_opencv(file, page)
    if found is None or found.dtype != np.uint16 or found.shape[:2] != (image.height, image.width):
        return None
    decoded = found.astype(np.uint16, copy=False)
    if file.kind == "JPEG2000":
        told = depth if (depth := _jp2_depth(file.data)) < 16 else None
    if decoded.ndim == 2:
        return Values(decoded, told, high_end)
    return Values(decoded[..., 0] if image.mode in ("LA", "La", "L") else decoded[..., 2::-1], told, high_end)


def _deep_pnm(file: PictureFile, page: int, depth: int, largest: int) -> Values | None:
    """Colour of a PNM file; a largest value that is not all ones is scaled to the whole range."""
    found = _by_opencv(file, page)
    if found is None or found.dtype != np.uint16 or found.ndim != 3:
        return None
    values = found[..., ::-1].astype(np.uint16)
    if largest != (1 << depth) - 1:
        values = np.rint(np.minimum(values, largest) * (_MOST_OF_16 / largest)).astype(np.uint16)
    return Values(values, depth)


def _by_opencv(file: PictureFile, page: int) -> NDArray[np.generic] | None:
    data, place = np.frombuffer(file.page_bytes(page), np.uint8), file.place_inside(page)
    try:
        if place == 0:
            return cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
        done, found = cv2.imdecodemulti(data, cv2.IMREAD_UNCHANGED, range=(place, place + 1))
    except cv2.error as error:
        raise ValueError(error.err) from error
    return found[0] if done and len(found) == 1 else None
