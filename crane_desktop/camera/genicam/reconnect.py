"""`ReconnectingSource`: a camera that may go away and come back in the middle of a run."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime

from crane_desktop.camera.genicam.control import CameraControl
from crane_desktop.camera.genicam.output_line_control import OutputLineControl
from crane_desktop.camera.genicam.source import GenicamSource
from crane_desktop.domain.errors import CraneError, StationFault
from crane_desktop.domain.frames import EndOfFrames, Frame, SourceBack, SourceDown, SourceEvent
from crane_desktop.domain.health import Gap, SourceState, SourceStatus
from crane_desktop.domain.ports import SourceInfo

_SLICE_S = 0.05
_OPEN_WITHIN_S = 30.0
_PAUSES_S = (0.2, 0.5, 1.0, 2.0, 3.0)
"""Before each attempt; a started attempt itself looks for the camera several times a second, for seconds."""

_log = logging.getLogger(__name__)


class ReconnectingSource:
    """Passes a camera's events on; when it fails, gives it up, tells so, and opens it again by serial number.

    Only the first opening fails. Later the source goes on until it is closed: the numbering of frames and
    the counts run over the gaps. A source that is silent in the middle of a run is opened anew too.

    Parameters
    ----------
    source
        The camera; used by nobody else.
    """

    def __init__(self, source: GenicamSource) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._closed.set()
        self._ready: deque[SourceEvent] = deque()
        self._down: StationFault | None = None
        self._cause: CraneError | None = None
        self._attempt = 0
        self._begun = False
        self._attempt_since_s = self._next_attempt_s = 0.0
        self._event_at = self._down_at = datetime.now(UTC)

    @property
    def info(self) -> SourceInfo:
        """What this source is."""
        return self._source.info

    @property
    def control(self) -> CameraControl:
        """The camera's nodes."""
        return self._source.control

    @property
    def signals(self) -> OutputLineControl:
        """Where verdicts go that drive an output line."""
        return self._source.signals

    @property
    def newest(self) -> Frame | None:
        """The newest frame."""
        return self._source.newest

    @property
    def process_id(self) -> int | None:
        """Id of the camera's process while there is one."""
        return self._source.process_id

    def open(self) -> None:
        """Open the camera; fails at once where there is none.

        Raises
        ------
        InputError
            If there is no such producer or camera, or the camera cannot do what was asked.
        StationFault
            If the camera or its driver fails or does not answer.
        """
        self.close()
        self._ready.clear()
        self._down = self._cause = None
        self._attempt = 0
        self._closed.clear()
        try:
            self._source.open()
        except CraneError:
            self._closed.set()
            raise
        self._event_at = datetime.now(UTC)

    def next_event(self, timeout_s: float) -> SourceEvent | None:
        """Return the next event; while the camera is away, None after `timeout_s`."""
        until_s = time.monotonic() + timeout_s
        while True:
            with self._lock:
                if self._closed.is_set():
                    return EndOfFrames()
                event = self._step(max(0.0, min(_SLICE_S, until_s - time.monotonic())))
            if event is not None or time.monotonic() >= until_s:
                return event

    def status(self) -> SourceStatus:
        """Return how the source is now; from any thread."""
        now = self._source.status()
        if self._down is None or self._closed.is_set():
            return now
        return replace(
            now, state=SourceState.RECONNECTING, since=self._down_at, attempt=max(1, self._attempt), cause=self._cause
        )

    def close(self) -> None:
        """Stop the camera or the search for it, within seconds. Idempotent."""
        self._closed.set()
        with self._lock:  # held for a slice, or while a failed camera's process is put away
            self._down = None
            self._source.close()

    def _step(self, wait_s: float) -> SourceEvent | None:
        if self._ready:
            return self._ready.popleft()
        if self._source.finished:
            return EndOfFrames()
        if self._down is not None:
            return self._reconnect(self._down, wait_s)
        try:
            event = self._source.next_event(wait_s)
        except StationFault as fault:
            self._leave(fault)
            return self._ready.popleft()
        if event is not None:
            self._event_at = datetime.now(UTC)
        return event

    def _leave(self, fault: StationFault) -> None:
        """The camera failed: give it up, with the verdict NONE for what was under way."""
        _log.warning("camera %s: %s", self.info.source_id, fault)
        self._down_at = datetime.now(UTC)
        self._down = self._cause = fault
        self._attempt = 0
        self._begun = False
        self._ready.extend(self._source.abandon(str(fault)))
        self._ready.append(SourceDown(fault))
        self._next_attempt_s = time.monotonic() + _PAUSES_S[0]

    def _reconnect(self, fault: StationFault, wait_s: float) -> SourceEvent | None:
        """Go on with the attempt under way, or begin the next one when its time has come."""
        try:
            if not self._begun:
                self._closed.wait(max(0.0, min(wait_s, self._next_attempt_s - time.monotonic())))
                if time.monotonic() < self._next_attempt_s or self._closed.is_set():
                    return None
                self._attempt += 1
                self._attempt_since_s = time.monotonic()
                self._begun = True
                self._source.begin(reopen=self._source.device)
            elif self._source.wait_until_open(wait_s):
                return self._back(fault)
            elif time.monotonic() - self._attempt_since_s > _OPEN_WITHIN_S:
                raise StationFault("camera.hangs", device=self.info.description, seconds=round(_OPEN_WITHIN_S))
        except CraneError as error:
            if str(error) != str(self._cause):
                _log.info("camera %s, attempt %d: %s", self.info.source_id, self._attempt, error)
            self._cause = error
            self._begun = False
            self._source.close()
            pause_s = _PAUSES_S[min(self._attempt, len(_PAUSES_S) - 1)]
            self._next_attempt_s = time.monotonic() + pause_s
        return None

    def _back(self, fault: StationFault) -> SourceBack:
        gap = Gap(self._event_at, datetime.now(UTC), self._attempt, str(fault))
        self._down = self._cause = None
        self._attempt = 0
        self._event_at = gap.end
        _log.warning(
            "camera %s is back: away from %s to %s (%.1f s, %d attempts)",
            self.info.source_id, gap.start.isoformat(), gap.end.isoformat(), gap.seconds, gap.attempts,
        )  # fmt: skip
        return SourceBack(fault, gap)
