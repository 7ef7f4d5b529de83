"""The main window: a rail of pages, what all of them share, and one timer that pulls."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QPaintEvent
from PySide6.QtWidgets import QMainWindow

from crane_desktop.domain.errors import CraneError
from crane_desktop.domain.people import Role
from crane_desktop.domain.station import StationState, StationView
from crane_desktop.domain.station_ports import Station
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.camera_page.page import CameraPage
from crane_desktop.ui.keys.guard import KeyGuard
from crane_desktop.ui.keys.hint import tell_key
from crane_desktop.ui.live.freshness import showable
from crane_desktop.ui.run_page.page import RunPage
from crane_desktop.ui.shell.actions import all_actions
from crane_desktop.ui.shell.alarm_bar import AlarmBar
from crane_desktop.ui.shell.alarm_desk import AlarmDesk
from crane_desktop.ui.shell.comeback import Comeback
from crane_desktop.ui.shell.confirm import ask_to_close, ask_to_reset
from crane_desktop.ui.shell.crash import CrashReports
from crane_desktop.ui.shell.dialogs import Dialogs
from crane_desktop.ui.shell.frame import FullScreen, come_to_front, lay_out, place
from crane_desktop.ui.shell.inbox import Inbox
from crane_desktop.ui.shell.menus import Menus
from crane_desktop.ui.shell.opening import Opening
from crane_desktop.ui.shell.pages import Pages
from crane_desktop.ui.shell.preferences import KeepPreferences, KeptPreferences, Preferences, forget
from crane_desktop.ui.shell.rail import Rail
from crane_desktop.ui.shell.situation import Situation
from crane_desktop.ui.shell.status_line import StatusLine

TICK_MS = 33
_PAGES = (RunPage, CameraPage)


class MainWindow(QMainWindow):
    """Sees a `Station` and nothing else of the program; may be shown before there is one (`attach`).

    It never closes its station: whoever made it does, after the window has gone from the screen.

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
        role: Role = Role.ADMINISTRATOR,
    ) -> None:
        super().__init__()
        self._station: Station | None = None
        self._crashes, self._role = crashes, role
        self._view = StationView(StationState.INITIALIZED)
        self._closed = self._painted = False
        self.kept = KeptPreferences(preferences or Preferences(), keep)
        self.inbox = Inbox(self.show_error)
        language = self.kept.now.language
        self.menus = Menus(
            self, all_actions(_PAGES), [page.name for page in _PAGES], lambda info, on: info.handler(self, on)
        )
        actions = self.menus.actions
        self.run = RunPage(self.kept, self.inbox, actions, demo_kinds)
        source = self.run.source
        self.camera = CameraPage(self.kept, self.inbox, source.camera_chosen, source.camera.choice, actions["doctor"])
        self.pages = Pages((self.run, self.camera))
        self.rail = Rail([actions[page.name] for page in _PAGES], actions["language"])
        self.alarm, self.status = AlarmBar(language, actions["acknowledge"]), StatusLine(language)
        self._alarms = AlarmDesk(self.alarm)
        self.dialogs = Dialogs(self, self.inbox, self.kept)
        self.full_screen = FullScreen(self)
        self.keys = KeyGuard()
        self.opening = Opening(self, self.inbox, self.kept, self.run)
        self.comeback = Comeback(self, self.kept)
        lay_out(self, self.rail, self.alarm, self.pages, self.status)
        place(self, self.kept.now.geometry)
        self._connect()
        self._retranslate(language)
        self._follow()
        self._timer = QTimer(self, timerType=Qt.TimerType.PreciseTimer, interval=TICK_MS)
        self._timer.timeout.connect(self.tick)
        self._timer.start()
        self.run.entered()
        if station is not None:
            self.attach(station)

    def attach(self, station: Station) -> None:
        """Work with this station from now on, and have it load what was last in use."""
        self._station = station
        self._view = StationView(StationState.INITIALIZED)
        for part in (self._alarms, self.dialogs, self.pages, self.opening, self.comeback):
            part.attach(station)

    def preferences(self) -> Preferences:
        """Return what is set up on screen now."""
        return self.kept.now

    def tick(self) -> None:
        """Fetch the newest snapshot, repaint what changed, pick up answers. Never waits."""
        if self._closed:
            return
        self.inbox.poll()
        if self._crashes is not None and (crash := self._crashes.newest()) is not None:
            self.show_error(crash)
        if self._station is not None:
            self._view = showable(self._station.line.view(), self._view)
            self.kept.settle(self._view)
        self.pages.show_view(self._view)
        self.status.show_view(self._view)
        self._alarms.follow(self._view.alarms)
        self.comeback.follow(self._view)
        self._follow()

    def start(self) -> None:
        """Start the line; after an unclean end not before somebody has looked at what it would run with."""
        if self.comeback.pending:
            self.comeback.ask(self.run.start)
        else:
            self.run.start()

    def reset_counts(self) -> None:
        """Ask whether the counters shall begin anew, and have them do so."""
        if ask_to_reset(self, self.kept.now.language, self.run.figures.counted_words()):
            self.run.reset_counts()

    def show_error(self, error: CraneError) -> None:
        """Show something that went wrong outside the station."""
        self._alarms.show_error(error)
        self._follow()

    def acknowledge(self) -> None:
        """Say that the alarm on screen was seen."""
        self._alarms.acknowledge()
        self._follow()

    def switch_language(self) -> None:
        """Go on in the other language."""
        language: Language = "en" if self.kept.now.language == "ja" else "ja"
        self.kept.change(language=language)
        self._retranslate(language)

    def open_files(self, files: Sequence[Path] = ()) -> None:
        """Come to the front, and ask about each of these files (packs, recipes) whether it shall be taken in."""
        if not self._closed:
            come_to_front(self)
            self.opening.open(files)

    def _follow(self) -> None:
        """Let be commanded what can be commanded now."""
        kept = self.kept.now
        self.menus.follow(
            Situation(
                state=self._view.state,
                attached=self._station is not None,
                role=self._role,
                page=self.pages.shown,
                unseen_alarm=self._alarms.unseen,
                heatmap=kept.heatmap,
                outlines=kept.outlines,
                full_screen=self.isFullScreen(),
            )
        )

    def _connect(self) -> None:
        self.keys.scanned.connect(self.run.commands.scan.take)
        self.keys.refused.connect(lambda widget: tell_key(widget, self.kept.now.language))
        self.run.opened.connect(self.dialogs.open_record)
        self.run.refused.connect(self.show_error)
        self.run.mended.connect(self._alarms.withdraw)
        for done in (self.run.starting, self.camera.closed):  # the line needs the camera
            done.connect(lambda: self.pages.go_to(self.run.name))
        self.camera.source_wanted.connect(self.run.source.show_kind)
        self.camera.recipe_kept.connect(self.run.relist)
        self.full_screen.changed.connect(self._follow)
        self.pages.currentChanged.connect(lambda _place: self._follow())

    def _retranslate(self, language: Language) -> None:
        self.setWindowTitle(text("ui.title", language))
        for part in (self.menus, self.pages, self.status, self.alarm, self.dialogs):
            part.retranslate(language)
        self.language_changed.emit(language)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint, and say so the first time."""
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            self.painted.emit()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Ask while the line runs; then leave the screen at once."""
        if not self._closed:
            if self._view.state is StationState.RUNNING and not ask_to_close(self, self.kept.now.language):
                event.ignore()
                return
            self._closed = True
            self._timer.stop()
            self.keys.stop()
            self.kept.finish(bytes(self.saveGeometry().data()))
            self.hide()  # letting go of a camera may take a moment: nobody looks at a window that does not answer
            self.pages.leave()
            self.inbox.forget()
            for part in (self.opening, self.comeback, self.dialogs):
                part.close()
