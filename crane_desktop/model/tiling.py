"""Judge a long picture tile by tile, and put the answers together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.maps import AnomalyMap, Placement, Scored
from crane_desktop.preprocess.tiles import Tile, tiles_of

ScoreWhole = Callable[[NDArray[np.uint8]], Scored]


def scored_in_tiles(pixels: NDArray[np.uint8], score: ScoreWhole) -> Scored:
    """Score a picture, in tiles where it is long (see `preprocess.tiles`): as odd as its oddest tile.

    Parameters
    ----------
    pixels
        uint8 ``(H, W)`` or ``(H, W, 3)`` RGB.
    score
        Scores one tile, or the whole picture where it is not long.

    Returns
    -------
    Scored
        NaN where one of the tiles has no answer: what was not looked at is never good.
    """
    height, width = pixels.shape[:2]
    tiles = tiles_of(height, width)
    if len(tiles) == 1:
        return score(pixels)
    answers = [score(np.ascontiguousarray(_cut(pixels, tile))) for tile in tiles]
    worst = float(np.max([answer.score for answer in answers]))
    anomaly_map = _joined([answer.anomaly_map.values for answer in answers], tiles, height, width)
    return replace(answers[0], score=worst, anomaly_map=anomaly_map, tiles=len(tiles))


def _cut(pixels: NDArray[np.uint8], tile: Tile) -> NDArray[np.uint8]:
    return pixels[tile.y_px : tile.y_px + tile.height_px, tile.x_px : tile.x_px + tile.width_px]


def _joined(maps: Sequence[NDArray[np.float32]], tiles: Sequence[Tile], height: int, width: int) -> AnomalyMap:
    """Lay the tiles' maps side by side; where they overlap the odder one counts.

    No value is changed, so the highest stays the highest. A tile may come to lie half a map pixel off its place.
    """
    rows, columns = maps[0].shape
    across, down = columns / tiles[0].width_px, rows / tiles[0].height_px
    whole = np.zeros((max(rows, round(height * down)), max(columns, round(width * across))), np.float32)
    for values, tile in zip(maps, tiles, strict=True):
        top = min(round(tile.y_px * down), whole.shape[0] - rows)
        left = min(round(tile.x_px * across), whole.shape[1] - columns)
        place = whole[top : top + rows, left : left + columns]
        np.maximum(place, values, out=place)  # NaN stays NaN
    whole.flags.writeable = False
    return AnomalyMap(whole, Placement(0.0, 0.0, float(width), float(height)))
