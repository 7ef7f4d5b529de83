"""When an output line is active: verdicts in, levels out. Pure, on the clock of the frames' arrival."""

from __future__ import annotations

import heapq

from crane_desktop.domain.signals import LineSetting, SignalCounts

_MOST_WAITING = 10_000


class Pulses:
    """The parts between the camera and the place where they are rejected.

    Each part has its time: the arrival of its frame plus the delay. Its verdict may come up to the tolerance
    later. What is later still is never sent: it would hit another part.

    Parameters
    ----------
    every_part
        Whether each frame is a part; if not, frames without a verdict mean nothing.
    """

    def __init__(self, setting: LineSetting, *, every_part: bool) -> None:
        self._setting = setting
        self._watches = every_part
        self._rejects_silent = setting.reject_silent and not setting.good_pulse
        self._awaited: dict[int, bool] = {}  # arrival -> whether its verdict came; in the order of arrival
        self._due: list[int] = []
        self._active_until_ns: int | None = None
        self._counts = SignalCounts()

    @property
    def active(self) -> bool:
        """Whether the line is to be active."""
        return self._active_until_ns is not None

    @property
    def idle(self) -> bool:
        """Whether nothing is left to be done."""
        return not (self.active or self._due or self._awaited)

    def frame(self, arrived_ns: int) -> None:
        """Await the verdict on a part."""
        if self._watches and len(self._awaited) < _MOST_WAITING:
            self._awaited[arrived_ns] = False

    def verdict(self, arrived_ns: int, *, pulse: bool, now_ns: int) -> None:
        """Take a verdict; a pulse is put into the queue, unless its time is over."""
        late_ns = now_ns - arrived_ns - self._setting.delay_ns
        if late_ns > self._setting.tolerance_ns:
            self._late(late_ns)
            return
        if arrived_ns in self._awaited:
            self._awaited[arrived_ns] = True
        if pulse and len(self._due) < _MOST_WAITING:
            heapq.heappush(self._due, arrived_ns + self._setting.delay_ns)

    def next_ns(self) -> int | None:
        """Return when something is to be done next."""
        times = self._due[:1]
        if self._active_until_ns is not None:
            times.append(self._active_until_ns)
        oldest_ns = next(iter(self._awaited), None)
        if oldest_ns is not None:
            times.append(oldest_ns + self._setting.delay_ns + self._setting.tolerance_ns)
        return min(times, default=None)

    def advance(self, now_ns: int) -> bool:
        """Do what is due; return whether the line is to be active."""
        self._give_up_waiting(now_ns)
        was_active = self.active
        if self._active_until_ns is not None and now_ns >= self._active_until_ns:
            self._active_until_ns = None
        while self._due and self._due[0] <= now_ns:
            late_ns = now_ns - heapq.heappop(self._due)
            if late_ns > self._setting.tolerance_ns:
                self._late(late_ns)
            else:
                # Where one ends and the next begins at the same look, the line never falls in between.
                merged = was_active or self.active
                self._counts = self._counts.plus(SignalCounts(pulses=1, merged=int(merged)))
                self._active_until_ns = now_ns + self._setting.pulse_ns
        return self.active

    def refused(self, detail: str) -> None:
        """Count a change that the camera refused."""
        self._counts = self._counts.plus(SignalCounts(failed=1, detail=detail))

    def counts(self) -> SignalCounts:
        """Return what happened since the last time this was asked."""
        counts, self._counts = self._counts, SignalCounts()
        return counts

    def _give_up_waiting(self, now_ns: int) -> None:
        wait_ns = self._setting.delay_ns + self._setting.tolerance_ns
        for arrived_ns in list(self._awaited):
            if now_ns < arrived_ns + wait_ns:
                return
            if self._awaited.pop(arrived_ns):
                continue
            self._counts = self._counts.plus(SignalCounts(silent=1))
            if self._rejects_silent:
                # Its pulse may begin as much late again as one that was ordered.
                heapq.heappush(self._due, arrived_ns + wait_ns)

    def _late(self, late_ns: int) -> None:
        self._counts = self._counts.plus(SignalCounts(late=1, late_by_ms=round(late_ns / 1e6, 1)))
