"""What became of the parts on the camera's output line."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.signals import LineSetting, SignalCounts

WHOLE = [one.name for one in fields(SignalCounts) if one.name not in {"late_by_ms", "detail"}]
COUNTS = st.builds(
    SignalCounts,
    **{name: st.integers(0, 10**6) for name in WHOLE},
    late_by_ms=st.floats(0, 1e6),
    detail=st.text(max_size=10),
)
SETTING = LineSetting("Line1", None, True, 20_000_000, 100_000_000, 5_000_000, False, False, True)


def numbers(counts: SignalCounts) -> list[float]:
    return [getattr(counts, name) for name in WHOLE]


@given(COUNTS, COUNTS)
def test_both_together_are_the_sum_of_each_count(one: SignalCounts, other: SignalCounts) -> None:
    assert numbers(one.plus(other)) == [a + b for a, b in zip(numbers(one), numbers(other), strict=True)]


@given(COUNTS, COUNTS)
def test_the_latest_of_both_is_the_later_one_and_not_their_sum(one: SignalCounts, other: SignalCounts) -> None:
    assert one.plus(other).late_by_ms == max(one.late_by_ms, other.late_by_ms)


@given(COUNTS, COUNTS)
def test_the_newest_refusal_is_told_and_silence_does_not_erase_it(one: SignalCounts, other: SignalCounts) -> None:
    assert one.plus(other).detail == (other.detail if other.detail else one.detail)


@given(COUNTS)
def test_nothing_more_changes_nothing_on_either_side(counts: SignalCounts) -> None:
    assert counts.plus(SignalCounts()) == counts
    assert SignalCounts().plus(counts) == counts


@given(COUNTS, COUNTS, COUNTS)
def test_it_does_not_matter_in_which_pieces_counts_are_collected(
    one: SignalCounts, two: SignalCounts, three: SignalCounts
) -> None:
    assert one.plus(two).plus(three) == one.plus(two.plus(three))


@given(COUNTS, COUNTS)
def test_the_counts_that_are_added_stay_as_they_were(one: SignalCounts, other: SignalCounts) -> None:
    before = pickle.dumps((one, other))
    one.plus(other)
    assert pickle.dumps((one, other)) == before


def test_every_count_takes_part_in_the_sum() -> None:
    """A count that is added later and forgotten in `plus` would stay zero for ever."""
    some = SignalCounts(**{one.name: "x" if one.name == "detail" else 1 for one in fields(SignalCounts)})
    total = SignalCounts().plus(some)
    assert all(getattr(total, one.name) for one in fields(SignalCounts))


def test_a_setting_reaches_the_cameras_process_as_it_is() -> None:
    assert pickle.loads(pickle.dumps(SETTING)) == SETTING


@pytest.mark.parametrize("name", [one.name for one in fields(LineSetting)])
def test_a_setting_that_drives_a_reject_gate_cannot_change_under_way(name: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(SETTING, name, getattr(SETTING, name))


@pytest.mark.parametrize("name", ["active_high", "good_pulse", "active_at_end", "reject_silent"])
def test_each_way_of_driving_a_line_is_another_setting(name: str) -> None:
    assert replace(SETTING, **{name: not getattr(SETTING, name)}) != SETTING
