"""The main window: what it asks of the station, and what it keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fake_station import FakeStation, result, scorer
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QCloseEvent

import crane_desktop.ui.shell.window
from crane_desktop.domain.alarms import AlarmState
from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.domain.health import SourceState, SourceStatus
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import Progress, StationState
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.settings.texts import error_text
from crane_desktop.ui.shell.frame import SMALLEST_PX
from crane_desktop.ui.shell.preferences import Preferences, as_loaded
from crane_desktop.ui.shell.window import MainWindow

Open = Callable[..., MainWindow]


def test_it_loads_what_was_last_in_use(station: FakeStation, open_window: Open) -> None:
    open_window(station, preferences=Preferences(pack="crane-full", recipe="gear"))
    assert ("load", "crane-full", "gear") in station.calls


def test_it_is_up_and_quiet_before_there_is_a_station(open_window: Open) -> None:
    window = open_window(None)
    assert window.isVisible()
    assert not window.run.commands.start.isEnabled()
    assert not window.run.commands.stop.isEnabled()
    for call in (window.run.start, window.run.stop, window.run.relist, window.acknowledge):
        call()
    window.dialogs.open_record(1)
    window.dialogs.show_doctor(None)
    window.run.load("demo", "")
    window.camera.open()
    window.run.history.filter.setCurrentIndex(1)
    window.run.source.camera.look()
    window.tick()
    assert window.alarm.alarm is None


def test_a_station_that_comes_later_is_asked_and_shown(station: FakeStation, open_window: Open) -> None:
    window = open_window(None)
    window.attach(station)
    window.tick()
    assert ("load", None, None) in station.calls
    assert window.run.history.model.rowCount() == 7
    assert window.run.commands.packs.currentData() == "demo"


def test_start_takes_the_source_that_is_filled_in(window: MainWindow, station: FakeStation, qtbot: Any) -> None:
    window.run.source.demo.kinds.setCurrentIndex(2)
    window.run.source.demo.rate.setValue(3.5)
    qtbot.mouseClick(window.run.commands.start, Qt.MouseButton.LeftButton)
    assert station.calls[-1] == ("start", SourceChoice(kind="demo", device="wood", rate_hz=3.5))
    assert window.preferences().source.device == "wood"


def test_stop_stops(window: MainWindow, station: FakeStation, qtbot: Any) -> None:
    station.say(state=StationState.RUNNING)
    window.tick()
    qtbot.mouseClick(window.run.commands.stop, Qt.MouseButton.LeftButton)
    assert station.calls[-1] == ("stop",)


def test_the_keys_do_what_the_buttons_do(window: MainWindow, station: FakeStation, qtbot: Any) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F5, Qt.KeyboardModifier.ControlModifier)
    assert station.calls[-1][0] == "start"
    window.tick()
    qtbot.keyClick(window, Qt.Key.Key_F6, Qt.KeyboardModifier.ControlModifier)
    assert station.calls[-1] == ("stop",)
    station.warn(StationFault("pipeline.broken", detail="x"), "model")
    window.tick()
    qtbot.keyClick(window, Qt.Key.Key_F8, Qt.KeyboardModifier.ControlModifier)
    assert station.calls[-1] == ("acknowledge", "pipeline.broken", "model")


def test_start_without_a_folder_says_what_to_do_and_starts_nothing(window: MainWindow, station: FakeStation) -> None:
    window.run.source.fill(SourceChoice(kind="folder"))
    window.run.start()
    assert station.asked("start") == []
    window.tick()
    assert window.alarm.words == error_text(InputError("ui.no_folder"), "ja")
    window.run.source.fill(SourceChoice(kind="folder", path="/parts"))
    window.run.start()
    window.tick()
    assert window.alarm.alarm is None
    assert station.calls[-1] == ("start", SourceChoice(kind="folder", path="/parts"))


def test_two_quick_presses_start_once(window: MainWindow, station: FakeStation) -> None:
    """The second comes before the window has ticked: what is on screen still says ready."""
    for _ in range(2):
        window.menus.actions["start"].trigger()
    window.tick()
    window.menus.actions["start"].trigger()
    assert len(station.asked("start")) == 1


@pytest.mark.parametrize(
    ("state", "start", "stop", "choices", "sources"),
    [
        (StationState.PREOPERATIONAL, True, False, True, True),
        (StationState.INITIALIZED, False, False, False, True),
        (StationState.READY, True, False, True, True),
        (StationState.RUNNING, False, True, False, False),
        (StationState.STOPPING, False, False, False, False),
        (StationState.ERROR, True, False, True, True),
    ],
)
def test_only_what_makes_sense_can_be_pressed(
    window: MainWindow, station: FakeStation, state: StationState, start: bool, stop: bool, choices: bool, sources: bool
) -> None:
    station.say(state=state)
    window.tick()
    commands, actions = window.run.commands, window.menus.actions
    assert (commands.start.isEnabled(), commands.stop.isEnabled()) == (start, stop)
    assert (actions["start"].isEnabled(), actions["stop"].isEnabled()) == (start, stop)
    assert commands.packs.isEnabled() == commands.recipes.isEnabled() == choices
    assert window.run.source.isEnabled() == sources


def test_loading_shows_how_far_it_is(window: MainWindow, station: FakeStation) -> None:
    assert window.run.commands.progress.isHidden()
    station.say(state=StationState.INITIALIZED, progress=Progress("progress.weights", 0.42), scorer=None)
    window.tick()
    assert window.run.commands.progress.isVisible()
    assert window.run.commands.progress.value() == 420
    assert window.run.commands.progress.text() == "モデルを読み込んでいます"
    station.say(state=StationState.READY, progress=None)
    window.tick()
    assert window.run.commands.progress.isHidden()


def test_a_progress_of_an_unknown_name_shows_its_share(window: MainWindow, station: FakeStation) -> None:
    station.say(state=StationState.INITIALIZED, progress=Progress("progress.of_a_later_version", 0.5))
    window.tick()
    assert window.run.commands.progress.text() == "50 %"


def test_the_demo_pack_says_that_it_is_for_demonstration(window: MainWindow, station: FakeStation) -> None:
    assert window.run.picture.note.isVisible()
    assert "デモ用" in window.run.picture.note.text()
    station.say(scorer=replace(scorer(), pack="crane-full", for_demonstration=False))
    window.tick()
    assert window.run.picture.note.isHidden()


# -- alarms ----------------------------------------------------------------------------------------------------


def test_an_alarm_of_ours_does_not_swallow_the_stations(window: MainWindow, station: FakeStation) -> None:
    theirs = station.warn(StationFault("pipeline.broken", detail="x"))
    window.show_error(InputError("ui.no_folder"))
    window.tick()
    assert [alarm.key for alarm in window.alarm.alarms] == ["pipeline.broken", "ui.no_folder"]
    window.alarm.button.click()
    assert station.asked("acknowledge") == [("acknowledge", theirs.key, theirs.source)]
    window.tick()
    assert window.alarm.alarm is not None
    assert window.alarm.alarm.key == "ui.no_folder"
    window.alarm.button.click()
    assert len(station.asked("acknowledge")) == 1  # the window's own are no business of the station's
    assert [alarm.key for alarm in window.alarm.alarms] == ["pipeline.broken"]


def test_acknowledging_never_hides_what_goes_on(window: MainWindow, station: FakeStation) -> None:
    station.warn(StationFault("pipeline.broken", detail="x"))
    window.tick()
    window.menus.actions["acknowledge"].trigger()
    window.tick()
    assert window.alarm.alarm is not None
    assert window.alarm.alarm.state is AlarmState.ACKNOWLEDGED
    assert not window.menus.actions["acknowledge"].isEnabled()
    assert not window.alarm.button.isEnabled()
    station.say(alarms=())
    window.tick()
    assert window.alarm.alarm is None


def test_a_second_fault_is_listed_beside_the_first(window: MainWindow, station: FakeStation) -> None:
    window.show_error(StationFault("ui.unexpected", error="one"))
    window.show_error(InputError("ui.no_folder"))
    window.show_error(StationFault("ui.unexpected", error="two"))
    assert [(alarm.key, alarm.count) for alarm in window.alarm.alarms] == [("ui.unexpected", 2), ("ui.no_folder", 1)]
    assert window.alarm.alarm is not None
    assert window.alarm.alarm.error.params["error"] == "two"
    assert "ほか1件" in window.alarm.more.text()


def test_nothing_moves_as_an_alarm_comes_and_goes(window: MainWindow, station: FakeStation) -> None:
    def places() -> list[QRect]:
        window.centralWidget().layout().activate()
        return [part.geometry() for part in (window.pages, window.run.picture, window.run.history, window.alarm)]

    before = places()
    station.warn(StationFault("pipeline.broken", detail="long " * 200))
    station.warn(InputError("ui.no_folder"), "model")
    window.tick()
    assert places() == before
    station.say(alarms=())
    window.tick()
    assert places() == before


def test_an_answer_that_fails_is_told(window: MainWindow, station: FakeStation) -> None:
    window.dialogs.open_record(999)
    window.tick()
    assert window.alarm.alarm is not None
    assert window.dialogs.records == {}


# -- what may be shown -----------------------------------------------------------------------------------------


def test_a_snapshot_of_an_earlier_run_is_not_shown(window: MainWindow, station: FakeStation) -> None:
    station.finish(result(8, Verdict.NG))
    station.say(run_id=5)
    window.tick()
    late = replace(station.line.now, run_id=4, newest=result(9, Verdict.OK))
    station.line.now = late
    window.tick()
    assert window.run.verdict.verdict is Verdict.NG


def test_a_reset_takes_the_old_part_away(window: MainWindow, station: FakeStation) -> None:
    station.finish(result(8, Verdict.NG))
    window.tick()
    station.say(run_id=2, newest=None, latest_ng=())
    window.tick()
    assert window.run.verdict.word() == "判定待ち"
    assert window.run.score.words() == "スコア －  (しきい値なし)"
    assert window.run.picture.scale.threshold is None
    assert window.run.picture.part.words == "画像はまだありません"
    assert window.run.ng_strip.buttons == []


@pytest.mark.parametrize("change", ["pack", "recipe"])
def test_no_verdict_of_another_model_or_recipe_stays(window: MainWindow, station: FakeStation, change: str) -> None:
    station.finish(result(8, Verdict.OK))
    station.say(state=StationState.READY)
    window.tick()
    assert window.run.verdict.verdict is Verdict.OK
    if change == "pack":
        station.say(scorer=replace(scorer(), pack="crane-full", pack_sha256="1" * 64))
    else:
        station.say(recipe="gear")
    window.tick()
    assert window.run.verdict.word() == "判定待ち"
    assert window.run.figures.inspected.figure() == "1"


# -- preferences -----------------------------------------------------------------------------------------------


def test_what_was_set_up_comes_back(station: FakeStation, open_window: Open) -> None:
    wanted = Preferences(
        language="en",
        opacity=0.35,
        heatmap=False,
        outlines=False,
        source=SourceChoice(kind="folder", path="/parts", rate_hz=2.0),
    )
    kept: list[Preferences] = []
    window = open_window(station, preferences=wanted, keep=kept.append)
    assert not window.menus.actions["heatmap"].isChecked()
    assert not window.menus.actions["outlines"].isChecked()
    assert window.run.picture.opacity.value() == 35
    assert window.run.source.choice() == wanted.source
    window.setGeometry(QRect(0, 0, SMALLEST_PX[0], 711))
    window.close()
    assert replace(kept[0], geometry=None) == wanted
    again = open_window(FakeStation(), preferences=kept[0])
    assert again.height() == 711


def test_what_a_power_cut_must_not_undo_is_kept_at_once(station: FakeStation, open_window: Open) -> None:
    kept: list[Preferences] = []
    window = open_window(station, keep=kept.append)
    window.run.commands.load_wanted.emit("", "gear")
    assert [now.recipe for now in kept] == ["gear"]
    window.menus.actions["language"].trigger()
    assert kept[-1].language == "en"
    window.run.source.demo.rate.setValue(3.0)
    window.menus.actions["start"].trigger()
    assert kept[-1].source.rate_hz == 3.0
    assert len(kept) == 3
    window.tick()
    window.run.commands.load_wanted.emit("", "gear")  # nothing is another than before
    assert len(kept) == 3


def test_what_may_wait_is_kept_when_the_window_closes(station: FakeStation, open_window: Open) -> None:
    kept: list[Preferences] = []
    window = open_window(station, keep=kept.append)
    window.run.picture.opacity.setValue(80)
    window.menus.actions["heatmap"].trigger()
    window.menus.actions["outlines"].trigger()
    assert kept == []
    window.close()
    assert len(kept) == 1
    now = kept[0]
    assert (now.opacity, now.heatmap, now.outlines) == (0.8, False, False)
    assert now.geometry


def test_a_pack_that_could_not_be_loaded_is_forgotten_as_the_load_ends(station: FakeStation, open_window: Open) -> None:
    kept: list[Preferences] = []
    window = open_window(station, keep=kept.append)
    station.say(state=StationState.INITIALIZED)
    window.run.commands.load_wanted.emit("broken", "")
    window.tick()
    assert kept[-1].pack == "broken"  # it may still come up
    station.say(state=StationState.READY)
    window.tick()
    assert (kept[-1].pack, len(kept)) == ("demo", 2)


def test_a_damaged_geometry_is_no_obstacle(station: FakeStation, open_window: Open) -> None:
    window = open_window(station, preferences=Preferences(geometry=b"not of this world"))
    assert window.width() >= SMALLEST_PX[0]


def test_a_pack_that_could_not_be_loaded_is_not_asked_for_again() -> None:
    wanted = Preferences(pack="broken", recipe="gear")
    assert as_loaded(wanted, scorer()) == Preferences(pack="demo", recipe=None)
    assert as_loaded(wanted, None) == wanted
    assert as_loaded(Preferences(pack="demo", recipe="gear"), scorer()).recipe == "gear"
    assert as_loaded(Preferences(recipe="gear"), scorer()) == Preferences(recipe="gear")


# -- closing ---------------------------------------------------------------------------------------------------


def test_closing_stops_the_timer_and_leaves_the_station_to_its_maker(window: MainWindow, station: FakeStation) -> None:
    window.close()
    window.close()
    assert station.closed == 0  # stopping takes seconds: not on the window's thread
    assert not window._timer.isActive()
    asked = len(station.calls), len(station.records.pages)
    window.tick()
    assert (len(station.calls), len(station.records.pages)) == asked


def test_the_window_is_gone_before_a_camera_is_let_go(
    window: MainWindow, station: FakeStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    monkeypatch.setattr(window.pages, "leave", lambda: seen.append(window.isVisible()))
    window.close()
    assert seen == [False]


@pytest.mark.parametrize("answer", [True, False])
def test_closing_while_the_line_runs_asks_first(
    window: MainWindow, station: FakeStation, monkeypatch: pytest.MonkeyPatch, answer: bool
) -> None:
    asked: list[str] = []

    def ask(_parent: MainWindow, language: str) -> bool:
        asked.append(language)
        return answer

    monkeypatch.setattr(crane_desktop.ui.shell.window, "ask_to_close", ask)
    station.say(state=StationState.RUNNING)
    window.tick()
    event = QCloseEvent()
    window.closeEvent(event)
    assert asked == ["ja"]
    assert event.isAccepted() == answer
    assert window.isVisible() != answer


def test_closing_forgets_what_is_under_way_and_closes_the_dialogs(window: MainWindow, station: FakeStation) -> None:
    window.dialogs.open_record(3)
    window.tick()
    dialog = window.dialogs.records[3]
    station.records.hold.add("record")
    window.dialogs.open_record(4)
    window.close()
    assert station.records.held[0][0].cancelled()
    assert not dialog.isVisible()


# -- the window itself -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ja", "en"])
def test_it_fits_the_smallest_screen_with_everything_on_it(
    station: FakeStation, open_window: Open, language: Any
) -> None:
    window = open_window(station, preferences=Preferences(language=language))
    for number in range(1, 13):
        station.finish(result(10 + number, Verdict.NG))
    window.tick()
    window.resize(*SMALLEST_PX)
    assert window.minimumSizeHint().width() <= SMALLEST_PX[0]
    assert window.minimumSizeHint().height() <= SMALLEST_PX[1]
    for kind in ("demo", "folder", "genicam"):
        window.run.source.fill(SourceChoice(kind=kind))
        window.tick()
        assert window.minimumSizeHint().width() <= SMALLEST_PX[0], kind
    assert SMALLEST_PX[0] <= 1024
    assert SMALLEST_PX[1] <= 768 - 100  # a task bar and the window's own frame


def test_full_screen_comes_and_goes(window: MainWindow, qtbot: Any) -> None:
    action = window.menus.actions["full_screen"]
    action.trigger()
    qtbot.waitUntil(window.isFullScreen)
    assert action.isChecked()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isFullScreen()
    assert not action.isChecked()


def test_escape_stops_no_line(window: MainWindow, station: FakeStation, qtbot: Any) -> None:
    station.say(state=StationState.RUNNING)
    window.tick()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert ("stop",) not in station.calls


def test_the_first_paint_is_announced_once(qtbot: Any) -> None:
    window = MainWindow()
    qtbot.addWidget(window)
    painted: list[bool] = []
    window.painted.connect(lambda: painted.append(True))
    window.show()
    qtbot.waitUntil(lambda: bool(painted))
    window.repaint()
    assert painted == [True]


def test_the_timer_ticks_by_itself_thirty_times_a_second(window: MainWindow, station: FakeStation, qtbot: Any) -> None:
    assert window._timer.interval() <= 34
    station.finish(result(8, Verdict.NG))
    qtbot.waitUntil(lambda: window.run.verdict.verdict is Verdict.NG, timeout=2000)


def test_while_the_camera_is_away_nothing_on_screen_says_that_the_line_runs(
    window: MainWindow, station: FakeStation
) -> None:
    away = SourceStatus(SourceState.RECONNECTING, datetime.now(UTC), attempt=3)
    picture = window.run.picture
    streaming = replace(away, state=SourceState.STREAMING)
    station.say(state=StationState.RUNNING, newest=result(1, Verdict.OK), source_status=streaming)
    window.tick()
    assert window.run.commands.state.text() == "運転中"
    live = picture.live._picture.opacity()
    station.say(source_status=away)
    window.tick()
    assert window.run.commands.state.text() == "再接続中"
    assert not window.run.verdict.current
    assert picture.live._picture.opacity() < live
    assert picture.part.words.startswith("再接続中")
    assert "運転中" not in window.status.source.text()
    station.say(source_status=None, overload=True)
    window.tick()
    assert window.run.commands.state.text() == "処理遅れ"
    assert picture.live._picture.opacity() == live
