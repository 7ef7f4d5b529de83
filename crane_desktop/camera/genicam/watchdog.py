"""Whether a camera lives: the state that people see, and when a silent one counts as gone."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from crane_desktop.domain.health import SourceState, SourceStatus, StreamCounts

SILENT_AFTER_S = 10.0
"""A free-running camera that sends no whole picture for so long is opened anew."""

_QUIET_AFTER_S = 1.0
_UNWATCHED_S = 1.0
_PERIODS = 5


class Watchdog:
    """Follows one source through opening, streaming and its end.

    Written by the thread that uses the source, read by any.

    Parameters
    ----------
    trigger
        As `GenicamSource`: only a free-running camera has to send something.
    """

    def __init__(self, trigger: str) -> None:
        self._free = trigger == "free"
        self._triggered = trigger in ("software", "hardware")
        self._state = SourceState.CLOSED
        self._since_s = self._frame_s = self._checked_s = time.monotonic()
        self._since_at = self._frame_at = datetime.now(UTC)
        self._frame_time_s = 0.0

    def opening(self) -> None:
        """The camera's process was started."""
        self._enter(SourceState.OPENING)

    def opened(self, frame_time_s: float) -> float:
        """The camera streams; return how long that took."""
        took_s = time.monotonic() - self._since_s
        self._frame_time_s = frame_time_s
        self._enter(SourceState.STREAMING)
        return took_s

    def frame_received(self) -> None:
        """A picture came."""
        self._frame_s = time.monotonic()
        self._frame_at = datetime.now(UTC)

    def lost(self) -> None:
        """The camera failed."""
        self._enter(SourceState.RECONNECTING)

    def closed(self) -> None:
        """The source is closed."""
        self._enter(SourceState.CLOSED)

    def silent_too_long_s(self) -> float | None:
        """Return how long a free-running camera has been silent where that is too long, else None."""
        now_s = time.monotonic()
        unwatched_s, self._checked_s = now_s - self._checked_s, now_s
        if unwatched_s > _UNWATCHED_S:
            self._frame_s = now_s  # only silence that we watched counts
        quiet_s = now_s - self._frame_s
        return quiet_s if self._free and quiet_s > max(SILENT_AFTER_S, _PERIODS * self._frame_time_s) else None

    def status(self, counts: StreamCounts) -> SourceStatus:
        """Return the state of this moment."""
        state, since, frame_s = self._state, self._since_at, self._frame_s
        now_s = time.monotonic()
        if state is SourceState.STREAMING and now_s - frame_s > max(_QUIET_AFTER_S, _PERIODS * self._frame_time_s):
            if self._triggered:
                state, since = SourceState.WAITING_FOR_TRIGGER, self._frame_at
            elif self._free:
                state, since = SourceState.SILENT, self._frame_at
        return SourceStatus(state, since, counts=counts)

    def _enter(self, state: SourceState) -> None:
        self._since_s = self._frame_s = self._checked_s = time.monotonic()
        self._since_at = self._frame_at = datetime.now(UTC)
        self._state = state
