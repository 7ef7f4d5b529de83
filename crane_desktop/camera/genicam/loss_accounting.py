"""The loss accounting of the camera's process: which frames did not become parts, and why."""

from __future__ import annotations

import time
from typing import Protocol

from crane_desktop.camera.genicam.block_ids import BlockIdCounter
from crane_desktop.camera.genicam.messages import FramesMissing, StreamStatistics
from crane_desktop.domain.frames import LossCause

_RESENDS_EVERY_S = 1.0


class CameraCounters(Protocol):
    """What the accounting needs from a camera; see `loop.FrameGrabber`."""

    incomplete: int
    garbage: int
    starts: int
    first_block_id: int | None

    def underrun(self) -> int | None:
        """Return how many frames found no empty buffer so far."""
        ...

    def resends(self) -> int | None:
        """Return how many packets were asked for again."""
        ...


class LossAccounting:
    """Counts losses by cause, from block ids and from what the driver says of itself."""

    def __init__(self, camera: CameraCounters) -> None:
        self._camera = camera
        self._block_ids = BlockIdCounter(camera.first_block_id)
        self._starts = camera.starts
        self._losses: dict[LossCause, int] = {}
        self._incomplete_counted = self._garbage_counted = 0
        self._underrun_read = camera.underrun()
        self._underruns = 0
        self._repeated = self._late = 0
        self._resends: int | None = None
        self._asked_at_s = 0.0

    def count_bad_buffers(self) -> int:
        """Count the buffers without a picture that came since the last time; return how many."""
        incomplete = self._camera.incomplete - self._incomplete_counted
        garbage = self._camera.garbage - self._garbage_counted
        if incomplete or garbage:
            self._incomplete_counted += incomplete
            self._garbage_counted += garbage
            self._reset_after_restart()
            self._block_ids.bad_buffers(incomplete + garbage)
            self.count_loss(LossCause.INCOMPLETE, incomplete)
            self.count_loss(LossCause.GARBAGE, garbage)
        return incomplete + garbage

    def count_frame(self, block_id: int | None, timestamp_ns: int | None) -> tuple[int, bool]:
        """Count what a whole frame's id says; return how many were lost before it, and whether it is a part."""
        self._reset_after_restart()
        seen = self._block_ids.observe(block_id, timestamp_ns)
        if seen.repeated or seen.late:
            self._repeated += seen.repeated
            self._late += seen.late
            return 0, False
        lost = seen.lost
        if lost or self._block_ids.unnumbered:
            underruns = self._new_underruns()
            # Without ids the driver's own count is all there is.
            lost = underruns if self._block_ids.unnumbered else lost
            explained = min(lost, underruns)
            self._underruns -= explained
            self.count_loss(LossCause.UNDERRUN, explained)
            self.count_loss(LossCause.LOST, lost - explained)
        return lost, True

    def count_loss(self, cause: LossCause, count: int) -> None:
        """Count frames that get no further."""
        if count:
            self._losses[cause] = self._losses.get(cause, 0) + count

    def report(self) -> list[FramesMissing | StreamStatistics]:
        """Return what is new since the last time, as messages to the line."""
        losses, self._losses = self._losses, {}
        messages: list[FramesMissing | StreamStatistics] = [
            FramesMissing(count, cause) for cause, count in losses.items()
        ]
        resends = self._resends
        if time.monotonic() - self._asked_at_s >= _RESENDS_EVERY_S:
            self._asked_at_s = time.monotonic()
            resends = self._camera.resends()
        if self._repeated or self._late or resends != self._resends:
            messages.append(StreamStatistics(self._repeated, self._late, resends))
            self._repeated = self._late = 0
            self._resends = resends
        return messages

    def _reset_after_restart(self) -> None:
        if self._starts != self._camera.starts:
            self._starts = self._camera.starts
            self._block_ids = BlockIdCounter(self._camera.first_block_id)
            self._underrun_read = None
            self._underruns = 0

    def _new_underruns(self) -> int:
        """Return how many frames found no empty buffer and are not accounted for yet."""
        count = self._camera.underrun()
        if count is not None:
            known = self._underrun_read or 0
            self._underruns += count - known if count >= known else count
            self._underrun_read = count
        return self._underruns
