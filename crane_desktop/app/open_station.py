"""Opening a station's data folder: logs, crash reports, settings."""

from __future__ import annotations

import logging
from pathlib import Path

from crane_desktop.app.process import crash_report
from crane_desktop.app.process.logs import write_logs_to
from crane_desktop.domain.errors import CraneError, StationFault
from crane_desktop.services.station_log import StationLog
from crane_desktop.services.workbench import Workbench
from crane_desktop.settings.data_dir import DataDir, default_data_dir
from crane_desktop.settings.regular_file import at_home
from crane_desktop.settings.store import load_settings
from crane_desktop.settings.texts import language_for, language_problem

_log = logging.getLogger(__name__)


def open_workbench(folder: Path | None, *, profile: str | None = None) -> Workbench:
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
    data = DataDir(at_home(folder).absolute() if folder is not None else default_data_dir())
    data.prepare()
    write_logs_to(data.logs)
    crash_reports = crash_report.keep_in(data.logs)
    settings, damage = load_settings(data.settings_file)
    for note in damage:
        _log.warning("settings: %s", note)
    for report in crash_reports:
        _log.warning("a program crashed here before: %s", report)
    notes: list[CraneError] = [*damage, *(crashed_before(report) for report in crash_reports)]
    wrong = language_problem()
    if wrong is not None:
        notes.append(wrong)
    if profile is not None:
        settings = settings.model_copy(update={"profile": profile})
    language = language_for(settings.language)
    last = crash_reports[-1] if crash_reports else None
    return Workbench(data, settings, language, StationLog(data, settings), tuple(notes), last)


def crashed_before(report: Path) -> StationFault:
    """Return what to tell people about the report of a crash."""
    return StationFault("app.crashed_before", report=report)
