"""The books of the camera's process: which frames did not become parts, and why."""

from __future__ import annotations

import time
from typing import Protocol

from crane_desktop.camera.genicam.block_ids import BlockCounter
from crane_desktop.camera.genicam.messages import Missing, Noted
from crane_desktop.domain.frames import LossCause

_RESENDS_EVERY_S = 1.0


class Counted(Protocol):
    """What the books need from a camera; see `loop.Grabbing`."""

    incomplete: int
    garbage: int
    starts: int
    first_block: int | None

    def underrun(self) -> int | None:
        """Return how many frames found no empty buffer so far."""
        ...

    def resends(self) -> int | None:
        """Return how many packets were asked for again."""
        ...


class LossAccounting:
    """Counts losses by cause, from block ids and from what the driver says of itself."""

    def __init__(self, camera: Counted) -> None:
        self._camera = camera
        self._blocks = BlockCounter(camera.first_block)
        self._starts = camera.starts
        self._losses: dict[LossCause, int] = {}
        self._incomplete_told = self._garbage_told = 0
        self._underrun_known = camera.underrun()
        self._underruns = 0
        self._repeated = self._late = 0
        self._resends: int | None = None
        self._asked_at_s = 0.0

    def count_bad(self) -> int:
        """Count the buffers without a picture that came since the last time; return how many."""
        incomplete = self._camera.incomplete - self._incomplete_told
        garbage = self._camera.garbage - self._garbage_told
        if incomplete or garbage:
            self._incomplete_told += incomplete
            self._garbage_told += garbage
            self._begin_anew_after_a_start()
            self._blocks.unpictured(incomplete + garbage)
            self.lose(LossCause.INCOMPLETE, incomplete)
            self.lose(LossCause.GARBAGE, garbage)
        return incomplete + garbage

    def look(self, block_id: int | None, timestamp_ns: int | None) -> tuple[int, bool]:
        """Count what a whole frame's id says; return how many were lost before it, and whether it is a part."""
        self._begin_anew_after_a_start()
        seen = self._blocks.look(block_id, timestamp_ns)
        if seen.repeated or seen.late:
            self._repeated += seen.repeated
            self._late += seen.late
            return 0, False
        lost = seen.lost
        if lost or self._blocks.uncounted:
            underruns = self._new_underruns()
            # Without ids the driver's own count is all there is.
            lost = underruns if self._blocks.uncounted else lost
            explained = min(lost, underruns)
            self._underruns -= explained
            self.lose(LossCause.UNDERRUN, explained)
            self.lose(LossCause.LOST, lost - explained)
        return lost, True

    def lose(self, cause: LossCause, count: int) -> None:
        """Count frames that get no further."""
        if count:
            self._losses[cause] = self._losses.get(cause, 0) + count

    def told(self) -> list[Missing | Noted]:
        """Return what is new since the last time, as messages to the line."""
        losses, self._losses = self._losses, {}
        messages: list[Missing | Noted] = [Missing(count, cause) for cause, count in losses.items()]
        resends = self._resends
        if time.monotonic() - self._asked_at_s >= _RESENDS_EVERY_S:
            self._asked_at_s = time.monotonic()
            resends = self._camera.resends()
        if self._repeated or self._late or resends != self._resends:
            messages.append(Noted(self._repeated, self._late, resends))
            self._repeated = self._late = 0
            self._resends = resends
        return messages

    def _begin_anew_after_a_start(self) -> None:
        if self._starts != self._camera.starts:
            self._starts = self._camera.starts
            self._blocks = BlockCounter(self._camera.first_block)
            self._underrun_known = None
            self._underruns = 0

    def _new_underruns(self) -> int:
        """Return how many frames found no empty buffer and are not accounted for yet."""
        count = self._camera.underrun()
        if count is not None:
            known = self._underrun_known or 0
            self._underruns += count - known if count >= known else count
            self._underrun_known = count
        return self._underruns
