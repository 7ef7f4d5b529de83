"""An interval admits how few pictures there are: it is wide, or there is none and why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.ports import Scorer
from crane_desktop.evaluation.datasets.datasets import read_dataset
from crane_desktop.evaluation.evaluate import FIGURES, evaluate
from crane_desktop.evaluation.intervals import auroc_bounds, figure_interval, mean_interval
from crane_desktop.evaluation.metrics import auroc, counts_by_score
from crane_desktop.evaluation.report.words import not_judged, rows
from crane_desktop.settings.texts import Language

COUNTS = st.integers(1, 200)


@pytest.mark.parametrize(
    ("area", "defective", "good", "low", "high"),
    [(1.0, 1, 1, 0.207, 1.0), (1.0, 3, 3, 0.501, 1.0), (0.0, 3, 3, 0.0, 0.499), (0.9, 30, 30, 0.783, 0.955)],
)
def test_the_bounds_are_those_of_the_score_interval(
    area: float, defective: int, good: int, low: float, high: float
) -> None:
    assert auroc_bounds(area, defective, good) == pytest.approx((low, high), abs=0.001)


@given(st.floats(0, 1), COUNTS, COUNTS)
def test_bounds_hold_the_figure_and_never_are_a_point(area: float, defective: int, good: int) -> None:
    low, high = auroc_bounds(area, defective, good)
    assert 0 <= low <= area <= high <= 1
    assert high - low > 0.001
    mirrored = auroc_bounds(1 - area, defective, good)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-9)


@pytest.mark.parametrize("count", [2, 3, 5, 12])
def test_they_hold_the_truth_as_often_as_they_say(count: int) -> None:
    draw = np.random.default_rng(count)
    truth, held = 0.5 * (1 + 0.8427008), 0  # normal scores sqrt(2) * sqrt(2) apart: Phi(sqrt 2)
    for _ in range(400):
        scores = np.concatenate([draw.normal(2.0, 1, count), draw.normal(0, 1, count)])
        labels = np.repeat([True, False], count)
        low, high = auroc_bounds(auroc(*counts_by_score(scores, labels)) or 0.0, count, count)
        held += low <= truth <= high
    assert held / 400 >= 0.9


def test_few_pictures_or_draws_that_agree_give_no_interval_but_a_reason() -> None:
    spread, point = np.linspace(0.5, 1, 100), np.ones(100)
    assert figure_interval(spread, (4, 60)) == (None, "too_few_pictures")
    assert figure_interval(point, (60, 60)) == (None, "all_draws_agree")
    assert figure_interval(None, (60, 60)) == (None, None)
    bounds, missing = figure_interval(spread, (5, 5))
    assert (bounds is not None, missing) == (True, None)


@given(st.lists(st.tuples(st.floats(0, 1), COUNTS, COUNTS), min_size=1, max_size=6))
def test_the_interval_of_a_mean_holds_it_and_that_of_one_class_is_its_own(rows: list[tuple[float, int, int]]) -> None:
    bounds = [auroc_bounds(*row) for row in rows]
    draws = [np.full(10, area) for area, _, _ in rows]
    found = mean_interval(draws, [area for area, _, _ in rows], bounds)
    assert found is not None
    assert found[0] <= np.mean([area for area, _, _ in rows]) + 1e-12
    if len(rows) == 1:
        assert found == pytest.approx(bounds[0], abs=1e-9)
    assert mean_interval(draws, [0.5] * len(rows), [None, *bounds[1:]]) is None


@pytest.mark.parametrize(("good", "spotted"), [(1, 1), (3, 3)])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_one_and_one_is_told_in_figures_table_and_words(
    bright: Scorer, write_spots: Callable[..., Path], tmp_path: Path, good: int, spotted: int, language: Language
) -> None:
    found = evaluate(bright, read_dataset(write_spots(tmp_path / "部品", good=good, spotted=spotted)))
    row = found.classes["部品"]
    low, high = row.image_auroc_interval_95 or (1.0, 1.0)
    assert low < 0.51
    assert high == 1.0
    assert {name: row.intervals_95[name] for name in FIGURES[1:]} == dict.fromkeys(FIGURES[1:])
    assert set(row.intervals_missing) == set(FIGURES[1:])
    first, mean = rows(found, language)
    assert first[2][1] == mean[2][1] == f"{low:.3f} .. 1.000"
    assert first[3][1] not in ("", "1.000 .. 1.000")
    assert any("部品" in sentence and "5" in sentence for sentence in not_judged(found, language))
