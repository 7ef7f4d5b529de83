"""What an archived PNG says of itself, inside the file: what its values are, so that it can be read as it was live.

The note is a text chunk of our own right behind the header, of a kind that every reader of PNG skips. Deep values
lie at the low end of their 16 bits, as the camera sent them; the standard's own chunk for significant bits (sBIT)
names their depth too, for programs that know it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias, get_args

PictureKind: TypeAlias = Literal["picture", "original", "map"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEYWORD = b"CraneInspector\0"
_AROUND_A_CHUNK = 12
"""Length, type and check sum around each chunk's content (https://www.w3.org/TR/png-3/#5Chunk-layout)."""

_HEADER_END = len(SIGNATURE) + _AROUND_A_CHUNK + 13
_SAMPLE_BITS_AT, _COLOUR_TYPE_AT = 24, 25
_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}  # by the header's colour type
_MOST_BYTES = 1000
_MOST_BITS = 16


@dataclass(frozen=True, slots=True)
class PictureNote:
    """What the values of one PNG file are.

    Attributes
    ----------
    kind
        ``"picture"``: what was judged, or the camera's own values where nothing else was done to them than to make
        8 bits and colours of them. ``"original"``: the camera's own values beside a corrected picture. ``"map"``:
        an anomaly map, no picture of a part.
    pixel_format
        PFNC name of the values: of a Bayer format, a grey file is the mosaic. Empty for a map.
    significant_bits
        So many bits, at the low end, carry the picture; None where there is nothing to say (a map).
    """

    kind: PictureKind
    pixel_format: str
    significant_bits: int | None


def with_note(png: bytes, note: PictureNote) -> bytes:
    """Return `png` with `note` in it, and with its number of significant bits where these are more than 8.

    Parameters
    ----------
    png
        A whole PNG file, as an encoder makes it: without such chunks of its own.

    Raises
    ------
    ValueError
        If `png` does not begin as one.
    """
    if not png.startswith(SIGNATURE) or png[12:16] != b"IHDR" or len(png) < _HEADER_END:
        raise ValueError("no PNG to put a note into")
    text = json.dumps(asdict(note), separators=(",", ":")).encode("ascii")
    chunks = png_chunk(b"tEXt", _KEYWORD + text)
    if note.significant_bits is not None and 8 < note.significant_bits <= png[_SAMPLE_BITS_AT]:
        chunks = png_chunk(b"sBIT", bytes([note.significant_bits]) * _CHANNELS[png[_COLOUR_TYPE_AT]]) + chunks
    return b"".join((png[:_HEADER_END], chunks, png[_HEADER_END:]))


def read_note(png: bytes) -> PictureNote | None:
    """Return the note in a PNG file, None where there is none or it is damaged; never raises.

    The beginning of the file is enough: the note stands before the first pixels.
    """
    for kind, content in _chunks_before_pixels(png):
        if kind == b"tEXt" and content.startswith(_KEYWORD) and len(content) <= _MOST_BYTES:
            return _parsed(content.removeprefix(_KEYWORD))
    return None


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """Return a chunk of a PNG file; `kind` has four letters."""
    return b"".join((len(content).to_bytes(4), kind, content, zlib.crc32(content, zlib.crc32(kind)).to_bytes(4)))


def _chunks_before_pixels(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield type and content of each sound chunk up to the first pixels, or to the first damage."""
    at = len(SIGNATURE)
    if not png.startswith(SIGNATURE):
        return
    while at + _AROUND_A_CHUNK <= len(png):
        end = at + _AROUND_A_CHUNK + int.from_bytes(png[at : at + 4])
        typed = png[at + 4 : end - 4]
        if typed[:4] in (b"IDAT", b"IEND") or end > len(png):
            return
        if zlib.crc32(typed) != int.from_bytes(png[end - 4 : end]):
            return
        yield typed[:4], typed[4:]
        at = end


def _parsed(text: bytes) -> PictureNote | None:
    try:
        match json.loads(text):
            case {"kind": str(kind), "pixel_format": str(pixel_format), "significant_bits": None | int() as bits}:
                pass
            case _:
                return None
    except (ValueError, RecursionError):
        return None
    known = next((one for one in get_args(PictureKind) if one == kind), None)
    if known is None or isinstance(bits, bool) or not (bits is None or 0 < bits <= _MOST_BITS):
        return None
    return PictureNote(known, pixel_format, bits)
