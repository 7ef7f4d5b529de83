"""The aids on pictures of which the answer is known."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from crane_desktop.overlay.aids import clipping_rgba, exposure, grey, line_profile, sharpness


@pytest.fixture
def scene() -> np.ndarray:
    drawn = np.random.default_rng(3).integers(40, 200, (120, 160), np.uint8)
    return cv2.GaussianBlur(drawn, (0, 0), 0.8)


def test_sharpness_falls_with_every_step_of_blur(scene: np.ndarray) -> None:
    figures = [sharpness(scene)] + [sharpness(cv2.GaussianBlur(scene, (0, 0), sigma)) for sigma in (0.5, 1, 2, 4)]
    assert figures == sorted(figures, reverse=True)
    assert figures[0] > 20 * figures[-1] > 0


def test_sharpness_does_not_follow_the_brightness(scene: np.ndarray) -> None:
    assert sharpness((scene // 2).astype(np.uint8)) == pytest.approx(sharpness(scene), rel=0.05)


def test_sharpness_of_nothing_is_none() -> None:
    assert sharpness(np.zeros((20, 20), np.uint8)) == 0.0
    assert sharpness(np.full((20, 20, 3), 90, np.uint8)) == 0.0


def test_clipping_shares_are_exact() -> None:
    pixels = np.full((10, 20), 128, np.uint8)
    pixels[0, :5], pixels[9, :] = 0, 255
    told = exposure(pixels)
    assert (told.under, told.over) == (5 / 200, 20 / 200)
    assert told.histogram.sum() == 200
    assert (told.histogram[0], told.histogram[128], told.histogram[255]) == (5, 175, 20)
    assert told.mean == pytest.approx(float(pixels.mean()))


def test_a_colour_is_over_where_any_channel_is_full_and_under_where_all_are_empty() -> None:
    pixels = np.full((4, 5, 3), 100, np.uint8)
    pixels[0, 0] = (255, 10, 10)
    pixels[1, 1] = (0, 0, 0)
    pixels[2, 2] = (0, 0, 40)
    told = exposure(pixels)
    assert (told.under, told.over) == (1 / 20, 1 / 20)


def test_the_overlay_paints_clipped_places_only_and_both_kinds_differ() -> None:
    pixels = np.full((60, 80), 128, np.uint8)
    pixels[:30, :40], pixels[30:, 40:] = 255, 0
    painted = clipping_rgba(pixels)
    shown = painted[..., 3] > 0
    assert not shown[:30, 40:].any()
    assert not shown[30:, :40].any()
    over, under = painted[:30, :40], painted[30:, 40:]
    for corner, strong in ((over, 0), (under, 2)):
        stripes = corner[..., 3] > 0
        assert 0.4 < stripes.mean() < 0.6
        assert corner[stripes][0][strong] > 200


def test_a_profile_reads_the_pixels_on_the_line() -> None:
    pixels = np.arange(100, dtype=np.uint8)[None].repeat(50, 0)
    told = line_profile(pixels, (10.5, 7.5), (20.5, 7.5))
    assert told.values.tolist() == list(range(10, 21))
    assert told.distance_px == pytest.approx(np.arange(11))
    down = line_profile(np.ascontiguousarray(pixels.T), (3.5, 40.2), (3.5, 30.2))
    assert down.values.tolist() == list(range(40, 29, -1))


def test_a_profile_leaves_out_what_lies_outside() -> None:
    pixels = np.full((20, 20, 3), (1, 2, 3), np.uint8)
    told = line_profile(pixels, (-5.0, 10.0), (25.0, 10.0))
    assert told.values.shape == (20, 3)
    assert told.distance_px[0] == 5.0
    assert line_profile(pixels, (40.0, 40.0), (50.0, 40.0)).values.shape == (0, 3)


PICTURES = hnp.arrays(
    np.uint8,
    st.one_of(
        st.tuples(st.integers(1, 9), st.integers(1, 9)), st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))
    ),
    elements=st.sampled_from([0, 1, 100, 254, 255]),
)


@given(PICTURES)
def test_exposure_counts_every_pixel_once(pixels: np.ndarray) -> None:
    told, plane = exposure(pixels), grey(pixels)
    assert told.histogram.tolist() == np.bincount(plane.ravel(), minlength=256).tolist()
    assert told.mean == pytest.approx(float(plane.mean()))
    flat = pixels.reshape(plane.size, -1)
    assert told.under == np.mean((flat == 0).all(axis=1))
    assert told.over == np.mean((flat == 255).any(axis=1))


@pytest.mark.parametrize("shape", [(1, (1 << 24) + 3), (4097, 4099)])
def test_counts_of_a_very_large_picture_are_exact(shape: tuple[int, int]) -> None:
    """Counted in 32-bit floating point, more than the whole picture would be clipped."""
    told = exposure(np.full(shape, 255, np.uint8))
    assert told.histogram[255] == shape[0] * shape[1]
    assert told.over == 1.0


@given(PICTURES)
def test_only_clipped_pixels_are_painted_each_in_its_colour(pixels: np.ndarray) -> None:
    painted = clipping_rgba(pixels)
    flat = pixels.reshape(*pixels.shape[:2], -1)
    under, over = (flat == 0).all(axis=2), (flat == 255).any(axis=2)
    shown = painted[..., 3] > 0
    assert not (shown & ~under & ~over).any()
    red, blue = painted[..., 0].astype(int), painted[..., 2].astype(int)
    assert (red > blue)[shown & over].all()
    assert (blue > red)[shown & under].all()


@given(hnp.arrays(np.uint8, (7, 9)), st.tuples(*[st.floats(-3, 12)] * 4))
def test_every_sample_of_a_line_is_the_pixel_it_lies_in(pixels: np.ndarray, ends: tuple[float, ...]) -> None:
    start, end = ends[:2], ends[2:]
    told = line_profile(pixels, start, end)  # type: ignore[arg-type]
    length = math.hypot(end[0] - start[0], end[1] - start[1])
    assert len(told.values) == len(told.distance_px) <= max(2, round(length) + 1)
    assert (np.diff(told.distance_px) >= 0).all()
    for distance, value in zip(told.distance_px, told.values, strict=True):
        share = distance / length if length else 0.0
        x, y = (a + share * (b - a) for a, b in zip(start, end, strict=True))
        near = {
            pixels[row, column]
            for row in {math.floor(y - 1e-9), math.floor(y + 1e-9)} & set(range(7))
            for column in {math.floor(x - 1e-9), math.floor(x + 1e-9)} & set(range(9))
        }
        assert value in near


def test_the_longest_line_has_no_more_samples_than_a_screen_can_show() -> None:
    told = line_profile(np.zeros((2, 9000), np.uint8), (0.5, 0.5), (8999.5, 0.5))
    assert len(told.values) == 4096
    assert told.distance_px[-1] == 8999.0


def test_grey_of_grey_is_the_picture_itself_and_of_colour_its_brightness() -> None:
    plane = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert grey(plane) is plane
    assert np.array_equal(grey(np.repeat(plane[..., None], 3, axis=2)), plane)
    green, blue = (np.full((1, 1, 3), colour, np.uint8) for colour in ((0, 200, 0), (0, 0, 200)))
    assert grey(green) > 3 * grey(blue)
