"""Histograms give the figures of all pixels together, and forget the maps."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise
from typing import Any

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
from crane_desktop.evaluation.pixel_metrics import (
    BINS,
    COARSE,
    PRO_LIMIT,
    PixelTally,
    bin_of,
    coarse,
    map_on_picture,
)
from crane_desktop.evaluation.pixel_metrics import UNIT as OVERLAP_UNIT

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


LEVELS = arrays(np.int64, (5, 6), elements=st.integers(0, 6))
MASK = arrays(np.bool_, (5, 6))
DRAWN = st.lists(st.tuples(LEVELS, MASK), min_size=1, max_size=4)


def as_maps(drawn: list[tuple[NDArray[np.int64], NDArray[np.bool_]]]) -> tuple[Maps, Masks]:
    return [(levels / 6).astype(np.float32) for levels, _ in drawn], [mask for _, mask in drawn]


@settings(max_examples=40, deadline=None)
@given(DRAWN)
def test_pixel_auroc_and_f1_are_those_of_all_pixels_with_ties(
    drawn: list[tuple[NDArray[np.int64], NDArray[np.bool_]]],
) -> None:
    maps, masks = as_maps(drawn)
    values, truth = np.concatenate([m.ravel() for m in maps]), np.concatenate([m.ravel() for m in masks])
    tally = tally_of(maps, masks)
    if truth.all() or not truth.any():
        assert (tally.auroc(), tally.f1_max()) == (None, None)
        return
    assert tally.auroc() == pytest.approx(roc_auc_score(truth, values), abs=1e-9)
    best = max(2 * (truth & (values >= v)).sum() / ((values >= v).sum() + truth.sum()) for v in np.unique(values))
    assert tally.f1_max() == pytest.approx(best, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(DRAWN, st.randoms(use_true_random=False))
def test_the_order_of_the_pictures_does_not_matter(
    drawn: list[tuple[NDArray[np.int64], NDArray[np.bool_]]], chance: Any
) -> None:
    mixed = list(drawn)
    chance.shuffle(mixed)
    one, other = tally_of(*as_maps(drawn)), tally_of(*as_maps(mixed))
    assert np.array_equal(one.counts, other.counts)
    assert np.allclose(one.overlap, other.overlap, atol=1e-12)
    assert one.regions == other.regions


@settings(max_examples=30, deadline=None)
@given(DRAWN)
def test_the_pictures_tallies_sum_up_to_the_whole(drawn: list[tuple[NDArray[np.int64], NDArray[np.bool_]]]) -> None:
    whole = PixelTally()
    own = [whole.add(values, mask) for values, mask in zip(*as_maps(drawn), strict=True)]
    defective, good, overlap = (np.zeros(COARSE) for _ in range(3))
    for tally in own:
        assert (np.diff(tally.bins.astype(int)) > 0).all()
        defective[tally.bins] += tally.defective
        good[tally.bins] += tally.good
        overlap[tally.bins] += tally.overlap / OVERLAP_UNIT
    assert np.array_equal(defective, coarse(whole.counts[0]))
    assert np.array_equal(good, coarse(whole.counts[1]))
    assert np.allclose(overlap, coarse(whole.overlap), atol=1e-6)
    assert overlap.sum() == pytest.approx(whole.regions, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(DRAWN)
def test_regions_are_those_that_touch_in_eight_directions(
    drawn: list[tuple[NDArray[np.int64], NDArray[np.bool_]]],
) -> None:
    maps, masks = as_maps(drawn)
    assert tally_of(maps, masks).regions == sum(ndimage.label(m, structure=np.ones((3, 3)))[1] for m in masks)


@pytest.mark.parametrize(
    "place",
    [(0, 0, 12, 9), (-3, -2, 12, 9), (5, 4, 12, 9), (-4, 2, 30, 3), (2.4, 1.6, 5.2, 4.4), (0, 0, 1, 1), (100, 0, 4, 4)],
)
def test_a_map_covers_its_place_and_nothing_else(place: tuple[float, float, float, float]) -> None:
    shape = (9, 12)
    found = on(np.full((3, 4), 0.75, np.float32), *place, shape=shape)
    x, y, width, height = place
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]]
    inside = (columns >= round(x)) & (columns < round(x + width)) & (rows >= round(y)) & (rows < round(y + height))
    assert found.dtype == np.float32
    assert np.allclose(found, np.where(inside, 0.75, 0.0))


def test_a_blank_mask_of_a_defective_part_counts_its_pixels_as_good_ones() -> None:
    values, blank = np.full((4, 4), 0.5, np.float32), np.zeros((4, 4), bool)
    told, found = PixelTally(), PixelTally()
    assert told.add(values, blank, defective=True).of_a_defective
    assert not found.add(values, blank).of_a_defective
    assert (told.counts[1].sum(), told.counts[2].sum()) == (16, 16)
    assert (found.counts[1].sum(), found.counts[2].sum()) == (16, 0)


def test_the_curve_to_be_drawn_rises_from_corner_to_corner() -> None:
    rng = np.random.default_rng(8)
    mask = rng.random((50, 50)) < 0.2
    tally = tally_of([np.clip(rng.random((50, 50)) * 0.6 + 0.4 * mask, 0, 1).astype(np.float32)], [mask])
    curve = tally.roc()
    assert curve is not None
    assert (curve[:, 0].tolist(), curve[:, -1].tolist()) == ([0.0, 0.0], [1.0, 1.0])
    assert (np.diff(curve, axis=1) >= 0).all()
    assert tally_of([np.zeros((3, 3), np.float32)], [np.ones((3, 3), bool)]).roc() is None
