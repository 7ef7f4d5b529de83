"""Events on their way to the log: whoever notes one goes on at once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

from crane_desktop.domain.events import Event

_log = logging.getLogger(__name__)


class EventQueue:
    """Hands events to the log one after the other, on a thread of its own.

    Parameters
    ----------
    write
        Writes one; may take its time.
    """

    def __init__(self, write: Callable[[Event], object]) -> None:
        self._write = write
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="crane-events")

    def note(self, event: Event) -> None:
        """Have an event written in its turn; returns at once."""
        try:
            self._pool.submit(self._write, event)
        except RuntimeError:
            _log.warning("too late for the log: %s %s", event.kind, dict(event.details))

    def close(self, within_s: float) -> None:
        """Write what waits, as long as that takes no longer than this, and take no more. Idempotent."""
        try:
            last = self._pool.submit(lambda: None)
        except RuntimeError:
            return
        if wait([last], within_s).not_done:
            _log.error("events could not be written within %s s", within_s)
        self._pool.shutdown(wait=False, cancel_futures=True)
