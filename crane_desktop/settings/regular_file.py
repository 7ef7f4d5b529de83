"""Files that a person named: opened only where they are files, and read only up to a bound.

Whoever opens a pipe waits for ever, a device may never end, and a folder tells something else on every system.
"""

from __future__ import annotations

import os
import stat
from io import BufferedReader
from pathlib import Path

from crane_desktop.domain.errors import InputError

_MB = 1_000_000
_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
"""Without waiting: between the look and the opening a pipe may take the file's name."""


def require_regular(path: Path) -> None:
    """Refuse what is no file, for those who must hand a path on.

    Raises
    ------
    InputError
        If it is a folder, a pipe, a device or a socket.
    OSError
        If there is none, or nobody may look.
    """
    try:
        mode = path.stat().st_mode
    except ValueError as error:  # a NUL in it
        raise FileNotFoundError(2, os.strerror(2), str(path)) from error
    if not stat.S_ISREG(mode):
        raise InputError("settings.no_regular_file", file=path)


def at_home(path: Path) -> Path:
    """Return a path with the home folder in place of a leading ``~``; where nobody knows whose that is, as it is."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def open_regular(path: Path) -> BufferedReader:
    """Open a file for reading.

    Raises
    ------
    InputError
        If it is a folder, a pipe, a device or a socket; nothing was waited for.
    OSError
        If there is none, or it cannot be read.
    """
    require_regular(path)
    opened = os.fdopen(os.open(path, os.O_RDONLY | _AT_ONCE), "rb")
    if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
        opened.close()
        raise InputError("settings.no_regular_file", file=path)
    return opened


def read_regular(path: Path, most_bytes: int) -> bytes:
    """Return a file's content.

    Raises
    ------
    InputError
        If it is no file, or a longer one than its kind ever is.
    OSError
        If there is none, or it cannot be read.
    """
    with open_regular(path) as opened:
        content = opened.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise InputError("settings.file_too_large", file=path, most_mb=max(1, most_bytes // _MB))
    return content
