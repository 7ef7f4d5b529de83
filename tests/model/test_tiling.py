"""A long picture is as odd as its oddest tile, wherever the defect lies, and the map shows where."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from builders import BrightnessScorer
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from crane_desktop.domain.maps import AnomalyMap, Placement, Scored
from crane_desktop.model.tiling import scored_in_tiles

SIDE = 12


class Peaks:
    """A model of `SIDE` px: how bright the brightest place is once the picture is brought down to a square."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, ...]] = []

    def __call__(self, pixels: NDArray[np.uint8]) -> Scored:
        self.seen.append(pixels.shape)
        rows, columns = np.linspace(0, pixels.shape[0], SIDE + 1), np.linspace(0, pixels.shape[1], SIDE + 1)
        values = np.array(
            [
                [pixels[int(t) : int(b), int(left) : int(r)].mean() / 255 for left, r in pairwise(columns)]
                for t, b in pairwise(rows)
            ],
            np.float32,
        )
        place = Placement(0.0, 0.0, float(pixels.shape[1]), float(pixels.shape[0]))
        return Scored(float(values.max()), AnomalyMap(values, place))


def strip(at: int, *, turned: bool = False, length: int = 480, height: int = 24) -> NDArray[np.uint8]:
    """A dark strip with a bright spot of 4 px that begins at `at`."""
    picture = np.zeros((height, length), np.uint8)
    picture[10:14, at : at + 4] = 255
    return np.ascontiguousarray(picture.T) if turned else picture


def test_an_ordinary_picture_is_scored_as_it_is() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (40, 100, 3), dtype=np.uint8)
    scorer = BrightnessScorer()
    whole, again = scorer.score(picture), scored_in_tiles(picture, scorer.score)
    assert (again.score, again.tiles) == (whole.score, 1)
    assert np.array_equal(again.anomaly_map.values, whole.anomaly_map.values)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 476), st.booleans())
def test_a_defect_is_seen_and_shown_wherever_it_lies(at: int, turned: bool) -> None:
    found = scored_in_tiles(strip(at, turned=turned), Peaks())
    assert found.tiles == 39
    assert found.score >= 0.4, "at least two thirds of what it is, however the grid falls"
    values = found.anomaly_map.values.T if turned else found.anomaly_map.values
    row, column = np.unravel_index(values.argmax(), values.shape)
    pitch = 480 / values.shape[1]
    assert abs((column + 0.5) * pitch - (at + 2)) <= 4 + pitch / 2
    assert abs((row + 0.5) * 2 - 12) <= 3
    assert found.anomaly_map.peak == pytest.approx(found.score)
    assert Peaks()(strip(at, turned=turned)).score < 0.2, "pressed into a square it is hardly there"


def test_the_map_covers_the_strip_at_the_tiles_own_scale() -> None:
    peaks = Peaks()
    found = scored_in_tiles(strip(100), peaks).anomaly_map
    assert found.values.shape == (SIDE, 240)
    assert found.placement == Placement(0.0, 0.0, 480.0, 24.0)
    assert found.values.dtype == np.float32
    assert not found.values.flags.writeable
    assert set(peaks.seen) == {(24, 24)}


@pytest.mark.parametrize("number", [1, 7, 39])
def test_a_tile_without_an_answer_leaves_the_strip_without_one(number: int) -> None:
    peaks = Peaks()

    def holed(pixels: NDArray[np.uint8]) -> Scored:
        scored = peaks(pixels)
        if len(peaks.seen) != number:
            return scored
        return Scored(math.nan, AnomalyMap(np.full((SIDE, SIDE), np.nan, np.float32), scored.anomaly_map.placement))

    found = scored_in_tiles(strip(100), holed)
    assert math.isnan(found.score)
    assert np.isnan(found.anomaly_map.values).any()
