"""The page of the camera: opened as one comes to it, let go as one leaves."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QStackedLayout

from crane_desktop.domain.camera_setup import CameraSetup
from crane_desktop.domain.errors import CraneError
from crane_desktop.domain.people import Role
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import StationState, StationView
from crane_desktop.domain.station_ports import Station
from crane_desktop.settings.texts import Language
from crane_desktop.ui.camera_page.setup_panel import SetupPanel
from crane_desktop.ui.camera_page.waiting_pane import WaitingPane
from crane_desktop.ui.shell.inbox import Inbox
from crane_desktop.ui.shell.pages import Page
from crane_desktop.ui.shell.preferences import KeptPreferences
from crane_desktop.ui.shell.situation import Situation, why_no_camera

_TICK_MS = 33


class CameraPage(Page):
    """Opening, failed, or open with its panel.

    Parameters
    ----------
    chosen
        Returns whether frames come from a camera.
    choice
        Returns the camera that is filled in.
    doctor
        The command that looks for what is wrong.

    Signals
    -------
    closed
        A person is done with the camera.
    source_wanted
        The kind of source that a person chose here, where none is a camera.
    recipe_kept
        Name of the recipe that the camera's settings were saved with.
    """

    name = "camera"
    title = "ui.page.camera"
    hint = "ui.camera.open.hint"
    icon = "page_camera"
    shortcut = "Ctrl+F7"
    role = Role.ENGINEER

    closed = Signal()
    source_wanted = Signal(str)
    recipe_kept = Signal(str)

    def __init__(
        self,
        kept: KeptPreferences,
        inbox: Inbox,
        chosen: Callable[[], bool],
        choice: Callable[[], SourceChoice],
        doctor: QAction,
    ) -> None:
        super().__init__()
        self._kept, self._inbox, self._chosen, self._choice = kept, inbox, chosen, choice
        self._language: Language = kept.now.language
        self._station: Station | None = None
        self._request = 0
        self._fault: CraneError | None = None
        self.panel: SetupPanel | None = None
        self.pane = WaitingPane(self._language, doctor)
        self.pane.again.clicked.connect(self.open)
        self.pane.close_button.clicked.connect(self.closed)
        self.pane.choose.clicked.connect(self._choose_camera)
        self.pane.simulate.clicked.connect(self._choose_demo)
        self._places = QStackedLayout(self)
        self._places.setContentsMargins(0, 0, 0, 0)
        self._places.addWidget(self.pane)
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._show_state)

    @classmethod
    def refusal(cls, situation: Situation) -> str | None:
        """Return why no camera can be set up now, or None."""
        return why_no_camera(situation)

    def attach(self, station: Station) -> None:
        """Ask this station for cameras from now on."""
        self._station = station

    def show_view(self, view: StationView) -> None:
        """Follow the station: its source cannot be changed while it runs; the camera is asked itself."""
        free = view.state not in (StationState.RUNNING, StationState.STOPPING)
        for button in (self.pane.choose, self.pane.simulate):
            button.setEnabled(free)

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self.pane.retranslate(language)
        if self.panel is not None:
            self.panel.retranslate(language)

    def entered(self) -> None:
        """Open the camera that is filled in, or the one on the line."""
        self._timer.start()
        self.open()

    def left(self) -> None:
        """Let the camera go."""
        self._timer.stop()
        self._shut()

    def open(self) -> None:
        """Open the camera, anew where it is open."""
        self._shut()
        if self._station is None or not self._chosen():
            self._show_state()
            return
        number = self._request
        self._inbox.ask(
            f"camera_open.{number}",
            self._station.cameras.open(self._choice()),
            lambda setup: self._opened(setup, number),
            lambda error: self._failed(error, number),
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Leave with Escape; the full screen is left first."""
        if event.key() == Qt.Key.Key_Escape and not self.window().isFullScreen():
            self.closed.emit()
            return
        super().keyPressEvent(event)

    def _choose_camera(self) -> None:
        self.source_wanted.emit("genicam")
        self.open()

    def _choose_demo(self) -> None:
        self.source_wanted.emit("demo")
        self.closed.emit()

    # -- inside ----------------------------------------------------------------------------------------------

    def _opened(self, setup: CameraSetup, number: int) -> None:
        if number != self._request:
            setup.close()  # it comes too late: nobody waits for it any more, and nobody else would close it
            return
        self.panel = SetupPanel(setup, self._inbox, self._language, self._kept.now.recipe or "")
        self.panel.again.clicked.connect(self.open, Qt.ConnectionType.QueuedConnection)
        self.panel.close_button.clicked.connect(self.closed, Qt.ConnectionType.QueuedConnection)
        self.panel.recipe.kept.connect(self.recipe_kept)
        self._places.addWidget(self.panel)
        self._show_state()

    def _failed(self, error: CraneError, number: int) -> None:
        if number == self._request:
            self._fault = error
            self._show_state()

    def _show_state(self) -> None:
        """Show the panel once the camera has answered; until then, or where it does not, the pane."""
        panel = self.panel
        if panel is not None and panel.known:
            self._places.setCurrentWidget(panel)
            return
        self.pane.show_state(chosen=self._chosen(), fault=self._fault if panel is None else panel.fault())
        self._places.setCurrentWidget(self.pane)

    def _shut(self) -> None:
        """Let go what is open, and take no answer that is still under way."""
        self._request += 1
        self._fault = None
        panel, self.panel = self.panel, None
        if panel is not None:
            panel.shut()
            self._places.removeWidget(panel)
            panel.deleteLater()
        self.pane.show_state(chosen=self._chosen(), fault=None)
        self._places.setCurrentWidget(self.pane)
