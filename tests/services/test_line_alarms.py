"""What a line says of itself, brought to the list of alarms: also what came and went between two looks."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from crane_desktop.domain.alarms import AlarmSeverity, AlarmState
from crane_desktop.domain.errors import CraneError, StationFault
from crane_desktop.domain.events import Event, EventKind
from crane_desktop.domain.station import StationState
from crane_desktop.pipeline.board import LineSnapshot
from crane_desktop.services.alarms import AlarmList, LineAlarms
from crane_desktop.services.model_loading import LoadedModel
from crane_desktop.services.run import OpenedRuns, Run

LOST, SLOW = "camera.lost", "pipeline.slow"


def shot(*faults: CraneError, active: tuple[CraneError, ...] | None = None, finished: bool = False) -> LineSnapshot:
    state = StationState.READY if finished else StationState.RUNNING
    active = faults if active is None else active
    return LineSnapshot(state, faults=faults, active_faults=active, finished=finished, run="run-1")


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def alarms(events: list[Event]) -> AlarmList:
    return AlarmList(events.append)


@pytest.fixture
def line(alarms: AlarmList) -> LineAlarms:
    return LineAlarms(alarms, "genicam:A")


def steps(events: list[Event]) -> list[tuple[EventKind, object]]:
    return [(event.kind, event.details["alarm"]) for event in events]


def test_a_fault_that_goes_on_is_raised_once_with_its_run(
    line: LineAlarms, alarms: AlarmList, events: list[Event]
) -> None:
    lost = StationFault(LOST)
    for _look in range(3):
        line.follow(shot(lost))
    assert steps(events) == [(EventKind.ALARM_RAISED, LOST)]
    assert (events[0].run, events[0].details["source"]) == ("run-1", "genicam:A")
    assert [(alarm.active, alarm.count) for alarm in alarms.view()] == [(True, 1)]


def test_one_that_came_and_went_between_two_looks_is_seen(line: LineAlarms, events: list[Event]) -> None:
    line.follow(shot(StationFault(LOST), active=()))
    assert steps(events) == [(EventKind.ALARM_RAISED, LOST), (EventKind.ALARM_RETURNED, LOST)]


def test_one_that_is_over_is_not_raised_again_by_being_remembered(
    line: LineAlarms, alarms: AlarmList, events: list[Event]
) -> None:
    lost = StationFault(LOST)
    line.follow(shot(lost))
    line.follow(shot(lost, active=()))
    line.follow(shot(lost, active=()))
    assert [kind for kind, _ in steps(events)] == [EventKind.ALARM_RAISED, EventKind.ALARM_RETURNED]
    assert [alarm.state for alarm in alarms.view()] == [AlarmState.RETURNED]


def test_a_line_that_does_not_keep_up_is_a_warning_from_its_beginning_to_its_end(
    line: LineAlarms, alarms: AlarmList, events: list[Event]
) -> None:
    slow = StationFault("pipeline.overload", latency_ms=900, limit_ms=125)
    overloaded = replace(shot(), overload=slow)
    for _look in range(3):
        line.follow(overloaded)
    assert [(alarm.severity, alarm.active, alarm.count) for alarm in alarms.view()] == [
        (AlarmSeverity.WARNING, True, 1)
    ]
    line.follow(shot())
    assert steps(events) == [(EventKind.ALARM_RAISED, slow.key), (EventKind.ALARM_RETURNED, slow.key)]
    assert (events[0].run, events[0].details["severity"]) == ("run-1", "warning")


def test_the_next_one_of_a_kind_counts_up(line: LineAlarms, alarms: AlarmList) -> None:
    line.follow(shot(StationFault(LOST, device="A"), active=()))
    line.follow(shot(StationFault(LOST, device="B"), active=()))
    (alarm,) = alarms.view()
    assert (alarm.count, alarm.error.params["device"], alarm.active) == (2, "B", False)


def test_one_acknowledged_that_goes_on_stays_acknowledged(line: LineAlarms, alarms: AlarmList) -> None:
    lost = StationFault(LOST)
    line.follow(shot(lost))
    alarms.acknowledge()
    line.follow(shot(lost))
    assert [alarm.state for alarm in alarms.view()] == [AlarmState.ACKNOWLEDGED]
    line.follow(shot(lost, active=()))
    assert alarms.view() == ()


def test_with_the_line_its_faults_are_over(line: LineAlarms, alarms: AlarmList) -> None:
    lost, slow = StationFault(LOST), StationFault(SLOW)
    line.follow(shot(lost, slow))
    line.follow(shot(lost, slow, finished=True))
    assert [(alarm.key, alarm.state) for alarm in alarms.view()] == [
        (LOST, AlarmState.RETURNED),
        (SLOW, AlarmState.RETURNED),
    ]


def test_one_line_ends_no_alarm_of_another(line: LineAlarms, alarms: AlarmList) -> None:
    other = LineAlarms(alarms, "genicam:B")
    line.follow(shot(StationFault(LOST)))
    other.follow(shot(StationFault(LOST)))
    line.follow(shot(finished=True))
    assert [(alarm.source, alarm.active) for alarm in alarms.view()] == [("genicam:A", False), ("genicam:B", True)]


class FakeLine:
    def __init__(self) -> None:
        self.now = shot()

    def snapshot(self) -> LineSnapshot:
        return self.now


def test_several_runs_are_followed_each_as_its_own_source(alarms: AlarmList) -> None:
    lines = [FakeLine(), FakeLine()]
    runs = tuple(cast("Run", SimpleNamespace(line=one)) for one in lines)
    followed: Any = tuple(LineAlarms(alarms, f"demo:{number}") for number in range(2))
    opened = OpenedRuns(cast("LoadedModel", None), runs, followed)
    opened.follow()
    assert alarms.view() == ()
    lines[1].now = shot(StationFault(SLOW))
    opened.follow()
    assert [(alarm.source, alarm.key, alarm.active) for alarm in alarms.view()] == [("demo:1", SLOW, True)]
    lines[1].now = shot(finished=True)
    opened.follow()
    assert [alarm.active for alarm in alarms.view()] == [False]
