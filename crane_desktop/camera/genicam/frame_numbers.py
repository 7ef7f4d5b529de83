"""The numbering of a source's frames: each one is a picture, a part without one, or a loss."""

from __future__ import annotations

from collections import deque

from crane_desktop.domain.arrival import arrival
from crane_desktop.domain.frames import FrameFault, FramesLost, LossCause, SourceEvent
from crane_desktop.domain.verdicts import ReasonCode

_MOST_PARTS = 256
_REASONS = {
    LossCause.INCOMPLETE: ReasonCode.INCOMPLETE_FRAME,
    LossCause.OVERRUN: ReasonCode.OVERRUN,
    LossCause.UNDERRUN: ReasonCode.OVERRUN,
}


class FrameNumbers:
    """Numbers frames from 1 and keeps the events that wait for their turn.

    Parameters
    ----------
    limit
        Frames in all, lost ones included; None for no end.
    every_part
        Whether each frame is a part, and so gets NONE where its picture does not come.
    """

    def __init__(self, limit: int | None, *, every_part: bool) -> None:
        self._limit = limit
        self._every_part = every_part
        self._pending: deque[SourceEvent] = deque()
        self.numbered = 0

    @property
    def finished(self) -> bool:
        """Whether all frames that were asked for are accounted for."""
        return self._limit is not None and self.numbered >= self._limit

    def next_pending(self) -> SourceEvent | None:
        """Return the next event that waits."""
        return self._pending.popleft() if self._pending else None

    def take_all(self) -> list[SourceEvent]:
        """Return and forget the events that wait."""
        events = list(self._pending)
        self._pending.clear()
        return events

    def next_frame_id(self) -> int:
        """Return the number of a picture that came."""
        self.numbered += 1
        return self.numbered

    def lost(self, count: int, cause: LossCause, source_id: str, trigger_id: int | None) -> None:
        """Account for frames that the camera took and that did not come: NONE for each where each is a part."""
        parts = min(count, _MOST_PARTS) if self._every_part else 0
        if count > parts:  # with parts: a jump in the camera's numbering rather than so many of them
            lost = self._allowed(count - parts)
            self.numbered += lost
            if lost:
                self._pending.append(FramesLost(arrival(self.numbered, source_id), lost, cause))
        self.faulted(parts, _REASONS.get(cause, ReasonCode.CAMERA_FAULT), cause.value, source_id, trigger_id)

    def faulted(self, count: int, reason: ReasonCode, detail: str, source_id: str, trigger_id: int | None) -> None:
        """Give so many parts the verdict NONE."""
        for _ in range(self._allowed(count)):
            origin = arrival(self.next_frame_id(), source_id, trigger_id=trigger_id)
            self._pending.append(FrameFault(origin, reason.value, detail))

    def _allowed(self, count: int) -> int:
        return count if self._limit is None else max(0, min(count, self._limit - self.numbered))
