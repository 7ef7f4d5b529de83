"""The figures are those of scikit-learn, ties included."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from crane_desktop.evaluation.metrics import (
    area_to_limit,
    auroc,
    average_precision,
    counts_by_score,
    f1_max,
    interval_95,
    picture_draws,
)

Scores = NDArray[np.float64]
Truth = NDArray[np.bool_]

#: Few distinct scores, so that ties are common, and at least one thing of each label.
LABELLED = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=60).filter(
    lambda pairs: len({label for _, label in pairs}) == 2
)


def arrays(pairs: list[tuple[int, bool]]) -> tuple[Scores, Truth]:
    return np.array([s / 7 for s, _ in pairs]), np.array([d for _, d in pairs])


def best_f1(scores: Scores, truth: Truth) -> float:
    precision, recall, _ = precision_recall_curve(truth, scores)
    both = precision + recall
    return float((2 * precision * recall / np.where(both > 0, both, 1)).max())


@given(LABELLED)
def test_figures_are_scikit_learns(pairs: list[tuple[int, bool]]) -> None:
    scores, truth = arrays(pairs)
    defective, good = counts_by_score(scores, truth)
    assert auroc(defective, good) == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)
    assert average_precision(defective, good) == pytest.approx(average_precision_score(truth, scores), abs=1e-12)
    assert f1_max(defective, good) == pytest.approx(best_f1(scores, truth), abs=1e-12)


@given(LABELLED, st.integers(0, 3))
def test_only_the_order_counts(pairs: list[tuple[int, bool]], power: int) -> None:
    scores, truth = arrays(pairs)
    plain, bent = counts_by_score(scores, truth), counts_by_score(np.exp(power * scores) + scores, truth)
    for figure in (auroc, average_precision, f1_max):
        assert figure(*plain) == figure(*bent)


@pytest.mark.parametrize("figure", [auroc, average_precision, f1_max])
def test_one_label_alone_has_no_figure(figure: object) -> None:
    some, none = np.array([1, 2]), np.array([0, 0])
    assert figure(some, none) is None  # type: ignore[operator]
    assert figure(none, some) is None  # type: ignore[operator]


def test_pixel_counts_do_not_overflow() -> None:
    many = np.array([6 * 10**9, 0, 3 * 10**9])
    assert auroc(many, many) == pytest.approx(0.5)


def test_area_to_limit_of_known_curves() -> None:
    good = np.array([50.0, 50.0, 0.0])
    assert area_to_limit(np.array([0.0, 0.0, 1.0]), good, 0.3) == pytest.approx(1.0)
    assert area_to_limit(np.array([0.0, 0.0, 0.5]), good, 0.3) == pytest.approx(0.5)
    # One value for everything: the diagonal, of which 0.3 * 0.3 / 2 lies below the limit.
    assert area_to_limit(np.array([1.0]), np.array([9.0]), 0.3) == pytest.approx(0.15)
    # A point exactly on the limit, then a jump straight up that lies outside.
    assert area_to_limit(np.array([1.0, 0.0]), np.array([7.0, 3.0]), 0.3) == pytest.approx(0.0)
    assert area_to_limit(np.array([1.0]), np.array([0.0]), 0.3) is None


def auroc_interval(scores: Scores, truth: Truth, seed: int = 0) -> tuple[float, float] | None:
    draws = picture_draws(scores, truth, seed)
    return interval_95(draws["auroc"]) if draws else None


def naive_interval(scores: Scores, truth: Truth, draws: int) -> tuple[float, float]:
    rng = np.random.default_rng(99)
    good, bad = np.flatnonzero(~truth), np.flatnonzero(truth)
    areas = []
    for _ in range(draws):
        drawn = np.concatenate([rng.choice(good, len(good)), rng.choice(bad, len(bad))])
        areas.append(roc_auc_score(truth[drawn], scores[drawn]))
    low, high = np.quantile(areas, (0.025, 0.975))
    return float(low), float(high)


def test_the_interval_is_that_of_a_plain_bootstrap() -> None:
    rng = np.random.default_rng(1)
    truth = np.arange(70) < 40
    scores = np.round(rng.normal(truth.astype(float), 1.0), 1)  # rounded: with ties
    found, expected = auroc_interval(scores, truth), naive_interval(scores, truth, 600)
    assert found == pytest.approx(expected, abs=0.025)
    assert found is not None
    assert found[0] < roc_auc_score(truth, scores) < found[1]
    assert auroc_interval(scores, truth) == found
    assert auroc_interval(scores, truth, seed=1) != found


@settings(max_examples=20)
@given(LABELLED)
def test_the_interval_lies_within_0_and_1(pairs: list[tuple[int, bool]]) -> None:
    found = auroc_interval(*arrays(pairs))
    assert found is not None
    assert 0 <= found[0] <= found[1] <= 1


def test_a_perfect_order_has_no_doubt() -> None:
    truth = np.arange(20) >= 10
    assert auroc_interval(np.arange(20.0), truth) == (1.0, 1.0)
    assert auroc_interval(np.arange(20.0), np.zeros(20, bool)) is None
    assert auroc_interval(np.zeros(0), np.zeros(0, bool)) is None


def test_the_interval_of_many_pictures_takes_little_memory() -> None:
    rng = np.random.default_rng(2)
    truth = rng.random(4000) < 0.5
    tracemalloc.start()
    auroc_interval(rng.random(4000) + 0.3 * truth, truth)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 120e6  # the whole table of draws would take 4000 * 1000 * 8 bytes five times over
