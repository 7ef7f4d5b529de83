"""Bayer mosaics and high bits, against plain numpy."""

from __future__ import annotations

import numpy as np
import pytest
from format_reference import ROWS, plain_demosaic

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
