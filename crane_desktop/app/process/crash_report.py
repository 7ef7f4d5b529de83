"""What is left to read when the program dies: a report in a file.

Imports nothing but Python's own library, so that it works where the program's files are damaged.

While a process runs, its report lies open as ``running-*.txt`` and holds one line; Python's fault handler adds to it
what a hard fault (a crash in a driver, in Qt, in torch) was doing. A process that ends in order takes it away. One
that a later start finds without its process, and with more than that line, becomes ``crash-*.txt`` and is told.
"""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import os
import sys
import tempfile
import time
import traceback
from io import FileIO
from pathlib import Path

from crane_desktop import __version__

PROGRAM = "CraneInspector"
_MOST_KEPT = 20
_RUNNING, _CRASHED = f"{PROGRAM}-running-", f"{PROGRAM}-crash-"


class _Open:
    """The report of this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / f"{_RUNNING}{_unique()}.txt"
        self.file = FileIO(self.path, "xb")
        _claim(self.file)
        self.file.write(_first_line())
        faulthandler.enable(self.file, all_threads=True)

    def close(self) -> None:
        """Take it away, if there is nothing in it; the fault handler must be elsewhere by now."""
        self.file.close()
        with contextlib.suppress(OSError):
            if not _words(self.path):
                self.path.unlink()


_begun = False
_report: _Open | None = None


def begin() -> None:
    """Report hard faults from now on: in the system's folder for temporary files, until `keep_in` is called.

    Only a program's entry calls this. Whoever uses our modules without it keeps Python's own ways.
    """
    global _begun
    _begun = True
    _open_in(_early_folder())
    atexit.register(end)


def keep_in(folder: Path) -> list[Path]:
    """Report in `folder` from now on; return the reports of programs that crashed since this was called before.

    Where `folder` cannot be written, reports stay where they went before. Does nothing without `begin`.
    """
    if not _begun:
        return []
    _open_in(folder)
    found = [path for place in (folder, _early_folder()) for path in _left_by_the_dead(place, folder)]
    _forget_old(folder)
    return sorted(found)


def end() -> None:
    """The program ends in order: take the empty report away. Idempotent."""
    global _begun, _report
    _begun = False
    if _report is not None:
        faulthandler.disable()
        _report.close()
        _report = None


def write_report(error: BaseException) -> Path | None:
    """Write down what an exception was that nobody caught.

    Returns
    -------
    Path
        The file; None where none could be written, and without `begin`.
    """
    words = _first_line() + "".join(traceback.format_exception(error)).encode("utf-8", "backslashreplace")
    for folder in (_report.folder if _report is not None else _early_folder(), _early_folder()) if _begun else ():
        path = folder / f"{_CRASHED}{_unique()}.txt"
        with contextlib.suppress(OSError), path.open("xb") as file:
            file.write(words)
            return path
    return None


def _early_folder() -> Path:
    return Path(tempfile.gettempdir())


def _open_in(folder: Path) -> None:
    global _report
    before = _report
    try:
        _report = _Open(folder)
    except OSError:
        return
    if before is not None:
        before.close()


def _unique() -> str:
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{os.getpid()}"


def _first_line() -> bytes:
    what = " ".join((PROGRAM, __version__, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), sys.platform))
    return f"{what} Python {sys.version.split()[0]} {' '.join(map(repr, sys.argv[1:]))}\n".encode(
        "utf-8", "backslashreplace"
    )


def _words(path: Path) -> bytes:
    """Return what stands in a report after its first line."""
    return path.read_bytes().partition(b"\n")[2].strip()


def _left_by_the_dead(folder: Path, into: Path) -> list[Path]:
    found = []
    for path in folder.glob(f"{_RUNNING}*.txt"):
        # An OSError: it belongs to a program that runs, to another user, or another start was quicker.
        with contextlib.suppress(OSError):
            if _claimed(path):
                continue
            if not _words(path):
                path.unlink()
                continue
            kept = into / path.name.replace(_RUNNING, _CRASHED)
            if folder == into:
                path.replace(kept)
            else:
                _move(path, kept)
            found.append(kept)
    return found


def _move(path: Path, kept: Path) -> None:
    kept.write_bytes(path.read_bytes())  # another disk, maybe
    path.unlink()


def _forget_old(folder: Path) -> None:
    for path in sorted(folder.glob(f"{_CRASHED}*.txt"))[:-_MOST_KEPT]:
        with contextlib.suppress(OSError):
            path.unlink()


if sys.platform == "win32":

    def _claim(file: FileIO) -> None:
        """Windows lets nobody rename or delete a file that a process holds open."""

    def _claimed(path: Path) -> bool:
        try:
            path.rename(path.with_suffix(".moved"))
        except OSError:
            return True
        path.with_suffix(".moved").rename(path)
        return False

else:
    import fcntl

    def _claim(file: FileIO) -> None:
        """The system lets go of the lock when the process dies, whatever it dies of."""
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _claimed(path: Path) -> bool:
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return True
        return False
