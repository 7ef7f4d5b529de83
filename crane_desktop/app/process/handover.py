"""One window a station: a second start hands its files to the running one, over a local socket of this user.

Nothing listens but this, and only while the window stands: a Unix socket in a folder that only this user may enter, or
a named pipe on Windows, which others may not write to. What goes over it are two short JSON lines, never code.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

_ANSWER_WITHIN_S = 5.0
_HEARD_WITHIN_S = 20.0
"""A window that was double-clicked a moment ago needs seconds until it listens."""

_AGAIN_AFTER_S = 0.2
_LONGEST = 1_000_000
_MOST_FILES = 200
_log = logging.getLogger(__name__)

OnFiles = Callable[[list[Path]], None]


def address_of(data_dir: Path) -> str:
    """Return where the window of a data folder listens; short, whatever the folder is called."""
    name = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:24]
    if sys.platform == "win32":
        return rf"\\.\pipe\crane-inspector-{name}"
    base = next((place for place in _places() if place.is_dir()), Path("/tmp"))  # noqa: S108 - a private folder in it
    return str(base / f"crane-inspector-{os.getuid()}" / name)


def _places() -> tuple[Path, ...]:
    """Where sockets go: the same for every start of this user, and short, whatever the environment says.

    A socket's path has at most some hundred bytes; folders for temporary files may be longer than that.
    """
    return (Path(f"/run/user/{os.getuid()}"),) if sys.platform != "win32" else ()


class HandoverServer:
    """Waits for second starts, on a thread of its own, and hands their files on.

    Parameters
    ----------
    on_files
        Called on the server's thread with the files of a second start; without any, the window is only to be raised.
    """

    def __init__(self, data_dir: Path, on_files: OnFiles) -> None:
        self._address = address_of(data_dir)
        self._on_files = on_files
        self._closed = threading.Event()
        self._listener: Listener | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen. Where that cannot be, a second start tells so instead; the window works all the same."""
        try:
            if sys.platform != "win32":
                _private(Path(self._address).parent)
                Path(self._address).unlink(missing_ok=True)  # of a program that was killed: we hold the data folder
            self._listener = Listener(self._address)
        except OSError as error:
            _log.warning("second starts cannot be heard: %s", error)
            return
        self._thread = threading.Thread(target=self._serve, args=(self._listener,), name="crane-handover", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Listen no more, within seconds. Idempotent."""
        if self._closed.is_set():
            return
        self._closed.set()
        if self._thread is not None:
            with suppress(OSError, EOFError):
                Client(self._address).close()  # wakes the thread
            self._thread.join(_ANSWER_WITHIN_S)
        if self._listener is not None:
            with suppress(OSError):
                self._listener.close()

    def _serve(self, listener: Listener) -> None:
        while not self._closed.is_set():
            try:
                with listener.accept() as caller:
                    self._answer(caller)
            except (OSError, EOFError) as error:
                if not self._closed.is_set():
                    _log.info("a second start was not heard: %s", error)

    def _answer(self, caller: Connection[Any, Any]) -> None:
        caller.send_bytes(json.dumps({"pid": os.getpid()}).encode())
        if not caller.poll(_ANSWER_WITHIN_S):
            return
        files = _files_in(caller.recv_bytes(_LONGEST))
        if files is None or self._closed.is_set():
            return
        self._on_files(files)
        caller.send_bytes(b'{"taken": true}')


def hand_over(data_dir: Path, files: Sequence[Path], within_s: float | None = None) -> bool:
    """Ask the running window of this data folder to come forward and open files.

    Returns
    -------
    bool
        False where none took them within `within_s` (None: as long as a start takes); a window that is just starting
        is waited for.
    """
    done, given_up = threading.Event(), threading.Event()

    def ask() -> None:
        while not done.is_set() and not given_up.is_set():
            with suppress(OSError, EOFError, ValueError), Client(address_of(data_dir)) as window:
                if _told(window, files):
                    done.set()
            given_up.wait(0.0 if done.is_set() else _AGAIN_AFTER_S)

    # On a thread, so that a window that hangs cannot hold this program: connecting has no time limit of its own.
    asking = threading.Thread(target=ask, name="crane-hand-over", daemon=True)
    asking.start()
    done.wait(_HEARD_WITHIN_S if within_s is None else within_s)
    given_up.set()
    return done.is_set()


def _told(window: Connection[Any, Any], files: Sequence[Path]) -> bool:
    if not window.poll(_ANSWER_WITHIN_S):
        return False
    _let_come_forward(json.loads(window.recv_bytes(_LONGEST)).get("pid"))
    window.send_bytes(json.dumps({"open": [str(file.absolute()) for file in files]}).encode())
    return window.poll(_ANSWER_WITHIN_S) and json.loads(window.recv_bytes(_LONGEST)).get("taken") is True


def _files_in(message: bytes) -> list[Path] | None:
    """Return the files that a message names; None where it is none of ours."""
    try:
        wanted = json.loads(message).get("open")
    except (ValueError, AttributeError):
        return None
    if not isinstance(wanted, list) or len(wanted) > _MOST_FILES or not all(isinstance(one, str) for one in wanted):
        return None
    return [Path(one) for one in wanted]


def _private(folder: Path) -> None:
    """Make a folder that only this user may enter.

    Raises
    ------
    OSError
        If somebody else's lies there.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if sys.platform != "win32" and (found.st_uid != os.getuid() or found.st_mode & 0o077 or folder.is_symlink()):
        raise OSError(f"not a private folder: {folder}")


def _let_come_forward(pid: object) -> None:
    """Windows lets a window come to the front only where the program in front allows it: this one, just clicked."""
    if sys.platform == "win32" and isinstance(pid, int):
        import ctypes

        ctypes.windll.user32.AllowSetForegroundWindow(pid)
