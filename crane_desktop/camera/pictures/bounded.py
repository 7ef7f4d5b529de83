"""Work that may never return, in a thread of its own: a dead network share holds up nobody."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from crane_desktop.domain.errors import CraneError

T = TypeVar("T")
_TICK_S = 0.25


class Progress:
    """When the work last got on, told by itself; what only computes cannot get stuck."""

    def __init__(self) -> None:
        self._last_s: float | None = time.monotonic()

    def gets_on(self) -> None:
        """Note that the system has answered."""
        self._last_s = time.monotonic()

    def computes(self) -> None:
        """Note that from here on no system is asked."""
        self._last_s = None

    def quiet_s(self) -> float:
        """Return for how long the system has not answered, in seconds."""
        last_s = self._last_s
        return 0.0 if last_s is None else time.monotonic() - last_s


class Bounded(Generic[T]):
    """One piece of work, begun at once; whoever waits for it is free after a bound.

    A thread that the system does not let go cannot be ended; it is a daemon, and ends with the program.
    """

    def __init__(self, work: Callable[[Progress], T], name: str) -> None:
        self.progress = Progress()
        self._work = work
        self._done = threading.Event()
        self._found: list[T] = []
        self._error: BaseException | None = None
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.thread.start()

    def wait(self, timeout_s: float) -> bool:
        """Return whether it is done, after `timeout_s` at most."""
        return self._done.wait(max(0.0, timeout_s))

    def result(self, quiet_s: float, stuck: CraneError) -> T:
        """Wait for what came of it.

        Parameters
        ----------
        quiet_s
            So long may the system leave the work without an answer.

        Raises
        ------
        CraneError
            `stuck`, where it did; whatever the work raised.
        """
        while not self.wait(_TICK_S):
            if self.progress.quiet_s() > quiet_s:
                raise stuck
        self.thread.join()  # it has nothing left to do
        if self._error is not None:
            raise self._error
        return self._found[0]

    def _run(self) -> None:
        try:
            self._found = [self._work(self.progress)]
        except BaseException as error:  # noqa: BLE001 - raised where the result is asked for
            self._error = error
        finally:
            self._done.set()
