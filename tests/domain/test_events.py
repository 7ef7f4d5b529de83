"""Events of the log: facts with a kind, a moment and plain values."""

from __future__ import annotations

import json
import pickle
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.events import Event, EventKind
from crane_desktop.domain.frames import LossCause

LEAF = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
PLAIN = st.recursive(LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))


def test_an_event_happens_now_in_utc_unless_its_moment_is_known() -> None:
    before = datetime.now(UTC)
    event = Event(EventKind.RUN_BEGUN)
    assert before <= event.at <= datetime.now(UTC)
    assert event.at.utcoffset() == timedelta(0)
    moment = datetime(2026, 7, 1, tzinfo=UTC)
    assert Event(EventKind.RUN_BEGUN, at=moment).at == moment


def test_each_event_takes_its_own_moment() -> None:
    """A default worked out once, when the module is read, would date every event to the program's start."""
    moments = [Event(EventKind.EXPORTED).at for _ in range(50)]
    assert moments == sorted(moments)
    assert moments[0] < datetime.now(UTC)
    assert len(set(moments)) > 1


def test_two_events_share_no_details() -> None:
    one, other = Event(EventKind.IMPORTED), Event(EventKind.IMPORTED)
    assert one.details == {}
    assert one.details is not other.details


@given(st.sampled_from(EventKind), st.none() | st.text(), st.dictionaries(st.text(), PLAIN, max_size=4))
def test_what_an_event_carries_survives_json_and_processes(kind: EventKind, run: str | None, details: dict) -> None:
    event = Event(kind, run, details, datetime(2026, 7, 1, tzinfo=UTC))
    assert json.loads(json.dumps(event.details)) == details
    assert pickle.loads(pickle.dumps(event)) == event
    assert EventKind(str(event.kind)) is kind


def test_a_fact_is_not_rewritten() -> None:
    event = Event(EventKind.ALARM_RAISED, "run", {"key": "camera.lost"})
    for name in ("kind", "run", "details", "at"):
        with pytest.raises(FrozenInstanceError):
            setattr(event, name, getattr(event, name))


def test_every_beginning_has_its_end_and_every_alarm_its_three_moments() -> None:
    names = {str(kind) for kind in EventKind}
    assert {"run_begun", "run_progress", "run_ended"} <= names
    assert {"alarm_raised", "alarm_returned", "alarm_acknowledged"} <= names
    assert all(name == name.lower() and name.isascii() for name in names)


def test_losses_by_cause_are_plain_values() -> None:
    losses = {str(cause): 2 for cause in LossCause}
    event = Event(EventKind.RUN_PROGRESS, "run", {"frames": 20, "losses": losses})
    assert json.loads(json.dumps(event.details))["losses"] == losses


def test_a_kind_that_nobody_knows_is_an_error_and_not_another_kind() -> None:
    with pytest.raises(ValueError, match="not a valid"):
        EventKind("run_started")
