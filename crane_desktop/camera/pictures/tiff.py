"""The directories of a TIFF file: what its pages are, where their values lie, and how deep they are. Pure."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from crane_desktop.camera.pictures.not_whole import NotWholeError, need

NEW_SUBFILE, OLD_SUBFILE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 254, 255, 256, 257, 258, 259, 262
DESCRIPTION, STRIPS, SAMPLES, ROWS_PER_STRIP, STRIP_BYTES, MAX_SAMPLE = 270, 273, 277, 278, 279, 281
PLANES, TILE_WIDTH, TILE_HEIGHT, TILES, TILE_BYTES, SAMPLE_FORMAT, S_MAX_SAMPLE = 284, 322, 323, 324, 325, 339, 341
JPEG_TABLES = 347
WHITE_LEVEL = 50717
_WANTED = frozenset(
    {
        NEW_SUBFILE, OLD_SUBFILE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, DESCRIPTION, STRIPS, SAMPLES,
        ROWS_PER_STRIP, STRIP_BYTES, MAX_SAMPLE, PLANES, TILE_WIDTH, TILE_HEIGHT, TILES, TILE_BYTES, SAMPLE_FORMAT,
        S_MAX_SAMPLE, JPEG_TABLES, WHITE_LEVEL,
    }
)  # fmt: skip
_LETTERS = {1: "B", 2: "s", 3: "H", 4: "I", 6: "b", 7: "B", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I", 16: "Q", 17: "q"}
_MOST_PAGES = 4096
_MOST_VALUES = 1 << 22
_OME_BITS = re.compile(rb'SignificantBits="(\d{1,2})"')


@dataclass(frozen=True, slots=True)
class Directory:
    """One directory: its wanted tags, each with its values."""

    tags: Mapping[int, tuple[float, ...]]
    description: bytes = b""

    def number(self, tag: int, default: int = 0) -> int:
        """Return a tag's first value."""
        values = self.tags.get(tag)
        return int(values[0]) if values else default

    def numbers(self, tag: int) -> tuple[int, ...]:
        """Return all values of a tag."""
        return tuple(int(value) for value in self.tags.get(tag, ()))

    @property
    def is_part(self) -> bool:
        """Whether it is a picture of its own: no thumbnail, no mask."""
        return not self.number(NEW_SUBFILE) & 0b101 and self.number(OLD_SUBFILE) != 2

    def depth(self) -> int | None:
        """Return how many bits of a value are used, where a tag says so.

        A largest value that is not all ones is what was counted in this picture, not what the camera can give.
        """
        bits = set(self.numbers(BITS))
        if len(bits) == 1 and 8 < next(iter(bits)) < 16:
            return next(iter(bits))
        for tag in (S_MAX_SAMPLE, MAX_SAMPLE, WHITE_LEVEL):
            most = {value for value in self.tags.get(tag, ()) if value == int(value)}
            if len(most) == 1 and (depth := _all_ones(int(most.pop()))) is not None:
                return depth
        named = _OME_BITS.search(self.description)
        return int(named[1]) if named and 8 <= int(named[1]) <= 16 else None


def directories(data: bytes) -> list[Directory]:
    """Return the chain of directories of a TIFF or BigTIFF file.

    Raises
    ------
    NotWholeError
        If the chain leaves the file, runs in a circle or does not end.
    """
    try:
        return list(_chain(data))
    except (struct.error, KeyError) as error:
        raise NotWholeError from error


def _chain(data: bytes) -> Iterator[Directory]:
    order = {b"II": "<", b"MM": ">"}[data[:2]]
    big = 43 in (data[2], data[3])
    (at,) = struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4)
    seen = set[int]()
    while at:
        need(at not in seen and len(seen) < _MOST_PAGES)
        seen.add(at)
        (count,) = struct.unpack_from(order + ("Q" if big else "H"), data, at)
        at, size = at + (8 if big else 2), 20 if big else 12
        need(at + count * size <= len(data))
        tags: dict[int, tuple[float, ...]] = {}
        description = b""
        for place in range(at, at + count * size, size):
            (tag,) = struct.unpack_from(order + "H", data, place)
            if tag == DESCRIPTION:
                description = _raw(data, place, order, big)
            elif tag in _WANTED:
                tags[tag] = _values(data, place, order, big)
        yield Directory(tags, description)
        (at,) = struct.unpack_from(order + ("Q" if big else "I"), data, at + count * size)


def _place(data: bytes, entry: int, order: str, big: bool) -> tuple[str, int, int]:
    kind, count = struct.unpack_from(order + ("HQ" if big else "HI"), data, entry + 2)
    letter = _LETTERS.get(kind, "s")
    need(count <= _MOST_VALUES)
    inside = entry + (12 if big else 8)
    if struct.calcsize(letter) * count > (8 if big else 4):
        (inside,) = struct.unpack_from(order + ("Q" if big else "I"), data, inside)
    return letter, count, inside


def _values(data: bytes, entry: int, order: str, big: bool) -> tuple[float, ...]:
    letter, count, at = _place(data, entry, order, big)
    return () if letter == "s" else struct.unpack_from(f"{order}{count}{letter}", data, at)


def _raw(data: bytes, entry: int, order: str, big: bool) -> bytes:
    _letter, count, at = _place(data, entry, order, big)
    return data[at : at + count]


def _all_ones(most: int) -> int | None:
    """Return n of 2^n - 1, where n is more than 8 and less than 16."""
    depth = most.bit_length()
    return depth if most + 1 == 1 << depth and 8 < depth < 16 else None
