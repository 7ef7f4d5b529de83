"""Where the frames come from: the kind of source and its form."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station_ports import Station
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.shell.inbox import Inbox
from crane_desktop.ui.source.camera_form import CameraForm
from crane_desktop.ui.source.source_forms import DemoForm, FolderForm, SourceForm
from crane_desktop.ui.widgets.fields import Choice, caption

_KINDS = ("demo", "folder", "genicam")


class SourcePanel(QWidget):
    """A choice of three, and the form of the chosen one beside it.

    Signals
    -------
    changed
        A person has filled in something else.
    """

    changed = Signal()

    def __init__(
        self, language: Language, inbox: Inbox, demo_kinds: Sequence[str], setup: QAction, doctor: QAction
    ) -> None:
        super().__init__()
        self.kinds, self._stack, self._caption = Choice(164), QStackedWidget(), caption()
        self.demo, self.folder, self.camera = DemoForm(demo_kinds), FolderForm(), CameraForm(inbox, setup, doctor)
        self._forms: dict[str, SourceForm] = {"demo": self.demo, "folder": self.folder, "genicam": self.camera}
        for form in (self.demo, self.folder, self.camera):
            self._stack.addWidget(form)
        self._filling = False
        self.kinds.currentIndexChanged.connect(self._show_form)
        for edited in self._edited():
            edited.connect(self._tell)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(self._caption)
        line.addWidget(self.kinds)
        line.addSpacing(8)
        line.addWidget(self._stack, 1)
        self.retranslate(language)

    def attach(self, station: Station) -> None:
        """Ask this station for cameras from now on."""
        self.camera.attach(station)
        if self.kind == "genicam":
            self.camera.look()

    @property
    def kind(self) -> str:
        """The kind of source that is chosen."""
        return _KINDS[max(0, self.kinds.currentIndex())]

    def filled_in(self) -> SourceChoice:
        """Return what is filled in, be it enough to start with or not."""
        return self._forms[self.kind].choice()

    def camera_chosen(self) -> bool:
        """Return whether frames come from a camera."""
        return self.kind == "genicam"

    def show_kind(self, kind: str) -> None:
        """Choose another kind of source, with what was filled in for it before."""
        self.kinds.setCurrentIndex(_KINDS.index(kind))

    def choice(self) -> SourceChoice:
        """Return what is filled in.

        Raises
        ------
        InputError
            If something that the source cannot do without is missing.
        """
        choice = self.filled_in()
        if choice.kind == "folder" and choice.path is None:
            raise InputError("ui.no_folder")
        return choice

    def fill(self, choice: SourceChoice) -> None:
        """Fill in an earlier choice."""
        if choice.kind in _KINDS:
            self._filling = True
            self._forms[choice.kind].fill(choice)  # first: choosing a camera looks for it, with the driver named here
            self.kinds.setCurrentIndex(_KINDS.index(choice.kind))
            self._filling = False

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._caption.setText(text("ui.source", language))
        self.kinds.relist([(text(f"ui.source_kind.{kind}", language), kind) for kind in _KINDS])
        self.kinds.setAccessibleName(text("ui.source", language))
        for form in self._forms.values():
            form.retranslate(language)

    def _edited(self) -> tuple[SignalInstance, ...]:
        demo, folder, camera = self.demo, self.folder, self.camera
        return (
            self.kinds.currentIndexChanged,
            *(demo.kinds.currentIndexChanged, demo.rate.valueChanged),
            *(folder.folder.path.editingFinished, folder.rate.valueChanged),
            *(camera.cti.path.editingFinished, camera.devices.activated, camera.triggers.currentIndexChanged),
        )

    def _tell(self) -> None:
        if not self._filling:
            self.changed.emit()

    def _show_form(self, place: int) -> None:
        self._stack.setCurrentIndex(place)
        if _KINDS[place] == "genicam":
            self.camera.look()
