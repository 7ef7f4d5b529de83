"""How the program ends: in order when it is asked to, and surely, even where a driver or a model hangs."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from crane_desktop.app.process import crash_report
from crane_desktop.app.process.interrupts import end_signals, take_over

_LAST_WAIT_S = 2.0
_log = logging.getLogger(__name__)


@contextmanager
def asked_to_end(on_asked: Callable[[], None]) -> Iterator[None]:
    """Have `on_asked` called, on the main thread, when the program is asked to end; it must return at once.

    If it was asked before, and whatever was under way then swallowed it, `on_asked` is called at once.
    What this process was told to ignore (``nohup``) stays ignored. Off the main thread nothing happens: Python
    gives signals to that thread only.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {asked: signal.getsignal(asked) for asked in end_signals()}
    heard = [asked for asked, handler in before.items() if handler is not signal.SIG_IGN]
    for asked in heard:
        signal.signal(asked, lambda _number, _frame: on_asked())
    if take_over():
        on_asked()
    try:
        yield
    finally:
        for asked in heard:
            signal.signal(asked, before[asked])


def leave(code: int) -> NoReturn:
    """End the process with `code`, within seconds.

    A thread that hangs in a driver, a model or a disk was given up by the line before; Python would wait for it
    for ever.
    """
    until_s = time.monotonic() + _LAST_WAIT_S
    for thread in _holding():
        thread.join(max(0.0, until_s - time.monotonic()))
    hung = [thread.name for thread in _holding()]
    if not hung:
        sys.exit(code)
    _log.critical("threads that hang are left behind: %s", ", ".join(hung))
    crash_report.end()
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(code)


def _holding() -> list[threading.Thread]:
    """Return the threads that Python waits for."""
    return [t for t in threading.enumerate() if not t.daemon and t is not threading.main_thread()]
