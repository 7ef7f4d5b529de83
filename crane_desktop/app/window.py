"""The window with the real station behind it: what is remembered goes in, what was set up comes back."""

from __future__ import annotations

import base64
import binascii
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMessageBox

from crane_desktop.app.open_station import crashed_before
from crane_desktop.app.process.fatal_error import SCREENLESS
from crane_desktop.app.process.shutdown import asked_to_end
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.station import Station
from crane_desktop.services.workbench import Workbench
from crane_desktop.settings.store import Settings, load_settings, save_settings
from crane_desktop.settings.texts import error_text, system_language
from crane_desktop.simulation.source import SHOWN_KINDS
from crane_desktop.ui.shell.application import prepare_application, run_window
from crane_desktop.ui.shell.opening import Opening
from crane_desktop.ui.shell.preferences import Preferences
from crane_desktop.ui.shell.window import MainWindow

_log = logging.getLogger(__name__)


def open_window(workbench: Workbench, files: Sequence[Path] = ()) -> int:
    """Show the window until it is closed; return the exit code.

    On the very first start the simulated line runs by itself, so that a new station shows at once what it does;
    not where `files` are opened, which the window asks about.
    """
    first_start = not workbench.data.settings_file.exists()
    made: list[Station] = []

    def make_station() -> Station:
        from crane_desktop.app.station import LiveStation  # here, on its own thread: it brings torch and OpenCV

        made.append(LiveStation(workbench))
        return made[0]

    def ready(window: MainWindow) -> None:
        if workbench.crash_report is not None:
            window.show_error(crashed_before(workbench.crash_report))
        if files:
            Opening(window, made[0]).open(files)
        elif first_start:
            made[0].start(window.preferences().source)

    try:
        # The window's own timer brings Python to its turn some thirty times a second, so signals are heard.
        with asked_to_end(lambda: QCoreApplication.exit(0)):
            return run_window(
                make_station,
                preferences_of(workbench),
                lambda wanted: _keep(workbench, wanted),
                demo_kinds=SHOWN_KINDS,
                on_ready=ready,
            )
    finally:
        for station in made:
            station.close()


def show_error(error: InputError) -> None:
    """Say in a box of its own why the program does not start, where there is someone to read it."""
    if os.environ.get("QT_QPA_PLATFORM", "") in SCREENLESS:
        return
    prepare_application()
    QMessageBox.critical(None, "CraneInspector", error_text(error, system_language()))


def preferences_of(workbench: Workbench) -> Preferences:
    """Return what the window starts with."""
    kept = workbench.settings
    return Preferences(
        language=workbench.language,
        opacity=kept.overlay_opacity,
        heatmap=kept.overlay_visible,
        outlines=kept.outlines_visible,
        geometry=_geometry(kept.window_geometry),
        source=kept.source,
        pack=kept.pack,
        recipe=kept.recipe,
    )


def settings_with(settings: Settings, wanted: Preferences) -> Settings:
    """Return `settings` with what was set up on screen."""
    return settings.model_copy(
        update={
            "language": wanted.language,
            "overlay_opacity": wanted.opacity,
            "overlay_visible": wanted.heatmap,
            "outlines_visible": wanted.outlines,
            "window_geometry": base64.b64encode(wanted.geometry or b"").decode("ascii"),
            "source": wanted.source,
            "pack": wanted.pack,
            "recipe": wanted.recipe,
        }
    )


def _keep(workbench: Workbench, wanted: Preferences) -> None:
    try:
        # As they are now, not as they were at the start: installing a pack has noted the way back.
        now, _told_at_the_start = load_settings(workbench.data.settings_file)
        save_settings(workbench.data.settings_file, settings_with(now, wanted))
    except InputError as error:  # the window is closing: nobody is left to be asked
        _log.error("settings: %s", error)


def _geometry(kept: str) -> bytes | None:
    try:
        return base64.b64decode(kept, validate=True) or None
    except binascii.Error:
        return None
