"""The form of a GenICam camera: producer file, device, trigger."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from crane_desktop.domain.errors import CraneError, InputError
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station_ports import Station
from crane_desktop.settings.texts import Language, plain_text, text
from crane_desktop.ui.shell.inbox import Inbox
from crane_desktop.ui.source.source_forms import PathField, row_of
from crane_desktop.ui.widgets.buttons import press_for
from crane_desktop.ui.widgets.fields import Choice, caption
from crane_desktop.ui.widgets.style import TARGET_PX

_TRIGGERS = ("free", "software", "hardware")
_DEVICES = "devices"


class CameraForm(QWidget):
    """Asks the station for its cameras when it is told to; looking for them may take seconds."""

    def __init__(self, inbox: Inbox, setup: QAction, doctor: QAction) -> None:
        super().__init__()
        self._inbox = inbox
        self._station: Station | None = None
        self._language: Language = "ja"
        self._found: Sequence[tuple[str, str]] = ()
        self._wanted: str | None = None
        # Path and camera speak for themselves; the smallest screen has no place for their names.
        self._trigger_caption = caption()
        self.cti, self.devices, self.triggers, self.search = PathField("*.cti"), Choice(), Choice(), QPushButton()
        self.setup = QPushButton()
        self.doctor = QPushButton("?")  # a row full of words has no place for one more
        self.doctor.setFixedWidth(TARGET_PX)
        for button, action in ((self.setup, setup), (self.doctor, doctor)):
            press_for(button, action, named=False)
        self._looked_in: str | None = None
        self._searching = False
        self.search.clicked.connect(self.look)
        self.search.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # a barcode reader types blanks; Enter in the path looks too
        self.cti.path.editingFinished.connect(self._look_elsewhere)
        self.hint = QLabel()
        self.hint.setObjectName("note")
        self.hint.setWordWrap(True)
        self.hint.setTextFormat(Qt.TextFormat.PlainText)
        self.hint.hide()
        self._missing: InputError | None = None
        row, lines = QWidget(), QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(4)
        lines.addWidget(row)
        lines.addWidget(self.hint)
        line = row_of(
            row, self.cti, self.devices, self.search,
            self._trigger_caption, self.triggers, self.setup, self.doctor,
        )  # fmt: skip
        line.setStretch(0, 1)
        line.setStretch(1, 1)

    def attach(self, station: Station) -> None:
        """Ask this station for cameras from now on."""
        self._station = station

    def look(self) -> None:
        """Look for cameras."""
        if self._station is not None:
            self._looked_in = self.cti.value()
            self._show_search(True)
            self._show_hint(None)
            self._inbox.ask(
                _DEVICES, self._station.cameras.devices(self.cti.value()), self._take_devices, self._not_found
            )

    def choice(self) -> SourceChoice:
        """Return what is filled in."""
        return SourceChoice(
            kind="genicam",
            cti=self.cti.value(),
            device=self.devices.currentData(),
            trigger=self.triggers.currentData(),
        )

    def fill(self, choice: SourceChoice) -> None:
        """Fill in an earlier choice; its camera is chosen as soon as it has been found."""
        self.cti.path.setText(choice.cti or "")
        self._wanted = choice.device
        self.triggers.setCurrentIndex(max(0, self.triggers.findData(choice.trigger)))
        self._list_devices()

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self.cti.name(
            text("ui.source.choose_cti", language), text("ui.browse", language), text("ui.source.cti_hint", language)
        )
        self._trigger_caption.setText(text("ui.source.trigger", language))
        self.setup.setText(text("ui.camera.open", language))
        self.doctor.setAccessibleName(text("ui.doctor", language))
        self._show_search(self._searching)
        self.triggers.relist([(text(f"ui.trigger.{trigger}", language), trigger) for trigger in _TRIGGERS])
        self.triggers.setAccessibleName(text("ui.source.trigger", language))
        self.devices.setAccessibleName(text("ui.source.device", language))
        self._wanted = self.devices.currentData() or self._wanted
        self._list_devices()
        self._show_hint(self._missing)

    def _show_search(self, searching: bool) -> None:
        self._searching = searching
        self.search.setEnabled(not searching)
        self.search.setText(text("ui.source.searching" if searching else "ui.source.search", self._language))

    def _look_elsewhere(self) -> None:
        """Look again after another producer was named, not each time the cursor leaves the field."""
        if self.cti.value() != self._looked_in:
            self.look()

    def _not_found(self, error: CraneError) -> None:
        """Say what is missing where one looks for a camera; only equipment that fails is an alarm."""
        self._show_search(False)
        if isinstance(error, InputError):
            self._show_hint(error)
        else:
            self._inbox.complain(error)

    def _show_hint(self, missing: InputError | None) -> None:
        self._missing = missing
        why = "" if missing is None else plain_text(missing, self._language)
        self.hint.setText(why and text("ui.source.no_camera_hint", self._language, why=why))
        self.hint.setVisible(missing is not None)

    def _take_devices(self, found: Sequence[tuple[str, str]]) -> None:
        self._show_search(False)
        self._wanted = self.devices.currentData() or self._wanted
        self._found = found
        self._list_devices()

    def _list_devices(self) -> None:
        known = dict(self._found)
        if self._wanted is not None:
            known.setdefault(self._wanted, self._wanted)
        found = [(words, device) for device, words in known.items()]
        self.devices.relist([(text("ui.source.first_device", self._language), None), *found])
        self.devices.setCurrentIndex(max(0, self.devices.findData(self._wanted)))
