"""Being asked to end while nothing listens for it yet: no traceback, and the exit code that shells expect.

Imports nothing but Python's own library, and little of that: it is the first thing that the program does.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

_AGAIN_AFTER_S = 0.05
_BY_SIGNAL = 128
"""What shells add to a signal's number for the exit code of a program that it ended."""

_HEARD_WITHIN_S = 10.0
"""A library that swallows an interrupt, as some do while they are imported, does not keep the program longer."""

_asked: list[int] = []
_last: list[threading.Timer] = []


class AskedToEndError(BaseException):
    """Somebody asked the program to end. `KeyboardInterrupt` by another name: command-line libraries act on that."""


def end_signals() -> tuple[signal.Signals, ...]:
    """Return what asks a program to end: Ctrl-C, the system, a closed terminal; Ctrl-Break on Windows."""
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    return tuple(signal.Signals[name] for name in names if name in signal.Signals.__members__)


def end_at_once() -> None:
    """From now on end on the spot, silently, when asked to: nothing has begun, or all is in order.

    An interrupt in the middle of an import would otherwise be a traceback, or be swallowed by it.
    """
    _listen(lambda number, _frame: os._exit(_BY_SIGNAL + number))


def end_in_order() -> None:
    """From now on raise `AskedToEndError` in the main thread when asked to end; asked twice, end on the spot."""
    _asked.clear()
    sys.unraisablehook = _not_swallowed
    _listen(_interrupt)


def asked_code() -> int:
    """Return the exit code of a program that was asked to end."""
    return _BY_SIGNAL + (_asked[-1] if _asked else signal.SIGINT)


def was_asked() -> bool:
    """Return whether the program was asked to end: what fails from then on may fail for that."""
    return bool(_asked)


def take_over() -> bool:
    """Return whether the program was asked to end and nobody has heard it; the caller sees to it from now on."""
    for last in _last:
        last.cancel()
    _last.clear()
    return was_asked()


def _listen(handler: Callable[[int, FrameType | None], None]) -> None:
    """Have signals handled so, but those that this process was told to ignore (``nohup``)."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in end_signals():
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    if _asked:
        os._exit(asked_code())
    _asked.append(number)
    last = threading.Timer(_HEARD_WITHIN_S, os._exit, (asked_code(),))
    last.daemon = True
    last.start()
    _last.append(last)
    raise AskedToEndError


def _not_swallowed(unraisable: Any) -> None:
    """Ask once more where an interrupt came in a place that cannot raise: Python only prints it, and goes on."""
    if not issubclass(unraisable.exc_type, AskedToEndError):
        sys.__unraisablehook__(unraisable)
    elif _asked:
        number = _asked.pop()
        again = threading.Timer(_AGAIN_AFTER_S, signal.raise_signal, (number,))
        again.daemon = True
        again.start()
