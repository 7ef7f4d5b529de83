"""The windows beside the main one: opened once each, closed with it, in its language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QWidget

from crane_desktop import __version__
from crane_desktop.domain.errors import CraneError
from crane_desktop.domain.findings import Finding
from crane_desktop.domain.history import HistoryRecord
from crane_desktop.domain.station_ports import Station
from crane_desktop.settings.texts import Language
from crane_desktop.ui.help.about import AboutDialog
from crane_desktop.ui.history.record_dialog import RecordDialog
from crane_desktop.ui.shell.inbox import Inbox
from crane_desktop.ui.shell.preferences import KeptPreferences

if TYPE_CHECKING:
    from crane_desktop.ui.help.doctor_dialog import DoctorDialog

MOST_RECORDS = 8
"""So many records may be open; each holds its whole picture."""


class Dialogs:
    """Knows what is open, and asks the station for what is shown there."""

    def __init__(self, window: QWidget, inbox: Inbox, kept: KeptPreferences) -> None:
        self._window, self._inbox, self._kept = window, inbox, kept
        self._station: Station | None = None
        self._about: AboutDialog | None = None
        self.doctor: DoctorDialog | None = None
        self.records: dict[int, RecordDialog] = {}

    def attach(self, station: Station) -> None:
        """Ask this station from now on."""
        self._station = station

    def open_record(self, record_id: int) -> None:
        """Fetch a record and open it."""
        if self._station is not None:
            self._inbox.ask("record", self._station.records.record(record_id), self._show_record)

    def show_doctor(self, cti: str | None) -> None:
        """Open the doctor and have him look; while he is open he comes to the front.

        Parameters
        ----------
        cti
            GenTL producer file; None means all that are installed.
        """
        if self._station is None:
            return
        if self.doctor is not None:
            _to_front(self.doctor)
            return
        from crane_desktop.ui.help.doctor_dialog import DoctorDialog

        self.doctor = DoctorDialog(self._kept.now.language, lambda: self._ask_doctor(cti), self._window)
        self.doctor.finished.connect(self._doctor_closed)
        self.doctor.show()
        self.doctor.look()

    def show_about(self) -> None:
        """Show version and licences."""
        if self._about is not None:
            _to_front(self._about)
            return
        self._about = AboutDialog(self._kept.now.language, __version__, self._window)
        self._about.finished.connect(self._about_closed)
        self._about.show()

    def retranslate(self, language: Language) -> None:
        """Change the language of what is open."""
        for dialog in self.records.values():
            dialog.retranslate(language)
        if self._about is not None:
            self._about.retranslate(language)
        if self.doctor is not None:
            self.doctor.retranslate(language)

    def close(self) -> None:
        """Close what is open."""
        if self.doctor is not None:
            self.doctor.close()
        for dialog in [*self.records.values(), *([self._about] if self._about else [])]:
            dialog.close()

    def _show_record(self, record: HistoryRecord) -> None:
        """Open a record; one that is open comes to the front, the oldest of too many is closed."""
        number = record.row.record_id
        known = self.records.get(number)
        if known is not None:
            _to_front(known)
            return
        while len(self.records) >= MOST_RECORDS:
            next(iter(self.records.values())).close()
        dialog = RecordDialog(record, self._kept.now.language, self._kept.now.opacity, self._window)
        self.records[number] = dialog
        dialog.finished.connect(lambda _code: self.records.pop(number, None))
        dialog.show()

    def _ask_doctor(self, cti: str | None) -> None:
        if self._station is not None:
            self._inbox.ask("doctor", self._station.cameras.doctor(cti), self._show_findings, self._no_findings)

    def _show_findings(self, findings: Sequence[Finding]) -> None:
        if self.doctor is not None:
            self.doctor.show_findings(findings)

    def _no_findings(self, error: CraneError) -> None:
        self._inbox.complain(error)
        if self.doctor is not None:
            self.doctor.show_failure()

    def _doctor_closed(self) -> None:
        self.doctor = None
        self._inbox.drop("doctor")

    def _about_closed(self) -> None:
        self._about = None


def _to_front(dialog: QDialog) -> None:
    dialog.raise_()
    dialog.activateWindow()
