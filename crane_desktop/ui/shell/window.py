"""The main window: parts on the screen, one timer that pulls, and what the keys and buttons do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QByteArray, QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QMainWindow

from crane_desktop.domain.camera_setup import CameraSetup
from crane_desktop.domain.errors import CraneError
from crane_desktop.domain.findings import Finding
from crane_desktop.domain.history import HistoryRecord
from crane_desktop.domain.station import Station, StationState, StationView
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.history.history_panel import HistoryPanel
from crane_desktop.ui.live.figures import FiguresPanel
from crane_desktop.ui.live.freshness import showable
from crane_desktop.ui.live.live_panel import LivePanel
from crane_desktop.ui.live.ng_strip import NgStrip
from crane_desktop.ui.live.score_bar import ScoreBar
from crane_desktop.ui.live.verdict_panel import VerdictPlate
from crane_desktop.ui.shell.actions import Menus
from crane_desktop.ui.shell.alarm_bar import AlarmBar
from crane_desktop.ui.shell.body import lay_out
from crane_desktop.ui.shell.command_bar import CommandBar
from crane_desktop.ui.shell.confirm import ask_to_close
from crane_desktop.ui.shell.crash import CrashReports
from crane_desktop.ui.shell.dialogs import Dialogs
from crane_desktop.ui.shell.inbox import Inbox
from crane_desktop.ui.shell.preferences import KeepPreferences, Preferences, as_loaded, forget
from crane_desktop.ui.shell.status_line import StatusLine
from crane_desktop.ui.source.source_panel import SourcePanel
from crane_desktop.ui.widgets.icons import icon

TICK_MS = 33
SMALLEST_PX = (1016, 660)
"""Fits a screen of 1024 x 768 with a task bar and the window's own frame."""
_AT_FIRST_PX = (1366, 740)


class MainWindow(QMainWindow):
    """Sees a `Station` and nothing else of the program; may be shown before there is one (`attach`).

    Signals
    -------
    painted
        The window is on screen for the first time.
    language_changed
        What the language is now.
    """

    painted = Signal()
    language_changed = Signal(str)

    def __init__(
        self,
        station: Station | None = None,
        preferences: Preferences | None = None,
        keep: KeepPreferences = forget,
        *,
        demo_kinds: Sequence[str] = (),
        crashes: CrashReports | None = None,
    ) -> None:
        super().__init__()
        self._station: Station | None = None
        self._preferences = preferences or Preferences()
        self._keep, self._crashes = keep, crashes
        self._view = StationView(StationState.INITIALIZED)
        self._own_alarm: CraneError | None = None
        self._closed = self._painted = False
        language = self._preferences.language
        self.inbox = Inbox(self.show_error)
        self.commands = CommandBar(language, self.inbox)
        self.source = SourcePanel(language, self.inbox, demo_kinds)
        self.alarm = AlarmBar(language)
        self.picture = LivePanel(language, self._overlay_changed)
        self.ng_strip = NgStrip(language)
        self.verdict, self.score = VerdictPlate(language), ScoreBar(language)
        self.figures, self.history = FiguresPanel(language), HistoryPanel(language, self.inbox)
        self.status, self.dialogs = StatusLine(language), Dialogs(self)
        self._parts = (
            *(self.commands, self.picture, self.ng_strip, self.verdict, self.score),
            *(self.figures, self.history, self.status),
        )
        self.menus = Menus(self, self._handlers())
        self._lay_out()
        self._connect()
        self._restore()
        self._retranslate(language)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.tick)
        self._timer.start()
        self.commands.setFocus()
        if station is not None:
            self.attach(station)

    def attach(self, station: Station) -> None:
        """Work with this station from now on, and have it load what was last in use."""
        self._station = station
        self._view = StationView(StationState.INITIALIZED)
        for part in (self.commands, self.source, self.history):
            part.attach(station)
        station.load(self._preferences.pack, self._preferences.recipe)

    def show_error(self, error: CraneError) -> None:
        """Show something that went wrong outside the station."""
        self._own_alarm = error
        self._show_alarm()

    def preferences(self) -> Preferences:
        """Return what is set up on screen now."""
        return self._preferences

    # -- the pull --------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Fetch the newest snapshot, repaint what changed, pick up answers. Never waits."""
        if self._closed:
            return
        self.inbox.poll()
        if self.dialogs.doctor is not None and not self.inbox.waits_for("doctor"):
            self.dialogs.doctor.show_failure()
        self.source.poll()
        crash = self._crashes.newest() if self._crashes is not None else None
        if crash is not None:
            self.show_error(crash)
        if self._station is not None:
            self._view = showable(self._station.view(), self._view)
        for part in self._parts:
            part.show_view(self._view)
        self._show_alarm()
        running = self._view.state is StationState.RUNNING
        self.source.setEnabled(not running and self._view.state is not StationState.STOPPING)
        self.menus.actions["start"].setEnabled(self.commands.start.isEnabled())
        self.menus.actions["stop"].setEnabled(running)

    # -- what keys and buttons do ----------------------------------------------------------------------------

    def start_line(self) -> None:
        """Start on the source that is filled in."""
        if self._station is None or not self.commands.start.isEnabled():
            return
        try:
            choice = self.source.choice()
        except CraneError as error:
            self.show_error(error)
            return
        self._own_alarm = None
        self.dialogs.close_camera()  # the line needs it
        self._preferences = replace(self._preferences, source=choice)
        self._station.start(choice)

    def stop_line(self) -> None:
        """Stop the line."""
        if self._station is not None:
            self._station.stop()

    def acknowledge(self) -> None:
        """Take the alarm away that is shown; another one that waits behind it comes up."""
        if self._own_alarm is not None:
            self._own_alarm = None
        elif self._station is not None:
            self._station.acknowledge()
            self._view = replace(self._view, alarm=None)
        self._show_alarm()

    def switch_language(self) -> None:
        """Go on in the other language."""
        language: Language = "en" if self._preferences.language == "ja" else "ja"
        self._preferences = replace(self._preferences, language=language)
        self._retranslate(language)

    def toggle_full_screen(self) -> None:
        """Fill the screen, or give it back."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def open_record(self, record_id: int) -> None:
        """Fetch a record and open it."""
        if self._station is not None:
            self.inbox.ask("record", self._station.record(record_id), self._show_record)

    def set_up_camera(self) -> None:
        """Open the camera page for the camera that is filled in, or for the one on the line."""
        if self._station is not None:
            self.dialogs.close_camera()
            self.inbox.ask("camera", self._station.camera(self.source.camera.choice()), self._show_camera)

    def show_doctor(self) -> None:
        """Look for what is wrong with drivers and cameras."""
        if self._station is not None:
            self.dialogs.show_doctor(self._preferences.language, self._ask_doctor)

    def _ask_doctor(self) -> None:
        if self._station is not None:
            self.inbox.ask("doctor", self._station.doctor(self.source.camera.cti.value()), self._show_findings)

    def _show_findings(self, findings: Sequence[Finding]) -> None:
        if self.dialogs.doctor is not None:
            self.dialogs.doctor.show_findings(findings)

    def show_about(self) -> None:
        """Show version and licences."""
        self.dialogs.show_about(self._preferences.language)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint, and say so the first time."""
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            self.painted.emit()

    # -- inside ----------------------------------------------------------------------------------------------

    def _show_record(self, record: HistoryRecord) -> None:
        self.dialogs.show_record(record, self._preferences.language, self._preferences.opacity)

    def _show_camera(self, setup: CameraSetup) -> None:
        page = self.dialogs.show_camera(setup, self._preferences.language, self._preferences.recipe or "")
        page.recipe.kept.connect(self._list_recipes)

    def _list_recipes(self, _name: str) -> None:
        if self._station is not None:
            self.commands.attach(self._station)

    def _show_alarm(self) -> None:
        """What was asked for last and failed comes first; the station's own alarm waits behind it."""
        self.alarm.show_alarm(self._own_alarm or self._view.alarm)

    def _load(self, pack: str, recipe: str) -> None:
        if self._station is not None:
            self._preferences = replace(self._preferences, pack=pack or None, recipe=recipe or None)
            self._station.load(pack or None, recipe or None)

    def _overlay_changed(self) -> None:
        heat, outlines = self.picture.heat_shown, self.picture.outlines_shown
        now = replace(self._preferences, opacity=self.picture.opacity_share(), heatmap=heat, outlines=outlines)
        self._preferences = now  # kept at the end: a dragged slider does not write a file a step

    def _handlers(self) -> dict[str, Callable[[], object]]:
        return {
            "start": self.start_line,
            "stop": self.stop_line,
            "acknowledge": self.acknowledge,
            "camera": self.set_up_camera,
            "quit": self.close,
            "heatmap": lambda: self.picture.set_heat(
                shown=self.menus.actions["heatmap"].isChecked(), opacity=self.picture.opacity_share()
            ),
            "outlines": lambda: self.picture.set_outlines(self.menus.actions["outlines"].isChecked()),
            "zoom_in": lambda: self.picture.live.zoom(1),
            "zoom_out": lambda: self.picture.live.zoom(-1),
            "reset": self.picture.live.reset_view,
            "full_screen": self.toggle_full_screen,
            "language": self.switch_language,
            "doctor": self.show_doctor,
            "about": self.show_about,
        }

    def _lay_out(self) -> None:
        self.setCentralWidget(
            lay_out(
                rows=(self.commands, self.source, self.alarm),
                left=((self.picture, 1), (self.ng_strip, 0)),
                right=((self.verdict, 1), (self.score, 0), (self.figures, 0), (self.history, 1)),
                foot=self.status,
            )
        )
        actions = self.menus.actions
        self.picture.add_tools(actions["heatmap"], actions["outlines"], actions["reset"])

    def _connect(self) -> None:
        self.commands.start.clicked.connect(self.start_line)
        self.commands.stop.clicked.connect(self.stop_line)
        self.commands.other_language.clicked.connect(self.switch_language)
        self.commands.load_wanted.connect(self._load)
        self.source.camera.setup_wanted.connect(self.set_up_camera)
        self.alarm.acknowledged.connect(self.acknowledge)
        self.source.camera.doctor_wanted.connect(self.show_doctor)
        self.ng_strip.opened.connect(self.open_record)
        self.history.opened.connect(self.open_record)

    def _restore(self) -> None:
        wanted = self._preferences
        self.setWindowIcon(icon("crane"))
        self.setMinimumSize(*SMALLEST_PX)
        room = self.screen().availableSize()
        self.resize(min(_AT_FIRST_PX[0], room.width()), min(_AT_FIRST_PX[1], room.height()))
        if wanted.geometry is not None:
            self.restoreGeometry(QByteArray(wanted.geometry))
        self.menus.actions["heatmap"].setChecked(wanted.heatmap)
        self.menus.actions["outlines"].setChecked(wanted.outlines)
        self.picture.outlines_shown = wanted.outlines
        self.picture.live.set_outlines_shown(wanted.outlines)
        self.picture.set_heat(shown=wanted.heatmap, opacity=wanted.opacity)
        self.source.fill(wanted.source)

    def _retranslate(self, language: Language) -> None:
        self.setWindowTitle(text("ui.title", language))
        self.menus.retranslate(language)
        for part in (*self._parts, self.source, self.alarm, self.dialogs):
            part.retranslate(language)
        self.commands.follow(self.menus.actions["start"], self.menus.actions["stop"])
        self.alarm.button.setToolTip(self.menus.actions["acknowledge"].toolTip())
        self.language_changed.emit(language)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Leave the full screen with Escape, as everywhere."""
        if event.key() == Qt.Key.Key_Escape and self.isFullScreen():
            self.toggle_full_screen()
            return
        super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Tick the menu's entry while the window fills the screen, whoever made it do so."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self.menus.actions["full_screen"].setChecked(self.isFullScreen())

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Ask while the line runs; then leave the screen at once, stop everything within the station's bounds."""
        if self._closed:
            event.accept()
            return
        if self._view.state is StationState.RUNNING and not ask_to_close(self, self._preferences.language):
            event.ignore()
            return
        self._closed = True
        self._timer.stop()
        self.inbox.forget()
        self.dialogs.close()
        here = replace(self._preferences, geometry=bytes(self.saveGeometry().data()))
        self._keep(as_loaded(here, self._view.scorer))
        self.hide()  # stopping may take seconds: nobody looks at a window that does not answer
        if self._station is not None:
            self._station.close()
        event.accept()
