"""Values -> PNG without loss, fast enough for a line: a camera sends noise, and noise only takes Huffman's code.

Measured on pictures of 5 megapixels with a sensor's noise, on one core: differences to the neighbours' mean and
Huffman's code for them take half the time of the usual search for repetitions (5 MP colour 0.20 s, not 0.43), and
less space (0.51 of the values, not 0.59). Not compressing takes 0.02 s.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crane_desktop.preprocess.png_note import SIGNATURE, PictureNote, png_chunk, with_note

_PIECE_BYTES = 1 << 18  # stays in the processor's cache, and asks the system for no memory
_FILTER_NONE, _FILTER_AVERAGE = 0, 3  # https://www.w3.org/TR/png-3/#9Filter-types
_GREY, _RGB = 0, 2


def encode_png(values: NDArray[Any], note: PictureNote, *, compress: bool = True) -> bytes:
    """Return a PNG file that holds `values` as they are, and `note`; see `png_pieces`."""
    return b"".join(png_pieces(values, note, compress=compress))


def png_pieces(values: NDArray[Any], note: PictureNote, *, compress: bool = True) -> Iterator[bytes]:
    """Yield a PNG file piece by piece: no large picture is ever copied as a whole.

    Parameters
    ----------
    values
        uint8 or uint16, ``(H, W)`` grey or ``(H, W, 3)`` RGB, not empty.
    compress
        False where time is shorter than space; the file is as readable.
    """
    height, width = values.shape[:2]
    colour = _RGB if values.ndim == 3 else _GREY
    header = bytes([*width.to_bytes(4), *height.to_bytes(4), values.dtype.itemsize * 8, colour, 0, 0, 0])
    yield with_note(SIGNATURE + png_chunk(b"IHDR", header), note)
    coder = zlib.compressobj(1, zlib.DEFLATED, 15, 9, zlib.Z_RLE) if compress else zlib.compressobj(0)
    ahead: list[bytes] = []
    step = max(1, _PIECE_BYTES // values[0].nbytes)
    for top in range(0, height, step):
        ahead.append(coder.compress(_lines(values, top, min(top + step, height), compress=compress).data))
        if sum(map(len, ahead)) >= _PIECE_BYTES:
            yield png_chunk(b"IDAT", b"".join(ahead))
            ahead.clear()
    ahead.append(coder.flush())
    yield png_chunk(b"IDAT", b"".join(ahead)) + png_chunk(b"IEND", b"")


def _lines(values: NDArray[Any], top: int, end: int, *, compress: bool) -> NDArray[np.uint8]:
    """Return some lines as uint8 ``(lines, 1 + bytes a line)``: each behind the number of its filter."""
    above = 1 if compress and top > 0 else 0
    plain = _bytes(values[top - above : end])
    lines = np.empty((end - top, 1 + plain.shape[1]), np.uint8)
    lines[:, 0] = _FILTER_NONE
    if not compress:
        lines[:, 1:] = plain
        return lines
    first = 1 - above  # the picture's first line stays as it is
    lines[:first, 1:] = plain[:first]
    lines[first:, 0] = _FILTER_AVERAGE
    _differences(plain, values.dtype.itemsize * (3 if values.ndim == 3 else 1), lines[first:, 1:])
    return lines


def _bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    if values.dtype == np.uint16 and sys.byteorder == "little":
        values = values.byteswap()  # PNG has the high byte first
    return np.ascontiguousarray(values).reshape(values.shape[0], -1).view(np.uint8)


def _differences(plain: NDArray[np.uint8], step: int, into: NDArray[np.uint8]) -> None:
    """Write each byte from the second line on less the mean of those to its left and above it, modulo 256."""
    above, left = plain[:-1, step:], plain[1:, :-step]
    mean = above ^ left
    mean >>= 1
    mean += above & left  # the sum of two bytes does not fit into one; this does, rounded down
    np.subtract(plain[1:, step:], mean, out=into[:, step:])
    np.subtract(plain[1:, :step], plain[:-1, :step] >> 1, out=into[:, :step])
