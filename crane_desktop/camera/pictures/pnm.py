"""Where the pictures of a PNM file begin: the format allows several, one after the other. Pure."""

from __future__ import annotations

import re

from crane_desktop.camera.pictures.not_whole import NotWholeError, need
from crane_desktop.camera.pictures.zero_tail import breaks_off

_BLANK = rb"(?:\s|#[^\n]*\n)+"
_BINARY = re.compile(rb"P([456])" + _BLANK + rb"(\d+)" + _BLANK + rb"(\d+)")
_LARGEST = re.compile(_BLANK + rb"(\d+)")
_NEXT = re.compile(rb"\s*(?=P[1-7]\s)")
_BILEVEL, _COLOUR = b"4", b"6"


def pnm_starts(data: bytes) -> tuple[int, ...]:
    """Return where each picture begins; of a file of plain text, or of another kind, only the first.

    Raises
    ------
    NotWholeError
        If values are missing, or were never written.
    """
    starts, at = [0], 0
    while (head := _BINARY.match(data, at)) is not None:
        kind, width, height = head[1], int(head[2]), int(head[3])
        if kind == _BILEVEL:
            row, sample, end = -(-width // 8), 1, head.end()
        else:
            largest = _LARGEST.match(data, head.end())
            if largest is None:
                raise NotWholeError
            sample = 2 if int(largest[1]) > 255 else 1
            row, end = width * (3 if kind == _COLOUR else 1) * sample, largest.end()
        at = end + 1 + row * height
        need(at <= len(data) and not breaks_off(data, end + 1, at, row, sample))
        following = _NEXT.match(data, at)
        if following is None:
            break
        at = following.end()
        starts.append(at)
    return tuple(starts)
