"""How loud a member of the memory is: by how well it separates, and not at all where that may be chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from crane_desktop.training.goodparts import learn
from crane_desktop.training.goodparts.learn import HeldOutAnswer, steepness

VALUES = st.lists(st.integers(0, 20), min_size=1, max_size=30)


@given(VALUES, VALUES)
def test_the_area_is_that_of_scikit_learn(good: list[int], bad: list[int]) -> None:
    truth = [0] * len(good) + [1] * len(bad)
    assert learn._auroc(np.array(good, float), np.array(bad, float)) == pytest.approx(
        roc_auc_score(truth, good + bad), abs=1e-12
    )


@given(VALUES, VALUES)
def test_a_weight_is_bounded_and_none_for_what_separates_nothing(good: list[int], bad: list[int]) -> None:
    weight = learn._weight(np.array(good, float), np.array(bad, float))
    assert 0 <= weight <= 3
    if learn._auroc(np.array(good, float), np.array(bad, float)) <= 0.5:
        assert weight == 0


def test_the_weight_is_the_distance_of_the_means_where_both_are_normal() -> None:
    rng = np.random.default_rng(0)
    for dprime in (0.5, 1.0, 2.0):
        found = learn._weight(rng.normal(0, 1, 4000), rng.normal(dprime, 1, 4000))
        assert found == pytest.approx(dprime, abs=0.1)


def test_a_lucky_few_are_not_heard_and_the_same_share_of_many_is() -> None:
    """An area of 0.58 from 6 pictures is within its noise; from 600 it is not."""
    good, bad = np.array([0.0, 1, 2, 3, 4, 5]), np.array([0.5, 1.5, 2.5, 3.5, 4.5, 5.5])
    assert learn._auroc(good, bad) > 0.5
    assert learn._weight(good, bad) == 0
    assert learn._weight(np.repeat(good, 100), np.repeat(bad, 100)) > 0


@given(st.integers(1, 63))
def test_more_parts_make_the_weights_steeper(parts: int) -> None:
    assert 1 <= steepness(parts) <= steepness(parts + 1) < 3


class _Sum:
    """A memory whose score is Crane's with a share of one member's peak."""

    def __init__(self, share: float) -> None:
        self._share = share

    def score(self, crane: float, peaks: dict[str, float]) -> float:
        return crane + self._share * peaks["texture"]


def answers(pictures: int, share: float) -> tuple[list[HeldOutAnswer], list[HeldOutAnswer]]:
    """Good and damaged shots of which Crane says nothing, and a member what `share` tells it."""
    rng = np.random.default_rng(3)
    good, bad = (
        [
            HeldOutAnswer(n, float(rng.random()), 0.5, {"texture": float(rng.random() + odd * share)})  # type: ignore[dict-item]
            for n in range(pictures)
            for _ in range(3)
        ]
        for odd in (0, 1)
    )
    return good, bad


@pytest.mark.parametrize("pictures", [1, 2, 3, 8])
def test_the_check_finds_a_gain_that_is_there_and_no_other(pictures: int) -> None:
    helps = learn._checked(_Sum(5.0), *answers(pictures, 3.0), seed=0)  # type: ignore[arg-type]
    assert helps.hybrid > helps.zero_shot
    assert helps.hybrid == pytest.approx(1.0, abs=0.05)
    nothing = learn._checked(_Sum(0.0), *answers(pictures, 3.0), seed=0)  # type: ignore[arg-type]
    assert nothing.gain_low == 0
    assert not nothing.better
    assert nothing.hybrid == nothing.zero_shot
    assert learn._checked(_Sum(5.0), *answers(pictures, 3.0), seed=0) == helps  # type: ignore[arg-type]
    harms = learn._checked(_Sum(-5.0), *answers(pictures, 3.0), seed=0)  # type: ignore[arg-type]
    assert harms.gain_low < 0
    assert not harms.better
