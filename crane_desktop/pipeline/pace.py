"""How fast the line is: over its last seconds, and over the whole run in constant memory."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable

import numpy as np

from crane_desktop.domain.station import Pace

WINDOW_S = 5.0
WINDOW_VERDICTS = 512

_STEP = math.log(1.01)
"""Whole-run latencies are counted in classes 1 % wide: a million verdicts need no more memory than a thousand."""

_SMALLEST_MS = 0.001


class PaceMeter:
    """Measures verdicts per second and latency. Thread-safe.

    Parameters
    ----------
    clock_ns
        Monotonic clock.
    """

    def __init__(self, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._clock_ns = clock_ns
        self._guard = threading.Lock()
        self._recent: deque[tuple[int, float]] = deque(maxlen=WINDOW_VERDICTS)
        self._classes: Counter[int] = Counter()
        self._count = 0
        self._first_ns: int | None = None
        self._last_ns = 0

    def add(self, arrived_ns: int, latency_ms: float) -> None:
        """Count one verdict, given now.

        Parameters
        ----------
        arrived_ns
            When its frame arrived; the run's time begins with the first arrival.
        latency_ms
            From arrival to decision.
        """
        now = self._clock_ns()
        with self._guard:
            if self._first_ns is None:
                self._first_ns = arrived_ns
            self._last_ns = now
            self._count += 1
            self._recent.append((now, latency_ms))
            self._classes[_class_of(latency_ms)] += 1

    def recent(self) -> Pace:
        """Return the pace of the last seconds; the rate falls to 0 while nothing comes."""
        now = self._clock_ns()
        oldest = now - int(WINDOW_S * 1e9)
        with self._guard:
            recent = [entry for entry in self._recent if entry[0] >= oldest]
        if not recent:
            return Pace()
        p50, p99 = np.percentile([latency for _, latency in recent], [50, 99])
        elapsed_s = (now - recent[0][0]) / 1e9
        rate = (len(recent) - 1) / elapsed_s if elapsed_s > 0 else 0.0
        return Pace(rate, float(p50), float(p99))

    def whole_run(self) -> Pace:
        """Return the pace from the first frame's arrival to the last verdict; latencies to within 1 %."""
        with self._guard:
            if self._first_ns is None:
                return Pace()
            elapsed_s = (self._last_ns - self._first_ns) / 1e9
            ordered = sorted(self._classes.items())
            count = self._count
        rate = count / elapsed_s if elapsed_s > 0 else 0.0
        return Pace(rate, _quantile(ordered, count, 0.50), _quantile(ordered, count, 0.99))


def _class_of(latency_ms: float) -> int:
    return round(math.log(max(latency_ms, _SMALLEST_MS)) / _STEP)


def _quantile(ordered: list[tuple[int, int]], count: int, share: float) -> float:
    """Return the value (ms) that `share` of the counted ones do not exceed."""
    needed = max(1, math.ceil(share * count))
    seen = 0
    for number, size in ordered:
        seen += size
        if seen >= needed:
            return math.exp(number * _STEP)
    raise ValueError("an empty count has no quantile")
