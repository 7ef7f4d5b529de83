"""The main window: parts on the screen, one timer that pulls, and what the keys and buttons do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QByteArray, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QVBoxLayout, QWidget

from crane_desktop import __version__
from crane_desktop.domain.errors import CraneError
from crane_desktop.domain.station import HistoryRecord, Station, StationState, StationView
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.about import AboutDialog
from crane_desktop.ui.actions import Menus
from crane_desktop.ui.alarm_bar import AlarmBar
from crane_desktop.ui.command_bar import CommandBar
from crane_desktop.ui.confirm import ask_to_close
from crane_desktop.ui.crash import CrashReports
from crane_desktop.ui.figures import FiguresPanel
from crane_desktop.ui.history_panel import HistoryPanel
from crane_desktop.ui.icons import icon
from crane_desktop.ui.inbox import Inbox
from crane_desktop.ui.live_panel import LivePanel
from crane_desktop.ui.ng_strip import NgStrip
from crane_desktop.ui.preferences import KeepPreferences, Preferences, forget
from crane_desktop.ui.record_dialog import RecordDialog
from crane_desktop.ui.score_bar import ScoreBar
from crane_desktop.ui.source_panel import SourcePanel
from crane_desktop.ui.verdict_panel import VerdictPlate

TICK_MS = 33


class MainWindow(QMainWindow):
    """Sees a `Station` and nothing else of the program; may be shown before there is one (`attach`).

    Signals
    -------
    painted
        The window is on screen for the first time.
    """

    painted = Signal()

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
        self.inbox = Inbox(self.complain)
        self.commands = CommandBar(language, self.inbox)
        self.source = SourcePanel(language, self.inbox, demo_kinds)
        self.alarm = AlarmBar(language)
        self.picture = LivePanel(language, self._overlay_changed)
        self.ng_strip = NgStrip(language)
        self.verdict, self.score = VerdictPlate(language), ScoreBar(language)
        self.figures, self.history = FiguresPanel(language), HistoryPanel(language, self.inbox)
        self._parts = (self.commands, self.picture, self.ng_strip, self.verdict, self.score, self.figures, self.history)
        self.menus = Menus(self, self._handlers())
        self._lay_out()
        self._connect()
        self._restore()
        self._speak(language)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.tick)
        self._timer.start()
        if station is not None:
            self.attach(station)

    def attach(self, station: Station) -> None:
        """Work with this station from now on, and have it load what was last in use."""
        self._station = station
        for part in (self.commands, self.source, self.history):
            part.attach(station)
        station.load(self._preferences.pack, self._preferences.recipe)

    def complain(self, error: CraneError) -> None:
        """Show something that went wrong outside the station."""
        self._own_alarm = error
        self.alarm.show_alarm(error)

    def preferences(self) -> Preferences:
        """Return what is set up on screen now."""
        return self._preferences

    # -- the pull --------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Fetch the newest snapshot, repaint what changed, pick up answers. Never waits."""
        if self._closed:
            return
        self.inbox.poll()
        self.source.poll()
        crash = self._crashes.newest() if self._crashes is not None else None
        if crash is not None:
            self.complain(crash)
        if self._station is not None:
            self._view = self._station.view()
        for part in self._parts:
            part.show_view(self._view)
        self.alarm.show_alarm(self._view.alarm or self._own_alarm)
        running = self._view.state is StationState.RUNNING
        self.source.setEnabled(not running)
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
            self.complain(error)
            return
        self._own_alarm = None
        self._remember(replace(self._preferences, source=choice))
        self._station.start(choice)

    def stop_line(self) -> None:
        """Stop the line."""
        if self._station is not None:
            self._station.stop()

    def acknowledge(self) -> None:
        """Take the alarm away."""
        self._own_alarm = None
        if self._station is not None:
            self._station.acknowledge()
        self.alarm.show_alarm(None)

    def switch_language(self) -> None:
        """Go on in the other language."""
        language: Language = "en" if self._preferences.language == "ja" else "ja"
        self._remember(replace(self._preferences, language=language))
        self._speak(language)

    def toggle_full_screen(self) -> None:
        """Fill the screen, or give it back."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def open_record(self, record_id: int) -> None:
        """Fetch a record and open it."""
        if self._station is not None:
            self.inbox.ask("record", self._station.record(record_id), self._show_record)

    def show_about(self) -> None:
        """Show version and licences."""
        AboutDialog(self._preferences.language, __version__, self).open()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint, and say so the first time."""
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            self.painted.emit()

    # -- inside ----------------------------------------------------------------------------------------------

    def _show_record(self, record: HistoryRecord) -> None:
        RecordDialog(record, self._preferences.language, self._preferences.opacity, self).show()

    def _load(self, pack: str, recipe: str) -> None:
        if self._station is not None:
            self._remember(replace(self._preferences, pack=pack or None, recipe=recipe or None))
            self._station.load(pack or None, recipe or None)

    def _overlay_changed(self) -> None:
        heat, outlines = self.picture.heat_shown, self.picture.outlines_shown
        now = replace(self._preferences, opacity=self.picture.opacity_share(), heatmap=heat, outlines=outlines)
        self._remember(now)

    def _remember(self, preferences: Preferences) -> None:
        """Note a change; it is kept at the end, so that a dragged slider does not write a file a step."""
        self._preferences = preferences

    def _handlers(self) -> dict[str, Callable[[], object]]:
        return {
            "start": self.start_line,
            "stop": self.stop_line,
            "acknowledge": self.acknowledge,
            "quit": self.close,
            "heatmap": lambda: self.picture.set_heat(
                shown=self.menus.actions["heatmap"].isChecked(), opacity=self.picture.opacity_share()
            ),
            "outlines": lambda: self.picture.set_outlines(self.menus.actions["outlines"].isChecked()),
            "reset": self.picture.live.reset_view,
            "full_screen": self.toggle_full_screen,
            "language": self.switch_language,
            "about": self.show_about,
        }

    def _lay_out(self) -> None:
        left, right, middle = QVBoxLayout(), QVBoxLayout(), QHBoxLayout()
        for column in (left, right):
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(6)
        left.addWidget(self.picture, 1)
        left.addWidget(self.ng_strip)
        right.addWidget(self.verdict, 3)
        right.addWidget(self.score)
        right.addWidget(self.figures)
        right.addWidget(self.history, 2)
        middle.setSpacing(8)
        middle.addLayout(left, 65)
        middle.addLayout(right, 35)
        body = QWidget()
        lines = QVBoxLayout(body)
        lines.setContentsMargins(8, 4, 8, 8)
        lines.setSpacing(6)
        lines.addWidget(self.commands)
        lines.addWidget(self.source)
        lines.addWidget(self.alarm)
        lines.addLayout(middle, 1)
        self.setCentralWidget(body)
        actions = self.menus.actions
        self.picture.add_tools(actions["heatmap"], actions["outlines"], actions["reset"])

    def _connect(self) -> None:
        self.commands.start.clicked.connect(self.start_line)
        self.commands.stop.clicked.connect(self.stop_line)
        self.commands.other_language.clicked.connect(self.switch_language)
        self.commands.load_wanted.connect(self._load)
        self.alarm.acknowledged.connect(self.acknowledge)
        self.ng_strip.opened.connect(self.open_record)
        self.history.opened.connect(self.open_record)

    def _restore(self) -> None:
        wanted = self._preferences
        self.setWindowIcon(icon("crane"))
        self.setMinimumSize(1180, 680)
        self.resize(1366, 740)
        if wanted.geometry is not None:
            self.restoreGeometry(QByteArray(wanted.geometry))
        self.menus.actions["heatmap"].setChecked(wanted.heatmap)
        self.menus.actions["outlines"].setChecked(wanted.outlines)
        self.picture.outlines_shown = wanted.outlines
        self.picture.live.set_outlines_shown(wanted.outlines)
        self.picture.set_heat(shown=wanted.heatmap, opacity=wanted.opacity)
        self.source.fill(wanted.source)

    def _speak(self, language: Language) -> None:
        self.setWindowTitle(text("ui.title", language))
        self.menus.speak(language)
        for part in (*self._parts, self.source, self.alarm):
            part.speak(language)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Ask while the line runs; then stop everything, within the station's bounds, and keep what was set up."""
        if self._closed:
            event.accept()
            return
        if self._view.state is StationState.RUNNING and not ask_to_close(self, self._preferences.language):
            event.ignore()
            return
        self._closed = True
        self._timer.stop()
        self.inbox.forget()
        self._keep(replace(self._preferences, geometry=bytes(self.saveGeometry().data())))
        if self._station is not None:
            self._station.close()
        event.accept()
