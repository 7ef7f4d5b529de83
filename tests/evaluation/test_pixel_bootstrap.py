"""The bootstrap of the pixel figures is that of whole pictures, drawn anew."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from crane_desktop.evaluation.metrics import DRAWS, area_to_limit, auroc, f1_max, interval_95
from crane_desktop.evaluation.pixel_bootstrap import pixel_draws
from crane_desktop.evaluation.pixel_metrics import PRO_LIMIT, PictureTally, PixelTally

Shown = tuple[NDArray[np.float32], NDArray[np.bool_]]


def pictures(good: int, defective: int, seed: int = 0) -> list[Shown]:
    """Draw maps of very different quality, so that it matters which pictures are drawn."""
    rng = np.random.default_rng(seed)
    shown: list[Shown] = []
    for number in range(good + defective):
        mask = np.zeros((24, 20), bool)
        if number >= good:
            y, x = rng.integers(0, 14, 2)
            mask[y : y + 8, x : x + 6] = True
        values = rng.random(mask.shape) * 0.8 + 0.2 * mask * rng.random() + 0.05 * rng.random()
        shown.append((np.clip(values, 0, 1).astype(np.float32), mask))
    return shown


def tallied(shown: list[Shown]) -> tuple[PixelTally, list[PictureTally]]:
    whole = PixelTally()
    return whole, [whole.add(values, mask) for values, mask in shown]


def plain_bootstrap(shown: list[Shown], good: int, times: int) -> dict[str, list[float]]:
    """Draw pictures and pool their pixels: every distinct value counts by itself."""
    rng = np.random.default_rng(9)
    values = np.concatenate([v.ravel() for v, _ in shown])
    truth = np.concatenate([m.ravel() for _, m in shown])
    share = np.concatenate([m.ravel() / max(1, m.sum()) for _, m in shown])  # one region a picture
    owner = np.repeat(np.arange(len(shown)), shown[0][0].size)
    place = np.unique(values, return_inverse=True)[1]
    found: dict[str, list[float]] = {"auroc": [], "auroc_within_defective": [], "f1_max": [], "aupro": []}
    odd = np.arange(len(shown)) >= good
    for _ in range(times):
        drawn = np.append(rng.integers(0, good, good), rng.integers(good, len(shown), len(shown) - good))
        count = np.bincount(drawn, minlength=len(shown)).astype(float)
        inside, clean, beside, overlap = (
            np.bincount(place, weights=count[owner] * part) for part in (truth, ~truth, ~truth & odd[owner], share)
        )
        found["auroc"].append(auroc(inside, clean) or 0)
        found["auroc_within_defective"].append(auroc(inside, beside) or 0)
        found["f1_max"].append(f1_max(inside, clean) or 0)
        found["aupro"].append(area_to_limit(overlap / overlap.sum(), clean, PRO_LIMIT) or 0)
    return found


def test_intervals_are_those_of_a_plain_bootstrap() -> None:
    good, defective = 9, 12
    shown = pictures(good, defective)
    whole, tallies = tallied(shown)
    found = pixel_draws(whole, tallies, good, defective)
    plain = plain_bootstrap(shown, good, 400)
    for name, draws in plain.items():
        assert found[name].shape == (DRAWS,)
        spread = float(np.std(draws))
        assert float(np.mean(found[name])) == pytest.approx(float(np.mean(draws)), abs=0.2 * spread), name
        assert float(np.std(found[name])) == pytest.approx(spread, rel=0.2), name


def test_many_pictures_come_in_blocks_and_count_as_often_as_drawn() -> None:
    """Identical pictures: whatever is drawn, the figures are those of one; and the counts of each draw are whole."""
    good, defective = 70, 130
    one, other = pictures(1, 1)
    whole, tallies = tallied([one] * good + [other] * defective)
    found = pixel_draws(whole, tallies, good, defective)
    for name, figure in (("auroc", whole.auroc()), ("aupro", whole.aupro()), ("f1_max", whole.f1_max())):
        assert figure is not None
        assert np.ptp(found[name]) < 1e-9
        assert float(found[name][0]) == pytest.approx(figure, abs=5e-3)


def test_the_same_seed_gives_the_same_draws_in_any_order_of_labels() -> None:
    shown = pictures(5, 6)
    whole, tallies = tallied(shown)
    first, again = (pixel_draws(whole, tallies, 5, 6, seed=3) for _ in range(2))
    mixed = pixel_draws(whole, tallies[5:] + tallies[:5], 5, 6, seed=3)
    other = pixel_draws(whole, tallies, 5, 6, seed=4)
    for name in first:
        assert np.array_equal(first[name], again[name])
        assert np.array_equal(first[name], mixed[name])
        assert not np.array_equal(first[name], other[name])


def test_without_good_pictures_or_defects() -> None:
    whole, tallies = tallied(pictures(0, 4))
    found = pixel_draws(whole, tallies, 0, 4)
    assert np.array_equal(found["auroc"], found["auroc_within_defective"])
    whole, tallies = tallied(pictures(3, 0))
    assert pixel_draws(whole, tallies, 3, 0) == {}
    assert interval_95(np.full(5, np.nan)) is None


def test_a_pictures_tally_is_small_and_complete() -> None:
    rng = np.random.default_rng(2)
    values, mask = rng.random((512, 512)).astype(np.float32), rng.random((512, 512)) < 0.01
    tally = PixelTally().add(values, mask)
    assert tally.good.sum() + tally.defective.sum() == values.size
    assert tally.defective.sum() == mask.sum()
    assert tally.bins.nbytes + tally.good.nbytes + tally.defective.nbytes + tally.overlap.nbytes < 150_000


def test_within_defective_pictures_only() -> None:
    shown = pictures(6, 5)
    whole, _ = tallied(shown)
    values, truth = (np.concatenate([s[part].ravel() for s in shown[6:]]) for part in (0, 1))
    assert whole.auroc_within_defective() == pytest.approx(roc_auc_score(truth, values), abs=1e-4)
    blank = PixelTally()
    blank.add(np.full((4, 4), 0.5, np.float32), np.zeros((4, 4), bool), defective=True)
    assert blank.counts[2].sum() == 16


def test_the_curve_to_be_drawn_encloses_the_area() -> None:
    whole, _ = tallied(pictures(6, 5))
    curve = whole.roc()
    assert curve is not None
    assert curve[:, 0].tolist() == [0, 0]
    assert curve[:, -1].tolist() == [1, 1]
    assert curve.shape[1] < 400
    assert float(np.trapezoid(curve[1], curve[0])) == pytest.approx(whole.auroc() or 0, abs=5e-3)
