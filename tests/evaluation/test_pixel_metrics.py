"""Histograms give the figures of all pixels together, and forget the maps."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy import ndimage
from sklearn.metrics import precision_recall_curve, roc_auc_score

from crane_desktop.domain.maps import AnomalyMap, Placement
from crane_desktop.evaluation.pixel_metrics import BINS, PRO_LIMIT, PixelTally, bin_of, map_on_picture

Maps = list[NDArray[np.float32]]
Masks = list[NDArray[np.bool_]]
UNIT = st.floats(0, 1, width=32)


def tally_of(maps: Maps, masks: Masks) -> PixelTally:
    tally = PixelTally()
    for values, mask in zip(maps, masks, strict=True):
        tally.add(values, mask)
    return tally


def slow_aupro(maps: Maps, masks: Masks) -> float:
    """By the definition: every threshold, every region, one after the other."""
    regions = []
    for values, mask in zip(maps, masks, strict=True):
        labels, count = ndimage.label(mask, structure=np.ones((3, 3)))
        regions += [values[labels == number] for number in range(1, count + 1)]
    good = np.concatenate([v[~m] for v, m in zip(maps, masks, strict=True)])
    points = [(0.0, 0.0)]
    for level in np.unique(np.concatenate([v.ravel() for v in maps]))[::-1]:
        overlap = float(np.mean([(r >= level).mean() for r in regions]))
        points.append((float((good >= level).mean()), overlap))
    area = 0.0
    for (x0, y0), (x1, y1) in pairwise(points):
        right = min(x1, PRO_LIMIT)
        if right > x0:
            y_right = y0 + (y1 - y0) * (right - x0) / (x1 - x0)
            area += (right - x0) * (y0 + y_right) / 2
    return area / PRO_LIMIT


@given(UNIT, UNIT)
def test_bins_keep_the_order(one: float, other: float) -> None:
    low, high = sorted((one, other))
    bins = bin_of(np.array([low, high], np.float32))
    assert 0 <= bins[0] <= bins[1] < BINS


@given(st.floats(2.0**-40, 0.5, width=32))
def test_bins_are_fine_at_both_ends(value: float) -> None:
    step = np.float32(value * (1 + 1 / 4096))
    assert bin_of(np.array([value], np.float32))[0] < bin_of(np.array([step]))[0]
    if value > 2.0**-10:
        high = 1 - np.array([value, step], np.float32)
        assert bin_of(high)[0] > bin_of(high)[1]


def test_the_ends_and_what_lies_beyond() -> None:
    values = np.array([-1, 0, 1e-20, 0.5, np.nextafter(np.float32(1), np.float32(0)), 1, 1.5], np.float32)
    bins = bin_of(values)
    assert bins[[0, 1, 2]].tolist() == [0, 0, 0]
    assert bins[3] == BINS // 2
    assert bins[4] < BINS - 1
    assert bins[[5, 6]].tolist() == [BINS - 1, BINS - 1]


@pytest.mark.parametrize("spread", ["even", "near 0", "near 1", "narrow"])
def test_figures_are_those_of_all_pixels(spread: str) -> None:
    rng = np.random.default_rng(4)
    masks: Masks = [cv2.GaussianBlur(rng.random((60, 50)), (0, 0), 4) > 0.52 for _ in range(4)]
    odd = [rng.random((60, 50)) * 0.7 + 0.3 * m for m in masks]
    bend = {
        "even": lambda u: u,
        "near 0": lambda u: u**8 * 1e-6,
        "near 1": lambda u: 1 - (1 - u) ** 3 * 1e-3,
        "narrow": lambda u: 0.30 + 0.01 * u,
    }[spread]
    maps: Maps = [bend(u).astype(np.float32) for u in odd]
    tally = tally_of(maps, masks)
    values, truth = np.concatenate([m.ravel() for m in maps]), np.concatenate([m.ravel() for m in masks])
    precision, recall, _ = precision_recall_curve(truth, values)
    tied = pairs_in_one_bin(values, truth)
    assert tied < 3e-3
    assert tally.auroc() == pytest.approx(roc_auc_score(truth, values), abs=tied / 2 + 1e-9)
    assert tally.auroc() == pytest.approx(roc_auc_score(truth, values), abs=2e-5)
    assert tally.f1_max() == pytest.approx(float((2 * precision * recall / (precision + recall)).max()), abs=1e-3)
    assert tally.aupro() == pytest.approx(slow_aupro(maps, masks), abs=1e-4)


def pairs_in_one_bin(values: NDArray[np.float32], truth: NDArray[np.bool_]) -> float:
    bins = bin_of(values)
    defective, good = (np.bincount(bins[which], minlength=BINS).astype(float) for which in (truth, ~truth))
    return float((defective * good).sum() / (defective.sum() * good.sum()))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(arrays(np.int64, (7, 6), elements=st.integers(0, 8)), arrays(np.bool_, (7, 6))),
        min_size=1,
        max_size=3,
    )
)
def test_aupro_is_that_of_the_definition(drawn: list[tuple[NDArray[np.int64], NDArray[np.bool_]]]) -> None:
    maps: Maps = [(levels / 8).astype(np.float32) for levels, _ in drawn]
    masks: Masks = [mask for _, mask in drawn]
    found = tally_of(maps, masks).aupro()
    if not any(m.any() for m in masks) or all(m.all() for m in masks):
        assert found is None
    else:
        assert found == pytest.approx(slow_aupro(maps, masks), abs=1e-9)


def test_small_regions_count_as_much_as_large_ones() -> None:
    mask = np.zeros((40, 40), bool)
    mask[:20, :20] = True
    mask[30, 30] = True
    only_large = np.where(mask, 0.9, 0.1).astype(np.float32)
    only_large[30, 30] = 0.0
    tally = tally_of([only_large], [mask])
    assert tally.aupro() == pytest.approx(0.5, abs=1e-6)
    assert tally.auroc() == pytest.approx(400 / 401)


def test_pixels_that_touch_at_a_corner_are_one_region() -> None:
    mask = np.eye(10, dtype=bool)
    values = np.zeros((10, 10), np.float32)
    values[0, 0] = 1.0
    # One region of ten pixels, one of them found; as ten regions it would be the same mean, so make the shares differ.
    mask[9, 0] = True
    values[9, 0] = 1.0
    assert tally_of([values], [mask]).aupro() == pytest.approx(slow_aupro([values], [mask]))
    assert tally_of([values], [mask]).aupro() == pytest.approx((0.1 + 1) / 2 + (2 - 1.1) / 2 * 0.15, abs=1e-9)


def test_perfect_and_blind_maps() -> None:
    mask = np.zeros((30, 30), bool)
    mask[5:9, 5:20] = True
    perfect = tally_of([mask.astype(np.float32)], [mask])
    assert (perfect.auroc(), perfect.f1_max()) == (1.0, 1.0)
    assert 1 - 1e-12 < (perfect.aupro() or 0) <= 1
    blind = tally_of([np.full((30, 30), 0.4, np.float32)], [mask])
    assert blind.auroc() == pytest.approx(0.5)
    assert blind.aupro() == pytest.approx(0.15)


def test_how_pixels_are_split_into_pictures_does_not_matter() -> None:
    rng = np.random.default_rng(5)
    values, mask = rng.random((40, 30)).astype(np.float32), rng.random((40, 30)) < 0.1
    whole, parts = tally_of([values], [mask]), tally_of([values[:17], values[17:]], [mask[:17], mask[17:]])
    assert (whole.auroc(), whole.f1_max()) == (parts.auroc(), parts.f1_max())


def test_without_defects_there_is_no_figure() -> None:
    for mask in (np.zeros((4, 4), bool), np.ones((4, 4), bool)):
        tally = tally_of([np.full((4, 4), 0.5, np.float32)], [mask])
        assert (tally.auroc(), tally.aupro(), tally.f1_max()) == (None, None, None)


def test_memory_does_not_grow_with_the_pictures() -> None:
    rng = np.random.default_rng(6)
    values, mask = rng.random((128, 128)).astype(np.float32), rng.random((128, 128)) < 0.05
    tally = PixelTally()
    tally.add(values, mask)
    tracemalloc.start()
    for _ in range(30):
        tally.add(values, mask)
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept < values.nbytes


def on(values: NDArray[np.float32], *place: float, shape: tuple[int, int]) -> NDArray[np.float32]:
    return map_on_picture(AnomalyMap(values, Placement(*place)), shape)


def test_a_map_is_brought_to_the_picture() -> None:
    values = np.random.default_rng(7).random((8, 8)).astype(np.float32)
    assert np.array_equal(on(values, 0, 0, 8, 8, shape=(8, 8)), values)
    assert np.array_equal(on(values, 0, 0, 30, 20, shape=(20, 30)), cv2.resize(values, (30, 20)))


def test_outside_the_map_nothing_is_odd() -> None:
    ones = np.ones((4, 4), np.float32)
    whole = on(ones, 5, 2, 10, 6, shape=(20, 30))
    expected = np.zeros((20, 30), np.float32)
    expected[2:8, 5:15] = 1
    assert np.array_equal(whole, expected)
    assert not on(ones, 40, 0, 10, 10, shape=(20, 30)).any()
