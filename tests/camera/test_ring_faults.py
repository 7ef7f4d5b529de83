"""The ring under everything that may happen to its writer: killed, half done, too fast, and a reader that fails."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crane_desktop.camera.genicam import ring as ring_module
from crane_desktop.camera.genicam.messages import RingAddress
from crane_desktop.camera.genicam.ring import RingReader, RingWriter, slots_for
from crane_desktop.domain.errors import StationFault

FRAME = np.arange(12, dtype=np.uint8).reshape(3, 4)


@pytest.fixture
def reader() -> Iterator[RingReader]:
    made = RingReader(12)
    yield made
    made.close()


@pytest.fixture
def writer(reader: RingReader) -> Iterator[RingWriter]:
    made = RingWriter(reader.address)
    yield made
    made.close()


def copied(reader: RingReader, slot: int) -> np.ndarray:
    return reader.take(slot, 12, lambda data: data.copy()).reshape(3, 4)


class TestTornWrites:
    def test_a_slot_is_free_until_its_pixels_are_all_there(
        self, reader: RingReader, writer: RingWriter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A writer that dies in the middle of a copy has given nothing away."""

        def dies(target: np.ndarray, rows: np.ndarray) -> None:
            target[:1] = rows[:1]
            raise KeyboardInterrupt

        monkeypatch.setattr(ring_module.np, "copyto", dies)
        with pytest.raises(KeyboardInterrupt):
            writer.put(0, FRAME)
        monkeypatch.undo()
        assert writer.free_slot() == 0
        writer.put(0, FRAME[::-1])
        assert np.array_equal(copied(reader, 0), FRAME[::-1])

    def test_a_frame_that_is_too_large_writes_over_nothing(self, reader: RingReader, writer: RingWriter) -> None:
        last = reader.address.slots - 1
        with pytest.raises(ValueError, match="buffer"):
            writer.put(last, np.zeros((100, 100), np.uint8))
        assert writer.free_slot() == 0

    def test_a_killed_writer_leaves_what_it_gave_away_and_no_memory(self, reader: RingReader) -> None:
        context = multiprocessing.get_context("spawn")
        ready = context.Event()
        process = context.Process(target=_put_and_wait, args=(reader.address, ready))
        process.start()
        assert ready.wait(60)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join(60)
        assert process.exitcode == -signal.SIGKILL
        assert np.array_equal(copied(reader, 0), FRAME)
        again = RingWriter(reader.address)  # the next process of the camera
        assert again.free_slot() == 0
        again.close()
        name = reader.address.name
        reader.close()
        assert not (Path("/dev/shm") / name).exists()


def _put_and_wait(address: RingAddress, ready: object) -> None:
    writer = RingWriter(address)
    writer.put(0, FRAME)
    ready.set()  # type: ignore[attr-defined]
    signal.pause()


class TestSlots:
    @settings(deadline=None, max_examples=50)
    @given(steps=st.lists(st.sampled_from(["put", "take", "take the newest"]), max_size=60))
    def test_every_frame_comes_out_as_it_went_in_whatever_the_order(self, steps: list[str]) -> None:
        reader = RingReader(12)
        writer = RingWriter(reader.address)
        try:
            waiting: deque[tuple[int, int]] = deque()
            for number, step in enumerate(steps):
                if step == "put":
                    slot = writer.free_slot()
                    assert (slot is None) == (len(waiting) == reader.address.slots)
                    if slot is not None:
                        assert slot not in {taken for taken, _ in waiting}
                        writer.put(slot, np.full((3, 4), number, np.uint8))
                        waiting.append((slot, number))
                elif waiting:
                    slot, wrote = waiting.popleft() if step == "take" else waiting.pop()
                    assert (copied(reader, slot) == wrote).all()
        finally:
            writer.close()
            reader.close()

    @given(slot_bytes=st.integers(0, 2**40))
    def test_a_ring_is_never_too_small_to_work_with(self, slot_bytes: int) -> None:
        assert 3 <= slots_for(slot_bytes) <= 8
        assert slots_for(slot_bytes) >= slots_for(slot_bytes + 1)

    @pytest.mark.parametrize(("slot", "size"), [(-1, 12), (8, 12), (0, 0), (0, 13), (0, -1)])
    def test_what_no_message_of_ours_can_say_is_refused_and_touches_no_slot(
        self, reader: RingReader, writer: RingWriter, slot: int, size: int
    ) -> None:
        writer.put(0, FRAME)
        with pytest.raises(ValueError, match="no frame"):
            reader.take(slot, size, lambda data: data)
        assert writer.free_slot() == 1
        assert np.array_equal(copied(reader, 0), FRAME)

    def test_a_reader_that_fails_holds_no_memory(self, reader: RingReader, writer: RingWriter) -> None:
        writer.put(0, FRAME)
        kept: list[Exception] = []

        def fails(data: np.ndarray) -> None:
            view = data[2:]
            raise RuntimeError(int(view[0]))

        with pytest.raises(RuntimeError) as error:
            reader.take(0, 12, fails)
        kept.append(error.value)
        writer.close()
        reader.close()  # BufferError where a frame of the traceback still held a view

    def test_a_closed_ring_gives_nothing(self, reader: RingReader) -> None:
        reader.close()
        with pytest.raises(ValueError, match="closed"):
            reader.take(0, 12, lambda data: data)


def test_a_system_without_memory_for_it_is_told_in_mebibytes(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ring_module.os, "posix_fallocate", full)
    before = set(Path("/dev/shm").glob(f"crane-{os.getpid()}-*"))
    with pytest.raises(StationFault) as error:
        RingReader(2**20)
    assert (error.value.key, error.value.params["size"]) == ("camera.no_memory", 8)
    assert set(Path("/dev/shm").glob(f"crane-{os.getpid()}-*")) == before
