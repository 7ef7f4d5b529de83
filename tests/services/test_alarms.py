"""The list of alarms: none replaces another, none that goes on is hidden, every step is an event."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.alarms import AlarmSeverity, AlarmState, head_line
from crane_desktop.domain.errors import CraneError, InputError, StationFault
from crane_desktop.domain.events import Event, EventKind
from crane_desktop.services.alarms import AlarmList

LOST = "camera.lost"
FULL = "records.disk_full"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def alarms(events: list[Event]) -> AlarmList:
    return AlarmList(events.append, Clock())


def fault(key: str = LOST, **params: object) -> CraneError:
    return StationFault(key, **params)


def states(alarms: AlarmList) -> dict[str, AlarmState]:
    return {alarm.key: alarm.state for alarm in alarms.view()}


def test_a_second_fault_never_replaces_the_first(alarms: AlarmList) -> None:
    alarms.raise_alarm(fault(LOST), "line")
    alarms.raise_alarm(fault(FULL), "line")
    assert [alarm.key for alarm in alarms.view()] == [LOST, FULL]


def test_the_same_fault_of_two_sources_is_two_alarms(alarms: AlarmList) -> None:
    alarms.raise_alarm(fault(), "genicam:A")
    alarms.raise_alarm(fault(), "genicam:B")
    assert [alarm.source for alarm in alarms.view()] == ["genicam:A", "genicam:B"]


def test_acknowledging_never_hides_one_that_goes_on(alarms: AlarmList) -> None:
    alarms.raise_alarm(fault(), "line")
    alarms.acknowledge()
    assert states(alarms) == {LOST: AlarmState.ACKNOWLEDGED}
    alarms.returned(LOST, "line")
    assert alarms.view() == ()


def test_one_that_is_over_waits_to_be_acknowledged(alarms: AlarmList) -> None:
    alarms.raise_alarm(fault(), "line")
    alarms.returned(LOST, "line")
    assert states(alarms) == {LOST: AlarmState.RETURNED}
    alarms.acknowledge(LOST, "line")
    assert alarms.view() == ()


def test_one_that_comes_again_counts_up_and_wants_to_be_seen_anew(alarms: AlarmList) -> None:
    alarms.raise_alarm(fault(device="A"), "line")
    alarms.acknowledge()
    alarms.raise_alarm(fault(device="B"), "line")
    (alarm,) = alarms.view()
    assert (alarm.count, alarm.state, alarm.error.params) == (2, AlarmState.UNACKNOWLEDGED, {"device": "B"})


def test_the_same_error_told_again_is_the_same_occurrence(alarms: AlarmList, events: list[Event]) -> None:
    error = fault()
    alarms.raise_alarm(error, "line")
    alarms.raise_alarm(error, "line")
    assert [alarm.count for alarm in alarms.view()] == [1]
    assert len(events) == 1


def test_only_what_was_named_is_acknowledged(alarms: AlarmList) -> None:
    alarms.raise_alarm(fault(LOST), "line")
    alarms.raise_alarm(fault(FULL), "line")
    alarms.acknowledge(FULL, "line")
    assert states(alarms) == {LOST: AlarmState.UNACKNOWLEDGED, FULL: AlarmState.ACKNOWLEDGED}


def test_following_a_source_raises_what_is_new_and_returns_what_is_gone(alarms: AlarmList) -> None:
    lost, full = fault(LOST), fault(FULL)
    alarms.follow("line", [lost])
    alarms.follow("line", [lost, full])
    alarms.follow("line", [full])
    assert states(alarms) == {LOST: AlarmState.RETURNED, FULL: AlarmState.UNACKNOWLEDGED}
    alarms.follow("model", [])
    assert states(alarms) == {LOST: AlarmState.RETURNED, FULL: AlarmState.UNACKNOWLEDGED}


def test_bad_input_goes_once_it_was_mended_and_a_fault_stays(alarms: AlarmList) -> None:
    alarms.raise_momentary(InputError("camera.folder_missing"), "station")
    alarms.raise_momentary(fault(), "station")
    alarms.mended("station")
    assert states(alarms) == {LOST: AlarmState.RETURNED}


def test_every_step_is_an_event_in_order(alarms: AlarmList, events: list[Event]) -> None:
    alarms.raise_alarm(fault(device="A"), "line", AlarmSeverity.WARNING)
    alarms.returned(LOST, "line")
    alarms.acknowledge()
    alarms.returned(LOST, "line")  # it is gone: nothing happens
    kinds = [event.kind for event in events]
    assert kinds == [EventKind.ALARM_RAISED, EventKind.ALARM_RETURNED, EventKind.ALARM_ACKNOWLEDGED]
    assert {(event.details["alarm"], event.details["source"]) for event in events} == {(LOST, "line")}
    assert events[0].details["severity"] == "warning"
    assert "device=A" in str(events[0].details["detail"])


STEPS: dict[str, Callable[[AlarmList, str], None]] = {
    "raise": lambda alarms, key: alarms.raise_alarm(fault(key), "line"),
    "return": lambda alarms, key: alarms.returned(key, "line"),
    "acknowledge": lambda alarms, key: alarms.acknowledge(key),
    "acknowledge all": lambda alarms, _key: alarms.acknowledge(),
}


@given(st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.sampled_from([LOST, FULL, "app.unfit"])), max_size=40))
def test_whatever_happens_what_goes_on_is_in_the_list(steps: list[tuple[str, str]]) -> None:
    alarms, going_on = AlarmList(), set[str]()
    for step, key in steps:
        STEPS[step](alarms, key)
        if step == "raise":
            going_on.add(key)
        elif step == "return":
            going_on.discard(key)
        assert {alarm.key for alarm in alarms.view() if alarm.active} == going_on
        head = head_line(alarms.view())
        assert (head is None) == (not alarms.view())


def test_a_flood_of_kinds_is_bounded_and_loses_nothing_that_goes_on(alarms: AlarmList) -> None:
    alarms.raise_alarm(fault("the.first"), "line")
    for number in range(300):
        alarms.raise_momentary(fault(f"kind.{number}"), "line")
    kept = alarms.view()
    assert len(kept) <= 101
    assert [alarm.key for alarm in kept if alarm.active] == ["the.first"]
