"""The history list's rows: pages of the log, newest first, fetched as one scrolls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any, TypeAlias

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QIcon

from crane_desktop.domain.history import HistoryRow
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.live.measure_words import measure_words, value_words
from crane_desktop.ui.live.signs import sign_pixmap
from crane_desktop.ui.widgets.dates import local_time
from crane_desktop.ui.widgets.words import reason_words

_Index: TypeAlias = QModelIndex | QPersistentModelIndex
PAGE = 100
"""Records a page."""
MOST_ROWS = 2000
"""So many rows the list holds while new ones keep coming in at its top; a line runs for weeks."""
_SIGN_PX = 20


class Column(IntEnum):
    """The list's columns, left to right; SCORE holds the number that decided, whichever it was."""

    TIME = 0
    VERDICT = 1
    SCORE = 2
    REASON = 3
    RECORD = 4


class HistoryModel(QAbstractTableModel):
    """Rows known so far; `wants_page` is called with the id to go on below.

    Attributes
    ----------
    complete
        True once the log's oldest record is in the list.
    """

    def __init__(self, language: Language, wants_page: Callable[[int], None]) -> None:
        super().__init__()
        self._language = language
        self._wants_page = wants_page
        self._rows: list[HistoryRow] = []
        self._fetching = False
        self.complete = True
        self._signs = {verdict: QIcon(sign_pixmap(verdict, _SIGN_PX, 2.0)) for verdict in Verdict}

    def row_at(self, row: int) -> HistoryRow:
        """Return the record shown in a row."""
        return self._rows[row]

    def newest_id(self) -> int | None:
        """Return the id of the topmost record, or None in an empty list."""
        return self._rows[0].record_id if self._rows else None

    def clear(self) -> None:
        """Empty the list, for another filter."""
        self.beginResetModel()
        self._rows, self._fetching, self.complete = [], False, True
        self.endResetModel()

    def take_newest(self, page: Sequence[HistoryRow]) -> bool:
        """Put the log's newest page on top; where it does not reach what is known, start anew from it.

        Returns
        -------
        bool
            Whether the list was started anew: an older page that is under way no longer fits it.
        """
        top = self.newest_id()
        fresh = [row for row in page if top is None or row.record_id > top]
        if not fresh:
            return False
        if top is None or len(fresh) == len(page) == PAGE:
            self.beginResetModel()
            self._rows, self._fetching, self.complete = list(page), False, len(page) < PAGE
            self.endResetModel()
            return True
        self.beginInsertRows(QModelIndex(), 0, len(fresh) - 1)
        self._rows[:0] = fresh
        self.endInsertRows()
        self._shorten()
        return False

    def _shorten(self) -> None:
        """Forget the oldest rows of a list grown too long; scrolling down fetches them again."""
        if len(self._rows) <= MOST_ROWS or self._fetching:
            return
        self.beginRemoveRows(QModelIndex(), MOST_ROWS, len(self._rows) - 1)
        del self._rows[MOST_ROWS:]
        self.complete = False
        self.endRemoveRows()

    def take_older(self, page: Sequence[HistoryRow]) -> None:
        """Append a page that was fetched for the end of the list."""
        self._fetching = False
        self.complete = len(page) < PAGE
        last = self._rows[-1].record_id if self._rows else None
        older = [row for row in page if last is None or row.record_id < last]
        if not older:
            return
        self.beginInsertRows(QModelIndex(), len(self._rows), len(self._rows) + len(older) - 1)
        self._rows.extend(older)
        self.endInsertRows()

    def no_older(self) -> None:
        """The page that was asked for did not come; scrolling on asks again."""
        self._fetching = False

    @property
    def fetching(self) -> bool:
        """Whether an older page is under way."""
        return self._fetching

    def retranslate(self, language: Language) -> None:
        """Change the language; what is selected stays selected."""
        self._language = language
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(Column) - 1)
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(Column) - 1))

    # -- Qt's side ----------------------------------------------------------------------------------------

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's signature
        """Return how many records are in the list."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's signature
        """Return the number of columns."""
        return 0 if parent.isValid() else len(Column)

    def canFetchMore(self, parent: _Index) -> bool:  # noqa: N802 - Qt's name
        """Return whether the log has older records that are not asked for yet."""
        return not parent.isValid() and not self.complete and not self._fetching and bool(self._rows)

    def fetchMore(self, parent: _Index) -> None:  # noqa: N802 - Qt's name
        """Ask for the next page; it arrives through `take_older`."""
        if self.canFetchMore(parent):
            self._fetching = True
            self._wants_page(self._rows[-1].record_id)

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a column's name."""
        if orientation is not Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        names = {
            Column.TIME: "ui.history.time",
            Column.VERDICT: "ui.history.verdict",
            Column.SCORE: "ui.history.score",
            Column.REASON: "ui.history.reason",
            Column.RECORD: "ui.history.record",
        }
        return text(names[Column(section)], self._language)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        row, column = self._rows[index.row()], Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self._words(row, column)
        if role == Qt.ItemDataRole.DecorationRole and column is Column.VERDICT:
            return self._signs[row.verdict]
        if role == Qt.ItemDataRole.ToolTipRole:
            told = (self._words(row, Column.REASON), measure_words(row.measure(), self._language))
            return "\n".join((self._words(row, Column.RECORD), *told))
        if role == Qt.ItemDataRole.TextAlignmentRole and column in (Column.SCORE, Column.RECORD):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _words(self, row: HistoryRow, column: Column) -> str:
        match column:
            case Column.TIME:
                return local_time(row.decided_at, self._language)
            case Column.VERDICT:
                return text(f"verdict.{row.verdict}", self._language)
            case Column.SCORE:
                return value_words(row.measure(), self._language)
            case Column.REASON:
                return reason_words(row.reason, self._language)
            case Column.RECORD:
                return str(row.record_id)
