"""The aids on pictures of which the answer is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from crane_desktop.overlay.aids import clipping_rgba, exposure, line_profile, sharpness


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
