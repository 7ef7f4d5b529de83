"""Damage, drawn from a seed: bytes that are cut, flipped and spliced, lengths that lie, JSON that says anything."""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeAlias

Damage: TypeAlias = Callable[[Random, bytearray, Sequence[bytes]], None]

NUMBERS = (0, 1, -1, 2, 127, 128, 255, 256, 32767, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64)
_LENGTHS = ("<H", ">H", "<I", ">I", "<Q", ">Q")
_DIGITS = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?")
_WORDS = (
    b"NaN", b"Infinity", b"-1e999", b"9" * 6000, b"\\ud800", b"\xef\xbb\xbf", b"\x00", b"[" * 3000, b'{"a":' * 3000,
    b"\xff\xfe", b"../../x", b"C:\\x", b"null", b"true", b'"', b",", b"\r\n", b"=cmd()", "ＣＯＮ".encode(), b"1e400",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, *NUMBERS, 2**200, -(2**70), 0.5, -0.0, 1e308, float("nan"), float("inf"), "", "a", "a" * 5000,
    "\x00", "../up", "C:\\x.cti", "/etc/passwd", "\\\\host\\share", "ＣＯＮ", "aux.", "COM¹", "\u202e", "é", [], {},
    [[]], [None] * 50, {"a": {"a": {}}}, [1, 2], "2026-11-30", "0" * 64, "NaN",
)  # fmt: skip


def damaged(draw: Random, seeds: Sequence[bytes], kinds: Sequence[Damage] = ()) -> bytes:
    """Return one of the seeds with one to four damages; `kinds` are those that know its format, half of them alone."""
    content = bytearray(draw.choice(seeds))
    damages = tuple(kinds) if kinds and draw.random() < 0.5 else (*_ANY, *kinds)
    for _ in range(draw.choice((1, 1, 1, 2, 3, 4))):
        draw.choice(damages)(draw, content, seeds)
    return bytes(content)


def _place(draw: Random, content: bytearray) -> int:
    """Anywhere; more often near the beginning, where headers stand."""
    if not content:
        return 0
    return draw.randrange(min(len(content), 64) if draw.random() < 0.4 else len(content))


def _cut(draw: Random, content: bytearray, _seeds: Sequence[bytes]) -> None:
    del content[_place(draw, content) :]


def _flip(draw: Random, content: bytearray, _seeds: Sequence[bytes]) -> None:
    for _ in range(draw.randint(1, 8)):
        if content:
            content[_place(draw, content)] ^= 1 << draw.randrange(8)


def _overwrite(draw: Random, content: bytearray, _seeds: Sequence[bytes]) -> None:
    at = _place(draw, content)
    size = draw.randint(1, 32)
    content[at : at + size] = draw.choice((bytes(size), b"\xff" * size, draw.randbytes(size)))


def _insert(draw: Random, content: bytearray, _seeds: Sequence[bytes]) -> None:
    at = _place(draw, content)
    content[at:at] = draw.choice((draw.randbytes(draw.randint(1, 64)), bytes(draw.randint(1, 5000))))


def _remove(draw: Random, content: bytearray, _seeds: Sequence[bytes]) -> None:
    at = _place(draw, content)
    del content[at : at + draw.randint(1, 200)]


def _repeat(draw: Random, content: bytearray, _seeds: Sequence[bytes]) -> None:
    at = _place(draw, content)
    piece = content[at : at + draw.randint(1, 300)]
    content[at:at] = piece * draw.randint(1, 20)


def _splice(draw: Random, content: bytearray, seeds: Sequence[bytes]) -> None:
    other = bytearray(draw.choice(seeds))
    content[_place(draw, content) :] = other[_place(draw, other) :]


def _lie(draw: Random, content: bytearray, _seeds: Sequence[bytes]) -> None:
    """Write a number over whatever stands there: among it lengths, sizes, offsets, counts."""
    form = draw.choice(_LENGTHS)
    at, width = _place(draw, content), struct.calcsize(form)
    number = draw.choice((*NUMBERS, len(content), draw.getrandbits(64)))
    content[at : at + width] = struct.pack(form, number % (1 << 8 * width))


def _other_number(draw: Random, content: bytearray, _seeds: Sequence[bytes]) -> None:
    """Write another number where digits stand."""
    found = list(_DIGITS.finditer(content[:20_000]))
    if found:
        one = draw.choice(found)
        content[one.start() : one.end()] = str(draw.choice((*NUMBERS, 10**30, 0.1))).encode()


def _word(draw: Random, content: bytearray, _seeds: Sequence[bytes]) -> None:
    at = _place(draw, content)
    content[at:at] = draw.choice(_WORDS)


_ANY: tuple[Damage, ...] = (
    _cut, _flip, _flip, _overwrite, _insert, _remove, _repeat, _splice, _lie, _lie, _other_number, _word,
)  # fmt: skip


def png_chunk(draw: Random, content: bytearray, _seeds: Sequence[bytes]) -> None:
    """Damage the inside of a PNG's chunk and make its checksum right again: what a checksum cannot find."""
    at, chunks = 8, []
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        chunks.append((at, length))
        at += 12 + length
    if not chunks:
        return
    at, length = draw.choice(chunks)
    name, body = bytes(content[at + 4 : at + 8]), bytearray(content[at + 8 : at + 8 + length])
    draw.choice((_flip, _lie, _cut, _insert, _overwrite))(draw, body, ())
    checked = struct.pack(">I", zlib.crc32(name + body))
    content[at : at + 12 + length] = struct.pack(">I", len(body)) + name + body + checked


def json_node(draw: Random, content: bytearray, _seeds: Sequence[bytes]) -> None:
    """Change one thing in JSON text, which stays JSON."""
    try:
        value = json.loads(bytes(content))
    except (ValueError, RecursionError):
        return
    content[:] = json.dumps(changed(draw, value), ensure_ascii=draw.random() < 0.5).encode("utf-8", "surrogatepass")


def changed(draw: Random, value: Any) -> Any:
    """Return plain values with one of them changed, dropped, doubled or renamed."""
    if not isinstance(value, (dict, list)) or not value or draw.random() < 0.15:
        return draw.choice(VALUES)
    if isinstance(value, list):
        at = draw.randrange(len(value))
        return draw.choice((
            lambda: [*value[:at], changed(draw, value[at]), *value[at + 1 :]],
            lambda: value[:at] + value[at + 1 :],
            lambda: [*value, value[at]],
            lambda: value * 50,
        ))()  # fmt: skip
    key = draw.choice(list(value))
    rest = {name: one for name, one in value.items() if name != key}
    how = draw.random()
    if how < 0.1:
        return rest
    if how < 0.2:
        return {**rest, draw.choice(("", "\ud800", "a" * 300, "__class__", "名")): value[key]}
    return {name: changed(draw, one) if name == key else one for name, one in value.items()}


def safetensors_header(draw: Random, content: bytearray, _seeds: Sequence[bytes]) -> None:
    """Change the JSON header of a safetensors file; its length is right again."""
    size = int.from_bytes(content[:8], "little")
    header = content[8 : 8 + size]
    json_node(draw, header, ())
    content[: 8 + size] = len(header).to_bytes(8, "little") + header
