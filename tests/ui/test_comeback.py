"""After an unclean end the window says what it came back with, and the line waits for an answer."""

from __future__ import annotations

from typing import Any

import pytest
from fake_station import FakeStation, result
from PySide6.QtWidgets import QAbstractButton

import crane_desktop.ui.shell.window as window_module
from crane_desktop.domain.events import EventKind
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import StationState
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.settings.texts import LANGUAGES, text
from crane_desktop.ui.shell.preferences import Preferences
from crane_desktop.ui.shell.window import MainWindow

BEGUN = "2026-11-29T22:15:00+00:00"


def answer(window: MainWindow, key: str) -> None:
    box = window.comeback.box
    assert box is not None
    words = text(key, window.preferences().language)
    button: QAbstractButton = next(one for one in box.buttons() if one.text() == words)
    button.click()


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_names_what_it_came_back_with_and_asks_before_running(
    station: FakeStation, open_window: Any, language: Any
) -> None:
    source = SourceChoice(kind="folder", path="/部品/A")
    station.say(recipe="取込テスト", state=StationState.INITIALIZED)
    window = open_window(station, preferences=Preferences(language=language, recipe="取込テスト", source=source))
    window.comeback.begin(BEGUN)
    window.tick()
    assert window.comeback.box is None  # nobody knows yet what is loaded
    station.say(state=StationState.READY)
    window.tick()
    assert window.comeback.box is not None
    told = window.comeback.box.text()
    for words in ("取込テスト", "demo", "/部品/A"):
        assert words in told
    answer(window, "ui.comeback.no")
    assert station.asked("start") == []
    window.menus.actions["start"].trigger()  # asks again
    assert station.asked("start") == []
    answer(window, "ui.comeback.yes")
    assert [call[1].path for call in station.asked("start")] == ["/部品/A"]
    (event,) = [call[1] for call in station.asked("note")]
    assert event.kind is EventKind.COMEBACK_CONFIRMED
    assert event.details["recipe"] == "取込テスト"
    station.line.stop()
    window.tick()
    window.menus.actions["start"].trigger()
    assert len(station.asked("start")) == 2  # asked once only


def test_a_yes_to_the_first_question_starts_nothing_by_itself(window: MainWindow, station: FakeStation) -> None:
    window.comeback.begin(None)
    window.tick()
    answer(window, "ui.comeback.yes")
    window.tick()
    assert station.asked("start") == []
    assert not window.comeback.pending


def test_without_an_unclean_end_nobody_is_asked(window: MainWindow, station: FakeStation) -> None:
    window.tick()
    assert window.comeback.box is None
    window.menus.actions["start"].trigger()
    assert len(station.asked("start")) == 1


def test_a_window_that_closes_takes_its_question_along(window: MainWindow) -> None:
    window.comeback.begin("no moment")
    window.tick()
    assert window.comeback.box is not None
    window.close()
    assert window.comeback.box is None
    assert window.comeback.pending


def test_every_change_of_the_source_is_kept_at_once(station: FakeStation, open_window: Any) -> None:
    disk: list[Preferences] = []
    window = open_window(station, keep=disk.append)
    source = window.run.source
    source.demo.kinds.setCurrentIndex(2)
    assert disk[-1].source == SourceChoice(kind="demo", device="wood", rate_hz=4.0)
    source.demo.rate.setValue(3.0)
    assert disk[-1].source.rate_hz == 3.0
    source.kinds.setCurrentIndex(1)
    assert disk[-1].source.kind == "folder"
    source.folder.folder.path.setText("/parts")
    source.folder.folder.path.editingFinished.emit()
    assert disk[-1].source.path == "/parts"
    source.kinds.setCurrentIndex(2)
    source.camera.triggers.setCurrentIndex(1)
    assert (disk[-1].source.kind, disk[-1].source.trigger) == ("genicam", "software")
    written = len(disk)
    window.tick()
    source.fill(SourceChoice(kind="demo"))
    window.switch_language()
    assert len(disk) == written + 1  # the language, and nothing that nobody changed


def test_counters_strip_and_picture_survive_stop_and_start(window: MainWindow, station: FakeStation) -> None:
    station.finish(result(8, Verdict.NG))
    window.tick()
    run = window.run
    assert run.verdict.current
    window.menus.actions["stop"].trigger()
    window.tick()
    window.menus.actions["start"].trigger()
    window.tick()
    assert run.figures.inspected.figure() == "1"
    assert len(run.ng_strip.buttons) == 1
    assert run.picture.live._pixels is not None
    assert run.verdict.verdict is Verdict.NG
    assert not run.verdict.current  # nobody takes the last run's verdict for a live one
    station.finish(result(9, Verdict.OK))
    window.tick()
    assert run.verdict.current
    assert run.figures.inspected.figure() == "2"


@pytest.mark.parametrize("agreed", [True, False])
def test_counters_begin_anew_only_after_a_yes(
    window: MainWindow, station: FakeStation, monkeypatch: pytest.MonkeyPatch, agreed: bool
) -> None:
    asked: list[str] = []

    def ask(_window: Any, _language: Any, counted: str) -> bool:
        asked.append(counted)
        return agreed

    monkeypatch.setattr(window_module, "ask_to_reset", ask)
    station.finish(result(8, Verdict.NG))
    window.tick()
    assert window.run.figures.since.text().endswith("から")
    window.run.figures.reset.click()
    window.tick()
    assert "検査数 1" in asked[0]
    assert station.asked("reset_counts") == ([("reset_counts",)] if agreed else [])
    assert window.run.figures.inspected.figure() == ("0" if agreed else "1")
    assert len(window.run.ng_strip.buttons) == (0 if agreed else 1)
