"""A bare mosaic is told from a grey picture by its values, and never the other way round."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from virtual_scene import View, expected_rows

from crane_desktop.preprocess.mosaic import is_mosaic
from crane_desktop.simulation.painting.draw import draw_part

KINDS = ("cast_surface", "machined_metal", "printed_label", "printed_board", "moulded_plastic")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pattern", ["RG", "GR", "GB", "BG"])
def test_what_a_colour_sensor_sees_is_a_mosaic_and_what_a_grey_one_sees_is_none(kind: str, pattern: str) -> None:
    picture = draw_part(kind, 3, size_px=96, design=1).pixels
    view = View(96, 96, picture=picture, balance=(0.6, 1.0, 0.7))
    assert is_mosaic(expected_rows(view, 0, f"Bayer{pattern}8"))
    assert not is_mosaic(expected_rows(view, 0, "Mono8"))


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**31),
    slope=st.tuples(st.floats(-2, 2), st.floats(-2, 2)),
    noise=st.floats(0, 12),
    stripes=st.integers(2, 40),
    across=st.booleans(),
)
def test_slopes_noise_and_stripes_are_no_mosaic(
    seed: int, slope: tuple[float, float], noise: float, stripes: int, across: bool
) -> None:
    y, x = np.mgrid[0:96, 0:128]
    draw = np.random.default_rng(seed)
    values = 128 + slope[0] * (x - 64) + slope[1] * (y - 48) + draw.normal(0, noise, y.shape)
    values += 40 * ((x if across else y) // (stripes / 2) % 2)
    grey: NDArray[np.uint8] = values.clip(0, 255).astype(np.uint8)
    assert not is_mosaic(grey)


@pytest.mark.parametrize("shape", [(0, 0), (31, 400), (400, 31), (16, 16)])
def test_of_a_small_picture_nothing_is_said(shape: tuple[int, int]) -> None:
    board = np.indices(shape).sum(axis=0) % 2 * 200
    assert not is_mosaic(board.astype(np.uint8))
