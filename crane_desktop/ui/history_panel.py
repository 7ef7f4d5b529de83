"""The history: what was decided, newest first, filtered by verdict; a double click opens the record."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QSize, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableView,
    QVBoxLayout,
)

from crane_desktop.domain.station import Station, StationView
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.history_model import PAGE, Column, HistoryModel
from crane_desktop.ui.inbox import Inbox
from crane_desktop.ui.signs import sign_pixmap

_NEWEST, _OLDER = "history.newest", "history.older"
_ROW_PX = 32


class HistoryPanel(QFrame):
    """The list with its filter.

    Signals
    -------
    opened
        The record id of the row that was opened.
    """

    opened = Signal(int)

    def __init__(self, language: Language, inbox: Inbox) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._language, self._inbox = language, inbox
        self._station: Station | None = None
        self._seen: tuple[int, int | None] | None = None
        self.model = HistoryModel(language, self._ask_older)
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setAlternatingRowColors(True)
        self.table.setShowGrid(False)
        self.table.setIconSize(QSize(20, 20))
        self.table.setTabKeyNavigation(False)
        self.table.setMinimumHeight(3 * _ROW_PX)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(_ROW_PX)
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        for column in Column:
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(Column.REASON, QHeaderView.ResizeMode.Stretch)
        self.table.activated.connect(self._open)
        self._caption = QLabel()
        self._caption.setObjectName("caption")
        self.filter = QComboBox()
        self.filter.setMinimumHeight(34)
        self.filter.currentIndexChanged.connect(self._filter_changed)
        head = QHBoxLayout()
        head.addWidget(self._caption)
        head.addStretch(1)
        head.addWidget(self.filter)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(10, 6, 10, 8)
        lines.setSpacing(4)
        lines.addLayout(head)
        lines.addWidget(self.table, 1)
        self.speak(language)

    def attach(self, station: Station) -> None:
        """Read from this station from now on."""
        self._station = station
        self._ask_newest()

    def show_view(self, view: StationView) -> None:
        """While the list is at its top, fetch what is new; one question at a time."""
        newest = (view.run_id, view.newest.record_id if view.newest else None)
        if newest == self._seen or self._inbox.waits_for(_NEWEST) or self.table.verticalScrollBar().value() > 0:
            return
        self._seen = newest
        self._ask_newest()

    def speak(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self._caption.setText(text("ui.history", language))
        chosen = max(0, self.filter.currentIndex())
        self.filter.blockSignals(True)
        self.filter.clear()
        self.filter.addItem(text("ui.history.all", language), None)
        for verdict in (Verdict.NG, Verdict.REVIEW, Verdict.NONE, Verdict.OK):
            self.filter.addItem(QIcon(sign_pixmap(verdict, 18)), text(f"verdict.{verdict}", language), verdict)
        self.filter.setCurrentIndex(chosen)
        self.filter.blockSignals(False)
        self.filter.setAccessibleName(text("ui.history.filter", language))
        self.model.speak(language)
        self._fit_columns()

    def _fit_columns(self) -> None:
        metrics = self.table.fontMetrics()
        samples = {
            Column.TIME: "2026/11/23 14:05:09",
            Column.VERDICT: max((text(f"verdict.{v}", self._language) for v in Verdict), key=metrics.horizontalAdvance),
            Column.SCORE: text("ui.history.score", self._language),
            Column.RECORD: "1000000",
        }
        for column, sample in samples.items():
            icon = 26 if column is Column.VERDICT else 0
            self.table.setColumnWidth(column, metrics.horizontalAdvance(sample) + icon + 18)

    def _chosen(self) -> Verdict | None:
        chosen = self.filter.currentData()
        return None if chosen is None else Verdict(chosen)

    def _filter_changed(self) -> None:
        self.model.clear()
        self._ask_newest()

    def _ask_newest(self) -> None:
        if self._station is not None:
            self._inbox.ask(_NEWEST, self._station.history(None, PAGE, self._chosen()), self.model.take_newest)

    def _ask_older(self, before: int) -> None:
        if self._station is not None:
            self._inbox.ask(_OLDER, self._station.history(before, PAGE, self._chosen()), self.model.take_older)

    def _open(self, index: QModelIndex) -> None:
        self.opened.emit(self.model.row_at(index.row()).record_id)
