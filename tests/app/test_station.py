"""The station behind the window: it answers at once, works in the background and leaves nothing behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest
from eventually import WITHIN_S, Hang, eventually
from recipe_fixtures import stored_fields
from station_fixtures import alarm_of

from crane_desktop.app.station.live_station import LiveStation
from crane_desktop.app.station.worker import Worker
from crane_desktop.domain.alarms import AlarmSeverity
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.events import exported
from crane_desktop.domain.history import HistoryRow
from crane_desktop.domain.maps import Scored
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import Progress, StationState, StationView
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.model.scorer import CraneScorer
from crane_desktop.services.workbench import Workbench

LogOf = Callable[[Path], list[HistoryRow]]


def until(station: LiveStation, reached: Callable[[StationView], bool]) -> StationView:
    """Poll as the window does, until the view is as it should be."""

    def seen() -> StationView | None:
        return view if reached(view := station.line.view()) else None

    view = eventually(seen, what=station.line.view)
    assert view is not None
    return view


def ready(view: StationView) -> bool:
    return view.state is StationState.READY


def finished(run_id: int) -> Callable[[StationView], bool]:
    return lambda view: view.run_id == run_id and view.state is StationState.READY


def demo(frames: int | None = None, **changes: Any) -> SourceChoice:
    return SourceChoice(kind="demo", frames=frames, seed=4, **changes)


def test_a_new_station_has_nothing_loaded_and_answers(station: LiveStation) -> None:
    view = station.line.view()
    assert (view.state, view.scorer, view.run_id) == (StationState.PREOPERATIONAL, None, 0)
    assert "試験用" in station.packs.names().result(WITHIN_S)
    assert list(station.recipes.names().result(WITHIN_S)) == []
    assert list(station.records.page(None, 10, None).result(WITHIN_S)) == []


def test_loading_shows_its_progress(station: LiveStation, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Progress] = []
    show = Worker.show_progress

    def noted(self: Worker, key: str, fraction: float) -> None:
        show(self, key, fraction)
        view = station.line.view()
        assert view.state is StationState.INITIALIZED
        if view.progress is not None:
            seen.append(view.progress)

    monkeypatch.setattr(Worker, "show_progress", noted)
    station.line.load("試験用")
    view = until(station, ready)
    assert view.scorer is not None
    assert (view.scorer.pack, view.recipe, view.progress, alarm_of(view)) == ("試験用", "default", None, None)
    assert [step.fraction for step in seen] == sorted(step.fraction for step in seen)
    assert (seen[0].fraction, seen[-1].fraction) == (0.0, 1.0)
    assert len({step.key for step in seen}) >= 3


def test_a_failed_load_keeps_the_last_good_one(station: LiveStation) -> None:
    station.line.load("試験用")
    until(station, ready)
    station.line.load("ない")
    view = until(station, lambda view: alarm_of(view) is not None and ready(view))
    assert isinstance(alarm_of(view), InputError)
    assert alarm_of(view).params["name"] == "ない"
    assert view.scorer is not None
    assert view.scorer.pack == "試験用"
    station.alarms.acknowledge()
    assert alarm_of(station.line.view()) is None
    station.line.start(demo(2))
    assert until(station, finished(1)).balance.judged == 2


def test_a_start_never_takes_another_model_than_the_one_asked_for(station: LiveStation, log_of: LogOf) -> None:
    station.line.load("ない")
    until(station, lambda view: view.state is StationState.ERROR)
    station.alarms.acknowledge()
    station.line.start(demo(2))
    view = until(station, lambda view: alarm_of(view) is not None and view.state is StationState.ERROR)
    assert alarm_of(view) is not None
    assert alarm_of(view).params["name"] == "ない"
    assert view.run_id == 0


def test_a_start_before_anything_is_loaded_loads_first(workbench: Workbench, station: LiveStation) -> None:
    station.line.load("試験用")
    station.line.start(demo(3))  # in the same breath, as on the first start of the program
    states = set()

    def over(view: StationView) -> bool:
        states.add(view.state)
        return finished(1)(view)

    assert until(station, over).balance.judged == 3
    assert StationState.PREOPERATIONAL not in states


@pytest.mark.parametrize("kind", ["demo", "genicam"])
def test_the_view_agrees_with_the_log(
    kind: str, station: LiveStation, station_dir: Path, viky: Path, log_of: LogOf
) -> None:
    choice = demo(20) if kind == "demo" else SourceChoice(kind="genicam", cti=str(viky), frames=20)
    station.line.load("試験用")
    station.line.start(choice)
    view = until(station, finished(1))
    rows = log_of(station_dir)
    assert alarm_of(view) is None
    assert view.balance.frames == 20 == view.balance.judged + view.balance.lost
    assert len(rows) == view.balance.judged > 0
    for verdict in Verdict:
        assert view.balance.verdicts.get(verdict, 0) == sum(row.verdict is verdict for row in rows)
    assert view.newest is not None
    assert view.newest.record_id == rows[-1].record_id
    assert view.newest.inspection.score == rows[-1].score
    assert [result.record_id for result in view.latest_ng] == [
        row.record_id for row in reversed(rows) if row.verdict is Verdict.NG
    ][:12]
    assert view.source is not None
    assert view.source.source_id == rows[0].source_id
    page = station.records.page(None, 7, None).result(WITHIN_S)
    assert [row.record_id for row in page] == [row.record_id for row in rows[::-1][:7]]
    older = station.records.page(page[-1].record_id, 100, None).result(WITHIN_S)
    assert [row.record_id for row in [*page, *older]] == [row.record_id for row in rows[::-1]]
    opened = station.records.record(rows[-1].record_id).result(WITHIN_S)
    assert (opened.row.verdict, opened.row.score) == (rows[-1].verdict, rows[-1].score)
    assert active_children() == []


def test_history_can_be_filtered(station: LiveStation) -> None:
    station.line.load("試験用")
    station.line.start(demo(20))
    view = until(station, finished(1))
    for verdict in Verdict:
        page = station.records.page(None, 100, verdict).result(WITHIN_S)
        assert {row.verdict for row in page} <= {verdict}
        assert len(page) == view.balance.verdicts.get(verdict, 0)
    with pytest.raises(InputError):
        station.records.record(4711).result(WITHIN_S)


def test_starting_and_stopping_many_times_leaves_nothing(
    station: LiveStation, station_dir: Path, log_of: LogOf
) -> None:
    station.line.load("試験用")
    until(station, ready)
    station.line.start(demo(2))
    until(station, finished(1))
    threads = {thread.name for thread in threading.enumerate()}
    judged = 2
    for run in range(2, 10):
        station.line.start(demo(rate_hz=50.0))
        running = until(station, lambda view, run=run: view.run_id == run and view.balance.judged > 0)
        assert running.state is StationState.RUNNING
        station.line.stop()
        view = until(station, finished(run))
        assert view.balance.pending == 0
        assert alarm_of(view) is None
        judged += view.balance.judged
    assert {thread.name for thread in threading.enumerate()} <= threads
    assert len(log_of(station_dir)) == judged


def test_a_new_run_begins_at_nought(station: LiveStation) -> None:
    station.line.load("試験用")
    station.line.start(demo(5))
    until(station, finished(1))
    station.line.start(demo(2))
    view = until(station, finished(2))
    assert (view.balance.frames, view.newest.inspection.origin.frame_id if view.newest else 0) == (2, 2)


def test_another_source_while_running_ends_the_first_run_in_order(
    station: LiveStation, station_dir: Path, pictures: Path, log_of: LogOf
) -> None:
    station.line.load("試験用")
    station.line.start(demo(rate_hz=50.0))
    first = until(station, lambda view: view.run_id == 1 and view.balance.judged >= 2)
    station.line.start(SourceChoice(kind="folder", path=str(pictures)))
    view = until(station, finished(2))
    assert view.balance.frames == view.balance.judged == 6
    assert len(log_of(station_dir)) >= first.balance.judged + 6


@pytest.mark.parametrize(
    ("choice", "key"),
    [
        (SourceChoice(kind="folder"), "camera.folder_not_given"),
        (SourceChoice(kind="folder", path="/存在しない"), "camera.folder_missing"),
        (SourceChoice(kind="genicam", cti="/存在しない.cti"), "camera.cti_missing"),
        (SourceChoice(kind="demo", device="unicorn"), "simulated.unknown_kind"),
        (SourceChoice(kind="webcam"), "camera.source_unknown"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_source_is_an_alarm_and_the_next_start_works(
    station: LiveStation, choice: SourceChoice, key: str
) -> None:
    station.line.load("試験用")
    until(station, ready)
    station.line.start(choice)
    view = until(station, lambda view: alarm_of(view) is not None and ready(view))
    assert alarm_of(view) is not None
    assert alarm_of(view).key == key
    runs = view.run_id
    station.line.start(demo(1))
    view = until(station, finished(runs + 1))
    assert (alarm_of(view), view.balance.judged) == (None, 1)


def test_a_log_that_was_moved_away_is_an_alarm_and_the_line_runs(workbench: Workbench, station: LiveStation) -> None:
    workbench.note(exported("records", "x.csv"))
    workbench.log.open()
    workbench.data.log_file.rename(workbench.data.root / "safe place.sqlite3")
    station.line.load("試験用")
    station.line.start(demo(2))
    view = until(station, finished(1))
    assert view.balance.judged == 2
    (alarm,) = view.alarms
    assert (alarm.key, alarm.source, alarm.severity) == ("records.other_log", "log", AlarmSeverity.WARNING)


def test_an_alarm_that_was_acknowledged_stays_away(station: LiveStation) -> None:
    station.line.load("試験用")
    station.line.start(SourceChoice(kind="folder", path="/存在しない"))
    until(station, lambda view: alarm_of(view) is not None and ready(view))
    station.alarms.acknowledge()
    assert [alarm_of(station.line.view()) for _ in range(3)] == [None] * 3


def test_a_bug_of_ours_becomes_an_alarm_and_the_station_lives(
    station: LiveStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    station.line.load("試験用")
    until(station, ready)
    with monkeypatch.context() as broken:
        broken.setattr("crane_desktop.services.run.make_source", lambda _: 1 / 0)
        station.line.start(demo(1))
        view = until(station, lambda view: alarm_of(view) is not None)
        assert alarm_of(view) is not None
        assert "ZeroDivisionError" in str(alarm_of(view))
    station.line.start(demo(1))
    assert until(station, finished(1)).balance.judged == 1


def test_an_unfit_station_says_so_and_decides_nothing(station: LiveStation, monkeypatch: pytest.MonkeyPatch) -> None:
    real = CraneScorer.score
    monkeypatch.setattr(CraneScorer, "score", lambda self, pixels: Scored(0.01, real(self, pixels).anomaly_map))
    station.line.load("試験用")
    view = until(station, lambda view: alarm_of(view) is not None and ready(view))
    assert alarm_of(view) is not None
    assert alarm_of(view).key == "app.unfit"
    station.line.start(demo(3))
    view = until(station, finished(1))
    assert view.balance.verdicts == {Verdict.NONE: 3}
    assert alarm_of(view) is not None
    assert alarm_of(view).key == "app.unfit"


def test_closing_while_it_runs_records_what_was_judged(workbench: Workbench, station_dir: Path, log_of: LogOf) -> None:
    station = LiveStation(workbench)
    station.line.load("試験用")
    station.line.start(demo(rate_hz=50.0))
    until(station, lambda view: view.balance.judged >= 3)
    station.close()
    station.close()
    view = station.line.view()
    assert view.balance.pending == 0
    assert len(log_of(station_dir)) == view.balance.judged
    station.line.start(demo(1))  # too late, and no harm
    station.line.stop()
    assert station.line.view().run_id == 1


def test_closing_gives_up_a_load(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()
    show = Worker.show_progress

    def slow(self: Worker, key: str, fraction: float) -> None:
        begun.set()
        go_on.wait(WITHIN_S)
        show(self, key, fraction)

    monkeypatch.setattr(Worker, "show_progress", slow)
    station = LiveStation(workbench)
    station.line.load("試験用")
    assert begun.wait(WITHIN_S)
    closer = threading.Thread(target=station.close)
    closer.start()
    time.sleep(0.1)
    go_on.set()
    closer.join(WITHIN_S)
    assert not closer.is_alive()
    assert station.line.view().scorer is None
    assert alarm_of(station.line.view()) is None


def test_a_hanging_model_does_not_hold_up_the_closing(
    workbench: Workbench, station_dir: Path, monkeypatch: pytest.MonkeyPatch, log_of: LogOf
) -> None:
    hang, real = Hang(), CraneScorer.score

    def score(self: CraneScorer, pixels: Any) -> Scored:
        found = real(self, pixels)
        if pixels.shape[0] == 512:
            hang()
        return found

    monkeypatch.setattr(CraneScorer, "score", score)
    monkeypatch.setattr("crane_desktop.app.station.live_line._STOP_WITHIN_S", 1.5)
    station = LiveStation(workbench)
    try:
        station.line.load("試験用")
        station.line.start(demo())
        eventually(lambda: hang.holds)
        station.line.stop()
        view = until(station, lambda view: view.state is StationState.ERROR)
        assert alarm_of(view) is not None
        assert alarm_of(view).key == "app.line_does_not_stop"
        assert view.balance.pending == 0
        station.close()
        assert hang.holds
    finally:
        hang.release()
        station.close()
    assert log_of(station_dir) == []


def test_a_hanging_driver_does_not_hold_up_the_history(station: LiveStation, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr("crane_desktop.camera.genicam.discover.list_devices", lambda _: [release.wait(30)])
    try:
        looking = station.cameras.devices()
        assert list(station.records.page(None, 10, None).result(5)) == []
        assert not looking.done()
    finally:
        release.set()


def test_devices_are_listed_with_their_names(station: LiveStation, viky: Path) -> None:
    found = station.cameras.devices(str(viky)).result(WITHIN_S)
    assert [device for device, _ in found] == ["VikyTL_DEV_red", "VikyTL_DEV_green", "VikyTL_DEV_blue"]
    assert all("Machine Vision Games" in words for _, words in found)
    with pytest.raises(InputError):
        station.cameras.devices("/存在しない.cti").result(WITHIN_S)


def test_writer_and_reader_may_meet_on_a_new_log(workbench: Workbench) -> None:
    """The first start and the first page of the history come at the same moment on a fresh station."""
    station = LiveStation(workbench)
    try:
        station.line.load("試験用")
        pages = [station.records.page(None, 10, None) for _ in range(3)]
        station.line.start(demo(5))
        pages += [station.records.page(None, 10, None) for _ in range(3)]
        assert alarm_of(until(station, finished(1))) is None
        assert all(page.result(WITHIN_S) is not None for page in pages)
    finally:
        station.close()


def test_a_recipes_driver_that_nobody_chose_is_asked_for_and_not_filled_in(
    workbench: Workbench, station: LiveStation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GENICAM_GENTL64_PATH", raising=False)
    evil = tmp_path / "evil.cti"
    evil.write_bytes(b"")
    fields = {"name": "部品A", "pack": "試験用", "source": {"kind": "genicam", "cti": str(evil), "device": "SN1"}}
    stored_fields(workbench.data, **fields)
    station.line.load(None, "部品A")
    view = until(station, lambda view: ready(view) and alarm_of(view) is not None)
    assert alarm_of(view) is not None
    assert (alarm_of(view).key, alarm_of(view).params["producer"]) == ("services.recipe_producer_unknown", "evil.cti")
    assert view.recipe_source == SourceChoice(kind="genicam", device="SN1")
