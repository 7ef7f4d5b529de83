"""The windows beside the main one: opened once each, closed with it, in its language."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QWidget

from crane_desktop import __version__
from crane_desktop.domain.station import HistoryRecord
from crane_desktop.settings.texts import Language
from crane_desktop.ui.about import AboutDialog
from crane_desktop.ui.record_dialog import RecordDialog

MOST_RECORDS = 8
"""So many records may be open; each holds its whole picture."""


class Dialogs:
    """Knows what is open."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._about: AboutDialog | None = None
        self.records: dict[int, RecordDialog] = {}

    def show_record(self, record: HistoryRecord, language: Language, opacity: float) -> None:
        """Open a record; one that is open comes to the front, the oldest of too many is closed."""
        number = record.row.record_id
        known = self.records.get(number)
        if known is not None:
            _to_front(known)
            return
        while len(self.records) >= MOST_RECORDS:
            next(iter(self.records.values())).close()
        dialog = RecordDialog(record, language, opacity, self._window)
        self.records[number] = dialog
        dialog.finished.connect(lambda _code: self.records.pop(number, None))
        dialog.show()

    def show_about(self, language: Language) -> None:
        """Show version and licences."""
        if self._about is not None:
            _to_front(self._about)
            return
        self._about = AboutDialog(language, __version__, self._window)
        self._about.finished.connect(self._about_closed)
        self._about.show()

    def speak(self, language: Language) -> None:
        """Change the language of what is open."""
        for dialog in self.records.values():
            dialog.speak(language)
        if self._about is not None:
            self._about.speak(language)

    def close(self) -> None:
        """Close what is open."""
        for dialog in [*self.records.values(), *([self._about] if self._about else [])]:
            dialog.close()

    def _about_closed(self) -> None:
        self._about = None


def _to_front(dialog: QDialog) -> None:
    dialog.raise_()
    dialog.activateWindow()
