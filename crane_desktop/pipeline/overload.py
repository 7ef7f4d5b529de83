"""Whether the line keeps up with what comes: the rule, with its clock handed in."""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from crane_desktop.domain.ports import SourceInfo

LASTING_S = 5.0
"""Slow for so long is an overload, and quick for so long its end: neither a hiccup nor a lucky part is told."""

BOUND_S = 2.0
"""Where nobody knows how often parts come, an answer that takes longer is too slow for any line."""

_PARTS = 5
"""A part's latency is judged with its neighbours', so that one slow part is none."""

_ARRIVALS = 16


@dataclass(frozen=True, slots=True)
class Overload:
    """How slow the line is: what an answer takes, and what it may take."""

    latency_s: float
    limit_s: float


def limit_s(source: SourceInfo, measured_takt_s: float | None) -> float | None:
    """Return how long an answer may take.

    Parameters
    ----------
    measured_takt_s
        Mean time between arrivals, None where too few came.

    Returns
    -------
    float or None
        The takt where every frame is a part; `BOUND_S` where the newest frame wins or the takt is not known; None
        where the source waits for the line.
    """
    if source.waits_for_line:
        return None
    takt_s = source.takt_s or measured_takt_s
    return takt_s if source.every_part and takt_s else BOUND_S


class OverloadWatch:
    """Follows one run; one thread at a time.

    Parameters
    ----------
    clock_s
        Monotonic clock.
    """

    def __init__(self, source: SourceInfo, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._clock_s = clock_s
        self._latencies_s: deque[float] = deque(maxlen=_PARTS)
        self._arrivals_s: deque[float] = deque(maxlen=_ARRIVALS)
        self._answered_s = self._awaited_since_s = clock_s()
        self._slow = False
        self._since_s = self._answered_s
        self._overload: Overload | None = None

    def judged(self, arrived_ns: int, latency_ms: float) -> None:
        """Take in one verdict, given now."""
        self._arrivals_s.append(arrived_ns / 1e9)
        self._latencies_s.append(latency_ms / 1e3)
        self._answered_s = self._awaited_since_s = self._clock_s()

    def look(self, *, waiting: bool) -> Overload | None:
        """Return the overload as it was when it began, None while there is none.

        Parameters
        ----------
        waiting
            Whether frames wait for their verdict.
        """
        now_s = self._clock_s()
        if not waiting:
            self._awaited_since_s = now_s
        allowed_s = limit_s(self._source, self._measured_takt_s())
        latency_s = self._latency_s(now_s)
        slow = allowed_s is not None and latency_s > allowed_s
        if slow != self._slow:
            self._slow, self._since_s = slow, now_s
        if now_s - self._since_s >= LASTING_S:
            if not slow or allowed_s is None:
                self._overload = None
            elif self._overload is None:
                self._overload = Overload(latency_s, allowed_s)
        return self._overload

    def _latency_s(self, now_s: float) -> float:
        """Return what an answer takes by now."""
        awaited_s = now_s - self._awaited_since_s
        if awaited_s > LASTING_S:
            return awaited_s  # nothing has been answered for so long: what came before tells nothing
        if now_s - self._answered_s > LASTING_S:
            return 0.0  # nothing comes: whatever was slow is over
        return statistics.median(self._latencies_s) if self._latencies_s else 0.0

    def _measured_takt_s(self) -> float | None:
        if len(self._arrivals_s) < _PARTS:
            return None
        return max(0.0, (self._arrivals_s[-1] - self._arrivals_s[0]) / (len(self._arrivals_s) - 1)) or None
