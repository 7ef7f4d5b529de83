"""What a place's texture says, and that parts are laid over each other."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from crane_desktop.preprocess.register import PLACE_SIDE_PX, as_lab, lay_back, lay_over
from crane_desktop.preprocess.texture import FAMILIES, GRID, SIDE_PX, patterns, square, texture


def _figure(shift: tuple[int, int] = (0, 0), light: float = 1.0) -> np.ndarray:
    picture = np.full((256, 256, 3), 40, np.uint8)
    x, y = 128 + shift[0], 128 + shift[1]
    cv2.ellipse(picture, (x, y), (70, 35), 20, 0, 360, (90, 160, 60), -1, cv2.LINE_AA)
    cv2.circle(picture, (x - 40, y - 20), 14, (180, 60, 60), -1, cv2.LINE_AA)
    return np.clip(picture * light, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("shape", [(300, 200), (64, 64, 3), (7, 900, 3)])
def test_every_place_of_any_picture_is_described(shape: tuple[int, ...]) -> None:
    seen = texture(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))
    assert seen.shape == (GRID, GRID, sum(FAMILIES))
    assert seen.dtype == np.float32
    assert np.isfinite(seen).all()
    assert seen.min() >= 0
    assert seen.max() <= 1 + 1e-5
    np.testing.assert_allclose(seen[:, :, :10].sum(-1), 1, atol=1e-4)  # every pixel has one pattern


def test_patterns_ignore_faint_noise_but_see_a_corner() -> None:
    draw = np.random.default_rng(1)
    flat = draw.integers(100, 104, (40, 40), dtype=np.uint8)
    assert (patterns(flat, 1) == 8).all()
    flat[20:, 20:] = 200
    found = patterns(flat, 1)
    assert found[19, 19] == 8
    assert found[20, 20] == 3
    assert found[30, 20] == 5


def test_a_moved_and_darker_part_comes_to_lie_over_the_first() -> None:
    first = as_lab(_figure())
    other = as_lab(_figure((14, -9), 0.8))
    laid = lay_over(other, first)
    apart = np.abs(other - first)[..., 0].mean(), np.abs(laid.lab - first)[..., 0][laid.seen > 0.99].mean()
    assert apart[1] < 0.25 * apart[0]
    mark = np.zeros((PLACE_SIDE_PX, PLACE_SIDE_PX), np.float32)
    mark[60:64, 60:64] = 1
    y, x = np.argwhere(lay_back(mark, laid.back) > 0.5).mean(0)
    assert x == pytest.approx(61.5 + 7, abs=0.7)
    assert y == pytest.approx(61.5 - 4.5, abs=0.7)


def test_an_empty_picture_is_left_where_it_is() -> None:
    empty = as_lab(np.full((50, 60, 3), 9, np.uint8))
    np.testing.assert_array_equal(lay_over(empty, as_lab(_figure())).back, np.eye(2, 3, dtype=np.float32))


def _plain_pattern(light: np.ndarray, radius: int) -> np.ndarray:
    """The definition, pixel by pixel: neighbours not darker than the middle by more than the tolerance."""
    slant = max(1, round(radius * 0.7071))
    ring = [(0, radius), (slant, slant), (radius, 0), (slant, -slant), (0, -radius), (-slant, -slant), (-radius, 0),
            (-slant, slant)]  # fmt: skip
    wide = np.pad(light.astype(int), radius, mode="reflect")
    told = np.empty(light.shape, int)
    for y, x in np.ndindex(light.shape):
        ones = [wide[y + radius + dy, x + radius + dx] >= max(int(light[y, x]) - 4, 0) for dy, dx in ring]
        changes = sum(ones[i] != ones[i - 1] for i in range(8))
        told[y, x] = sum(ones) if changes <= 2 else 9
    return told


@settings(max_examples=30)
@given(hnp.arrays(np.uint8, st.tuples(st.integers(4, 9), st.integers(4, 9))), st.sampled_from([1, 3]))
def test_patterns_are_what_the_definition_says(light: np.ndarray, radius: int) -> None:
    assert np.array_equal(patterns(light, radius), _plain_pattern(light, radius))


@settings(max_examples=30)
@given(hnp.arrays(np.uint8, (6, 7), elements=st.integers(10, 200)), st.integers(0, 50))
def test_patterns_do_not_follow_the_light_as_a_whole(light: np.ndarray, more: int) -> None:
    assert np.array_equal(patterns(light, 1), patterns((light + more).astype(np.uint8), 1))


@settings(max_examples=40)
@given(st.tuples(st.integers(1, 40), st.integers(1, 40)), st.integers(1, 40), st.integers(0, 255), st.booleans())
def test_a_square_of_an_even_picture_is_even(shape: tuple[int, int], side: int, level: int, colour: bool) -> None:
    pixels = np.full((*shape, 3) if colour else shape, level, np.uint8)
    made = square(pixels, side)
    assert made.shape == (side, side, 3)
    assert (made == level).all()


def test_a_larger_picture_is_averaged_and_none_of_it_is_left_out() -> None:
    pixels = np.zeros((8, 8), np.uint8)
    pixels[3, 5] = 160
    made = square(pixels, 4)
    assert made[1, 2].tolist() == [40, 40, 40]
    assert made.sum() == 3 * 40


def test_a_mark_is_described_where_it_lies() -> None:
    plain = np.full((SIDE_PX, SIDE_PX), 120, np.uint8)
    marked = plain.copy()
    marked[100:116, 300:316] = 40
    apart = np.abs(texture(marked) - texture(plain)).max(axis=2)
    rows, columns = np.nonzero(apart > 1e-3)
    step = SIDE_PX // GRID
    assert rows.min() >= 100 // step - 4
    assert rows.max() <= 116 // step + 4
    assert columns.min() >= 300 // step - 4
    assert columns.max() <= 316 // step + 4
    assert apart[100 // step + 1, 300 // step + 1] > 0.1
