"""Variation changes how a part looks, and keeps the truth on its defect."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from demo_pack import augment
from demo_pack.augment import chosen_frame, framed, varied


def marked_part() -> tuple[np.ndarray, np.ndarray]:
    mask = np.zeros((48, 48), bool)
    mask[6:22, 10:20] = True
    return np.repeat(np.where(mask, 210, 60).astype(np.uint8)[..., None], 3, axis=-1), mask


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_the_mask_stays_on_the_defect(seed: int) -> None:
    pixels, mask = marked_part()
    picture, truth = varied(pixels, mask, np.random.default_rng(seed))
    assert (picture.shape, picture.dtype) == ((48, 48, 3), np.float32)
    assert (truth.shape, truth.dtype) == ((48, 48), np.bool_)
    assert 0 <= picture.min() <= picture.max() <= 1
    if 20 < truth.sum() < truth.size - 20:
        inside, outside = picture[truth].mean(), picture[~truth].mean()
        assert abs(inside - outside) > 0.2  # grey levels may be turned over, but stay apart
        nearer = np.abs(picture.mean(-1) - inside) < np.abs(picture.mean(-1) - outside)
        assert (nearer == truth).mean() > 0.93


def test_the_seed_decides() -> None:
    one, same, other = (varied(*marked_part(), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one[0], same[0])
    assert not np.array_equal(one[0], other[0])


def test_the_part_itself_is_left_alone() -> None:
    pixels, mask = marked_part()
    for seed in range(10):
        varied(pixels, mask, np.random.default_rng(seed))
    assert all(map(np.array_equal, (pixels, mask), marked_part()))


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([16, 32, 48, 64]))
def test_frames_lie_within_the_part(seed: int, size_px: int) -> None:
    pixels, mask = marked_part()
    left, top, side = chosen_frame(mask, size_px, np.random.default_rng(seed))
    assert 0 <= left <= left + side <= 48
    assert 0 <= top <= top + side <= 48
    assert side >= min(size_px, 48)
    seen, truth = framed(pixels, mask, (left, top, side), size_px)
    assert (seen.shape, truth.shape) == ((size_px, size_px, 3), (size_px, size_px))
    assert truth.any() == mask[top : top + side, left : left + side].any()


def test_close_ups_mostly_show_the_defect() -> None:
    mask = np.zeros((48, 48), bool)
    mask[2:4, 40:42] = True
    shown = 0
    for seed in range(200):
        left, top, side = chosen_frame(mask, 16, np.random.default_rng(seed))
        shown += bool(mask[top : top + side, left : left + side].any())
    assert shown > 160


def test_a_thin_defect_stays_in_the_mask() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    mask = np.zeros((64, 64), bool)
    mask[10, :] = True  # as thin as can be: half a pixel at the model's size
    small, truth = framed(pixels, mask, (0, 0, 64), 32)
    assert (small.shape, small.dtype, truth.shape) == ((32, 32, 3), np.uint8, (32, 32))
    assert truth[5].all()
    assert truth.sum() == 32
    assert np.shares_memory(framed(pixels, mask, (0, 0, 64), 64)[0], pixels)


def test_dust_is_small_and_hardly_visible() -> None:
    plain = np.full((64, 96, 3), 0.9, np.float32)
    for seed in range(40):
        changed = np.abs(augment._dusted(plain, np.random.default_rng(seed)) - plain).max(-1)
        assert changed.max() <= augment._MOST_VISIBLE
        assert 0 < (changed > 1 / 255).mean() < 0.03
