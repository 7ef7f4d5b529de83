"""Whatever the station says, the window shows it, and shows it right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fake_station import MOMENT, FakeStation, alarm, result, scorer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crane_desktop.domain.balance import Balance, Counts
from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.domain.frames import LossCause
from crane_desktop.domain.station import Pace, Progress, Result, StationState, StationView
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.ui.widgets.words import count_words

NUMBERS = st.none() | st.floats(0, 1) | st.just(float("nan"))


@st.composite
def parts(draw: Any, *verdicts: Verdict) -> Result:
    size = draw(st.sampled_from([(30, 40), (40, 30), (1, 1), (3, 200)]))
    part = result(draw(st.integers(1, 10**7)), draw(st.sampled_from(verdicts)), size=size)
    inspection = replace(
        part.inspection, score=draw(NUMBERS), threshold=draw(NUMBERS), map_threshold=draw(st.none() | st.floats(0, 1))
    )
    if draw(st.booleans()):
        part = replace(part, frame=None)
    if draw(st.booleans()):
        part = replace(part, anomaly_map=None)
    return replace(part, inspection=inspection)


COUNTS = st.integers(0, 10**9)
ALARMS = st.lists(
    st.builds(
        alarm,
        st.sampled_from([InputError("ui.no_folder"), StationFault("pipeline.broken", detail="{x} %s")]),
        st.sampled_from(["line", "model"]),
        minute=st.integers(0, 9),
        returned=st.sampled_from([None, MOMENT]),
        acknowledged=st.sampled_from([None, MOMENT]),
        count=st.integers(1, 10**6),
    ),
    max_size=3,
)
VIEWS = st.builds(
    StationView,
    state=st.sampled_from(list(StationState)),
    progress=st.none() | st.builds(Progress, st.sampled_from(["progress.weights", "?"]), st.floats(0, 1)),
    alarms=ALARMS.map(tuple),
    balance=st.builds(
        Balance,
        COUNTS,
        st.dictionaries(st.sampled_from(list(Verdict)), COUNTS),
        st.dictionaries(st.sampled_from(list(LossCause)), COUNTS),
    ),
    pace=st.builds(Pace, st.floats(0, 1e4), st.none() | st.floats(0, 1e6), st.none() | st.floats(0, 1e6)),
    counts=st.builds(Counts, st.none() | st.just(MOMENT), st.dictionaries(st.sampled_from(list(Verdict)), COUNTS)),
    carried=st.booleans(),
    newest=st.none() | parts(*Verdict),
    latest_ng=st.lists(parts(Verdict.NG), max_size=4).map(tuple),
    scorer=st.sampled_from([None, scorer()]),
    recipe=st.sampled_from([None, "default"]),
    run_id=st.integers(0, 3),
)


@given(views=st.lists(VIEWS, min_size=1, max_size=3))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_snapshot_can_be_shown(window: Any, station: FakeStation, views: list[StationView]) -> None:
    base = window._view.run_id
    for view in sorted(views, key=lambda v: v.run_id):
        station.line.now = replace(view, run_id=base + view.run_id)
        window.tick()
        window.grab()
        commands = window.run.commands
        assert not (commands.start.isEnabled() and commands.stop.isEnabled())
        assert window.run.verdict.current == (view.state is StationState.RUNNING and not view.carried)
        newest = view.newest
        assert window.run.verdict.verdict is (newest.inspection.verdict if newest else Verdict.NONE)
        assert window.run.figures.inspected.figure() == count_words(view.counts.judged)
        assert [button.result for button in window.run.ng_strip.buttons] == list(view.latest_ng)
        assert window.alarm.alarms == view.alarms
        assert (window.alarm.alarm is None) == (view.alarms == ())
        assert window.run.picture.note.isHidden() == (view.scorer is None)
        assert window.run.picture.scale.threshold == (newest.inspection.map_threshold if newest else None)
