"""Image files -> pictures. The whole file is decoded or it is an error: half a picture is never judged."""

from __future__ import annotations

import io
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.frames import sealed_pixels

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff"})
_FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "MPO")

_quiet = threading.Lock()  # the list of warning filters belongs to the whole process

# What Pillow's parsers raise on damaged input; it has no common base.
_DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    MemoryError,
    RuntimeError,
    struct.error,
    zlib.error,
    UserWarning,
    Image.DecompressionBombError,
)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded picture.

    Attributes
    ----------
    pixels
        uint8 ``(H, W)`` or ``(H, W, 3)`` RGB, C-contiguous, read-only; alpha is dropped.
    original
        uint16 of the same shape where the file holds 16 bit a channel, else None.
    pixel_format
        PFNC name: ``Mono8``, ``RGB8``, ``Mono16`` or ``RGB16``.
    """

    pixels: NDArray[np.uint8]
    original: NDArray[np.uint16] | None
    pixel_format: str


def read_image(path: str | Path) -> Picture:
    """Read a PNG, JPEG, BMP or TIFF file.

    The bytes are read by Python, so that any path works that the system knows (cv2.imread fails silently
    on Japanese Windows paths).

    Raises
    ------
    InputError
        If the file is missing, unreadable, truncated or of a kind that is not supported.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputError("camera.file_missing", file=str(path)) from None
    except OSError as error:
        raise InputError("camera.file_unreadable", file=str(path), detail=error.strerror or str(error)) from error
    return decode_image(data, path.name)


def decode_image(data: bytes, name: str) -> Picture:
    """Decode the bytes of an image file; `name` is for the sentence of the error.

    Raises
    ------
    InputError
        If the bytes are no whole picture of a supported kind.
    """
    try:
        with _strict_tiff(data), Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            deep = _holds_16_bit(image)
            image.load()  # raises on a truncated file, where other decoders fill with grey
        with image:
            picture = _deep_picture(image, data) if deep else _plain_picture(image)
    except _DAMAGED as error:
        raise InputError("camera.image_unreadable", file=name, detail=str(error)[:200]) from error
    if picture is None:
        raise InputError("camera.image_kind_unknown", file=name)
    return picture


@contextmanager
def _strict_tiff(data: bytes) -> Iterator[None]:
    """Silence Pillow's remarks, but let a TIFF that lost tags be an error: its tags say what the pixels mean.

    In a JPEG the same remark is about the camera's notes (EXIF), which are not the picture.
    """
    with _quiet, warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        if data[:2] in (b"II", b"MM"):
            warnings.filterwarnings("error", "(Possibly )?[Cc]orrupt EXIF|Truncated File Read", UserWarning, r"PIL\.")
        yield


def _holds_16_bit(image: Image.Image) -> bool:
    """Tell from the decoder's raw mode; Pillow's own mode says 8 bit for 16-bit colour."""
    if image.mode.startswith("I;16"):
        return True
    for tile in getattr(image, "tile", []):
        args = tile.args
        raw_mode = args[0] if isinstance(args, tuple) and args else args
        if isinstance(raw_mode, str) and ";16" in raw_mode:
            return True
    return False


def _plain_picture(image: Image.Image) -> Picture | None:
    if image.mode in ("1", "L", "LA", "La"):
        return Picture(sealed_pixels(np.asarray(image.convert("L"))), None, "Mono8")
    if image.mode in ("RGB", "RGBA", "RGBX", "P", "PA", "CMYK", "YCbCr", "LAB", "HSV"):
        return Picture(sealed_pixels(np.asarray(image.convert("RGB"))), None, "RGB8")
    if image.mode == "I":
        # 16-bit grey that Pillow widened to 32 bit; truly deeper pictures are not ours.
        wide = np.asarray(image)
        if wide.min() >= 0 and wide.max() <= np.iinfo(np.uint16).max:
            return _from_16_bit(wide.astype(np.uint16))
    return None


def _deep_picture(image: Image.Image, data: bytes) -> Picture | None:
    if image.mode.startswith("I;16"):
        return _from_16_bit(np.asarray(image).astype(np.uint16))
    try:
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise ValueError(error.err) from error
    if decoded is None or decoded.dtype != np.uint16 or decoded.shape[:2] != (image.height, image.width):
        return None
    if decoded.ndim == 2:
        return _from_16_bit(decoded)
    if image.mode in ("LA", "La", "L"):
        return _from_16_bit(decoded[..., 0])
    return _from_16_bit(decoded[..., 2::-1])


def _from_16_bit(values: NDArray[np.generic]) -> Picture:
    original = np.array(values, dtype=np.uint16, order="C", copy=True)
    original.flags.writeable = False
    pixels = sealed_pixels((original >> 8).astype(np.uint8))
    return Picture(pixels, original, "Mono16" if original.ndim == 2 else "RGB16")
