"""Exceptions nobody caught: logged whole, shown briefly, whichever thread they come from."""

from __future__ import annotations

import logging
import queue
import sys
import threading
import time
from types import TracebackType

from crane_desktop.domain.errors import StationFault, technical

_log = logging.getLogger(__name__)
_LARGEST_QUEUE = 32
_SAME_WITHIN_S = 10.0
"""The window ticks thirty times a second: the same error again within this time is told neither here nor in the log."""


class CrashReports:
    """Takes over ``sys.excepthook`` and ``threading.excepthook``; the window's tick fetches what came.

    PySide6 may call the hook on any thread, so it only logs and queues.
    """

    def __init__(self) -> None:
        self._told: dict[tuple[str, str, int], float] = {}
        self._queue: queue.Queue[StationFault] = queue.Queue(_LARGEST_QUEUE)
        self._old = (sys.excepthook, threading.excepthook)

    def install(self) -> None:
        """Take the hooks over."""
        self._old = (sys.excepthook, threading.excepthook)
        sys.excepthook = self._from_main
        threading.excepthook = self._from_thread

    def remove(self) -> None:
        """Give the hooks back."""
        sys.excepthook, threading.excepthook = self._old

    def newest(self) -> StationFault | None:
        """Return what came last since it was asked before, or None."""
        last = None
        while True:
            try:
                last = self._queue.get_nowait()
            except queue.Empty:
                return last

    def _from_main(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._old[0](kind, error, trace)
            return
        self._report(error, trace, threading.current_thread().name)

    def _from_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
            self._report(args.exc_value, args.exc_traceback, args.thread.name if args.thread else "?")

    def _report(self, error: BaseException, trace: TracebackType | None, thread: str) -> None:
        if self._told_just_now(error, trace):
            return
        _log.critical("unexpected error in thread %s", thread, exc_info=(type(error), error, trace))
        try:
            self._queue.put_nowait(StationFault("ui.unexpected", error=technical(error)))
        except queue.Full:
            _log.error("too many unexpected errors at once; this one is only in the log")

    def _told_just_now(self, error: BaseException, trace: TracebackType | None) -> bool:
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        file, line = (trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace is not None else ("", 0)
        place = (type(error).__name__, file, line)
        now = time.monotonic()
        before = self._told.get(place)
        if before is not None and now - before < _SAME_WITHIN_S:
            return True
        self._told[place] = now
        return False
