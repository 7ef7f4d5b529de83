"""Whether the strips or tiles of a TIFF file are all there, and end as their compression ends. Pure."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterator

from crane_desktop.camera.pictures.not_whole import NotWholeError, need
from crane_desktop.camera.pictures.tiff import (
    BITS,
    COMPRESSION,
    HEIGHT,
    JPEG_TABLES,
    PHOTOMETRIC,
    PLANES,
    ROWS_PER_STRIP,
    SAMPLES,
    STRIP_BYTES,
    STRIPS,
    TILE_BYTES,
    TILE_HEIGHT,
    TILE_WIDTH,
    TILES,
    WIDTH,
    Directory,
    directories,
)
from crane_desktop.camera.pictures.zero_tail import breaks_off

_NONE, _LZW, _JPEG, _DEFLATE, _OLD_DEFLATE, _PACKBITS = 1, 5, 7, 8, 32946, 32773
_SUBSAMPLED = 6
_LZW_END = 257
_CHUNK_BYTES = 1 << 16


def prove_tiff(data: bytes) -> bool:
    """Every strip and tile lies in the file and is as long as it must be; its compressed data ends as they end.

    Returns False where a page has no compression, or one that has no end of its own.
    """
    pages = directories(data)
    need(bool(pages))
    sure = [_prove_page(data, page) for page in pages if page.is_part]  # every page, whatever the first says
    return all(sure)


def _prove_page(data: bytes, page: Directory) -> bool:
    packing = page.number(COMPRESSION, _NONE)
    sure = packing in (_LZW, _JPEG, _DEFLATE, _OLD_DEFLATE, _PACKBITS)
    if JPEG_TABLES in page.tags:
        tables = bytes(page.numbers(JPEG_TABLES))
        need(tables[:2] == b"\xff\xd8" and tables[-2:] == b"\xff\xd9")
    for start, length, size in _pieces(page):
        need(length > 0 and start > 0 and start + length <= len(data))
        piece = data[start : start + length]
        if packing == _NONE:
            need(length >= size)
        elif packing == _LZW:
            sure &= _lzw_ends(piece)
        elif packing == _JPEG:
            need(piece.rstrip(b"\x00").endswith(b"\xff\xd9"))
        elif packing in (_DEFLATE, _OLD_DEFLATE):
            need(_inflated(piece, size) >= size)
        elif packing == _PACKBITS:
            need(_unpacked(piece) >= size)
    if packing == _NONE:
        need(not _breaks_off(data, page))
    return sure


def _breaks_off(data: bytes, page: Directory) -> bool:
    """Return whether the end of a page's unpacked rows was never written; tiles and planes are not looked at."""
    if page.tags.get(TILES) or page.number(PLANES, 1) == 2 or page.number(PHOTOMETRIC) == _SUBSAMPLED:
        return False
    pieces, bits = list(_pieces(page)), page.numbers(BITS)
    together = all(one[0] + one[2] == after[0] for one, after in itertools.pairwise(pieces))
    if not together or not bits or bits[0] not in (8, 16):
        return False
    start, end = pieces[0][0], pieces[-1][0] + pieces[-1][2]
    return breaks_off(data, start, end, (end - start) // page.number(HEIGHT), bits[0] // 8)


def _pieces(page: Directory) -> Iterator[tuple[int, int, int]]:
    """Yield start, length in the file, and length unpacked, of each strip or tile, all in bytes."""
    width, height, samples = page.number(WIDTH), page.number(HEIGHT), page.number(SAMPLES, 1)
    need(width > 0 and height > 0)
    planes = samples if page.number(PLANES, 1) == 2 else 1
    bits = sum(page.numbers(BITS)) or samples
    bits = bits if len(page.numbers(BITS)) != 1 else bits * samples
    across = 0 if page.number(PHOTOMETRIC) == _SUBSAMPLED else bits // planes
    if page.tags.get(TILES):
        wide, high = page.number(TILE_WIDTH), page.number(TILE_HEIGHT)
        need(wide > 0 and high > 0)
        starts, lengths = page.numbers(TILES), page.numbers(TILE_BYTES) or page.numbers(STRIP_BYTES)
        need(-(-width // wide) * -(-height // high) * planes == len(starts))
        rows = [high] * (len(starts) // planes)
        row_bytes = -(-wide * across // 8)
    else:
        starts, lengths = page.numbers(STRIPS), page.numbers(STRIP_BYTES)
        each = min(page.number(ROWS_PER_STRIP) or height, height)
        need(-(-height // each) * planes == len(starts))
        rows = [min(each, height - top) for top in range(0, height, each)]
        row_bytes = -(-width * across // 8)
        if not lengths and len(starts) == 1:  # old writers leave the length out where nothing is packed
            lengths = (rows[0] * row_bytes,)
    need(len(starts) == len(lengths) == len(rows) * planes)
    for start, length, high in zip(starts, lengths, rows * planes, strict=True):
        yield start, length, high * row_bytes


def _lzw_ends(piece: bytes) -> bool:
    """The last code is the one that ends the data; after it come less than eight bits that fill a byte."""
    if piece[:1] == b"\x00" and len(piece) > 1 and piece[1] & 1:
        return False  # the order of bits of very old writers
    body = piece[:-1] if piece[-1] == 0 else piece  # a byte that makes the length even
    need(len(body) >= 2 and body[-1] != 0)
    tail = int.from_bytes(body[-3:], "big")
    need((tail >> ((tail & -tail).bit_length() - 1)) & 0x1FF == _LZW_END)
    return True


def _inflated(piece: bytes, expected: int) -> int:
    stream = zlib.decompressobj()
    size = len(stream.decompress(piece, expected + _CHUNK_BYTES))
    need(stream.eof)
    return size


def _unpacked(piece: bytes) -> int:
    at = size = 0
    while at < len(piece):
        mark = piece[at]
        if mark < 128:
            size, at = size + mark + 1, at + mark + 2
        else:
            size, at = size + (257 - mark if mark > 128 else 0), at + 2 - (mark == 128)
    if at > len(piece):
        raise NotWholeError
    return size
