"""Frames across processes: the ring, the numbering, and the bookkeeping of what is lost on the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from eventually import WITHIN_S, eventually

from crane_desktop.camera.genicam.block_ids import BlockIdCounter, BlockIdFinding, lost_between
from crane_desktop.camera.genicam.loop import stream
from crane_desktop.camera.genicam.messages import (
    ErrorReport,
    FrameArrived,
    FramesMissing,
    RingAddress,
    RingRequest,
    Stop,
    TriggerNow,
)
from crane_desktop.camera.genicam.ring import RingReader, RingWriter, slots_for
from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.domain.frames import LossCause


class TestGaps:
    @pytest.mark.parametrize(
        ("previous", "current", "lost"),
        [
            (1, 2, 0),
            (1, 5, 3),
            (7, 7, 0),
            (65535, 1, 0),  # 16-bit ids leave out 0
            (65534, 2, 2),
            (65535, 65536, 0),  # 64-bit ids go on
            (500, 1, 0),  # the camera was started anew
            (2**40, 2**40 + 3, 2),
        ],
    )
    def test_between_two_ids(self, previous: int, current: int, lost: int) -> None:
        assert lost_between(previous, current) == lost

    def test_incomplete_frames_are_no_gap(self) -> None:
        counter = BlockIdCounter()
        assert counter.observe(10, None).lost == 0
        counter.bad_buffers(2)
        assert counter.observe(13, None).lost == 0
        counter.bad_buffers(1)
        assert counter.observe(17, None).lost == 2
        assert counter.observe(18, None).lost == 0

    def test_a_camera_without_ids_loses_nothing_that_could_be_known(self) -> None:
        counter = BlockIdCounter()
        assert [counter.observe(None, None) for _ in range(3)] == [BlockIdFinding()] * 3


class TestRing:
    @pytest.fixture
    def ends(self) -> Iterator[tuple[RingReader, RingWriter]]:
        reader = RingReader(60)
        writer = RingWriter(reader.address)
        yield reader, writer
        writer.close()
        reader.close()

    def test_what_is_put_in_comes_out(self, ends: tuple[RingReader, RingWriter]) -> None:
        reader, writer = ends
        padded = np.arange(48, dtype=np.uint8).reshape(6, 8)
        rows = padded[:, :5]  # lines with padding, as a driver lays them
        slot = writer.free_slot()
        assert slot is not None
        size = writer.put(slot, rows)
        assert size == 30
        taken = reader.take(slot, size, lambda data: data.copy())
        assert np.array_equal(taken.reshape(6, 5), rows)

    def test_a_full_ring_takes_no_more_until_a_slot_is_given_back(self, ends: tuple[RingReader, RingWriter]) -> None:
        reader, writer = ends
        slots = []
        while (slot := writer.free_slot()) is not None:
            writer.put(slot, np.full((1, 3), len(slots), np.uint8))
            slots.append(slot)
        assert sorted(slots) == list(range(reader.address.slots))
        assert reader.take(slots[2], 3, lambda data: int(data[0])) == 2
        assert writer.free_slot() == slots[2]

    def test_a_slot_comes_back_even_where_its_picture_cannot_be_read(self, ends: tuple[RingReader, RingWriter]) -> None:
        reader, writer = ends
        writer.put(0, np.zeros((1, 3), np.uint8))

        def fail(_data: object) -> None:
            raise ValueError("bad format")

        with pytest.raises(ValueError, match="bad format"):
            reader.take(0, 3, fail)
        assert writer.free_slot() is not None

    def test_the_memory_is_gone_when_the_line_leaves(self) -> None:
        reader = RingReader(10)
        block = Path("/dev/shm") / reader.address.name
        if not block.parent.is_dir():
            pytest.skip("no /dev/shm here")
        assert block.exists()
        reader.close()
        reader.close()
        assert not block.exists()

    def test_huge_frames_get_fewer_slots(self) -> None:
        assert slots_for(640 * 480) == 8
        assert slots_for(60 * 2**20) == 4
        assert slots_for(2**30) == 3


@dataclass
class FakeGrabber:
    """A driver that plays a script: block ids of frames, ``-n`` for n incomplete ones, None for nothing there."""

    script: list[int | None]
    size: tuple[int, int] = (4, 5)
    incomplete: int = 0
    garbage: int = 0
    starts: int = 1
    first_block_id: int | None = None
    frames_per_trigger: int = 1
    payload_bytes: int = 0
    given_back: int = 0
    triggers: list[float] = field(default_factory=list)
    held: bool = False

    @contextmanager
    def fetch(self) -> Iterator[Any]:
        assert not self.held
        step = self.script.pop(0) if self.script else None
        if step is not None and step < 0:
            self.incomplete -= step
            step = None
        if step is None:
            yield None
            return
        self.held = True
        try:
            rows = np.full(self.size, step % 256, np.uint8)
            yield SimpleNamespace(
                rows=rows,
                width_px=self.size[1],
                height_px=self.size[0],
                pixel_format="Mono8",
                arrived_ns=time.monotonic_ns(),
                block_id=step,
                device_timestamp_ns=None,
            )
        finally:
            self.held = False
            self.given_back += 1

    def trigger(self) -> None:
        self.triggers.append(time.monotonic())

    def restart(self) -> None:
        self.starts += 1

    def check(self) -> None:
        return

    def underrun(self) -> int | None:
        return None

    def resends(self) -> int | None:
        return None


@dataclass
class Desk:
    """The line's end of a loop that runs in a thread of this process."""

    pipe: Connection
    thread: threading.Thread
    failures: list[BaseException]
    rings: list[RingReader] = field(default_factory=list)

    def next(self, kind: type) -> Any:
        """Return the next message, which must be of this kind; a wanted ring is made on the way."""
        while True:
            assert self.pipe.poll(WITHIN_S), f"waiting for {kind.__name__}"
            message = self.pipe.recv()
            if isinstance(message, RingRequest) and kind is not RingRequest:
                self.rings.append(RingReader(message.slot_bytes))
                self.pipe.send(self.rings[-1].address)
                continue
            assert isinstance(message, kind), message
            return message

    def take(self, arrived: FrameArrived) -> np.ndarray:
        return self.rings[-1].take(arrived.slot, arrived.size_bytes, lambda data: data.copy())

    def stop(self) -> None:
        if self.thread.is_alive():
            self.pipe.send(Stop())
        self.thread.join(WITHIN_S)
        assert not self.thread.is_alive()


@pytest.fixture
def desk() -> Iterator[Callable[[FakeGrabber], Desk]]:
    made: list[Desk] = []

    def start(grabber: FakeGrabber) -> Desk:
        ours, theirs = Pipe()
        failures: list[BaseException] = []

        def run() -> None:
            try:
                stream(grabber, theirs, lambda: None)
            except EOFError as error:
                failures.append(error)
            finally:
                theirs.close()

        made.append(Desk(ours, threading.Thread(target=run, name="loop"), failures))
        made[-1].thread.start()
        return made[-1]

    yield start
    for one in made:
        if not one.pipe.closed:
            one.stop()
            one.pipe.close()
        for ring in one.rings:
            ring.close()


class TestLoop:
    def test_frames_come_in_order_with_their_bytes(self, desk: Callable[[FakeGrabber], Desk]) -> None:
        grabber = FakeGrabber([1, None, 2, 3])
        line = desk(grabber)
        for number in (1, 2, 3):
            arrived = line.next(FrameArrived)
            assert (arrived.block_id, arrived.width_px, arrived.height_px) == (number, 5, 4)
            assert set(line.take(arrived)) == {number}
        line.stop()
        assert grabber.given_back == 3

    def test_a_gap_is_told_before_the_frame_that_shows_it(self, desk: Callable[[FakeGrabber], Desk]) -> None:
        line = desk(FakeGrabber([1, 5]))
        line.take(line.next(FrameArrived))
        assert line.next(FramesMissing) == FramesMissing(3, LossCause.LOST)
        assert line.next(FrameArrived).block_id == 5

    def test_incomplete_frames_are_told_once_and_are_no_gap(self, desk: Callable[[FakeGrabber], Desk]) -> None:
        line = desk(FakeGrabber([1, -2, 4, 5]))
        line.take(line.next(FrameArrived))
        assert line.next(FramesMissing) == FramesMissing(2, LossCause.INCOMPLETE)
        assert [line.next(FrameArrived).block_id for _ in range(2)] == [4, 5]

    def test_losses_with_no_frame_after_them_are_told_all_the_same(self, desk: Callable[[FakeGrabber], Desk]) -> None:
        line = desk(FakeGrabber([1, -3]))
        line.take(line.next(FrameArrived))
        assert line.next(FramesMissing) == FramesMissing(3, LossCause.INCOMPLETE)

    def test_a_line_that_does_not_keep_up_overruns_and_every_frame_is_accounted_for(
        self, desk: Callable[[FakeGrabber], Desk]
    ) -> None:
        grabber = FakeGrabber(list(range(1, 31)))
        line = desk(grabber)
        arrived = [line.next(FrameArrived)]
        slots = line.rings[-1].address.slots
        arrived += [line.next(FrameArrived) for _ in range(slots - 1)]
        eventually(lambda: not grabber.script)
        assert not line.pipe.poll(0.5)  # nothing is told while the line is behind: the pipe must not fill up
        for one in arrived:
            line.take(one)
        assert line.next(FramesMissing) == FramesMissing(30 - slots, LossCause.OVERRUN)

    def test_larger_frames_get_a_larger_ring(self, desk: Callable[[FakeGrabber], Desk]) -> None:
        grabber = FakeGrabber([1])
        line = desk(grabber)
        line.take(line.next(FrameArrived))
        grabber.size = (40, 50)
        grabber.script.append(2)
        arrived = line.next(FrameArrived)
        assert len(line.rings) == 2
        assert arrived.ring == line.rings[-1].address.name
        assert set(line.take(arrived)) == {2}

    def test_the_ring_is_made_for_the_cameras_largest_frame(self, desk: Callable[[FakeGrabber], Desk]) -> None:
        line = desk(FakeGrabber([1], payload_bytes=12_345))
        line.next(FrameArrived)
        assert line.rings[-1].address.slot_bytes == 12_345

    def test_a_line_that_gives_no_ring_loses_frames_and_can_still_stop(
        self, desk: Callable[[FakeGrabber], Desk], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("crane_desktop.camera.genicam.loop._RING_WITHIN_S", 0.1)
        line = desk(FakeGrabber([1, 2]))
        line.next(RingRequest)
        line.next(RingRequest)
        line.stop()

    def test_a_software_trigger_carries_its_number(self, desk: Callable[[FakeGrabber], Desk]) -> None:
        grabber = FakeGrabber([])
        line = desk(grabber)
        line.pipe.send(TriggerNow(41))
        eventually(lambda: grabber.triggers)
        grabber.script.extend([1, 2])
        assert [line.next(FrameArrived).trigger_id for _ in range(2)] == [41, None]

    def test_a_line_that_is_gone_ends_the_loop(self, desk: Callable[[FakeGrabber], Desk]) -> None:
        grabber = FakeGrabber([])
        line = desk(grabber)
        line.pipe.close()
        line.thread.join(WITHIN_S)
        assert not line.thread.is_alive()
        assert isinstance(line.failures[0], EOFError)


@pytest.mark.parametrize("error", [InputError("camera.no_device"), StationFault("camera.lost", device="A", detail=3)])
def test_an_error_crosses_processes(error: InputError | StationFault) -> None:
    again = ErrorReport.of(error).error()
    assert type(again) is type(error)
    assert again.key == error.key
    assert again.params == {name: str(value) for name, value in error.params.items()}


def test_a_ring_address_is_all_the_other_process_needs() -> None:
    reader = RingReader(16)
    try:
        assert isinstance(reader.address, RingAddress)
        assert reader.address.slots == slots_for(16)
    finally:
        reader.close()
