"""Bayer mosaics and high bits, against plain numpy."""

from __future__ import annotations

import numpy as np
import pytest
from format_reference import ROWS, plain_demosaic
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from crane_desktop.preprocess.colour import BAYER_ROWS, demosaic, high_bits


@pytest.mark.parametrize("pattern", ["RG", "GR", "GB", "BG"])
@pytest.mark.parametrize("shape", [(16, 16), (17, 15), (3, 40), (40, 3)])
def test_the_interior_is_what_the_formula_says(pattern: str, shape: tuple[int, int]) -> None:
    mosaic = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    assert np.array_equal(demosaic(mosaic, pattern)[1:-1, 1:-1], plain_demosaic(mosaic, pattern))


@pytest.mark.parametrize("pattern", ["RG", "GR", "GB", "BG"])
@pytest.mark.parametrize("shape", [(2, 2), (2, 9), (9, 2), (3, 3), (8, 9)])
def test_an_even_colour_is_exact_up_to_the_edge_at_every_size(pattern: str, shape: tuple[int, int]) -> None:
    colour = {"R": 200, "G": 40, "B": 90}
    mosaic = np.empty(shape, np.uint8)
    for row in range(2):
        for column in range(2):
            mosaic[row::2, column::2] = colour[ROWS[pattern][row][column]]
    assert np.all(demosaic(mosaic, pattern) == [200, 40, 90])


def test_the_patterns_are_named_by_their_upper_left_corner() -> None:
    assert dict(BAYER_ROWS) == ROWS


@pytest.mark.parametrize("depth", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("shape", [(256, 256), (256, 64, 4)])
def test_the_high_bits_of_every_value(depth: int, shape: tuple[int, ...]) -> None:
    values = np.arange(65536, dtype=np.uint16).reshape(shape)
    assert np.array_equal(high_bits(values, depth), np.minimum(values >> (depth - 8), 255))


@given(hnp.arrays(np.uint8, st.tuples(st.integers(3, 9), st.integers(3, 9))), st.sampled_from(sorted(ROWS)))
def test_inside_what_a_pixel_measured_stays_as_it_is(mosaic: np.ndarray, pattern: str) -> None:
    shown = demosaic(mosaic, pattern)
    for row, column in np.ndindex(mosaic.shape):
        if 0 < row < mosaic.shape[0] - 1 and 0 < column < mosaic.shape[1] - 1:
            own = "RGB".index(ROWS[pattern][row % 2][column % 2])
            assert shown[row, column, own] == mosaic[row, column]


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))), st.sampled_from(sorted(ROWS)))
def test_no_colour_is_brighter_or_darker_than_all_that_was_measured(mosaic: np.ndarray, pattern: str) -> None:
    before = mosaic.copy()
    shown = demosaic(mosaic, pattern)
    assert shown.shape == (*mosaic.shape, 3)
    assert shown.flags.owndata or not np.shares_memory(shown, mosaic)
    assert mosaic.min() <= shown.min()
    assert shown.max() <= mosaic.max()
    assert np.array_equal(mosaic, before)


@given(hnp.arrays(np.uint8, st.tuples(st.integers(3, 8), st.integers(3, 8))), st.sampled_from(sorted(ROWS)))
def test_a_mirrored_mosaic_gives_the_mirrored_picture(mosaic: np.ndarray, pattern: str) -> None:
    """Turned over, an odd number of columns keeps its pattern and an even one swaps its two columns."""
    swapped = {"RG": "GR", "GR": "RG", "GB": "BG", "BG": "GB"}[pattern]
    mirrored = demosaic(np.ascontiguousarray(mosaic[:, ::-1]), pattern if mosaic.shape[1] % 2 else swapped)
    assert np.array_equal(mirrored[1:-1, ::-1][:, 1:-1], demosaic(mosaic, pattern)[1:-1, 1:-1])


@given(hnp.arrays(np.uint16, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9)), st.sampled_from([8, 10, 12, 14]))
def test_high_bits_keep_the_order_of_values(values: np.ndarray, depth: int) -> None:
    shown = high_bits(values, depth)
    order = np.argsort(values, axis=None, kind="stable")
    assert (np.diff(shown.ravel()[order].astype(int)) >= 0).all()
    assert (shown[values >= (1 << depth) - 1] == 255).all()
