"""One call of a command: the opened data folder, and the console that its answers go to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crane_desktop.app.open_station import open_workbench
from crane_desktop.cli.console import Console
from crane_desktop.services.station_log import StationLog
from crane_desktop.services.workbench import Workbench
from crane_desktop.settings.texts import Language, system_language

_opened: list[StationLog] = []
"""Logs of this process's commands that are not closed yet."""
_spoken: list[Language] = []
"""What those commands speak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation(Workbench):
    """A workbench with a console."""

    console: Console


def open_invocation(folder: Path | None, *, as_json: bool = False, profile: str | None = None) -> Invocation:
    """Open the data folder for a command; what was found on opening is told at once.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    opened = open_workbench(folder, profile=profile)
    console = Console(as_json, opened.language)
    _opened.append(opened.log)
    _spoken.append(opened.language)
    for note in opened.notes:
        console.show_error(note)
    return Invocation(
        data=opened.data,
        settings=opened.settings,
        language=opened.language,
        notes=opened.notes,
        crash_report=opened.crash_report,
        log=opened.log,
        console=console,
    )


def close_invocations() -> None:
    """Close what commands have opened; the command line calls it at the end of each."""
    while _opened:
        _opened.pop().close()
    _spoken.clear()


def spoken_language() -> Language:
    """Return the language of what this process says of its end: that of its settings, once they are known."""
    return _spoken[-1] if _spoken else system_language()
