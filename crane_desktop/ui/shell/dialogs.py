"""The windows beside the main one: opened once each, closed with it, in its language."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QWidget

from crane_desktop import __version__
from crane_desktop.domain.camera_setup import CameraSetup
from crane_desktop.domain.history import HistoryRecord
from crane_desktop.settings.texts import Language
from crane_desktop.ui.help.about import AboutDialog
from crane_desktop.ui.history.record_dialog import RecordDialog

if TYPE_CHECKING:
    from crane_desktop.ui.camera_page.page import CameraPage
    from crane_desktop.ui.help.doctor_dialog import DoctorDialog

MOST_RECORDS = 8
"""So many records may be open; each holds its whole picture."""


class Dialogs:
    """Knows what is open."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._about: AboutDialog | None = None
        self.camera: CameraPage | None = None
        self.doctor: DoctorDialog | None = None
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

    def show_camera(self, setup: CameraSetup, language: Language, recipe: str) -> CameraPage:
        """Open the camera page, in place of an earlier one."""
        from crane_desktop.ui.camera_page.page import CameraPage  # only where there is a camera

        self.close_camera()
        self.camera = CameraPage(setup, language, recipe, self._window)
        self.camera.finished.connect(self._camera_closed)
        self.camera.show()
        return self.camera

    def close_camera(self) -> None:
        """Close the camera page, so that the camera is free."""
        if self.camera is not None:
            self.camera.close()

    def show_doctor(self, language: Language, look: Callable[[], None]) -> None:
        """Open the doctor and have him look; while he is open he comes to the front."""
        if self.doctor is not None:
            _to_front(self.doctor)
            return
        from crane_desktop.ui.help.doctor_dialog import DoctorDialog

        self.doctor = DoctorDialog(language, look, self._window)
        self.doctor.finished.connect(self._doctor_closed)
        self.doctor.show()
        self.doctor.look()

    def show_about(self, language: Language) -> None:
        """Show version and licences."""
        if self._about is not None:
            _to_front(self._about)
            return
        self._about = AboutDialog(language, __version__, self._window)
        self._about.finished.connect(self._about_closed)
        self._about.show()

    def retranslate(self, language: Language) -> None:
        """Change the language of what is open."""
        for dialog in self.records.values():
            dialog.retranslate(language)
        if self._about is not None:
            self._about.retranslate(language)
        if self.camera is not None:
            self.camera.retranslate(language)
        if self.doctor is not None:
            self.doctor.retranslate(language)

    def close(self) -> None:
        """Close what is open."""
        self.close_camera()
        if self.doctor is not None:
            self.doctor.close()
        for dialog in [*self.records.values(), *([self._about] if self._about else [])]:
            dialog.close()

    def _camera_closed(self) -> None:
        self.camera = None

    def _doctor_closed(self) -> None:
        self.doctor = None

    def _about_closed(self) -> None:
        self._about = None


def _to_front(dialog: QDialog) -> None:
    dialog.raise_()
    dialog.activateWindow()
