"""The window with everything behind it: station, preferences, and second starts that hand their files over."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtWidgets import QMessageBox

from crane_desktop.app.open_station import crashed_before
from crane_desktop.app.preferences import PreferencesStore, preferences_of
from crane_desktop.app.process.fatal_error import SCREENLESS
from crane_desktop.app.process.handover import HandoverServer
from crane_desktop.app.process.shutdown import asked_to_end
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.events import unclean_end
from crane_desktop.domain.station_ports import Station
from crane_desktop.services.workbench import Workbench
from crane_desktop.settings.session import begin_session, end_session
from crane_desktop.settings.texts import Language, plain_text, technical_text
from crane_desktop.simulation.source import SHOWN_KINDS
from crane_desktop.ui.shell.application import prepare_application, run_window
from crane_desktop.ui.shell.window import MainWindow


def open_window(workbench: Workbench, files: Sequence[Path] = ()) -> int:
    """Show the window until it is closed; return the exit code.

    On the very first start the simulated line runs by itself, so that a new station shows at once what it does;
    not where `files` are opened, which the window asks about.
    """
    first_start = not workbench.data.settings_file.exists()
    unclean = begin_session(workbench.data.session_file)
    made: list[Station] = []
    asked = threading.Event()
    store = PreferencesStore(workbench)
    handed = HandedOver()
    server = HandoverServer(workbench.data.root, handed.came.emit)
    server.start()

    def make_station() -> Station:
        from crane_desktop.app.station.live_station import LiveStation  # on its own thread: brings torch and OpenCV

        made.append(LiveStation(workbench))
        return made[0]

    def end() -> None:
        asked.set()
        QCoreApplication.exit(0)

    def ready(window: MainWindow) -> None:
        if workbench.crash_report is not None:
            window.show_error(crashed_before(workbench.crash_report))
        if unclean is not None:
            made[0].journal.note(unclean_end(unclean.begun))
            window.comeback.begin(unclean.begun)
        if files:
            window.open_files(files)
        elif first_start and unclean is None:
            made[0].line.start(window.preferences().source)
        handed.attach(window)

    # The window's own timer brings Python to its turn some thirty times a second, so signals are heard; while all is
    # put in order at the end they change nothing.
    with asked_to_end(end):
        try:
            code = run_window(
                make_station,
                preferences_of(workbench),
                store.keep,
                demo_kinds=SHOWN_KINDS,
                on_ready=ready,
                given_up=asked.is_set,
            )
        finally:
            server.close()
            for station in made:
                station.close()
            store.close()
    end_session(workbench.data.session_file)  # last of all, and not where the window broke
    return code


class HandedOver(QObject):
    """Brings the files of second starts to the window's thread; those that come before the window wait for it.

    Signals
    -------
    came
        A list of `Path`, emitted on whatever thread heard of them.
    """

    came = Signal(list)

    def __init__(self) -> None:
        super().__init__()
        self._window: MainWindow | None = None
        self._early: list[list[Path]] = []
        self.came.connect(self._take)

    def attach(self, window: MainWindow) -> None:
        """Hand everything to this window from now on."""
        self._window = window
        early, self._early = self._early, []
        for files in early:
            window.open_files(files)

    def _take(self, files: list[Path]) -> None:
        if self._window is None:
            self._early.append(files)
        else:
            self._window.open_files(files)


def show_error(error: InputError, language: Language) -> None:
    """Say in a box of its own why the program does not start, where there is someone to read it."""
    if os.environ.get("QT_QPA_PLATFORM", "") in SCREENLESS:
        return
    prepare_application()
    words = filter(None, (plain_text(error, language), technical_text(error, language)))
    QMessageBox.critical(None, "CraneInspector", "\n\n".join(words))
