"""Telling a person that the program failed, and where its report lies, even where its own files are damaged."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from crane_desktop.app.process.crash_report import PROGRAM, write_report

if TYPE_CHECKING:
    from crane_desktop.settings.texts import Language

SCREENLESS = ("offscreen", "minimal")
"""Qt's platforms on which nobody can answer a box."""


def cannot_start(error: Exception) -> None:
    """Report and tell what kept the program from starting. Raises nothing."""
    report = write_report(error)
    cause = _in_short(error)
    try:
        from crane_desktop.settings.texts import system_language, text

        sentence = text("app.cannot_start", system_language(), error=cause, report=report or "-")
    except Exception:  # noqa: BLE001 - the sentences themselves are damaged: then as it is
        sentence = f"{PROGRAM}: {cause} ({report})"
    tell(sentence)


def failed(error: Exception, language: Language) -> None:
    """Report and tell an exception of ours that nobody caught."""
    from crane_desktop.settings.texts import text

    report = write_report(error)
    sentence = text("app.unexpected", language, error=_in_short(error))
    tell(f"{sentence} [{report}]" if report is not None else sentence)


def _in_short(error: Exception) -> str:
    """Return the cause in one line: libraries write whole pages around it where a file of theirs is damaged."""
    while isinstance(error.__cause__, Exception):
        error = error.__cause__
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    return f"{type(error).__name__}: {first}"


def tell(sentence: str) -> None:
    """Write a sentence on stderr, and show it in a box where the window was asked for and nobody reads stderr."""
    if sys.stderr is not None:
        print(sentence.encode("utf-8", "backslashreplace").decode("utf-8"), file=sys.stderr, flush=True)  # noqa: T201
    if _window_asked_for() and not (sys.stderr is not None and sys.stderr.isatty()):
        _box(sentence)


def _window_asked_for() -> bool:
    """The windowed program was started, or the other one without a command."""
    return Path(sys.executable).stem == PROGRAM or not any(not word.startswith("-") for word in sys.argv[1:])


def _box(sentence: str) -> None:
    """Show a message box. On Windows it is the system's own: what is damaged may be Qt."""
    if os.environ.get("QT_QPA_PLATFORM", "") in SCREENLESS:
        return
    if sys.platform == "win32":
        import ctypes

        stop_sign = 0x10
        ctypes.windll.user32.MessageBoxW(None, sentence, PROGRAM, stop_sign)
        return
    from crane_desktop.app.process.display import why_no_window

    if why_no_window() is not None:
        return
    try:
        from PySide6.QtWidgets import QApplication, QMessageBox
    except ImportError:
        return
    application = QApplication.instance() or QApplication(sys.argv[:1])
    QMessageBox.critical(None, PROGRAM, sentence)
    del application
