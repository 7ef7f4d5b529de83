"""The balance: every frame is a verdict, a loss or still on its way."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.balance import Balance
from crane_desktop.domain.frames import LossCause
from crane_desktop.domain.verdicts import Verdict

COUNT = st.integers(0, 10**9)
BY_VERDICT = st.dictionaries(st.sampled_from(Verdict), COUNT)
BY_CAUSE = st.dictionaries(st.sampled_from(LossCause), COUNT)


@given(BY_VERDICT, BY_CAUSE, COUNT)
def test_frames_are_verdicts_losses_and_what_is_under_way(
    verdicts: dict[Verdict, int], losses: dict[LossCause, int], under_way: int
) -> None:
    told = Balance(sum(verdicts.values()) + sum(losses.values()) + under_way, verdicts, losses)
    assert told.pending == under_way
    assert told.frames == told.judged + told.lost + told.pending


@given(BY_VERDICT, BY_CAUSE, st.sampled_from(Verdict))
def test_a_frame_that_gets_its_verdict_leaves_what_is_under_way(
    verdicts: dict[Verdict, int], losses: dict[LossCause, int], verdict: Verdict
) -> None:
    frames = sum(verdicts.values()) + sum(losses.values()) + 1
    before = Balance(frames, verdicts, losses)
    after = Balance(frames, {**verdicts, verdict: verdicts.get(verdict, 0) + 1}, losses)
    assert (before.pending, after.pending) == (1, 0)
    assert after.judged == before.judged + 1
    assert after.lost == before.lost


@given(BY_VERDICT, BY_CAUSE, st.sampled_from(LossCause), st.integers(1, 1000))
def test_a_loss_is_no_verdict_whatever_its_cause(
    verdicts: dict[Verdict, int], losses: dict[LossCause, int], cause: LossCause, count: int
) -> None:
    before = Balance(0, verdicts, losses)
    after = Balance(count, verdicts, {**losses, cause: losses.get(cause, 0) + count})
    assert after.lost == before.lost + count
    assert after.judged == before.judged
    assert after.pending == before.pending
    assert after.yield_ratio == before.yield_ratio


@given(BY_VERDICT, BY_CAUSE)
def test_a_verdict_that_was_never_given_counts_as_zero(
    verdicts: dict[Verdict, int], losses: dict[LossCause, int]
) -> None:
    sparse = Balance(7, verdicts, losses)
    full = Balance(7, {v: verdicts.get(v, 0) for v in Verdict}, {c: losses.get(c, 0) for c in LossCause})
    assert (sparse.judged, sparse.lost, sparse.pending) == (full.judged, full.lost, full.pending)
    assert sparse.yield_ratio == full.yield_ratio


@given(BY_VERDICT)
def test_the_yield_is_the_share_of_good_among_the_decided(verdicts: dict[Verdict, int]) -> None:
    decided = sum(count for verdict, count in verdicts.items() if verdict is not Verdict.NONE)
    told = Balance(0, verdicts).yield_ratio
    if decided == 0:
        assert told is None
    else:
        assert told == pytest.approx(float(Fraction(verdicts.get(Verdict.OK, 0), decided)))
        assert 0.0 <= told <= 1.0


@given(BY_VERDICT, COUNT)
def test_no_result_is_no_part_of_the_yield(verdicts: dict[Verdict, int], none: int) -> None:
    without = {verdict: count for verdict, count in verdicts.items() if verdict is not Verdict.NONE}
    assert Balance(0, {**verdicts, Verdict.NONE: none}).yield_ratio == Balance(0, without).yield_ratio


def test_nothing_yet_is_a_balance_too() -> None:
    empty = Balance()
    assert (empty.frames, empty.judged, empty.lost, empty.pending) == (0, 0, 0, 0)
    assert empty.yield_ratio is None
    assert Balance(3, {Verdict.NONE: 3}).yield_ratio is None
    assert Balance(3, {Verdict.NG: 3}).yield_ratio == 0.0


def test_two_balances_share_nothing_and_cannot_be_changed() -> None:
    one, other = Balance(), Balance()
    assert one.verdicts is not other.verdicts
    assert one.losses is not other.losses
    with pytest.raises(FrozenInstanceError):
        one.frames = 1  # type: ignore[misc]


def test_more_verdicts_than_frames_show_in_what_is_under_way() -> None:
    """A double count must not hide behind a zero."""
    assert Balance(1, {Verdict.OK: 2}).pending == -1
