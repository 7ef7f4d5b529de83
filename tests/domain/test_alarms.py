"""Alarms: where they stand, and which of them is told where there is room for one."""

from __future__ import annotations

import itertools
import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.alarms import Alarm, AlarmSeverity, AlarmState, head_line
from crane_desktop.domain.errors import InputError, StationFault

BEGIN = datetime(2026, 7, 1, tzinfo=UTC)
FAULT, WARNING = AlarmSeverity.FAULT, AlarmSeverity.WARNING


def alarm(
    minute: int = 0,
    severity: AlarmSeverity = FAULT,
    *,
    over: bool = False,
    seen: bool = False,
    key: str = "camera.lost",
    source: str = "line",
) -> Alarm:
    later = BEGIN + timedelta(minutes=minute, seconds=30)
    begun = BEGIN + timedelta(minutes=minute)
    return Alarm(StationFault(key), source, severity, begun, later if over else None, later if seen else None)


ALARMS = st.builds(alarm, st.integers(0, 500), st.sampled_from(AlarmSeverity), over=st.booleans(), seen=st.booleans())
DISTINCT = st.lists(ALARMS, max_size=8, unique_by=lambda one: one.begun).map(tuple)


@pytest.mark.parametrize(
    ("over", "seen", "state"),
    [
        (False, False, AlarmState.UNACKNOWLEDGED),
        (False, True, AlarmState.ACKNOWLEDGED),
        (True, False, AlarmState.RETURNED),
        (True, True, AlarmState.RETURNED),
    ],
)
def test_where_an_alarm_stands_follows_from_its_two_moments(over: bool, seen: bool, state: AlarmState) -> None:
    one = alarm(over=over, seen=seen)
    assert one.state is state
    assert one.active is not over


@given(ALARMS)
def test_saying_that_one_saw_it_never_ends_an_alarm(one: Alarm) -> None:
    assert replace(one, acknowledged=BEGIN).active == one.active


@given(ALARMS)
def test_an_alarm_that_came_back_is_active_again(one: Alarm) -> None:
    again = replace(one, returned=None, acknowledged=None, count=one.count + 1)
    assert again.active
    assert again.state is AlarmState.UNACKNOWLEDGED


def test_an_alarm_is_known_by_what_is_wrong_and_not_by_its_details() -> None:
    first = Alarm(StationFault("records.disk_full", free_mb=3), "station", FAULT, BEGIN)
    second = Alarm(StationFault("records.disk_full", free_mb=1), "station", FAULT, BEGIN)
    assert first.key == second.key == "records.disk_full"
    assert Alarm(InputError("model.pack_missing"), "model", WARNING, BEGIN).key == "model.pack_missing"


def test_no_alarm_has_no_head_line() -> None:
    assert head_line(()) is None


@given(ALARMS)
def test_a_single_alarm_is_always_told_even_when_seen_or_over(one: Alarm) -> None:
    assert head_line((one,)) is one


def _comes_first(one: Alarm, other: Alarm) -> bool:
    """The rule, said once more in plain words: the first difference decides."""

    def unseen(a: Alarm) -> bool:
        return a.state is not AlarmState.ACKNOWLEDGED

    if unseen(one) != unseen(other):
        return unseen(one)
    if one.active != other.active:
        return one.active
    if one.severity is not other.severity:
        return one.severity is FAULT
    return one.begun > other.begun


@given(DISTINCT)
def test_the_head_line_comes_before_every_other_alarm(alarms: tuple[Alarm, ...]) -> None:
    told = head_line(alarms)
    if not alarms:
        assert told is None
        return
    assert told in alarms
    assert all(_comes_first(told, other) for other in alarms if other is not told)


@given(DISTINCT, st.randoms(use_true_random=False))
def test_the_order_of_the_list_does_not_matter(alarms: tuple[Alarm, ...], random: object) -> None:
    mixed = list(alarms)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert head_line(tuple(mixed)) is head_line(alarms)


@given(DISTINCT)
def test_an_unseen_active_fault_is_never_hidden(alarms: tuple[Alarm, ...]) -> None:
    worst = {a.begun: a for a in alarms if a.state is AlarmState.UNACKNOWLEDGED and a.severity is FAULT}
    told = head_line(alarms)
    assert told is worst[max(worst)] if worst else told not in worst.values()


@given(DISTINCT, ALARMS)
def test_another_alarm_replaces_the_head_line_only_where_it_comes_before_it(
    alarms: tuple[Alarm, ...], more: Alarm
) -> None:
    if more.begun in {a.begun for a in alarms}:
        return
    before, after = head_line(alarms), head_line((*alarms, more))
    assert after is (more if before is None or _comes_first(more, before) else before)


@given(DISTINCT)
def test_acknowledging_all_leaves_an_active_one_on_top(alarms: tuple[Alarm, ...]) -> None:
    """What is over and seen leaves the list; what goes on stays and is told."""
    left = tuple(replace(a, acknowledged=BEGIN) for a in alarms if a.active)
    told = head_line(left)
    assert (told is not None) == any(a.active for a in alarms)
    if told is not None:
        assert told.active


def test_the_ranks_from_worst_to_least() -> None:
    ranked = [
        alarm(2, FAULT),
        alarm(1, FAULT),
        alarm(9, WARNING),
        alarm(8, FAULT, over=True),
        alarm(7, WARNING, over=True),
        alarm(6, FAULT, seen=True),
        alarm(5, WARNING, seen=True),
    ]
    for first, second in itertools.combinations(ranked, 2):
        assert head_line((second, first)) is first


def test_two_alarms_of_one_moment_have_a_head_line_too() -> None:
    one, other = alarm(1, key="a.b"), alarm(1, key="c.d")
    assert head_line((one, other)) in (one, other)


def test_an_alarm_counts_from_one_and_travels_whole() -> None:
    one = alarm(seen=True)
    assert one.count == 1
    received = pickle.loads(pickle.dumps(one))
    assert (received.key, received.source, received.state) == (one.key, one.source, one.state)
    assert received.begun == one.begun


@pytest.mark.parametrize("kind", [AlarmSeverity, AlarmState])
def test_the_names_are_stored_and_stay(kind: type) -> None:
    assert {str(one) for one in kind} in (  # type: ignore[attr-defined]
        {"fault", "warning"},
        {"unacknowledged", "acknowledged", "returned"},
    )
