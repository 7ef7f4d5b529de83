"""The acquisition loop of the camera's process: driver -> ring, and the accounting of what was lost on the way."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Protocol

from crane_desktop.camera.genicam.loss_accounting import LossAccounting
from crane_desktop.camera.genicam.messages import (
    FrameArrived,
    NodeCall,
    RingAddress,
    RingRequest,
    Stop,
    TriggerNow,
    TriggerRefused,
)
from crane_desktop.camera.genicam.ring import RingWriter
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.frames import LossCause

if TYPE_CHECKING:
    from crane_desktop.camera.genicam.grabber import RawFrame

_IDLE_S = 0.001
_REPORT_LOSSES_EVERY_S = 0.2
_RING_WITHIN_S = 2.0
_LOOK_EVERY_S = 1.0
_MOST_SPARE = 4
_ALWAYS_SPARE_BYTES = 2**20


class FrameGrabber(Protocol):
    """What the loop needs from a camera."""

    incomplete: int
    """Buffers that came unfilled, so far."""
    garbage: int
    """Buffers that described no possible picture, so far."""
    starts: int
    """How often the stream was started: each time the block ids begin anew."""
    first_block_id: int | None
    """The block id that they begin with, where the camera's kind says so."""
    frames_per_trigger: int
    payload_bytes: int

    def fetch(self) -> AbstractContextManager[RawFrame | None]:
        """Lend the next frame, or None."""
        ...

    def trigger(self) -> None:
        """Ask for a picture."""
        ...

    def restart(self) -> None:
        """Drop what is under way and start the stream anew."""
        ...

    def check(self) -> None:
        """Raise where the camera is gone."""
        ...

    def underrun(self) -> int | None:
        """Return how many frames found no empty buffer so far; None where the driver does not say."""
        ...

    def resends(self) -> int | None:
        """Return how many packets were asked for again; None where the driver does not say."""
        ...


class NodeCalls(Protocol):
    """What the loop needs from the node service."""

    def take(self, call: NodeCall) -> None:
        """Put a call in the queue."""
        ...

    def turn(self) -> None:
        """Do a little of it."""
        ...


def stream(grabber: FrameGrabber, pipe: Connection, tick: Callable[[], None], nodes: NodeCalls | None = None) -> None:
    """Hand frames over until `Stop` comes; ends with EOFError when the other end is gone.

    Parameters
    ----------
    nodes
        Answers questions about the camera's nodes, between frames.
    """
    acquisition = _Acquisition(grabber, pipe, tick, nodes)
    try:
        while not acquisition.stopped:
            tick()
            if nodes is not None:
                nodes.turn()
            if not acquisition.transfer_frame():
                acquisition.report_losses_periodically()
                # The pause between two looks is the wait for the line's words.
                if pipe.poll(_IDLE_S):
                    acquisition.receive_message()
            elif pipe.poll(0):
                acquisition.receive_message()
    finally:
        acquisition.close()


class _Acquisition:
    """Moves one frame at a time."""

    def __init__(
        self, grabber: FrameGrabber, pipe: Connection, tick: Callable[[], None], nodes: NodeCalls | None = None
    ) -> None:
        self.stopped = False
        self._nodes = nodes
        self._grabber = grabber
        self._pipe = pipe
        self._tick = tick
        self._ring: RingWriter | None = None
        self._accounting = LossAccounting(grabber)
        self._reported_at_s = self._frame_at_s = time.monotonic()
        self._trigger_id: int | None = None
        self._frames_due = 0

    def transfer_frame(self) -> bool:
        """Take a frame from the driver, if there is one, and hand it over or count it."""
        with self._grabber.fetch() as raw:
            self._frames_due -= self._accounting.count_bad_buffers()
            if raw is None:
                return False
            self._frame_at_s = time.monotonic()
            lost, wanted = self._accounting.count_frame(raw.block_id, raw.device_timestamp_ns)
            self._frames_due -= lost
            if not wanted:
                return True
            ring = self._ring_for(raw.rows.size)
            slot = None if ring is None else ring.free_slot()
            if ring is None or slot is None:
                self._accounting.count_loss(LossCause.OVERRUN, 1)
                self._frames_due -= 1
                return True
            size = ring.put(slot, raw.rows)
        self._report_losses()
        self._pipe.send(
            FrameArrived(
                ring=ring.name,
                slot=slot,
                size_bytes=size,
                width_px=raw.width_px,
                height_px=raw.height_px,
                pixel_format=raw.pixel_format,
                arrived_ns=raw.arrived_ns,
                block_id=raw.block_id,
                device_timestamp_ns=raw.device_timestamp_ns,
                trigger_id=self._trigger_id if self._frames_due > 0 else None,
            )
        )
        self._frames_due -= 1
        return True

    def receive_message(self) -> None:
        """Take one message of the line."""
        message = self._pipe.recv()
        if isinstance(message, Stop):
            self.stopped = True
        elif isinstance(message, TriggerNow):
            self._fire_trigger(message)
        elif isinstance(message, NodeCall):
            if self._nodes is not None:
                self._nodes.take(message)
        elif isinstance(message, RingAddress):
            self.close()
            self._ring = RingWriter(message)

    def report_losses_periodically(self) -> None:
        """Tell losses that no frame has followed yet, unless the line is behind: the pipe must not fill up."""
        now_s = time.monotonic()
        if now_s - self._reported_at_s >= _REPORT_LOSSES_EVERY_S and (
            self._ring is None or self._ring.free_slot() is not None
        ):
            self._report_losses()
        if now_s - self._frame_at_s >= _LOOK_EVERY_S:
            self._frame_at_s = now_s
            self._grabber.check()

    def close(self) -> None:
        """Leave the ring."""
        ring, self._ring = self._ring, None
        if ring is not None:
            ring.close()

    def _fire_trigger(self, message: TriggerNow) -> None:
        if message.restart:
            self._grabber.restart()
        self._trigger_id = message.trigger_id
        self._frames_due = self._grabber.frames_per_trigger
        try:
            self._grabber.trigger()
        except InputError as error:
            self._frames_due = 0
            self._pipe.send(TriggerRefused(message.trigger_id, str(error)))

    def _ring_for(self, size_bytes: int) -> RingWriter | None:
        """Return a ring that takes the frame; asks for a bigger one where needed and waits a moment for it."""
        if self._ring is not None and self._ring.slot_bytes >= size_bytes:
            return self._ring
        # What the camera says of its payload may be nonsense: the buffer at hand is not.
        most = max(_MOST_SPARE * size_bytes, _ALWAYS_SPARE_BYTES)
        self._pipe.send(RingRequest(max(size_bytes, min(self._grabber.payload_bytes, most))))
        give_up_s = time.monotonic() + _RING_WITHIN_S
        while not self.stopped and time.monotonic() < give_up_s:
            self._tick()
            if self._pipe.poll(_IDLE_S * 50):
                self.receive_message()
            if self._ring is not None and self._ring.slot_bytes >= size_bytes:
                return self._ring
        return None

    def _report_losses(self) -> None:
        self._reported_at_s = time.monotonic()
        for message in self._accounting.report():
            self._pipe.send(message)
