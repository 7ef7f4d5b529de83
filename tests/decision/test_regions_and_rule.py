"""Regions of a map, and what the rule makes of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy import ndimage

from crane_desktop.decision.regions import MOST_OUTLINE_POINTS, MOST_REGIONS, find_regions, region_peak
from crane_desktop.decision.rule import decide
from crane_desktop.domain.maps import AnomalyMap, Placement, Scored
from crane_desktop.domain.verdicts import ReasonCode, Verdict, verdict_for
from crane_desktop.recipe.model import Recipe, Thresholds

LIMITS = Thresholds(score_review=0.4, score_ng=0.6, map_review=0.7, map_ng=0.9)
BETTER_FIRST = [Verdict.OK, Verdict.REVIEW, Verdict.NG]
unit = st.floats(0, 1, width=32)
small_maps = hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=8), elements=unit)


def placed(values: object, place: Placement | None = None) -> AnomalyMap:
    array = np.asarray(values, dtype=np.float32)
    return AnomalyMap(array, place or Placement(0, 0, array.shape[1], array.shape[0]))


def test_a_region_lies_where_the_map_is_placed_in_the_frame() -> None:
    values = np.zeros((4, 5))
    values[1:3, 2:4] = [[0.8, 0.9], [0.7, 0.8]]
    (region,) = find_regions(placed(values, Placement(100, 50, 50, 20)), 0.5)
    assert region.area_px == pytest.approx(4 * 10 * 5)
    assert region.peak == pytest.approx(0.9)
    assert region.bounds == Placement(120, 55, 20, 10)
    assert set(region.outline) == {(120, 55), (140, 55), (140, 65), (120, 65)}


def test_a_single_pixel_is_a_region_with_an_outline() -> None:
    (region,) = find_regions(placed([[0, 0], [0, 1]]), 1.0)
    assert region.area_px == 1
    assert set(region.outline) == {(1, 1), (2, 1), (2, 2), (1, 2)}


def test_diagonal_neighbours_belong_together() -> None:
    assert len(find_regions(placed(np.eye(4)), 0.5)) == 1
    assert len(find_regions(placed([[1, 0, 1]]), 0.5)) == 2


def test_the_largest_peak_comes_first_and_small_areas_are_left_out() -> None:
    values = np.zeros((5, 9))
    values[0, 0] = 1.0
    values[2:4, 0:2] = 0.6
    values[2:4, 5:8] = 0.8
    found = find_regions(placed(values), 0.5)
    assert [round(r.peak, 3) for r in found] == [1.0, 0.8, 0.6]
    assert [r.area_px for r in find_regions(placed(values), 0.5, smallest_area_px=4)] == [6, 4]


def test_at_most_fifty_regions_are_kept() -> None:
    values = np.zeros((40, 40))
    values[::2, ::2] = np.linspace(0.5, 1, 400).reshape(20, 20)
    found = find_regions(placed(values), 0.1)
    assert len(found) == MOST_REGIONS
    assert found[-1].peak > np.sort(values.ravel())[-60]


def test_outlines_stay_short() -> None:
    rng = np.random.default_rng(3)
    rough = ndimage.gaussian_filter(rng.normal(size=(400, 400)), 1.5)
    found = find_regions(placed(rough), float(np.quantile(rough, 0.4)))
    assert max(len(r.outline) for r in found) <= MOST_OUTLINE_POINTS
    assert min(len(r.outline) for r in found) >= 3


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_belongs_to_no_region(odd: float) -> None:
    found = find_regions(placed([[odd, 0.2, 0.9]]), 0.5)
    assert [r.area_px for r in found] == [1]
    assert math.isnan(region_peak(placed([[odd, 0.2, 0.9]])))


def test_an_empty_map_has_no_regions_and_no_peak() -> None:
    empty = AnomalyMap(np.zeros((0, 0), dtype=np.float32), Placement(0, 0, 0, 0))
    assert find_regions(empty, 0.5) == ()
    assert math.isnan(region_peak(empty))


@given(small_maps, unit)
def test_regions_are_exactly_the_connected_areas_over_the_level(values: NDArray[np.float32], level: float) -> None:
    labels, count = ndimage.label(values >= level, structure=np.ones((3, 3)))
    found = find_regions(placed(values), level)
    assert sorted(r.area_px for r in found)[-MOST_REGIONS:] == sorted(np.bincount(labels.ravel())[1:])[-MOST_REGIONS:]
    assert len(found) == min(count, MOST_REGIONS)
    assert all(r.peak >= level for r in found)


@settings(max_examples=200)
@given(small_maps, st.floats(0, 70), st.floats(0.1, 9), st.floats(0, 1))
def test_the_region_peak_is_where_regions_of_that_area_end(
    values: NDArray[np.float32], area: float, width: float, level: float
) -> None:
    shown = placed(values, Placement(0, 0, values.shape[1] * width, values.shape[0]))
    peak = region_peak(shown, area)
    for at in {level, peak, math.nextafter(peak, 2), float(values.max())} - {0.0}:
        assert bool(find_regions(shown, at, area)) == (peak >= at)


def test_without_a_smallest_area_the_region_peak_is_the_maximum() -> None:
    shown = placed(np.random.default_rng(0).random((30, 20)))
    assert region_peak(shown) == shown.peak
    assert region_peak(shown, 1e9) == 0.0


# -- the rule -----------------------------------------------------------------------------------------


def ask(score: float, values: object = ((0.1, 0.1),), **recipe: object) -> tuple[Verdict, ReasonCode]:
    fields: dict[str, object] = {"thresholds": LIMITS, **recipe}
    made = decide(Scored(score, placed(values)), Recipe.model_validate({"name": "r", **fields}))
    return made.verdict, made.reason.code


@pytest.mark.parametrize(
    ("score", "peak", "told"),
    [
        (0.39, 0.69, (Verdict.OK, ReasonCode.BELOW_THRESHOLD)),
        (0.4, 0.1, (Verdict.REVIEW, ReasonCode.SCORE_IN_REVIEW_BAND)),
        (0.1, 0.71, (Verdict.REVIEW, ReasonCode.REGION_IN_REVIEW_BAND)),
        (0.6, 0.1, (Verdict.NG, ReasonCode.SCORE_OVER_THRESHOLD)),
        (0.1, 0.91, (Verdict.NG, ReasonCode.REGION_OVER_THRESHOLD)),
        (0.5, 0.95, (Verdict.NG, ReasonCode.REGION_OVER_THRESHOLD)),
        (math.nan, 0.1, (Verdict.NONE, ReasonCode.NOT_A_NUMBER)),
        (math.inf, 0.1, (Verdict.NONE, ReasonCode.NOT_A_NUMBER)),
        (0.9, math.nan, (Verdict.NONE, ReasonCode.NOT_A_NUMBER)),
        (0.1, -math.inf, (Verdict.NONE, ReasonCode.NOT_A_NUMBER)),
    ],
)
def test_the_rule(score: float, peak: float, told: tuple[Verdict, ReasonCode]) -> None:
    assert ask(score, [[0.1, peak]]) == told


def test_without_thresholds_nothing_is_decided() -> None:
    assert ask(0.9, [[0.99]], thresholds=None) == (Verdict.NONE, ReasonCode.NOT_CALIBRATED)
    assert ask(math.nan, [[0.99]], thresholds=None) == (Verdict.NONE, ReasonCode.NOT_A_NUMBER)


@pytest.mark.parametrize("score", [0.1, 0.5, 0.9])
def test_a_strip_is_not_judged_by_a_calibration_from_before_strips_were_judged_in_tiles(score: float) -> None:
    old = {"n_images": 9, "false_reject_rate": 0.1, "promised_rate": 0.1, "date": "2026-01-02", "pack_sha256": "ab"}
    whole, strip = (Scored(score, placed(((0.1, 0.1),)), tiles=tiles) for tiles in (1, 39))

    def told(scored: Scored, calibration: dict[str, object] | None) -> tuple[ReasonCode, float | None]:
        fields = {"name": "r", "thresholds": LIMITS, "calibration": calibration}
        made = decide(scored, Recipe.model_validate(fields))
        return made.reason.code, made.threshold

    anew = {**old, "long_pictures": "tiles"}
    assert told(strip, old) == (ReasonCode.CALIBRATION_STALE, None)
    assert told(strip, anew) == told(whole, old) == told(whole, anew) == told(strip, None)
    assert told(strip, anew)[1] == LIMITS.score_ng


def test_a_speck_below_the_smallest_area_is_no_region() -> None:
    speck = np.zeros((6, 6))
    speck[0, 0] = 1.0
    assert ask(0.1, speck)[0] is Verdict.NG
    assert ask(0.1, speck, smallest_area_px=2)[0] is Verdict.OK
    speck[0, 1] = 0.95
    assert ask(0.1, speck, smallest_area_px=2)[0] is Verdict.NG


def test_a_decision_shows_the_regions_in_the_review_band_and_the_thresholds() -> None:
    made = decide(Scored(0.1, placed([[0.75, 0.1, 0.95]])), Recipe(name="r", thresholds=LIMITS))
    assert [round(r.peak, 2) for r in made.regions] == [0.95, 0.75]
    assert (made.threshold, made.map_threshold) == (0.6, 0.9)
    assert made.map_peak == pytest.approx(0.95)


def test_a_decision_keeps_no_peak_that_is_no_number() -> None:
    assert decide(Scored(0.1, placed([[math.nan]])), Recipe(name="r", thresholds=LIMITS)).map_peak is None
    assert decide(Scored(0.1, placed([[0.5]])), Recipe(name="r")).map_peak == 0.5


any_float = st.floats(allow_nan=True, allow_infinity=True, width=32)
levels = st.tuples(*[st.floats(0, 2)] * 4).map(
    lambda v: Thresholds(score_review=min(v[:2]), score_ng=max(v[:2]), map_review=min(v[2:]), map_ng=max(v[2:]))
)


@given(any_float, hnp.arrays(np.float32, (3, 3), elements=any_float), levels)
def test_ok_means_finite_and_below_every_threshold(
    score: float, values: NDArray[np.float32], limits: Thresholds
) -> None:
    verdict, _ = ask(score, values, thresholds=limits)
    fine = math.isfinite(score) and bool(np.isfinite(values).all())
    assert (verdict is Verdict.OK) == (
        fine and score < limits.score_review and values.max() < np.float64(limits.map_review)
    )
    assert (verdict is Verdict.NONE) == (not fine)


@given(unit, small_maps, levels, st.floats(0, 30), st.floats(0, 1), st.data())
def test_more_anomaly_never_gives_a_better_verdict(
    score: float, values: NDArray[np.float32], limits: Thresholds, area: float, more: float, data: st.DataObject
) -> None:
    before, _ = ask(score, values, thresholds=limits, smallest_area_px=area)
    raised = np.maximum(values, data.draw(hnp.arrays(np.float32, values.shape, elements=unit)))
    after, _ = ask(score + more, raised, thresholds=limits, smallest_area_px=area)
    assert BETTER_FIRST.index(after) >= BETTER_FIRST.index(before)


@given(st.sampled_from(["score_review", "score_ng", "map_review", "map_ng"]), levels)
def test_at_a_threshold_is_over_it_and_the_number_before_is_not(name: str, limits: Thresholds) -> None:
    level = getattr(limits, name)
    if level == 0.0:
        return
    below = math.nextafter(level, 0.0)
    order = {Verdict.OK: 0, Verdict.REVIEW: 1, Verdict.NG: 2}
    least = 2 if name.endswith("ng") else 1

    def told(value: float) -> int:
        shown = AnomalyMap(np.array([[value]]) if name.startswith("map") else np.zeros((1, 1)), Placement(0, 0, 1, 1))
        score = value if name.startswith("score") else 0.0
        only = {"score_review": 2.0, "score_ng": 2.0, "map_review": 2.0, "map_ng": 2.0, name: level}
        if name.endswith("ng"):
            only[name.replace("ng", "review")] = min(level, 2.0)
        return order[decide(Scored(score, shown), Recipe(name="r", thresholds=Thresholds(**only))).verdict]

    assert told(level) >= least
    assert told(below) == 0


@given(any_float, hnp.arrays(np.float32, (2, 3), elements=any_float), st.none() | levels)
def test_a_decision_stands_on_a_reason_that_allows_it(
    score: float, values: NDArray[np.float32], limits: Thresholds | None
) -> None:
    made = decide(Scored(score, placed(values)), Recipe(name="r", thresholds=limits))
    assert made.verdict is verdict_for(made.reason.code)
    assert (made.threshold is None) == (made.map_threshold is None) == (limits is None)
    assert made.map_peak is None or math.isfinite(made.map_peak)
    if made.verdict is Verdict.NONE:
        assert made.regions == ()
    elif limits is not None and limits.map_review > 0:
        assert bool(made.regions) == (made.map_peak is not None and made.map_peak >= limits.map_review)


@given(small_maps, unit, st.floats(0.5, 20), st.floats(-50, 50))
def test_moving_and_enlarging_a_map_moves_and_enlarges_its_regions(
    values: NDArray[np.float32], level: float, factor: float, away: float
) -> None:
    rows, columns = values.shape
    plain = find_regions(placed(values), level)
    moved = find_regions(placed(values, Placement(away, -away, columns * factor, rows * factor)), level)
    assert len(plain) == len(moved)
    for one, other in zip(plain, moved, strict=True):
        assert other.peak == one.peak
        assert other.area_px == pytest.approx(one.area_px * factor**2)
        assert other.bounds.x_px == pytest.approx(one.bounds.x_px * factor + away, abs=1e-6)
        assert other.bounds.height_px == pytest.approx(one.bounds.height_px * factor)
