"""Every kind of part with every kind of defect, small: what a drawn part promises holds for all of them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from crane_desktop.simulation import DEFECTS, KINDS, DrawnPart, draw_part, draw_twins
from crane_desktop.simulation.defects import OF_ITS_KIND
from crane_desktop.simulation.painting.draw import is_defective

SIZES = (32, 48, 64)
_SEEN = 40
"""A difference in levels that nobody overlooks."""


def check(part: DrawnPart, size_px: int, kind: str) -> None:
    """What holds for each part, good or not."""
    assert part.pixels.shape == (size_px, size_px, 3)
    assert part.pixels.dtype == np.uint8
    assert part.pixels.flags.c_contiguous
    assert part.mask.shape == (size_px, size_px)
    assert part.mask.dtype == np.bool_
    assert part.kind == kind
    assert part.is_good == (not part.defects) == (not part.mask.any())


def outside(change: NDArray[np.int64], mask: NDArray[np.bool_]) -> int:
    """Count pixels that clearly changed and that neither the mask nor its rim covers."""
    rim = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return int(np.count_nonzero((change > _SEEN) & ~rim))


@pytest.mark.parametrize("kind", KINDS)
def test_every_defect_shows_on_every_kind_and_only_where_the_mask_says(kind: str) -> None:
    size_px = SIZES[KINDS.index(kind) % len(SIZES)]
    good = draw_part(kind, 3, size_px=size_px, sensor=False, design=8)
    check(good, size_px, kind)
    for defect in DEFECTS:
        bad = draw_part(kind, 3, size_px=size_px, sensor=False, design=8, defect_rate=1.0, defect=defect)
        check(bad, size_px, kind)
        assert 0 < bad.mask.mean() < 0.3, defect
        assert set(bad.defects) <= set(DEFECTS)
        change = np.abs(bad.pixels.astype(int) - good.pixels.astype(int)).max(axis=2)
        assert change[bad.mask].max() > 8, defect
        # Specks much smaller than the largest piece are left out of a mask.
        assert outside(change, bad.mask) <= 0.1 * bad.mask.sum(), defect
        if defect not in OF_ITS_KIND:
            assert bad.defects in ((defect,), ("hole",)) or defect == "missing_feature", defect


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_is_a_part_and_another_seed_another_one(kind: str) -> None:
    first, again, other = (draw_part(kind, seed, size_px=48, design=2) for seed in (5, 5, 6))
    assert np.array_equal(first.pixels, again.pixels)
    assert not np.array_equal(first.pixels, other.pixels)
    assert np.ptp(first.pixels.astype(int)) > 20  # a picture, not a plain


@pytest.mark.parametrize("kind", KINDS)
def test_the_noise_of_the_sensor_is_all_that_it_adds(kind: str) -> None:
    plain, noisy = (draw_part(kind, 4, size_px=48, sensor=sensor, design=1) for sensor in (False, True))
    change = np.abs(plain.pixels.astype(int) - noisy.pixels.astype(int))
    assert change.mean() < 12
    assert np.array_equal(plain.mask, noisy.mask)


@pytest.mark.parametrize("size_px", [32, 33, 57, 96])
@pytest.mark.parametrize("kind", ["bare_circuit", "wood", "moulded_figure", "cast_surface"])
def test_sizes_that_are_no_power_of_two(kind: str, size_px: int) -> None:
    good, bad = draw_twins(kind, 2, size_px=size_px)
    check(good, size_px, kind)
    check(bad, size_px, kind)
    assert bad.mask.any()


@pytest.mark.parametrize("count", [1, 2])
def test_as_many_defects_as_were_asked_for(count: int) -> None:
    found = [draw_part("leather", seed, size_px=48, defect_rate=1.0, count=count).defects for seed in range(6)]
    assert max(map(len, found)) == count
    assert all(0 < len(defects) <= count for defects in found)


@pytest.mark.parametrize("rate", [0.0, 0.25, 1.0])
def test_the_rate_decides_before_anything_is_drawn(rate: float) -> None:
    truths = [is_defective("wood", seed, rate) for seed in range(400)]
    assert abs(sum(truths) / 400 - rate) < 0.08
    for seed in range(3):
        assert draw_part("wood", seed, size_px=32, defect_rate=rate).is_good is not truths[seed]
