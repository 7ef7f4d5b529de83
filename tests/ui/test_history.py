"""The history list: pages, filter, what comes late, opening a record."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from fake_station import FakeStation, failed, history_row, result
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.ui.history.history_model import MOST_ROWS, PAGE, Column, HistoryModel

TOP = QModelIndex()


def ids(model: HistoryModel) -> list[int]:
    return [model.row_at(row).record_id for row in range(model.rowCount())]


def page(newest: int, count: int) -> list[Any]:
    return [history_row(number, Verdict.OK) for number in range(newest, max(0, newest - count), -1)]


@pytest.fixture
def model() -> HistoryModel:
    asked: list[int] = []
    made = HistoryModel("ja", asked.append)
    made.asked = asked  # type: ignore[attr-defined]
    return made


# -- the model -------------------------------------------------------------------------------------------------


def test_new_rows_come_on_top(model: HistoryModel) -> None:
    model.take_newest(page(5, 5))
    assert ids(model) == [5, 4, 3, 2, 1]
    assert not model.take_newest(page(7, 7))
    assert ids(model) == [7, 6, 5, 4, 3, 2, 1]


def test_a_gap_starts_the_list_anew(model: HistoryModel) -> None:
    """Rows between what is known and the newest page are never left out silently."""
    assert model.take_newest(page(5, 5))
    assert model.take_newest(page(500, PAGE))
    assert ids(model) == list(range(500, 500 - PAGE, -1))
    assert not model.complete


def test_older_pages_come_as_one_scrolls(model: HistoryModel) -> None:
    model.take_newest(page(250, PAGE))
    assert model.canFetchMore(TOP)
    model.fetchMore(TOP)
    model.fetchMore(TOP)
    assert model.asked == [151]  # type: ignore[attr-defined]
    assert not model.canFetchMore(TOP)
    model.take_older(page(150, PAGE))
    model.fetchMore(TOP)
    model.take_older(page(50, PAGE))
    assert ids(model) == list(range(250, 0, -1))
    assert model.complete
    assert not model.canFetchMore(TOP)


def test_an_older_page_that_fails_can_be_asked_for_again(model: HistoryModel) -> None:
    model.take_newest(page(250, PAGE))
    model.fetchMore(TOP)
    assert model.fetching
    model.no_older()
    assert model.canFetchMore(TOP)


def test_the_list_does_not_grow_for_weeks(model: HistoryModel) -> None:
    newest = 0
    for _ in range(MOST_ROWS // 50 + 10):
        newest += 50
        model.take_newest(page(newest, PAGE))
    assert model.rowCount() == MOST_ROWS
    assert ids(model) == list(range(newest, newest - MOST_ROWS, -1))
    assert model.canFetchMore(TOP)


@given(
    st.lists(
        st.one_of(st.tuples(st.just("new"), st.integers(1, 150)), st.tuples(st.just("old"), st.just(0))), max_size=8
    )
)
@settings(deadline=None, max_examples=25)
def test_the_list_is_always_whole_and_in_order(steps: list[tuple[str, int]]) -> None:
    """Whatever comes when: newest first, no number twice, no gap."""
    model = HistoryModel("ja", lambda _before: None)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    newest = 0
    for step, count in steps:
        if step == "new":
            newest += count
            model.take_newest(page(newest, PAGE))
        elif model.canFetchMore(TOP):
            model.fetchMore(TOP)
            model.take_older(page(ids(model)[-1] - 1, PAGE))
        seen = ids(model)
        assert seen == list(range(newest, newest - len(seen), -1))
    del tester


def test_cells_say_what_the_record_says(model: HistoryModel) -> None:
    model.take_newest([history_row(12, Verdict.REVIEW)])

    def words(column: Column, role: Any = Qt.ItemDataRole.DisplayRole) -> Any:
        return model.data(model.index(0, column), role)

    assert words(Column.VERDICT) == "要確認"
    assert words(Column.SCORE) == "スコア 0.250"
    assert words(Column.REASON) == "スコアが要確認の範囲内"
    assert words(Column.RECORD) == "12"
    assert words(Column.TIME).startswith("2026/11/23 ")
    assert not words(Column.VERDICT, Qt.ItemDataRole.DecorationRole).isNull()
    assert (
        words(Column.TIME, Qt.ItemDataRole.ToolTipRole) == "12\nスコアが要確認の範囲内\nスコア 0.250  (不良 0.550 以上)"
    )
    model.retranslate("en")
    assert words(Column.TIME).startswith("2026-11-23 ")
    assert words(Column.SCORE) == "Score 0.250"
    headers = [model.headerData(c, Qt.Orientation.Horizontal) for c in Column]
    assert headers == ["Time", "Verdict", "Decided by", "Reason", "No."]


def test_a_log_of_another_version_can_still_be_read(model: HistoryModel) -> None:
    model.take_newest([replace(history_row(1, Verdict.NONE), reason="reason_of_a_later_version", score=None)])
    assert model.data(model.index(0, Column.REASON)) == "reason_of_a_later_version"
    assert model.data(model.index(0, Column.SCORE)) == "－"


# -- the panel -------------------------------------------------------------------------------------------------


def test_the_list_follows_the_line(window: Any, station: FakeStation, qtbot: Any) -> None:
    history = window.run.history
    assert ids(history.model) == [7, 6, 5, 4, 3, 2, 1]
    station.finish(result(8, Verdict.NG))
    qtbot.waitUntil(lambda: ids(history.model)[0] == 8, timeout=3000)
    asked = len(station.records.pages)
    for _ in range(5):
        window.tick()
    assert len(station.records.pages) == asked


@pytest.mark.timing
def test_a_fast_line_does_not_ask_the_log_for_every_part(window: Any, station: FakeStation) -> None:
    def asked() -> int:
        return len(station.records.pages)

    before, since = asked(), time.monotonic()
    for number in range(8, 28):
        station.finish(result(number, Verdict.OK, size=(8, 8)))
        window.tick()
    assert asked() - before <= 2 + (time.monotonic() - since) / 0.25


def test_only_one_question_at_a_time(window: Any, station: FakeStation) -> None:
    window.run.history._asked.invalidate()
    station.records.hold.add("page")
    station.finish(result(8, Verdict.NG))
    window.tick()
    assert len(station.records.held) == 1
    station.finish(result(9, Verdict.NG))
    window.run.history._asked.invalidate()
    window.tick()
    assert len(station.records.held) == 1


def test_the_list_stands_still_while_one_reads_further_down(open_window: Any, qtbot: Any) -> None:
    station = FakeStation(records=80)
    window = open_window(station)
    qtbot.waitUntil(lambda: window.run.history.table.verticalScrollBar().maximum() > 20)
    window.run.history.table.verticalScrollBar().setValue(10)
    station.finish(result(81, Verdict.NG))
    qtbot.wait(300)
    assert ids(window.run.history.model)[0] == 80
    window.run.history.table.verticalScrollBar().setValue(0)
    qtbot.waitUntil(lambda: ids(window.run.history.model)[0] == 81, timeout=3000)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_the_filter_shows_one_verdict(open_window: Any, verdict: Verdict) -> None:
    station = FakeStation(records=40)
    window = open_window(station)
    box = window.run.history.filter
    box.setCurrentIndex(box.findData(verdict))
    window.tick()
    rows = [window.run.history.model.row_at(row) for row in range(window.run.history.model.rowCount())]
    assert len(rows) == 10
    assert {row.verdict for row in rows} == {verdict}
    box.setCurrentIndex(0)
    window.tick()
    assert window.run.history.model.rowCount() == 40


def test_an_older_page_of_another_filter_is_dropped(open_window: Any) -> None:
    station = FakeStation(records=450)
    window = open_window(station)
    station.records.hold.add("page")
    window.run.history.model.fetchMore(TOP)
    box = window.run.history.filter
    box.setCurrentIndex(box.findData(Verdict.NG))
    for _ in range(2):
        station.records.give()
    window.tick()
    rows = [window.run.history.model.row_at(row) for row in range(window.run.history.model.rowCount())]
    assert {row.verdict for row in rows} == {Verdict.NG}


def test_an_older_page_of_a_list_begun_anew_is_dropped(open_window: Any) -> None:
    """Two answers at once, the newer of which starts the list anew: the older page would leave a gap."""
    station = FakeStation(records=150)
    window = open_window(station)
    window.run.history._asked.invalidate()
    station.records.hold.add("page")
    station.records.rows += [history_row(number, Verdict.OK) for number in range(151, 600)]
    station.say(run_id=1)
    window.tick()
    window.run.history.model.fetchMore(TOP)
    station.records.give(0)
    station.records.give(0)
    window.tick()
    seen = ids(window.run.history.model)
    assert seen == list(range(599, 599 - len(seen), -1))
    assert window.run.history.model.canFetchMore(TOP)


def test_a_failed_page_is_told_and_asked_for_again(open_window: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    station = FakeStation(records=150)
    window = open_window(station)
    with monkeypatch.context() as patch:
        patch.setattr(station.records, "page", lambda *_: failed(InputError("ui.no_folder")))
        window.run.history.model.fetchMore(TOP)
        window.tick()
    assert window.alarm.alarm is not None
    window.tick()
    assert window.run.history.model.canFetchMore(TOP)
    window.run.history.model.fetchMore(TOP)
    window.tick()
    assert window.run.history.model.rowCount() == 150


def test_scrolling_down_fetches_to_the_first_record(open_window: Any, qtbot: Any) -> None:
    window = open_window(FakeStation(records=330))
    table = window.run.history.table

    def at_the_end() -> bool:
        table.scrollToBottom()
        return window.run.history.model.rowCount() == 330

    qtbot.waitUntil(at_the_end, timeout=5000)
    assert ids(window.run.history.model)[-1] == 1


def test_a_row_is_opened_by_double_click_and_by_return(window: Any, station: FakeStation, qtbot: Any) -> None:
    table = window.run.history.table
    place = table.visualRect(window.run.history.model.index(1, Column.VERDICT)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert station.calls[-1] == ("record", 6)
    table.setCurrentIndex(window.run.history.model.index(2, Column.TIME))
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert station.calls[-1] == ("record", 5)


def test_the_selected_row_stays_selected(window: Any, station: FakeStation, qtbot: Any) -> None:
    table = window.run.history.table
    table.selectRow(0)
    station.finish(result(8, Verdict.NG))
    qtbot.waitUntil(lambda: ids(window.run.history.model)[0] == 8, timeout=3000)
    window.switch_language()
    assert [index.row() for index in table.selectionModel().selectedRows()] == [1]


@pytest.mark.parametrize(
    ("width", "hidden"), [(300, {Column.REASON, Column.RECORD}), (450, {Column.RECORD}), (800, set())]
)
def test_columns_fit_the_room(window: Any, width: int, hidden: set[Column]) -> None:
    table = window.run.history.table
    window.run.history.layout().removeWidget(table)
    table.resize(width + 20, 300)
    assert {column for column in Column if table.isColumnHidden(column)} == hidden
    used = sum(table.columnWidth(column) for column in Column if column not in hidden)
    assert used <= max(table.viewport().width(), 300)
