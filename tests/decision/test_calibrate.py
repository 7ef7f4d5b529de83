"""Calibration keeps what it promises, and promises no more than so many images can."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from crane_desktop.decision.calibrate import (
    HIGHEST_REACHED,
    Calibrated,
    GoodPart,
    Promise,
    calibrate,
    promise_words,
)
from crane_desktop.decision.rule import decide
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.maps import AnomalyMap, Placement, Scored
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.recipe.model import Recipe
from crane_desktop.settings.texts import error_text, text

SHARES = st.floats(0, 0.998046875, width=32)
"""Scores and peaks that a threshold can stand above."""


def parts(values: NDArray[np.float64]) -> list[GoodPart]:
    return [GoodPart(float(s), float(p)) for s, p in values]


def rejected(values: NDArray[np.float64], made: Calibrated) -> NDArray[np.bool_]:
    limits = made.thresholds
    return np.asarray((values[..., 0] >= limits.score_ng) | (values[..., 1] >= limits.map_ng))


Draw = Callable[[np.random.Generator, int], NDArray[np.float64]]


def independent(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    return rng.beta(2, 8, (n, 2))


def dependent(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    base = rng.beta(2, 8, (n, 1))
    return np.hstack((base, np.clip(base + 0.01 * rng.random((n, 1)), 0, 1)))


def tied(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    return rng.integers(0, 6, (n, 2)) / 10.0


@pytest.mark.parametrize("draw", [independent, dependent, tied])
@pytest.mark.parametrize(
    ("n", "rate"),
    [(3, 0.05), (5, 0.05), (7, 0.05), (20, 0.05), (40, 0.05), (60, 0.05), (20, 0.02), (30, 0.1), (500, 0.05)],
)
def test_the_next_good_part_is_rejected_no_more_often_than_promised(draw: Draw, n: int, rate: float) -> None:
    rng = np.random.default_rng(n)
    runs = 800
    hits = np.zeros(runs, dtype=bool)
    for run in range(runs):
        values = draw(rng, n + 1)
        made = calibrate(parts(values[:n]), rate)
        hits[run] = rejected(values[n], made)
    promised = made.promise.promised
    assert made.promise.kept == (promised <= rate)
    three_sigma = 3 * math.sqrt(promised * (1 - promised) / runs)
    assert hits.mean() <= promised + three_sigma


def test_independent_good_parts_use_most_of_what_is_allowed() -> None:
    """A bound that is never touched would let defects through for nothing."""
    rng = np.random.default_rng(1)
    made = [calibrate(parts(independent(rng, 199)), 0.05) for _ in range(300)]
    shares = [rejected(independent(rng, 2000), m).mean() for m in made]
    assert 0.04 < np.mean(shares) <= 0.051


@pytest.mark.parametrize("draw", [independent, dependent])
@pytest.mark.parametrize(("n", "rate"), [(30, 0.1), (25, 0.001), (199, 0.05)])
def test_the_long_run_stays_below_the_bound_in_95_of_100_calibrations(draw: Draw, n: int, rate: float) -> None:
    rng = np.random.default_rng(7)
    fresh = draw(rng, 40_000)
    made = [calibrate(parts(draw(rng, n)), rate) for _ in range(600)]
    kept = np.mean([rejected(fresh, m).mean() <= m.promise.upper_95 for m in made])
    assert kept >= 0.95 - 3 * math.sqrt(0.05 * 0.95 / 600)


def test_review_stops_no_more_good_parts_than_promised() -> None:
    rng = np.random.default_rng(5)
    stopped = []
    for _ in range(1500):
        values = independent(rng, 61)
        made = calibrate(parts(values[:60]), 0.05)
        limits = made.thresholds
        stopped.append(values[60, 0] >= limits.score_review or values[60, 1] >= limits.map_review)
    promised = made.promise.stopped
    assert 0.05 < promised <= 0.15
    assert np.mean(stopped) <= promised + 3 * math.sqrt(promised / 1500)


@pytest.mark.parametrize(("rate", "needed"), [(0.25, 3), (0.05, 19), (0.01, 99), (0.005, 199), (0.001, 999)])
def test_how_many_images_a_rate_needs(rate: float, needed: int) -> None:
    values = np.random.default_rng(0).random((needed, 2)) / 2
    enough = calibrate(parts(values), rate).promise
    assert enough.kept
    assert enough.images_needed == needed
    assert enough.promised == pytest.approx(rate)
    if needed > 3:
        short = calibrate(parts(values[1:]), rate).promise
        assert not short.kept
        assert short.promised == pytest.approx(1 / needed)


def test_with_enough_images_the_threshold_is_the_next_number_after_a_good_part() -> None:
    values = np.column_stack((np.arange(39) / 100, np.arange(39) / 50))
    limits = calibrate(parts(values), 0.05).thresholds
    assert limits.score_ng == limits.map_ng == math.nextafter(0.74, 1)  # one of 39 may lie above it
    assert limits.score_review == limits.map_review == math.nextafter(0.66, 1)


def test_the_larger_of_score_and_peak_is_what_a_part_is_calibrated_by() -> None:
    rng = np.random.default_rng(3)
    values = independent(rng, 80)
    turned = np.where(rng.random((80, 1)) < 0.5, values, values[:, ::-1])
    assert calibrate(parts(values), 0.05) == calibrate(parts(turned), 0.05)


def test_one_test_keeps_the_whole_rate_where_two_would_share_it() -> None:
    """With 20 parts and 5 % two blind halves allow none above; one test allows the highest to be above."""
    values = independent(np.random.default_rng(4), 20)
    made = calibrate(parts(values), 0.05)
    assert made.promise.kept
    assert made.thresholds.score_ng == math.nextafter(float(values.max()), 1)


def test_with_too_few_images_ng_stands_a_margin_above_the_worst_good_part() -> None:
    values = np.column_stack((np.linspace(0.1, 0.3, 11), np.linspace(0.05, 0.2, 11)))
    limits = calibrate(parts(values), 0.01).thresholds
    assert limits.score_ng == limits.map_ng == pytest.approx(0.3 + 0.5 * (0.3 - 0.2))
    assert limits.score_review == math.nextafter(0.3, 1)
    high = calibrate(parts(values + 0.65), 0.01).thresholds
    assert 0.95 < high.score_ng < HIGHEST_REACHED, "never where no anomaly could reach it"


@given(
    st.lists(st.tuples(SHARES, SHARES), min_size=3, max_size=60),
    st.floats(0.001, 0.5),
)
def test_the_thresholds_reject_few_of_the_parts_they_were_made_on(
    values: list[tuple[float, float]], rate: float
) -> None:
    array = np.array(values)
    made = calibrate(parts(array), rate)
    assert rejected(array, made).sum() <= made.promise.promised * (len(values) + 1)
    if not made.promise.kept:
        assert not rejected(array, made).any()


def test_the_rule_and_the_calibration_mean_the_same_numbers() -> None:
    rng = np.random.default_rng(11)
    place = Placement(0, 0, 60, 60)
    scored = [
        Scored(float(np.float32(rng.random())), AnomalyMap(rng.random((12, 12), dtype=np.float32), place))
        for _ in range(39)
    ]
    made = calibrate([GoodPart.of(s, 100.0) for s in scored], 0.05)
    recipe = Recipe(name="r", smallest_area_px=100.0, thresholds=made.thresholds)
    assert sum(decide(s, recipe).verdict is Verdict.NG for s in scored) == 1  # two of 40 may lie above, one is to come
    below = math.nextafter(made.thresholds.score_ng, 0)
    lower = made.thresholds.model_copy(update={"score_ng": below, "map_ng": below})
    assert sum(decide(s, recipe.with_thresholds(lower)).verdict is Verdict.NG for s in scored) == 2


@pytest.mark.parametrize(
    ("values", "rate", "key"),
    [
        ([(0.1, 0.1)] * 2, 0.01, "decision.too_few_good_parts"),
        ([], 0.01, "decision.too_few_good_parts"),
        ([(0.1, 0.1)] * 9, 0.0, "decision.rate_out_of_range"),
        ([(0.1, 0.1)] * 9, 0.6, "decision.rate_out_of_range"),
        ([(0.1, 0.1)] * 9, math.nan, "decision.rate_out_of_range"),
        ([(0.1, math.nan), (0.1, 0.1), (math.inf, 0.2)], 0.1, "decision.good_part_without_score"),
        ([(0.1, 0.1)] * 9 + [(0.99995, 0.1)], 0.05, "decision.threshold_out_of_reach"),
        ([(0.1, 0.1)] * 60 + [(0.1, 1.0)], 0.01, "decision.threshold_out_of_reach"),
    ],
)
def test_what_cannot_be_calibrated_is_told(values: list[tuple[float, float]], rate: float, key: str) -> None:
    with pytest.raises(InputError) as caught:
        calibrate([GoodPart(*v) for v in values], rate)
    assert caught.value.key == key
    assert error_text(caught.value, "ja")


def test_the_promise_is_told_in_plain_words() -> None:
    rng = np.random.default_rng(2)
    short = calibrate(parts(independent(rng, 30)), 0.005).promise
    told = " ".join(text(key, "en", **params) for key, params in promise_words(short))
    assert "30 good images" in told
    assert "1 good part in 31" in told
    assert "0.5 %" in told
    assert "199" in told
    kept = calibrate(parts(independent(rng, 399)), 0.005).promise
    in_japanese = " ".join(text(key, "ja", **params) for key, params in promise_words(kept))
    assert "399枚" in in_japanese
    assert "200個に1個" in in_japanese


GOOD_PARTS = st.lists(st.tuples(SHARES, SHARES), min_size=3, max_size=40)
RATES = st.sampled_from([0.5, 0.2, 0.1, 0.05, 0.01, 0.001]) | st.floats(0.001, 0.5)


@given(GOOD_PARTS, RATES)
def test_ng_begins_where_a_part_can_come(values: list[tuple[float, float]], rate: float) -> None:
    limits = calibrate([GoodPart(*v) for v in values], rate).thresholds
    assert limits.score_ng <= HIGHEST_REACHED
    assert limits.map_ng <= HIGHEST_REACHED


@given(GOOD_PARTS, RATES)
def test_review_begins_below_ng_and_neither_at_or_below_all_good_parts(
    values: list[tuple[float, float]], rate: float
) -> None:
    made = calibrate([GoodPart(*v) for v in values], rate)
    limits, array = made.thresholds, np.array(values)
    assert limits.score_review <= limits.score_ng
    assert limits.map_review <= limits.map_ng
    assert limits.score_review > array.max(axis=1).min()
    if not made.promise.kept:
        assert limits.score_ng > array.max()


@given(GOOD_PARTS, RATES, st.randoms(use_true_random=False))
def test_the_order_of_the_parts_does_not_matter(values: list[tuple[float, float]], rate: float, random: object) -> None:
    mixed = list(values)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert calibrate([GoodPart(*v) for v in mixed], rate) == calibrate([GoodPart(*v) for v in values], rate)


@given(GOOD_PARTS, RATES, RATES)
def test_who_allows_fewer_false_rejects_gets_no_lower_threshold(
    values: list[tuple[float, float]], one: float, other: float
) -> None:
    good = [GoodPart(*v) for v in values]
    strict, loose = (calibrate(good, rate) for rate in sorted((one, other)))
    assert strict.thresholds.score_ng >= loose.thresholds.score_ng
    assert strict.thresholds.map_ng >= loose.thresholds.map_ng
    assert strict.promise.promised <= loose.promise.promised
    assert strict.promise.images_needed >= loose.promise.images_needed


@given(st.integers(3, 400), RATES)
def test_what_is_promised_is_a_probability_and_the_worse_the_fewer_the_images(n: int, rate: float) -> None:
    values = [(i / 1000, i / 2000) for i in range(n)]
    few, more = (calibrate([GoodPart(*v) for v in values[:m]], rate).promise for m in (max(3, n // 2), n))
    for promise in (few, more):
        assert 0 < promise.promised <= promise.stopped <= 1
        assert 0 < promise.upper_95 <= 1
        assert promise.promised <= promise.upper_95
        assert promise.kept == (promise.n_images + 1 >= 1 / Fraction(repr(rate)))
    assert more.promised <= max(few.promised, rate)


@given(st.integers(2, 20_000))
def test_one_in_so_many_is_told_as_it_is_and_never_better(n: int) -> None:
    """185 images: 2 of 186 are 1 in 93, though as a rounded fraction it comes out a little under."""
    made = Promise(n, 0.001, min(1.0, 2 / (n + 1)), min(1.0, 6 / (n + 1)), 0.5, 999)
    (_, shown), *_rest = promise_words(made)
    assert shown["one_in"] == max(1, (n + 1) // 2)
    assert shown["stopped_one_in"] == max(1, (n + 1) // 6)


@given(st.floats(1e-6, 1))
def test_a_share_in_per_cent_is_never_told_smaller_than_it_is(share: float) -> None:
    made = Promise(30, share, 0.1, 0.2, share, 399)
    (_, shown), *_rest = promise_words(made)
    told = float(str(shown["asked"])) / 100
    assert share * (1 - 1e-8) <= told <= share * 1.11
    assert "e" not in str(shown["asked"]).lower()


@given(GOOD_PARTS, st.integers(0, 39), st.sampled_from([math.nan, math.inf, -math.inf]), st.booleans())
def test_one_part_without_a_number_is_never_calibrated_on(
    values: list[tuple[float, float]], spot: int, odd: float, in_map: bool
) -> None:
    spoilt = [GoodPart(*v) for v in values]
    at = spot % len(spoilt)
    spoilt[at] = GoodPart(0.1, odd) if in_map else GoodPart(odd, 0.1)
    with pytest.raises(InputError, match="good_part_without_score") as caught:
        calibrate(spoilt, 0.05)
    assert caught.value.params == {"count": 1}
