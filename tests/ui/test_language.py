"""The language changes at run time, everywhere, and changes nothing else."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from fake_station import FakeStation, result
from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QProgressBar,
    QTableView,
    QWidget,
)

from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.station import Progress, StationState
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.settings.texts import catalogue, text
from crane_desktop.ui.live.colour_bar import ColourBar
from crane_desktop.ui.live.score_bar import ScoreBar
from crane_desktop.ui.live.verdict_panel import VerdictPlate
from crane_desktop.ui.shell.preferences import Preferences
from crane_desktop.ui.shell.window import MainWindow
from crane_desktop.ui.widgets.fields import ClampedLabel

JAPANESE = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
SWITCH = {"日本語", "日本語で表示する (Ctrl+L)"}
"""What the button that goes to Japanese says while the window is English."""


def words_of_a_model(model: QAbstractItemModel, orientation: Any) -> Iterator[str]:
    for column in range(model.columnCount()):
        yield str(model.headerData(column, orientation) or "")
        for row in range(model.rowCount()):
            for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
                yield str(model.index(row, column).data(role) or "")


def words_of(widget: QWidget) -> Iterator[str]:
    yield from (widget.windowTitle(), widget.toolTip(), widget.accessibleName(), widget.statusTip())
    match widget:
        case QMenu():
            yield widget.title()
        case ClampedLabel():
            yield widget.words
        case QLabel() | QAbstractButton():
            yield widget.text()
        case QComboBox():
            yield from (widget.itemText(place) for place in range(widget.count()))
        case QLineEdit():
            yield from (widget.text(), widget.placeholderText())
        case QAbstractSpinBox():
            yield from (widget.text(), widget.specialValueText())
        case QProgressBar():
            yield widget.text()
        case QPlainTextEdit():
            yield ""  # names and licences of libraries
        case QTableView():
            yield from words_of_a_model(widget.model(), Qt.Orientation.Horizontal)
        case VerdictPlate():
            yield from (widget.word(), widget.reason())
        case ScoreBar():
            yield widget.words()
        case ColourBar():
            yield widget._words


def all_words(*windows: QWidget) -> set[str]:
    """Everything that can be read on these windows; on all of the program's where none is named."""
    found: set[str] = set()
    for top in windows or QApplication.topLevelWidgets():
        for widget in (top, *top.findChildren(QWidget)):
            found.update(words_of(widget))
        for action in top.findChildren(QAction):
            found.update((action.text(), action.toolTip()))
    return {words.strip() for words in found if words.strip()}


@cache
def english() -> list[re.Pattern[str]]:
    """Patterns of every English sentence that reads differently in Japanese."""
    patterns = []
    japanese = {both["ja"] for both in catalogue().values()}
    for both in catalogue().values():
        if both["en"] == both["ja"] or both["en"] in japanese:
            continue
        parts = [
            re.escape(literal) + ("" if field is None else ".*")
            for literal, field, _, _ in string.Formatter().parse(both["en"])
        ]
        if re.search("[A-Za-z]{2}", "".join(parts)):
            patterns.append(re.compile("".join(parts)))
    return patterns


@pytest.fixture
def full(open_window: Any) -> tuple[MainWindow, FakeStation]:
    """A window with everything open: a running line, an alarm, losses, a record, the version."""
    station = FakeStation(records=12)
    window = open_window(station, preferences=Preferences(language="ja"))
    for number, verdict in enumerate((*Verdict, Verdict.NG), start=20):
        station.finish(result(number, verdict))
        window.tick()
    station.say(progress=Progress("progress.text", 0.9))
    station.warn(StationFault("pipeline.telling_failed", detail="COM3"))
    station.warn(StationFault("pipeline.broken", detail="x"), "model")
    window.tick()
    window.dialogs.open_record(3)
    window.tick()
    window.dialogs.show_about()
    return window, station


def test_in_japanese_nothing_is_english(full: tuple[MainWindow, FakeStation]) -> None:
    words = all_words()
    assert len(words) > 120
    left = {(w, p.pattern) for w in words for p in english() if p.fullmatch(w)}
    assert left == set()


def test_in_english_nothing_is_japanese(full: tuple[MainWindow, FakeStation]) -> None:
    full[0].switch_language()
    words = all_words()
    assert len(words) > 120
    assert {w for w in words if JAPANESE.search(w)} == SWITCH


def test_there_and_back_everything_is_as_it_was(full: tuple[MainWindow, FakeStation]) -> None:
    before = all_words()
    full[0].switch_language()
    assert all_words() != before
    full[0].switch_language()
    assert all_words() == before


@pytest.mark.parametrize("state", list(StationState))
@pytest.mark.parametrize("kind", ["demo", "folder", "genicam"])
def test_every_state_and_source_speaks_english_too(open_window: Any, state: StationState, kind: str) -> None:
    station = FakeStation()
    window = open_window(station)
    window.run.source.kinds.setCurrentIndex(("demo", "folder", "genicam").index(kind))
    window.switch_language()
    station.say(state=state)
    window.tick()
    assert {w for w in all_words() if JAPANESE.search(w)} == SWITCH


@pytest.mark.parametrize("first", ["ja", "en"])
def test_a_window_that_starts_in_a_language_is_as_one_that_changed_to_it(open_window: Any, first: Any) -> None:
    other: Any = "en" if first == "ja" else "ja"
    changed = open_window(FakeStation(records=3), preferences=Preferences(language=other))
    changed.switch_language()
    started = open_window(FakeStation(records=3), preferences=Preferences(language=first))
    assert all_words(started) == all_words(changed)


def test_numbers_stay_the_same(full: tuple[MainWindow, FakeStation]) -> None:
    window, _ = full

    def numbers() -> list[str]:
        shown = [
            window.run.score.words(),
            window.status.pace.text(),
            window.status.balance.text(),
            window.status.losses.text(),
            *(button.toolTip() for button in window.run.ng_strip.buttons),
            *(counter.figure() for counter in window.run.figures.counters.values()),
            window.run.figures.yield_ratio.figure(),
            window.run.source.demo.rate.text(),
            *(str(window.run.history.model.index(row, 2).data()) for row in range(window.run.history.model.rowCount())),
        ]
        return re.findall(r"[0-9][0-9.,]*[0-9]|[0-9]", " | ".join(shown))

    japanese = numbers()
    window.switch_language()
    assert numbers() == japanese
    assert len(japanese) > 30


def test_the_change_asks_the_station_for_nothing(full: tuple[MainWindow, FakeStation]) -> None:
    window, station = full
    calls = len(station.calls)
    window.switch_language()
    window.tick()
    assert len(station.calls) == calls


def test_the_button_the_menu_and_the_key_change_it(window: MainWindow, qtbot: Any) -> None:
    heard: list[str] = []
    window.language_changed.connect(heard.append)
    qtbot.mouseClick(window.rail.language, Qt.MouseButton.LeftButton)
    window.menus.actions["language"].trigger()
    qtbot.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert heard == ["en", "ja", "en"]
    assert window.windowTitle() == text("ui.title", "en")


def test_the_walk_itself_would_find_english(window: MainWindow) -> None:
    window.run.commands.start.setText(text("ui.start", "en"))
    assert any(p.fullmatch(w) for w in all_words() for p in english())
