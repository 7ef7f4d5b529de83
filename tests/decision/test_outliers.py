"""A defective part among the good ones is found, however few they are; long tails of good parts are none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from crane_desktop.decision.calibrate import GoodPart
from crane_desktop.decision.outliers import find_outliers

SHARES = st.floats(0.001, 0.999)
GOOD = st.lists(st.tuples(SHARES, SHARES), min_size=0, max_size=40)


def parts(odds: NDArray[np.float64]) -> list[GoodPart]:
    return [GoodPart(float(s), float(p)) for s, p in 1 / (1 + np.exp(-odds))]


@pytest.mark.parametrize("count", [5, 8, 15, 30, 100])
def test_one_defective_part_is_found_among_few_and_many(count: int) -> None:
    draw = np.random.default_rng(count)
    found = 0
    for _ in range(40):
        odds = draw.normal(-2.4, 0.3, (count, 2))
        odds[-1] = (3.5, -2.4)
        found += [(o.index, o.measure) for o in find_outliers(parts(odds))] == [(count - 1, "score")]
    assert found >= 36


@pytest.mark.parametrize("count", [8, 20, 40])
def test_two_defective_parts_do_not_hide_each_other(count: int) -> None:
    draw = np.random.default_rng(count)
    odds = draw.normal(-2.4, 0.3, (count, 2))
    odds[-2:, 1] = (2.9, 3.4)
    assert sorted(o.index for o in find_outliers(parts(odds))) == [count - 2, count - 1]


@pytest.mark.parametrize("count", [3, 5, 8, 15, 30, 100])
@pytest.mark.parametrize("tail", ["bell", "exponential", "student"])
def test_good_parts_with_long_tails_are_hardly_ever_flagged(count: int, tail: str) -> None:
    draw = np.random.default_rng(1)
    shape = (count, 2)
    drawn = {
        "bell": lambda: draw.normal(-2, 0.5, shape),
        "exponential": lambda: -2.5 + draw.exponential(0.8, shape),
        "student": lambda: -2 + 0.5 * draw.standard_t(4, shape),
    }[tail]
    flagged = sum(bool(find_outliers(parts(drawn()))) for _ in range(100))
    assert flagged <= 8


def test_that_all_others_are_the_same_makes_a_small_difference_no_outlier() -> None:
    assert find_outliers([GoodPart(0.10, 0.2)] * 9 + [GoodPart(0.12, 0.2)]) == ()
    assert [o.index for o in find_outliers([GoodPart(0.10, 0.2)] * 9 + [GoodPart(0.6, 0.2)])] == [9]


def test_how_far_off_it_stands_is_told() -> None:
    (odd,) = find_outliers([GoodPart(0.1 + n / 1000, 0.2) for n in range(12)] + [GoodPart(0.9, 0.2)])
    assert (odd.index, odd.measure, odd.value) == (12, "score", 0.9)
    assert odd.highest_other == pytest.approx(0.111)
    assert odd.times == pytest.approx((0.9 / 0.1) / (0.111 / 0.889))


@given(GOOD, st.randoms(use_true_random=False))
def test_the_order_of_the_parts_does_not_matter(values: list[tuple[float, float]], random: object) -> None:
    good = [GoodPart(*v) for v in values]
    mixed = list(good)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert sorted(good[o.index].score for o in find_outliers(good)) == sorted(
        mixed[o.index].score for o in find_outliers(mixed)
    )


@given(GOOD)
def test_no_more_than_a_quarter_is_called_odd_and_never_the_lowest(values: list[tuple[float, float]]) -> None:
    good = [GoodPart(*v) for v in values]
    for measure in ("score", "peak"):
        odd = [o for o in find_outliers(good) if o.measure == measure]
        assert len(odd) <= max(1, len(good) // 4)
        assert all(o.value > o.highest_other >= min(getattr(p, measure) for p in good) for o in odd)
