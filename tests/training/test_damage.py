"""Damaged copies: of whatever a camera gives, one visible place, the same for the same draw."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from crane_desktop.training.goodparts import damage
from crane_desktop.training.goodparts.damage import damaged
from crane_desktop.training.goodparts.learn import _again, _folds


def part(height: int, width: int, colour: bool, seed: int = 0) -> NDArray[np.uint8]:
    """A part with structure: rings on an even ground."""
    pixels = np.full((height, width, 3), (90, 120, 60), np.uint8)
    for radius in range(4, max(height, width), 9):
        cv2.circle(pixels, (width // 2, height // 2), radius, (200, 180, 30 + seed % 100), 2)
    return pixels if colour else np.ascontiguousarray(pixels[:, :, 0])


SIZES = st.tuples(st.integers(24, 90), st.integers(24, 90))


@settings(max_examples=40, deadline=None)
@given(SIZES, st.booleans(), st.integers(0, 2**32))
def test_a_damaged_copy_is_a_picture_of_the_same_kind(size: tuple[int, int], colour: bool, seed: int) -> None:
    pixels = part(*size, colour)
    before = pixels.copy()
    found, again = (damaged(pixels, np.random.default_rng(seed)) for _ in range(2))
    assert (found.shape, found.dtype) == (pixels.shape, np.uint8)
    assert found.flags.c_contiguous
    assert np.array_equal(found, again)
    assert np.array_equal(pixels, before)
    assert not np.array_equal(found, pixels)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_most_of_the_part_stays_as_it_is(seed: int) -> None:
    pixels = part(120, 160, colour=True)
    found = damaged(pixels, np.random.default_rng(seed))
    changed = (cv2.absdiff(found, pixels).max(axis=2) > 2).mean()
    assert 0 < changed < 0.35


@pytest.mark.parametrize("kind", damage._KINDS)
def test_every_kind_of_damage_shows_somewhere(kind: object) -> None:
    pixels = part(96, 96, colour=True)
    shown = [
        int(cv2.absdiff(kind(pixels, np.random.default_rng(seed)), pixels).max())  # type: ignore[operator]
        for seed in range(12)
    ]
    assert sum(level >= 14 for level in shown) >= 6
    assert len(damage._KINDS) == 5


@pytest.mark.parametrize("level", [0, 255])
def test_an_empty_picture_gets_what_can_be_seen_on_it(level: int) -> None:
    found = damaged(np.full((64, 64), level, np.uint8), np.random.default_rng(1))
    assert found.shape == (64, 64)
    assert found.min() != found.max()


@settings(max_examples=25, deadline=None)
@given(SIZES, st.booleans(), st.integers(0, 2**32))
def test_another_shot_shows_the_same_part(size: tuple[int, int], colour: bool, seed: int) -> None:
    """Moved by some pixels, a little lighter or darker, with noise: never another part."""
    pixels = part(*size, colour)
    shot = _again(pixels, np.random.default_rng(seed))
    assert (shot.shape, shot.dtype) == (pixels.shape, np.uint8)
    moves = [(y, x) for y in range(-6, 7) for x in range(-6, 7)]
    apart = min(float(np.abs(np.roll(pixels, m, axis=(0, 1)).astype(float) - shot).mean()) for m in moves)
    assert apart < 0.06 * 255
    assert np.array_equal(shot, _again(pixels, np.random.default_rng(seed)))


@given(st.integers(1, 64))
def test_every_picture_is_held_out_once(count: int) -> None:
    folds = _folds(count)
    assert sorted(index for fold in folds for index in fold) == list(range(count))
    assert len(folds) == min(5, count)
    assert max(map(len, folds)) - min(map(len, folds)) <= 1
