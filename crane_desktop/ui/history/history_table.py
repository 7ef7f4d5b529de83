"""The history list as a table: its columns fit the room there is."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from crane_desktop.domain.measures import Measure, Rule
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.history.history_model import Column, HistoryModel
from crane_desktop.ui.live.measure_words import value_words

_ROW_PX = 32
_ICON_PX = 20
_CELL_PX = 16
"""A cell's margins together."""
_LEAST_REASON_PX = 120


class HistoryTable(QTableView):
    """Shows a `HistoryModel`. Where the room is short the record's number goes, then the reason.

    Both stay in the row's tip and in the record.
    """

    def __init__(self, model: HistoryModel) -> None:
        super().__init__()
        self._verdict_px = self._record_px = 0
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setIconSize(QSize(_ICON_PX, _ICON_PX))
        self.setTabKeyNavigation(False)
        self.setMinimumHeight(2 * _ROW_PX + 4)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_PX)
        self.horizontalHeader().setHighlightSections(False)

    def retranslate(self, language: Language) -> None:
        """Fit the columns to the words of a language."""
        metrics = self.fontMetrics()
        words = [text(f"verdict.{verdict}", language) for verdict in Verdict]
        self._verdict_px = max(map(metrics.horizontalAdvance, words)) + _ICON_PX + 6 + _CELL_PX
        self._record_px = metrics.horizontalAdvance("1000000") + _CELL_PX
        self.setColumnWidth(Column.TIME, metrics.horizontalAdvance("2026/11/23 14:05:09") + _CELL_PX)
        measures = [text("ui.history.score", language)]
        measures += [value_words(Measure(rule, 0.123, None, None), language) for rule in Rule]
        self.setColumnWidth(Column.SCORE, max(map(metrics.horizontalAdvance, measures)) + _CELL_PX + 4)
        self.setColumnWidth(Column.RECORD, self._record_px)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Fit the columns to the room, the scroll bar's coming and going included."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        header = self.horizontalHeader()
        taken = self.columnWidth(Column.TIME) + self.columnWidth(Column.SCORE) + self._verdict_px
        room = self.viewport().width() - taken
        number = room - self._record_px >= _LEAST_REASON_PX
        reason = number or room >= _LEAST_REASON_PX
        self.setColumnHidden(Column.RECORD, not number)
        self.setColumnHidden(Column.REASON, not reason)
        stretch, fixed = QHeaderView.ResizeMode.Stretch, QHeaderView.ResizeMode.Interactive
        header.setSectionResizeMode(Column.VERDICT, fixed if reason else stretch)
        header.setSectionResizeMode(Column.REASON, stretch if reason else fixed)
        if reason:
            header.resizeSection(Column.VERDICT, self._verdict_px)
