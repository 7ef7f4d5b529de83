"""Figures of verdicts count what a plant counts, and no trial sees a part twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.evaluation.datasets.samples import GOOD, LabelledClass, Sample
from crane_desktop.evaluation.verdict_figures import Trial, share_of, verdict_figures
from crane_desktop.training.goodparts.verdict_path import Plan, _drawn, usual_plans

OK, NG, REVIEW = Verdict.OK, Verdict.NG, Verdict.REVIEW


def trial(good: list[tuple[Verdict, float]], bad: list[tuple[Verdict, float]]) -> Trial:
    every = [*good, *bad]
    return Trial(
        tuple(verdict for verdict, _ in every),
        np.array([oddness for _, oddness in every]),
        np.array([False] * len(good) + [True] * len(bad)),
        remembers=False,
    )


def labelled(train: int, good: int, bad: int) -> LabelledClass:
    def named(count: int, defect: str) -> tuple[Sample, ...]:
        return tuple(Sample(Path(f"{defect}{number}.png"), defect) for number in range(count))

    return LabelledClass("ねじ", (*named(good, GOOD), *named(bad, "scratch")), named(train, GOOD))


def test_escapes_and_false_rejects_are_counted_over_their_own_parts() -> None:
    made = trial([(OK, 0.0), (OK, 1.0), (NG, 5.0), (REVIEW, 2.0)], [(OK, 0.5), (REVIEW, 2.5), (NG, 6.0), (NG, 7.0)])
    found = verdict_figures([made], 0, 9)
    shares = (found.escapes, found.false_rejects, found.review_good, found.review_defective)
    assert [share.value for share in shares if share is not None] == [0.25] * 4
    assert found.auroc == pytest.approx(12 / 16)
    assert (found.good, found.defective, found.calibrated) == (4, 4, 9)


def test_at_a_rate_the_limit_lets_so_many_good_parts_through_and_no_more() -> None:
    good = [(OK, float(number)) for number in range(100)]
    bad = [(OK, number + 0.5) for number in range(50, 150)]
    found = verdict_figures([trial(good, bad)], 0, 9)
    assert found.escapes_at == {"0.05": pytest.approx(0.44), "0.02": pytest.approx(0.47)}
    assert found.false_rejects_at == pytest.approx(0.47)


def test_a_trial_without_thresholds_is_in_no_share_and_is_counted() -> None:
    whole = trial([(OK, 0.0)], [(NG, 1.0)])
    found = verdict_figures([whole, Trial(None, whole.oddness, whole.defective, remembers=True)], 4, 3)
    assert (found.trials, found.uncalibrated, found.remembering) == (2, 1, 1)
    assert found.escapes is not None
    assert found.escapes.value == 0.0


def test_where_no_trial_could_be_calibrated_there_is_no_share() -> None:
    whole = trial([(OK, 0.0)], [(NG, 1.0)])
    found = verdict_figures([Trial(None, whole.oddness, whole.defective, remembers=False)], 0, 3)
    assert found.escapes is None
    assert found.false_rejects is None


@given(st.integers(1, 500), st.integers(0, 1000))
def test_an_interval_holds_its_share_and_is_never_a_point(count: int, thousandths: int) -> None:
    value = thousandths / 1000
    share = share_of(value, count)
    assert 0 <= share.low <= value <= share.high <= 1
    assert share.low < share.high


def test_an_interval_is_clopper_and_pearsons() -> None:
    share = share_of(0.0, 60)
    assert share.high == pytest.approx(1 - 0.025 ** (1 / 60))
    assert share_of(1.0, 60).low == pytest.approx(0.025 ** (1 / 60))


@given(st.integers(0, 40), st.integers(0, 30), st.integers(1, 20), st.integers(0, 9))
def test_no_part_is_learned_calibrated_on_and_judged_at_once(train: int, good: int, bad: int, seed: int) -> None:
    one = labelled(train, good, bad)
    try:
        plans = usual_plans(one)
    except InputError:
        return
    for plan in plans:
        split = _drawn(one, plan, (seed, 0))
        parts = [*split.learned, *split.calibrated, *split.judged]
        assert len(parts) == len(set(parts))
        assert len(split.learned) == plan.learned
        assert len(split.calibrated) >= 3
        samples = (*one.train_good, *one.test)
        assert all(samples[index].is_good for index in (*split.learned, *split.calibrated))
        assert sum(not samples[index].is_good for index in split.judged) == bad


def test_the_same_seed_draws_the_same_split_and_another_another() -> None:
    one, plan = labelled(40, 10, 10), Plan("16", 16)
    assert _drawn(one, plan, (0, 1)) == _drawn(one, plan, (0, 1))
    assert len({_drawn(one, plan, (0, trial)).learned for trial in range(10)}) > 5


def test_good_parts_of_a_folder_without_training_parts_are_shared_out() -> None:
    split = _drawn(labelled(0, 30, 5), Plan("4", 4, 10), (0, 0))
    assert (len(split.learned), len(split.calibrated), len(split.judged)) == (4, 10, 15)


@pytest.mark.parametrize(("train", "good", "bad"), [(2, 9, 9), (0, 3, 9), (20, 9, 0)])
def test_too_few_parts_are_told_before_the_work(train: int, good: int, bad: int) -> None:
    with pytest.raises(InputError, match="too_few_for_verdicts"):
        usual_plans(labelled(train, good, bad))
