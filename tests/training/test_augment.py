"""Variation changes how a part looks, and keeps the truth on its defect."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from crane_desktop.training.augment import varied


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
    pixels.flags.writeable = mask.flags.writeable = False
    for seed in range(10):
        varied(pixels, mask, np.random.default_rng(seed))
