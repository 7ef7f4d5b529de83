"""Long pictures in tiles, each at the parts' own scale.

The model sees a square. A line-scan strip of twenty parts that is pressed into it shows each of them twenty times
narrower than it is, and a defect is gone. So a picture that is more than three times as long as it is wide is judged
in square tiles along its length, each half over the next: what lies on a seam of two lies in the middle of another,
and every place is looked at twice. All others are judged whole, as ever. It goes by the picture's size alone: the same
picture is always judged the same way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

LONGEST = 3.0
"""Length over width from which a picture is judged in tiles; below, details lose less than that along it."""
OVERLAP = 0.5
"""Of each tile with the next. Measured on a strip of twenty parts, shifted and turned: with a quarter the defective one
scored 0.69 where it lay worst, with a half 0.77 (good strips 0.22)."""
MOST_TILES = 48
"""This bounds time and memory. A picture more than 24 times as long as wide is cut into longer tiles."""
SEEN_PX = 8.0
"""Pixels of the model's picture that a detail must cover to be seen: on six kinds of parts the embedded model made
nothing of a strong dot of six, and something of most of eight to twelve."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A rectangle in picture pixels."""

    x_px: int
    y_px: int
    width_px: int
    height_px: int


def tiles_of(height_px: int, width_px: int) -> tuple[Tile, ...]:
    """Return the tiles that a picture of this size is judged in, from its beginning: one where it is judged whole."""
    long, short = max(height_px, width_px), min(height_px, width_px)
    if long <= LONGEST * short:
        return (Tile(0, 0, width_px, height_px),)
    count = math.ceil((long - short) / (short * (1 - OVERLAP))) + 1
    length = short
    if count > MOST_TILES:
        count = MOST_TILES
        length = math.ceil(long / (1 + (1 - OVERLAP) * (count - 1)))
    starts = [round((long - length) * number / (count - 1)) for number in range(count)]
    if width_px >= height_px:
        return tuple(Tile(start, 0, length, short) for start in starts)
    return tuple(Tile(0, start, short, length) for start in starts)


def smallest_detail_px(height_px: int, width_px: int, model_side_px: int) -> float:
    """Return how many picture pixels a detail must cover, across and along, for the model to see it."""
    tile = tiles_of(height_px, width_px)[0]
    return SEEN_PX * max(1.0, max(tile.width_px, tile.height_px) / model_side_px)
