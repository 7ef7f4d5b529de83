"""The double-click: open the window, or run the line in the terminal where there is no display."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from crane_desktop._preload import import_torch_before_qt
from crane_desktop.app.process.display import why_no_window
from crane_desktop.app.process.interrupts import end_at_once
from crane_desktop.cli.invocation import Invocation, open_invocation, spoken_language
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.settings.texts import text

_TERMINAL_RATE_HZ = 4.0


def start(data_dir: Path | None, frames: int | None, files: Sequence[Path] = ()) -> int:
    """Start the main job on the embedded default and return the exit code.

    Parameters
    ----------
    files
        Packs and recipes that the window asks about.

    Raises
    ------
    InputError
        If the data folder cannot be used, or a program uses it that is no window; a window says so too where nobody
        reads stderr.
    """
    reason = why_no_window()
    if files and reason is not None:
        raise InputError("app.open_needs_window")
    try:
        workbench = open_invocation(data_dir)
        with ExitStack() as stack:
            if not _held(workbench, stack, files, for_window=reason is None):
                return 0
            if reason is None:
                return _window(workbench, files)
            workbench.console.note(text(reason, workbench.language))
            return _terminal(workbench, frames)
    except InputError as error:
        if reason is None and not (sys.stderr is not None and sys.stderr.isatty()):
            from crane_desktop.app.window import show_error

            show_error(error, spoken_language())
        raise


def _held(workbench: Invocation, stack: ExitStack, files: Sequence[Path], *, for_window: bool) -> bool:
    """Hold the data folder; False where a running window has it and took the files over.

    Raises
    ------
    InputError
        If another program has it.
    """
    try:
        stack.enter_context(workbench.data.lock())
    except InputError as error:
        if not for_window or error.key != "settings.data_dir_in_use":
            raise
        from crane_desktop.app.process.handover import hand_over

        if hand_over(workbench.data.root, files):
            return False
        raise InputError("app.station_in_use") from error
    return True


def _terminal(workbench: Invocation, frames: int | None) -> int:
    from crane_desktop.cli.run_line import run_lines

    choice = SourceChoice(kind="demo", rate_hz=_TERMINAL_RATE_HZ, frames=frames)
    on_a_terminal = sys.stdout is not None and sys.stdout.isatty()
    return run_lines(workbench, [choice], pack=None, recipe=None, live_table=on_a_terminal)


def _window(workbench: Invocation, files: Sequence[Path]) -> int:
    end_at_once()  # Qt's binding aborts the process where an interrupt comes in the middle of its import
    import_torch_before_qt()
    from crane_desktop.app.window import open_window

    return open_window(workbench, files)
