"""Long pictures are cut into tiles that leave nothing out; all others stay whole."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.preprocess.tiles import LONGEST, MOST_TILES, OVERLAP, smallest_detail_px, tiles_of

SIDES = st.integers(1, 70_000)


@pytest.mark.parametrize(
    ("height", "width"), [(448, 448), (480, 640), (1080, 1920), (1024, 2048), (100, 300), (300, 100), (1, 1), (5, 15)]
)
def test_ordinary_pictures_are_judged_whole(height: int, width: int) -> None:
    (tile,) = tiles_of(height, width)
    assert (tile.x_px, tile.y_px, tile.width_px, tile.height_px) == (0, 0, width, height)


@given(SIDES, SIDES)
def test_tiles_cover_the_picture_lie_in_it_and_are_few(height: int, width: int) -> None:
    tiles = tiles_of(height, width)
    assert 1 <= len(tiles) <= MOST_TILES
    turned = width < height
    starts = [t.y_px if turned else t.x_px for t in tiles]
    lengths = {t.height_px if turned else t.width_px for t in tiles}
    long, short = max(height, width), min(height, width)
    (length,) = lengths
    assert all((t.width_px if turned else t.height_px) == short for t in tiles)
    assert starts == sorted(starts)
    assert (starts[0], starts[-1] + length) == (0, long)
    most = length * (1 - OVERLAP) + 1
    assert all(after - before <= most for before, after in pairwise(starts))
    assert (len(tiles) > 1) == (long > LONGEST * short)


@given(SIDES, SIDES)
def test_a_turned_picture_is_cut_alike(height: int, width: int) -> None:
    if height != width:
        upright = [(t.y_px, t.x_px, t.height_px, t.width_px) for t in tiles_of(height, width)]
        assert upright == [(t.x_px, t.y_px, t.width_px, t.height_px) for t in tiles_of(width, height)]


@pytest.mark.parametrize(
    ("height", "width", "detail"),
    [(300, 300, 8.0), (336, 672, 16.0), (448, 8960, 8 * 448 / 336), (1344, 400, 8 * 400 / 336)],
)
def test_how_small_a_detail_may_be(height: int, width: int, detail: float) -> None:
    assert smallest_detail_px(height, width, 336) == pytest.approx(detail)
