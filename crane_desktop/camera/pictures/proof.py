"""Whether a file is whole, as far as its format can prove it: checksums, lengths, end marks. Pure."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable

from crane_desktop.camera.pictures.not_whole import NotWholeError, need
from crane_desktop.camera.pictures.tiff_proof import prove_tiff
from crane_desktop.camera.pictures.zero_tail import breaks_off

_PNG_HEAD = b"\x89PNG\r\n\x1a\n"
_JPEG_MARK = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_PIECE_BYTES, _UNPACKED_BYTES = 1 << 14, 1 << 18
_JP2_HEAD = b"\x00\x00\x00\x0cjP  "
_EOC = b"\xff\xd9"
_WEBP_ZEROS = 128


def prove(data: bytes, kind: str) -> bool:
    """Return whether the file's format proves that not one byte of the picture is missing.

    False where the format has no such proof (BMP, PNM, TIFF without compression, WebP): what is there is then judged,
    once it no longer changes and does not break off (`zero_tail`).

    Parameters
    ----------
    kind
        Pillow's name of the format.

    Raises
    ------
    NotWholeError
        If the file is not whole.
    """
    proof = _PROOFS.get(kind)
    try:
        return proof is not None and proof(data)
    except (struct.error, IndexError, zlib.error) as error:  # it ends in the middle of what is looked at
        raise NotWholeError from error


def prove_png(data: bytes) -> bool:
    """Every chunk's checksum, and the chunk that ends the file."""
    view = memoryview(data)
    at = len(_PNG_HEAD)
    while True:
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        need(end <= len(data))
        (told,) = struct.unpack_from(">I", data, end - 4)
        need(zlib.crc32(view[at + 4 : end - 4]) == told)
        if name == b"IEND":
            return True
        at = end


def prove_png_rows(data: bytes) -> None:
    """Prove that as many values are packed in a PNG as its picture has; `prove_png` must have held.

    Raises
    ------
    NotWholeError
        If they are fewer.
    """
    view, at = memoryview(data), len(_PNG_HEAD)
    values = _Inflating(_png_bytes(data))
    while True:
        length, name = struct.unpack_from(">I4s", data, at)
        if name == b"IDAT":
            values.take(view[at + 8 : at + 8 + length])
        if name == b"IEND":
            break
        at += 12 + length
    values.must_be_complete()


class _Inflating:
    """Counts what comes out of packed bytes; nothing of it is kept."""

    def __init__(self, expected: int) -> None:
        self._stream = zlib.decompressobj()
        self._missing = expected

    def take(self, packed: memoryview) -> None:
        """Unpack some more, but not much more than is expected."""
        for start in range(0, len(packed), _PIECE_BYTES):
            piece: memoryview | bytes = packed[start : start + _PIECE_BYTES]
            while piece and self._missing > 0 and not self._stream.eof:
                self._missing -= len(self._stream.decompress(piece, _UNPACKED_BYTES))
                piece = self._stream.unconsumed_tail

    def must_be_complete(self) -> None:
        """Raise `NotWholeError` if something is missing."""
        need(self._missing <= 0)


def _png_bytes(data: bytes) -> int:
    """Return how many bytes the filtered rows of a PNG have."""
    width, height, bits, colour, interlaced = struct.unpack_from(">IIBB2xB", data, len(_PNG_HEAD) + 8)
    bits *= _PNG_CHANNELS.get(colour, 1)
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    sizes = ((-(-(width - left) // right), -(-(height - top) // down)) for left, top, right, down in passes)
    return sum(high * (1 + -(-wide * bits // 8)) for wide, high in sizes if wide > 0 and high > 0)


def jpeg_end(data: bytes, at: int = 0) -> int:
    """Return where the JPEG picture that begins at `at` ends, by its segments and its end mark.

    Raises
    ------
    NotWholeError
        If it has none.
    """
    need(data[at : at + 2] == b"\xff\xd8")
    at += 2
    scans = 0
    while True:
        found = _JPEG_MARK.search(data, at)
        if found is None or (scans == 0 and data[at : found.start()].strip(b"\xff")):
            raise NotWholeError
        mark, at = data[found.end() - 1], found.end()
        if mark == 0xD9:
            need(scans > 0)
            return at
        if mark not in _JPEG_ALONE:
            scans += mark == 0xDA
            at += struct.unpack_from(">H", data, at)[0]
            need(at <= len(data))


def _prove_jpeg(data: bytes) -> bool:
    return jpeg_end(data) > 0


def _prove_gif(data: bytes) -> bool:
    at = 13 + _gif_colours(data[10])
    while True:
        block = data[at]
        if block == 0x3B:
            return True
        if block == 0x2C:
            at += 11 + _gif_colours(data[at + 9])
        elif block == 0x21:
            at += 2
        else:
            raise NotWholeError
        while data[at]:
            at += 1 + data[at]
        at += 1


def _gif_colours(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _prove_webp(data: bytes) -> bool:
    """Its length, and that its last packed values are not a long row of zeros, which no packing leaves."""
    whole = struct.unpack_from("<I", data, 4)[0] + 8
    need(whole <= len(data))
    at, name = 12, b""
    while at + 8 <= whole:
        name, length = struct.unpack_from("<4sI", data, at)
        need(name != bytes(4))
        at += 8 + length + length % 2
    need(name not in (b"VP8 ", b"VP8L") or not data[:whole].endswith(bytes(_WEBP_ZEROS)))
    return False


def _prove_bmp(data: bytes) -> bool:
    start, size = struct.unpack_from("<II", data, 10)
    if size < 40:
        return False
    width, height, bits, packing, packed = struct.unpack_from("<ii2xHII", data, 18)
    if packing in (1, 2):  # run lengths, with a mark at the end
        end = start + packed if packed else len(data)
        need(end <= len(data) and data[max(start, end - 4) : end].rstrip(b"\x00")[-1:] == b"\x01")
        return True
    row = (width * bits + 31) // 32 * 4
    end = start + abs(height) * row
    need(end <= len(data) and not (bits >= 8 and breaks_off(data, start, end, row)))
    return False


def _prove_jp2(data: bytes) -> bool:
    """The boxes' lengths, and the mark that ends the picture's own stream."""
    if not data.startswith(_JP2_HEAD):
        need(data.rstrip(b"\x00").endswith(_EOC))
        return True
    at = 0
    while True:
        length, name = struct.unpack_from(">I4s", data, at)
        head = 8
        if length == 1:
            length, head = struct.unpack_from(">Q", data, at + 8)[0], 16
        end = at + length if length else len(data)
        need(end <= len(data) and end >= at + head)
        if name == b"jp2c":
            need(data[end - 2 : end] == _EOC)
            return True
        at = end


_PROOFS: dict[str, Callable[[bytes], bool]] = {
    "PNG": prove_png,
    "JPEG": _prove_jpeg,
    "MPO": _prove_jpeg,
    "GIF": _prove_gif,
    "WEBP": _prove_webp,
    "BMP": _prove_bmp,
    "JPEG2000": _prove_jp2,
    "TIFF": prove_tiff,
}
