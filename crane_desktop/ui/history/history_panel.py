"""The history: what was decided, newest first, filtered by verdict; a double click opens the record."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QElapsedTimer, QModelIndex, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from crane_desktop.domain.history import HistoryRow
from crane_desktop.domain.station import StationView
from crane_desktop.domain.station_ports import Station
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.history.history_model import PAGE, HistoryModel
from crane_desktop.ui.history.history_table import HistoryTable
from crane_desktop.ui.live.signs import sign_pixmap
from crane_desktop.ui.shell.inbox import Inbox
from crane_desktop.ui.widgets.fields import Choice, caption

_NEWEST, _OLDER = "history.newest", "history.older"
_SIGN_PX = 18
_ASK_EVERY_MS = 250
"""A fast line does not make the log answer for every part."""


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
        self._asked = QElapsedTimer()
        self.model = HistoryModel(language, self._ask_older)
        self.table = HistoryTable(self.model)
        self.table.activated.connect(self._open)
        self._caption, self.filter = caption(), Choice(130)
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
        self.retranslate(language)

    def attach(self, station: Station) -> None:
        """Read from this station from now on."""
        self._station = station
        self._ask_newest()

    def show_view(self, view: StationView) -> None:
        """While the list is at its top, fetch what is new; one question at a time."""
        if self.model.fetching and not self._inbox.waits_for(_OLDER):
            self.model.no_older()
        newest = (view.run_id, view.newest.record_id if view.newest else None)
        if newest == self._seen or self._inbox.waits_for(_NEWEST) or self.table.verticalScrollBar().value() > 0:
            return
        if not self._asked.isValid() or self._asked.hasExpired(_ASK_EVERY_MS):
            self._seen = newest
            self._ask_newest()

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self._caption.setText(text("ui.history", language))
        shown = (Verdict.NG, Verdict.REVIEW, Verdict.NONE, Verdict.OK)
        named = [(text(f"verdict.{verdict}", language), verdict) for verdict in shown]
        signs = {verdict: QIcon(sign_pixmap(verdict, _SIGN_PX, 2.0)) for verdict in shown}
        self.filter.relist([(text("ui.history.all", language), None), *named], signs)
        self.table.setAccessibleName(text("ui.history", language))
        self.filter.setAccessibleName(text("ui.history.filter", language))
        self.model.retranslate(language)
        self.table.retranslate(language)

    def _chosen(self) -> Verdict | None:
        chosen = self.filter.currentData()
        return None if chosen is None else Verdict(chosen)

    def _filter_changed(self) -> None:
        self._inbox.drop(_OLDER)
        self.model.clear()
        self._ask_newest()

    def _ask_newest(self) -> None:
        if self._station is not None:
            self._asked.start()
            self._inbox.ask(_NEWEST, self._station.records.page(None, PAGE, self._chosen()), self._take_newest)

    def _take_newest(self, page: Sequence[HistoryRow]) -> None:
        if self.model.take_newest(page):
            self._inbox.drop(_OLDER)

    def _ask_older(self, before: int) -> None:
        if self._station is not None:
            self._inbox.ask(_OLDER, self._station.records.page(before, PAGE, self._chosen()), self.model.take_older)

    def _open(self, index: QModelIndex) -> None:
        self.opened.emit(self.model.row_at(index.row()).record_id)
