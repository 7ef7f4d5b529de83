"""Waiting in tests: for something to come true, and for somebody to be let go. Bounds are there to end a hang."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

WITHIN_S = 120.0
"""Far beyond what a slow, busy machine takes: it ends a hang and measures nothing."""
HANG_S = 600.0
"""The same for a whole process: what a machine does in a second, it has been seen to do in twenty beside other work."""
_EVERY_S = 0.01

T = TypeVar("T")


def eventually(
    condition: Callable[[], T], *, within_s: float = WITHIN_S, what: str | Callable[[], object] = "it did not come true"
) -> T:
    """Ask again and again until `condition` answers with something true, and return that answer.

    Parameters
    ----------
    condition
        Asked every hundredth of a second; what it raises ends the wait.
    within_s
        Long enough for the slowest machine, unless the bound itself is what the test is about.
    what
        What to say where it stays false: words, or a call that tells how things stand then.

    Raises
    ------
    AssertionError
        If the condition is still false after `within_s`.
    """
    deadline_s = time.monotonic() + within_s
    while not (answer := condition()):
        if time.monotonic() > deadline_s:
            raise AssertionError(f"{what() if callable(what) else what} (within {within_s:g} s)")
        time.sleep(_EVERY_S)
    return answer


class Hang:
    """A place that whoever calls it does not leave until the test says so.

    A test that nobody waits for what hangs asks `holds` afterwards instead of looking at the clock: had somebody
    waited, the hang would be over.
    """

    def __init__(self) -> None:
        self._inside = 0
        self._lock = threading.Lock()
        self._open = threading.Event()

    def __call__(self, within_s: float = HANG_S) -> None:
        """Stay here until `release`, at the longest for `within_s`."""
        with self._lock:
            self._inside += 1
        self._open.wait(within_s)
        with self._lock:
            self._inside -= 1

    @property
    def holds(self) -> bool:
        """Whether somebody is here now."""
        with self._lock:
            return self._inside > 0

    def release(self) -> None:
        """Let everybody go, and nobody stay from now on."""
        self._open.set()
