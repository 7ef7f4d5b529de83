"""The bytes of a picture file, proven as far as its format allows, and which pages of it are parts."""

from __future__ import annotations

import io
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from crane_desktop.camera.pictures.kinds import FORMATS
from crane_desktop.camera.pictures.not_whole import NotWholeError
from crane_desktop.camera.pictures.pnm import pnm_starts
from crane_desktop.camera.pictures.proof import prove
from crane_desktop.camera.pictures.quiet import silence_libtiff
from crane_desktop.camera.pictures.tiff import HEIGHT, WIDTH, Directory, directories
from crane_desktop.domain.errors import InputError

MOST_PIXELS = 2 * (Image.MAX_IMAGE_PIXELS or 89_478_485)
"""What Pillow decodes at most."""

# What Pillow's parsers raise on damaged input; it has no common base.
DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    EOFError,
    MemoryError,
    RuntimeError,
    struct.error,
    zlib.error,
    UserWarning,
)
_THUMBNAIL = "Large Thumbnail"

_quiet = threading.Lock()  # the list of warning filters belongs to the whole process


class DamagedPictureError(InputError):
    """A file that is no whole picture; one that is still being written may become one."""


@dataclass(frozen=True, slots=True, eq=False)
class PictureFile:
    """A file that holds at least one picture.

    Attributes
    ----------
    kind
        Pillow's name of its format.
    pages
        Places in the file, from 0, of the pictures that are parts: thumbnails and masks are none.
    directories
        Of a TIFF file, by place.
    starts
        Of a PNM file, by place: where the picture begins.
    proven
        The format has proven that nothing is missing.
    """

    data: bytes
    name: str
    kind: str
    pages: tuple[int, ...] = (0,)
    directories: tuple[Directory, ...] = ()
    proven: bool = True
    starts: tuple[int, ...] = ()

    def page_bytes(self, place: int) -> bytes:
        """Return the bytes to decode the picture at `place` from."""
        return self.data[self.starts[place] :] if self.starts else self.data

    def place_inside(self, place: int) -> int:
        """Return which picture of `page_bytes` it is."""
        return 0 if self.starts else place

    def page_name(self, number: int) -> str:
        """Return what the page of that number, from 1, is called: the file's name, of several with the number."""
        return self.name if len(self.pages) == 1 else f"{self.name}#{number}"


def open_picture(data: bytes, name: str) -> PictureFile:
    """Find out what a file holds, and that it is whole; nothing is decoded yet.

    Raises
    ------
    DamagedPictureError
        If it is no picture, or not the whole of one.
    InputError
        If its picture is too large.
    """
    if not data:
        raise DamagedPictureError("camera.image_empty", file=name)
    silence_libtiff()
    try:
        with strict_tiff(data), Image.open(io.BytesIO(data), formats=FORMATS) as image:
            kind = image.format or ""
            starts = pnm_starts(data) if kind == "PPM" else ()
            pages, found = (tuple(range(len(starts))), ()) if starts else _pages(image, data, kind)
        return PictureFile(data, name, kind, pages, found, prove(data, kind), starts)
    except (Image.DecompressionBombError, _TooLargeError) as error:
        raise too_large(name) from error
    except UnidentifiedImageError as error:
        raise DamagedPictureError("camera.image_unidentified", file=name) from error
    except (NotWholeError, *DAMAGED) as error:
        raise DamagedPictureError("camera.image_unreadable", file=name) from error


@contextmanager
def strict_tiff(data: bytes) -> Iterator[None]:
    """Silence Pillow's remarks, but let a TIFF that lost tags be an error: its tags say what the pixels mean.

    In a JPEG the same remark is about the camera's notes (EXIF), which are not the picture.
    """
    with _quiet, warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        if data[:2] in (b"II", b"MM"):
            warnings.filterwarnings("error", "(Possibly )?[Cc]orrupt EXIF|Truncated File Read", UserWarning, r"PIL\.")
        yield


def too_large(name: str) -> InputError:
    """Return what to say of a picture that is larger than what is decoded."""
    return InputError("camera.image_too_large", file=name, most=MOST_PIXELS // 1_000_000)


class _TooLargeError(Exception):
    """A page further on is larger than what is decoded."""


def _pages(image: Image.Image, data: bytes, kind: str) -> tuple[tuple[int, ...], tuple[Directory, ...]]:
    if kind == "TIFF":
        found = tuple(directories(data))
        if any(page.number(WIDTH) * page.number(HEIGHT) > MOST_PIXELS for page in found):
            raise _TooLargeError
        # A file of nothing but a thumbnail is somebody's picture all the same.
        return tuple(place for place, page in enumerate(found) if page.is_part) or (0,), found
    if kind == "MPO":
        return tuple(_parts_of_mpo(image)), ()
    return tuple(range(getattr(image, "n_frames", 1))), ()


def _parts_of_mpo(image: Image.Image) -> Iterator[int]:
    """Yield the pictures of a file of several JPEGs that are no previews: as large as the first, or larger."""
    first = image.size
    told = getattr(image, "mpinfo", {}).get(0xB002, ())
    for place in range(getattr(image, "n_frames", 1)):
        what = str(told[place].get("Attribute", {}).get("MPType", "")) if place < len(told) else ""
        image.seek(place)
        if place == 0 or (not what.startswith(_THUMBNAIL) and image.size >= first):
            yield place
