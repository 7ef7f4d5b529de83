"""Verdicts as pulses on an output line of the camera that took the picture."""

from __future__ import annotations

import logging
import queue
import threading
import time

from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.signals import SignalControl, SignalCounts
from crane_desktop.domain.verdicts import Inspection
from crane_desktop.recipe.reject_signal import RejectSignal

_MOST_WAITING = 256
_POLL_S = 0.1
_END_WITHIN_S = 2.0
_SAME_AGAIN_AFTER_S = 5.0
_log = logging.getLogger(__name__)


class CameraLineOutput:
    """Implements `domain.ports.Output`.

    A thread of its own hands the verdicts to the camera's process, which alone keeps the time: a driver that
    hangs must not hold up the log.

    Parameters
    ----------
    control
        The camera; it sees to it that the line is safe when it ends, in whatever way.
    """

    def __init__(self, control: SignalControl, signal: RejectSignal) -> None:
        self._control = control
        self._signal = signal
        self._orders: queue.Queue[tuple[int, bool] | None] = queue.Queue(_MOST_WAITING)
        self._guard = threading.Lock()
        self._counts = SignalCounts()
        self._new = SignalCounts()
        self._told_at_s: dict[str, float] = {}
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._hand_over, name="crane-output", daemon=True)
        self._thread.start()

    @property
    def counts(self) -> SignalCounts:
        """Return what became of all parts so far."""
        self._collect()
        with self._guard:
            return self._counts

    def report(self, inspection: Inspection) -> None:
        """Order what the verdict means; returns at once, never raises."""
        order = (inspection.origin.arrived_ns, self._signal.pulse(inspection.verdict))
        try:
            if self._closed.is_set():
                raise queue.Full
            self._orders.put_nowait(order)
        except queue.Full:
            self._count(SignalCounts(unsent=1))

    def troubles(self) -> list[StationFault]:
        """Return what went wrong since the last time, each kind at most every few seconds."""
        self._collect()
        with self._guard:
            new, self._new = self._new, SignalCounts()
            total = self._counts
        line = self._signal.line
        found = []
        if new.late:
            found.append(StationFault("outputs.late", line=line, count=total.late, late_ms=f"{new.late_by_ms:.0f}"))
        if new.silent:
            found.append(StationFault("outputs.silent", line=line, count=total.silent))
        if new.merged:
            found.append(StationFault("outputs.merged", line=line, count=total.merged))
        if new.failed:
            found.append(StationFault("outputs.refused", line=line, count=total.failed, detail=new.detail))
        if new.unsent:
            found.append(StationFault("outputs.unsent", line=line, count=total.unsent))
        return [fault for fault in found if self._is_new(fault.key)]

    def close(self) -> None:
        """Hand over what waits and end, within seconds. Idempotent."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._thread.join(_END_WITHIN_S)
        if self._thread.is_alive():
            _log.error("the camera does not take the last verdicts for its line")

    def _hand_over(self) -> None:
        while True:
            try:
                order = self._orders.get(timeout=_POLL_S)
            except queue.Empty:
                if self._closed.is_set():
                    return
                continue
            if order is not None and not self._control.signal(order[0], pulse=order[1]):
                self._count(SignalCounts(unsent=1))

    def _collect(self) -> None:
        self._count(self._control.signal_counts())

    def _count(self, counts: SignalCounts) -> None:
        with self._guard:
            self._counts = self._counts.plus(counts)
            self._new = self._new.plus(counts)

    def _is_new(self, key: str) -> bool:
        now_s = time.monotonic()
        if now_s - self._told_at_s.get(key, -_SAME_AGAIN_AFTER_S) < _SAME_AGAIN_AFTER_S:
            return False
        self._told_at_s[key] = now_s
        return True
