"""The Qt application around the window: first the window, then everything slow."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from crane_desktop.domain.station_ports import Station
from crane_desktop.ui.shell.crash import CrashReports
from crane_desktop.ui.shell.preferences import KeepPreferences, Preferences, forget
from crane_desktop.ui.shell.qt_words import QtWords
from crane_desktop.ui.shell.window import MainWindow
from crane_desktop.ui.widgets.icons import icon
from crane_desktop.ui.widgets.style import base_font, style_sheet

_log = logging.getLogger(__name__)


def prepare_application() -> QApplication:
    """Return the application with name, font and style; the existing one where there is one."""
    existing = QApplication.instance()
    application = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    application.setApplicationName("CraneInspector")
    application.setApplicationDisplayName("CraneInspector")
    # The name of the menu entry: a Wayland desktop finds the window's icon and group by it.
    QGuiApplication.setDesktopFileName("crane-inspector")
    application.setStyle("Fusion")
    application.styleHints().setColorScheme(Qt.ColorScheme.Light)  # our greys do not mix with a dark desktop's
    application.setFont(base_font())
    application.setStyleSheet(style_sheet())
    application.setWindowIcon(icon("crane"))
    return application


def run_window(
    make_station: Callable[[], Station],
    preferences: Preferences | None = None,
    keep: KeepPreferences = forget,
    *,
    demo_kinds: Sequence[str] = (),
    on_ready: Callable[[MainWindow], None] | None = None,
    given_up: Callable[[], bool] = lambda: False,
) -> int:
    """Show the window, make the station behind it, and return the exit code when it is closed.

    The station is not closed: whoever made it does, when this has returned and nothing is on screen any more.

    Parameters
    ----------
    make_station
        Builds the station; called on a thread of its own after the window's first paint, because what it
        imports takes seconds. A `CraneError` it raises becomes the window's alarm.
    preferences
        What the window remembers; None means as new.
    keep
        Called on the window's thread with what to remember, as pack, recipe, source or language change and when the
        window closes; must return at once.
    demo_kinds
        The simulated line's kinds of parts.
    on_ready
        Called on the window's thread once it works with its station.
    given_up
        Whether the program was asked to end before there was anything to end.
    """
    application = prepare_application()
    wanted = preferences or Preferences()
    qt_words = QtWords(application)
    qt_words.retranslate(wanted.language)
    crashes = CrashReports()
    crashes.install()
    builder = ThreadPoolExecutor(1, thread_name_prefix="crane-builder")
    window = MainWindow(preferences=wanted, keep=keep, demo_kinds=demo_kinds, crashes=crashes)

    def build() -> None:
        window.inbox.ask("station", builder.submit(make_station), take)

    def take(station: Station) -> None:
        window.attach(station)
        if on_ready is not None:
            on_ready(window)

    try:
        # Queued: after the paint, not in the midst of it.
        window.painted.connect(build, Qt.ConnectionType.QueuedConnection)
        window.language_changed.connect(qt_words.retranslate)
        window.show()
        return 0 if given_up() else int(application.exec())
    finally:
        builder.shutdown(wait=True)
        # Now, while Qt still stands, and not whenever Python comes round to it.
        window.deleteLater()
        application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        crashes.remove()
        qt_words.remove()
