"""The main window: what it asks of the station, and what it keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fake_station import FakeStation, result
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QCloseEvent

import crane_desktop.ui.shell.window
from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import Progress, StationState
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.settings.texts import error_text
from crane_desktop.ui.shell.preferences import Preferences, as_loaded
from crane_desktop.ui.shell.window import SMALLEST_PX, MainWindow

Open = Callable[..., MainWindow]


def test_it_loads_what_was_last_in_use(station: FakeStation, open_window: Open) -> None:
    open_window(station, preferences=Preferences(pack="crane-full", recipe="gear"))
    assert ("load", "crane-full", "gear") in station.calls


def test_it_is_up_and_quiet_before_there_is_a_station(open_window: Open) -> None:
    window = open_window(None)
    assert window.isVisible()
    assert not window.commands.start.isEnabled()
    assert not window.commands.stop.isEnabled()
    for call in (window.start_line, window.stop_line, window.acknowledge, lambda: window.open_record(1)):
        call()
    window.history.filter.setCurrentIndex(1)
    window.source.camera.look()
    window.tick()
    assert window.alarm.isHidden()


def test_a_station_that_comes_later_is_asked_and_shown(station: FakeStation, open_window: Open) -> None:
    window = open_window(None)
    window.attach(station)
    window.tick()
    assert ("load", None, None) in station.calls
    assert window.history.model.rowCount() == 7
    assert window.commands.packs.currentData() == "demo"


def test_start_takes_the_source_that_is_filled_in(window: MainWindow, station: FakeStation, qtbot: Any) -> None:
    window.source.demo.kinds.setCurrentIndex(2)
    window.source.demo.rate.setValue(3.5)
    qtbot.mouseClick(window.commands.start, Qt.MouseButton.LeftButton)
    assert station.calls[-1] == ("start", SourceChoice(kind="demo", device="wood", rate_hz=3.5))
    assert window.preferences().source.device == "wood"


def test_stop_stops(window: MainWindow, station: FakeStation, qtbot: Any) -> None:
    station.say(state=StationState.RUNNING)
    window.tick()
    qtbot.mouseClick(window.commands.stop, Qt.MouseButton.LeftButton)
    assert station.calls[-1] == ("stop",)


def test_the_keys_do_what_the_buttons_do(window: MainWindow, station: FakeStation, qtbot: Any) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F5)
    assert station.calls[-1][0] == "start"
    window.tick()
    qtbot.keyClick(window, Qt.Key.Key_F6)
    assert station.calls[-1] == ("stop",)
    station.say(alarm=StationFault("pipeline.broken", detail="x"))
    window.tick()
    qtbot.keyClick(window, Qt.Key.Key_F8)
    assert station.calls[-1] == ("acknowledge",)
    assert window.alarm.isHidden()


def test_the_space_bar_presses_the_button_that_is_at_hand(window: MainWindow, station: FakeStation, qtbot: Any) -> None:
    window.activateWindow()
    assert window.focusWidget() is window.commands.start
    qtbot.keyClick(window.commands.start, Qt.Key.Key_Space)
    station.say(state=StationState.INITIALIZED)
    window.tick()
    station.say(state=StationState.RUNNING)
    window.tick()
    assert window.focusWidget() is window.commands.stop
    qtbot.keyClick(window.commands.stop, Qt.Key.Key_Space)
    assert station.calls[-1] == ("stop",)
    station.say(state=StationState.STOPPING)
    window.tick()
    station.say(state=StationState.READY)
    window.tick()
    assert window.focusWidget() is window.commands.start


def test_what_a_barcode_reader_types_changes_nothing(window: MainWindow, station: FakeStation, qtbot: Any) -> None:
    before = window.preferences()
    calls = list(station.calls)
    window.ng_strip.setFocus()
    for letter in "ABHR0123456789+-":
        qtbot.keyClick(window, letter)
    window.tick()
    assert window.preferences() == before
    assert station.calls == calls


def test_start_without_a_folder_says_what_to_do_and_starts_nothing(window: MainWindow, station: FakeStation) -> None:
    window.source.fill(SourceChoice(kind="folder"))
    window.start_line()
    assert not [call for call in station.calls if call[0] == "start"]
    window.tick()
    assert window.alarm.words == error_text(InputError("ui.no_folder"), "ja")
    window.source.fill(SourceChoice(kind="folder", path="/parts"))
    window.start_line()
    window.tick()
    assert window.alarm.isHidden()
    assert station.calls[-1] == ("start", SourceChoice(kind="folder", path="/parts"))


def test_start_is_not_asked_for_twice(window: MainWindow, station: FakeStation) -> None:
    window.start_line()
    window.tick()
    window.start_line()
    assert len([call for call in station.calls if call[0] == "start"]) == 1


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
    commands, actions = window.commands, window.menus.actions
    assert (commands.start.isEnabled(), commands.stop.isEnabled()) == (start, stop)
    assert (actions["start"].isEnabled(), actions["stop"].isEnabled()) == (start, stop)
    assert commands.packs.isEnabled() == commands.recipes.isEnabled() == choices
    assert window.source.isEnabled() == sources


def test_loading_shows_how_far_it_is(window: MainWindow, station: FakeStation) -> None:
    assert window.commands.progress.isHidden()
    station.say(state=StationState.INITIALIZED, progress=Progress("progress.weights", 0.42), scorer=None)
    window.tick()
    assert window.commands.progress.isVisible()
    assert window.commands.progress.value() == 420
    assert window.commands.progress.text() == "モデルを読み込んでいます"
    station.say(state=StationState.READY, progress=None)
    window.tick()
    assert window.commands.progress.isHidden()


def test_a_progress_of_an_unknown_name_shows_its_share(window: MainWindow, station: FakeStation) -> None:
    station.say(state=StationState.INITIALIZED, progress=Progress("progress.of_a_later_version", 0.5))
    window.tick()
    assert window.commands.progress.text() == "50 %"


def test_the_demo_pack_says_that_it_is_for_demonstration(window: MainWindow, station: FakeStation) -> None:
    assert window.picture.note.isVisible()
    assert "デモ用" in window.picture.note.text()
    station.say(scorer=replace(FakeStation.scorer(), pack="crane-full", for_demonstration=False))
    window.tick()
    assert window.picture.note.isHidden()


# -- alarms ----------------------------------------------------------------------------------------------------


def test_an_alarm_of_ours_does_not_swallow_the_stations(window: MainWindow, station: FakeStation) -> None:
    theirs, ours = StationFault("pipeline.broken", detail="x"), InputError("ui.no_folder")
    station.say(alarm=theirs)
    window.tick()
    assert window.alarm.alarm is theirs
    window.show_error(ours)
    window.tick()
    assert window.alarm.alarm is ours
    window.alarm.button.click()
    assert ("acknowledge",) not in station.calls
    assert window.alarm.alarm is theirs
    window.alarm.button.click()
    assert ("acknowledge",) in station.calls
    assert window.alarm.isHidden()


def test_an_answer_that_fails_is_told(window: MainWindow, station: FakeStation) -> None:
    window.open_record(999)
    window.tick()
    assert window.alarm.isVisible()
    assert window.dialogs.records == {}


# -- what may be shown -----------------------------------------------------------------------------------------


def test_a_snapshot_of_an_earlier_run_is_not_shown(window: MainWindow, station: FakeStation) -> None:
    station.finish(result(8, Verdict.NG))
    station.say(run_id=5)
    window.tick()
    late = replace(station.now, run_id=4, newest=result(9, Verdict.OK))
    station.now = late
    window.tick()
    assert window.verdict.verdict is Verdict.NG


def test_a_new_run_takes_the_old_part_away(window: MainWindow, station: FakeStation) -> None:
    station.finish(result(8, Verdict.NG))
    window.tick()
    station.say(run_id=2, newest=None, latest_ng=())
    window.tick()
    assert window.verdict.word() == "判定待ち"
    assert window.score.words() == "スコア －  /  しきい値 －"
    assert window.picture.scale.threshold is None
    assert window.picture.part.words == "画像はまだありません"
    assert window.ng_strip.buttons == []


@pytest.mark.parametrize("change", ["pack", "recipe"])
def test_no_verdict_of_another_model_or_recipe_stays(window: MainWindow, station: FakeStation, change: str) -> None:
    station.finish(result(8, Verdict.OK))
    station.say(state=StationState.READY)
    window.tick()
    assert window.verdict.verdict is Verdict.OK
    if change == "pack":
        station.say(scorer=replace(FakeStation.scorer(), pack="crane-full", pack_sha256="1" * 64))
    else:
        station.say(recipe="gear")
    window.tick()
    assert window.verdict.word() == "判定待ち"
    assert window.figures.inspected.figure() == "1"


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
    assert window.picture.opacity.value() == 35
    assert window.source.choice() == wanted.source
    window.setGeometry(QRect(0, 0, SMALLEST_PX[0], 711))
    window.close()
    assert replace(kept[0], geometry=None) == wanted
    again = open_window(FakeStation(), preferences=kept[0])
    assert again.height() == 711


def test_what_is_changed_on_screen_is_kept_once_at_the_end(station: FakeStation, open_window: Open) -> None:
    kept: list[Preferences] = []
    window = open_window(station, keep=kept.append)
    window.picture.opacity.setValue(80)
    window.menus.actions["heatmap"].trigger()
    window.menus.actions["outlines"].trigger()
    window.menus.actions["language"].trigger()
    window.commands.load_wanted.emit("demo", "gear")
    assert kept == []
    window.close()
    assert len(kept) == 1
    now = kept[0]
    assert (now.opacity, now.heatmap, now.outlines, now.language) == (0.8, False, False, "en")
    assert (now.pack, now.recipe) == ("demo", "gear")
    assert now.geometry


def test_a_damaged_geometry_is_no_obstacle(station: FakeStation, open_window: Open) -> None:
    window = open_window(station, preferences=Preferences(geometry=b"not of this world"))
    assert window.width() >= SMALLEST_PX[0]


def test_a_pack_that_could_not_be_loaded_is_not_asked_for_again() -> None:
    wanted = Preferences(pack="broken", recipe="gear")
    assert as_loaded(wanted, FakeStation.scorer()) == Preferences(pack="demo", recipe=None)
    assert as_loaded(wanted, None) == wanted
    assert as_loaded(Preferences(pack="demo", recipe="gear"), FakeStation.scorer()).recipe == "gear"
    assert as_loaded(Preferences(recipe="gear"), FakeStation.scorer()) == Preferences(recipe="gear")


# -- closing ---------------------------------------------------------------------------------------------------


def test_closing_stops_the_timer_and_the_station_once(window: MainWindow, station: FakeStation) -> None:
    window.close()
    window.close()
    assert station.closed == 1
    assert not window._timer.isActive()
    asked = len(station.calls), len(station.pages)
    window.tick()
    assert (len(station.calls), len(station.pages)) == asked


def test_the_window_is_gone_before_the_station_is_waited_for(open_window: Open) -> None:
    seen: list[bool] = []

    class SlowToStop(FakeStation):
        def close(self) -> None:
            seen.append(window.isVisible())
            super().close()

    station = SlowToStop()
    window = open_window(station)
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
    assert station.closed == int(answer)


def test_closing_forgets_what_is_under_way_and_closes_the_dialogs(window: MainWindow, station: FakeStation) -> None:
    window.open_record(3)
    window.tick()
    dialog = window.dialogs.records[3]
    station.hold.add("record")
    window.open_record(4)
    window.close()
    assert station.held[0][0].cancelled()
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
        window.source.fill(SourceChoice(kind=kind))
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
    qtbot.waitUntil(lambda: window.verdict.verdict is Verdict.NG, timeout=2000)
