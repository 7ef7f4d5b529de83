"""The whole program behind the real window: what is on screen is what is in the log."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest
from eventually import eventually
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from station_fixtures import alarm_of

from crane_desktop.app.open_station import open_workbench
from crane_desktop.app.process.logs import stop_logs
from crane_desktop.app.station.live_station import LiveStation
from crane_desktop.domain.history import HistoryRow
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import StationState
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.records.queries import RecordReader
from crane_desktop.services.workbench import Workbench
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.texts import error_text, text
from crane_desktop.ui.history.history_model import Column
from crane_desktop.ui.live.measure_words import value_words
from crane_desktop.ui.shell.application import prepare_application
from crane_desktop.ui.shell.preferences import Preferences
from crane_desktop.ui.shell.window import MainWindow

WITHIN_MS = 120_000


@pytest.fixture
def workbench(station_dir: Path) -> Iterator[Workbench]:
    yield open_workbench(station_dir)
    stop_logs()


@pytest.fixture
def desk(qtbot: Any, workbench: Workbench) -> Iterator[Callable[[SourceChoice], MainWindow]]:
    """Open the window on the real station, with a source filled in and the tiny pack chosen."""
    threads = set(threading.enumerate())
    made: list[tuple[MainWindow, LiveStation]] = []

    def build(source: SourceChoice) -> MainWindow:
        prepare_application()
        station = LiveStation(workbench)
        window = MainWindow(station, Preferences(language="en", source=source, pack="試験用"))
        made.append((window, station))
        qtbot.addWidget(window, before_close_func=lambda _: station.close())
        with qtbot.waitExposed(window):
            window.show()
        qtbot.waitUntil(
            lambda: window.run.commands.start.isEnabled() and station.line.view().scorer is not None, timeout=WITHIN_MS
        )
        return window

    yield build
    for window, station in made:
        station.close()
        window.tick()
        window.close()

    def left() -> set[threading.Thread]:
        return {t for t in threading.enumerate() if t.name.startswith("crane")} - threads

    eventually(lambda: not left(), what=left)
    assert active_children() == []


def rows_of(station_dir: Path) -> list[HistoryRow]:
    with RecordReader(DataDir(station_dir)) as reader:
        return reader.page(limit=100_000)


def figure(words: str) -> int:
    return int(words.replace(",", ""))


def balance_on_screen(window: MainWindow) -> list[int]:
    """Frames, verdicts, losses and what is pending, as the window writes them."""
    lines = [label.text() for label in window.findChildren(QLabel) if re.match(r"Frames [\d,]+ = ", label.text())]
    assert lines, "no balance on screen"
    return [figure(number) for number in re.findall(r"[\d,]+", lines[0])]


def counters(window: MainWindow) -> dict[Verdict, int]:
    return {verdict: figure(counter.figure()) for verdict, counter in window.run.figures.counters.items()}


def history(window: MainWindow) -> list[list[str]]:
    model = window.run.history.model
    return [[str(model.index(row, column).data()) for column in Column] for row in range(model.rowCount())]


def settled(window: MainWindow, qtbot: Any, station_dir: Path) -> list[HistoryRow]:
    """Wait until the list on screen has caught up with the log; return the log, newest first."""
    rows = rows_of(station_dir)
    qtbot.waitUntil(lambda: window.run.history.model.newest_id() == rows[0].record_id, timeout=WITHIN_MS)
    return rows


def compare(window: MainWindow, rows: list[HistoryRow]) -> None:
    frames, judged, lost, pending = balance_on_screen(window)
    shown = counters(window)
    assert (judged, pending) == (len(rows), 0)
    assert frames == judged + lost
    assert shown == {verdict: sum(row.verdict is verdict for row in rows) for verdict in Verdict}
    assert figure(window.run.figures.inspected.figure()) == len(rows)
    assert window.run.verdict.word() == text(f"verdict.{rows[0].verdict}", "en")
    table = history(window)
    assert [line[Column.RECORD] for line in table] == [str(row.record_id) for row in rows[: len(table)]]
    assert [line[Column.VERDICT] for line in table] == [
        text(f"verdict.{row.verdict}", "en") for row in rows[: len(table)]
    ]
    assert [line[Column.SCORE] for line in table] == [value_words(row.measure(), "en") for row in rows[: len(table)]]
    assert len(table) >= min(len(rows), 20)


@pytest.mark.parametrize("kind", ["demo", "genicam"])
def test_the_screen_tells_what_the_log_holds(
    kind: str, desk: Callable[[SourceChoice], MainWindow], qtbot: Any, station_dir: Path, viky: Path
) -> None:
    source = SourceChoice(kind="demo", rate_hz=30.0) if kind == "demo" else SourceChoice(kind="genicam", cti=str(viky))
    window = desk(source)
    qtbot.mouseClick(window.run.commands.start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: figure(window.run.figures.inspected.figure() or "0") >= 25, timeout=WITHIN_MS)
    assert window.run.commands.stop.isEnabled()
    qtbot.mouseClick(window.run.commands.stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(window.run.commands.start.isEnabled, timeout=WITHIN_MS)
    assert window.alarm.alarm is None
    rows = settled(window, qtbot, station_dir)
    compare(window, rows)
    if kind == "demo":
        assert balance_on_screen(window)[2] == 0


def test_a_failing_source_is_an_alarm_on_screen_and_the_next_start_clears_it(
    desk: Callable[[SourceChoice], MainWindow], qtbot: Any, tmp_path: Path, station_dir: Path
) -> None:
    window = desk(SourceChoice(kind="folder", path=str(tmp_path / "ない")))
    qtbot.mouseClick(window.run.commands.start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.alarm.alarm is not None, timeout=WITHIN_MS)
    assert "ない does not exist" in window.alarm.words
    qtbot.waitUntil(window.run.commands.start.isEnabled, timeout=WITHIN_MS)
    window.run.source.fill(SourceChoice(kind="demo", rate_hz=30.0))
    qtbot.mouseClick(window.run.commands.start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: figure(window.run.figures.inspected.figure() or "0") >= 3, timeout=WITHIN_MS)
    assert window.alarm.alarm is None
    qtbot.mouseClick(window.run.commands.stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(window.run.commands.start.isEnabled, timeout=WITHIN_MS)
    compare(window, settled(window, qtbot, station_dir))


@pytest.mark.qt_log_ignore("propagateSizeHints")
def test_a_record_opens_from_the_history(
    desk: Callable[[SourceChoice], MainWindow], qtbot: Any, station_dir: Path
) -> None:
    window = desk(SourceChoice(kind="demo", rate_hz=30.0))
    qtbot.mouseClick(window.run.commands.start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: counters(window)[Verdict.NG] >= 1, timeout=WITHIN_MS)
    qtbot.mouseClick(window.run.commands.stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(window.run.commands.start.isEnabled, timeout=WITHIN_MS)
    bad = next(row for row in rows_of(station_dir) if row.verdict is Verdict.NG)
    window.dialogs.open_record(bad.record_id)
    qtbot.waitUntil(lambda: bad.record_id in window.dialogs.records, timeout=WITHIN_MS)
    window.dialogs.close()


def test_every_alarm_of_the_station_has_its_words(workbench: Workbench, qtbot: Any) -> None:
    station = LiveStation(workbench)
    try:
        station.line.load("ない")
        qtbot.waitUntil(lambda: station.line.view().state is StationState.ERROR, timeout=WITHIN_MS)
        alarm = alarm_of(station.line.view())
        assert alarm is not None
        assert "ない" in error_text(alarm, "ja")
        assert "ない" in error_text(alarm, "en")
    finally:
        station.close()
