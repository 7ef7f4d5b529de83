"""The double-click: open the window, or run the line in the terminal where there is no display."""

from __future__ import annotations

import sys
from pathlib import Path

from crane_desktop.app.display import why_no_window
from crane_desktop.app.workbench import Workbench, open_workbench
from crane_desktop.domain.station import SourceChoice
from crane_desktop.settings.texts import text

_TERMINAL_RATE_HZ = 8.0


def start(data_dir: Path | None, frames: int | None) -> int:
    """Start the main job on the embedded default and return the exit code.

    Raises
    ------
    InputError
        If the data folder cannot be used, or another program uses it.
    """
    bench = open_workbench(data_dir)
    with bench.data.lock():
        reason = why_no_window()
        if reason is None:
            return _window(bench)
        bench.console.note(text(reason, bench.language))
        return _terminal(bench, frames)


def _terminal(bench: Workbench, frames: int | None) -> int:
    from crane_desktop.app.run_line import run_line

    choice = SourceChoice(kind="demo", rate_hz=_TERMINAL_RATE_HZ, frames=frames)
    return run_line(bench, choice, pack=None, recipe=None, live_table=sys.stdout.isatty())


def _window(bench: Workbench) -> int:
    from crane_desktop.app.window import open_window

    return open_window(bench)
