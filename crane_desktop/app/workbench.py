"""What every command and the station stand on: data folder, settings, language, log files."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from crane_desktop.app import last_words
from crane_desktop.app.console import Console
from crane_desktop.app.logs import write_logs_to
from crane_desktop.domain.errors import StationFault
from crane_desktop.settings.data_dir import DataDir, default_data_dir
from crane_desktop.settings.store import Settings, load_settings
from crane_desktop.settings.texts import Language, system_language


@dataclass(frozen=True, slots=True)
class Workbench:
    """An opened data folder with what lies in it.

    Attributes
    ----------
    crash_report
        What a program that crashed here left behind, if that was not told before.
    """

    data: DataDir
    settings: Settings
    language: Language
    console: Console
    crash_report: Path | None = None


def open_workbench(folder: Path | None, *, as_json: bool = False, profile: str | None = None) -> Workbench:
    """Open (and make, where it is missing) the data folder.

    Parameters
    ----------
    profile
        How packs are run this once; None: as the settings say.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    data = DataDir(folder.expanduser().absolute() if folder is not None else default_data_dir())
    data.prepare()
    write_logs_to(data.logs)
    crash_reports = last_words.keep_in(data.logs)
    settings, notes = load_settings(data.settings_file)
    language = settings.language or system_language()
    console = Console(as_json, language)
    for note in notes:
        logging.getLogger(__name__).warning("settings: %s", note)
        console.complain(note)
    for report in crash_reports:
        logging.getLogger(__name__).warning("a program crashed here before: %s", report)
        console.complain(crashed_before(report))
    if profile is not None:
        settings = settings.model_copy(update={"profile": profile})
    return Workbench(data, settings, language, console, crash_reports[-1] if crash_reports else None)


def crashed_before(report: Path) -> StationFault:
    """Return what to tell people about the report of a crash."""
    return StationFault("app.crashed_before", report=report)
