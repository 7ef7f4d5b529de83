"""The loop of the camera's process: driver -> ring, and the bookkeeping of what was lost on the way."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Protocol

from crane_desktop.camera.genicam.gaps import BlockCounter
from crane_desktop.camera.genicam.messages import Arrived, Missing, RingMade, RingWanted, Stop, TriggerNow
from crane_desktop.camera.genicam.ring import RingWriter
from crane_desktop.domain.frames import LossCause

if TYPE_CHECKING:
    from crane_desktop.camera.genicam.grabber import RawFrame

_IDLE_S = 0.001
_TELL_LOSSES_EVERY_S = 0.2
_RING_WITHIN_S = 2.0


class Grabbing(Protocol):
    """What the loop needs from a camera."""

    incomplete: int
    payload_bytes: int

    def fetch(self) -> AbstractContextManager[RawFrame | None]:
        """Lend the next frame, or None."""
        ...

    def trigger(self) -> None:
        """Ask for a picture."""
        ...


def stream(grabber: Grabbing, pipe: Connection, tick: Callable[[], None]) -> None:
    """Hand frames over until `Stop` comes; ends with EOFError when the other end is gone."""
    hand = _Hand(grabber, pipe, tick)
    try:
        while not hand.stopped:
            tick()
            if not hand.one_frame():
                hand.tell_losses_now_and_then()
                # The pause between two looks is the wait for the line's words.
                if pipe.poll(_IDLE_S):
                    hand.listen()
            elif pipe.poll(0):
                hand.listen()
    finally:
        hand.close()


class _Hand:
    """Moves one frame at a time."""

    def __init__(self, grabber: Grabbing, pipe: Connection, tick: Callable[[], None]) -> None:
        self.stopped = False
        self._grabber = grabber
        self._pipe = pipe
        self._tick = tick
        self._ring: RingWriter | None = None
        self._blocks = BlockCounter()
        self._losses: dict[LossCause, int] = {}
        self._incomplete_told = 0
        self._told_at_s = time.monotonic()
        self._trigger_id: int | None = None

    def one_frame(self) -> bool:
        """Take a frame from the driver, if there is one, and hand it over or count it."""
        with self._grabber.fetch() as raw:
            self._count_incomplete()
            if raw is None:
                return False
            self._lose(LossCause.LOST, self._blocks.lost_before(raw.block_id))
            ring = self._ring_for(raw.rows.size)
            slot = None if ring is None else ring.free_slot()
            if ring is None or slot is None:
                self._lose(LossCause.OVERRUN, 1)
                return True
            size = ring.put(slot, raw.rows)
        self._tell_losses()
        self._pipe.send(
            Arrived(
                ring=ring.name,
                slot=slot,
                size_bytes=size,
                width_px=raw.width_px,
                height_px=raw.height_px,
                pixel_format=raw.pixel_format,
                arrived_ns=raw.arrived_ns,
                block_id=raw.block_id,
                device_timestamp_ns=raw.device_timestamp_ns,
                trigger_id=self._trigger_id,
            )
        )
        self._trigger_id = None
        return True

    def listen(self) -> None:
        """Take one message of the line."""
        message = self._pipe.recv()
        if isinstance(message, Stop):
            self.stopped = True
        elif isinstance(message, TriggerNow):
            self._trigger_id = message.trigger_id
            self._grabber.trigger()
        elif isinstance(message, RingMade):
            self.close()
            self._ring = RingWriter(message)

    def tell_losses_now_and_then(self) -> None:
        """Tell losses that no frame has followed yet, unless the line is behind: the pipe must not fill up."""
        if (
            time.monotonic() - self._told_at_s >= _TELL_LOSSES_EVERY_S
            and self._ring
            and self._ring.free_slot() is not None
        ):
            self._tell_losses()

    def close(self) -> None:
        """Leave the ring."""
        ring, self._ring = self._ring, None
        if ring is not None:
            ring.close()

    def _ring_for(self, size_bytes: int) -> RingWriter | None:
        """Return a ring that takes the frame; asks for a bigger one where needed and waits a moment for it."""
        if self._ring is not None and self._ring.slot_bytes >= size_bytes:
            return self._ring
        self._pipe.send(RingWanted(max(size_bytes, self._grabber.payload_bytes)))
        give_up_s = time.monotonic() + _RING_WITHIN_S
        while not self.stopped and time.monotonic() < give_up_s:
            self._tick()
            if self._pipe.poll(_IDLE_S * 50):
                self.listen()
            if self._ring is not None and self._ring.slot_bytes >= size_bytes:
                return self._ring
        return None

    def _count_incomplete(self) -> None:
        new = self._grabber.incomplete - self._incomplete_told
        if new:
            self._incomplete_told += new
            self._blocks.incomplete(new)
            self._lose(LossCause.INCOMPLETE, new)

    def _lose(self, cause: LossCause, count: int) -> None:
        if count:
            self._losses[cause] = self._losses.get(cause, 0) + count

    def _tell_losses(self) -> None:
        self._told_at_s = time.monotonic()
        losses, self._losses = self._losses, {}
        for cause, count in losses.items():
            self._pipe.send(Missing(count, cause))
