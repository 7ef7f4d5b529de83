"""What every source of frames promises, run over all of them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from crane_desktop.camera.genicam.discover import bundled_viky
from crane_desktop.domain.frames import EndOfFrames, Frame, FrameFault, FramesLost, SourceEvent
from crane_desktop.domain.ports import FrameSource
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.services.sources import make_source

_WITHIN_S = 30.0
_SHARED_MEMORY = Path("/dev/shm")

Make = Callable[..., FrameSource]


def _folder(tmp_path: Path, frames: int | None, rate_hz: float | None) -> SourceChoice:
    folder = tmp_path / "部品"
    folder.mkdir(exist_ok=True)
    for index in range(12):
        level = np.random.default_rng(index).integers(0, 256, (32, 40, 3), dtype=np.uint8)
        Image.fromarray(level).save(folder / f"{index:03}.png")
    return SourceChoice(kind="folder", path=str(folder), frames=frames, rate_hz=rate_hz)


def _demo(tmp_path: Path, frames: int | None, rate_hz: float | None) -> SourceChoice:
    return SourceChoice(kind="demo", frames=frames, rate_hz=rate_hz, seed=3)


def _viky(tmp_path: Path, frames: int | None, rate_hz: float | None) -> SourceChoice:
    return SourceChoice(kind="genicam", cti=str(bundled_viky()), frames=frames)


def _virtual(virtual_cameras: Any, frames: int | None, rate_hz: float | None, kind: str) -> SourceChoice:
    """Return a virtual camera by its trigger; an older one comes up waiting for triggers that nobody gives."""
    begins = {"AcquisitionFrameRate": rate_hz or 50.0, "ExposureTime": 500.0}
    if kind == "older":
        begins |= {"TriggerMode[FrameStart]": "On", "TriggerMode[AcquisitionStart]": "On"}
    virtual_cameras.add("VC1", begins, sensor_width=64, sensor_height=48, sfnc=1 if kind == "older" else 2)
    trigger = "free" if kind == "older" else kind
    return SourceChoice(kind="genicam", cti=str(virtual_cameras.cti), device="VC1", frames=frames, trigger=trigger)


def _choice(request: pytest.FixtureRequest, frames: int | None, rate_hz: float | None) -> SourceChoice:
    if isinstance(request.param, str):
        cameras = request.getfixturevalue("virtual_cameras")
        return _virtual(cameras, frames, rate_hz, request.param)
    choice: SourceChoice = request.param(request.getfixturevalue("tmp_path"), frames, rate_hz)
    return choice


@pytest.fixture(
    params=[_folder, _demo, _viky, "free", "software", "older"],
    ids=["folder", "demo", "genicam", "virtual camera", "triggered virtual camera", "virtual camera of SFNC 1"],
)
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """A maker of sources; all are closed at the end, and nothing may be left of them."""
    made: list[FrameSource] = []
    threads = set(threading.enumerate())
    memory = _memory_blocks()

    def build(frames: int | None = None, rate_hz: float | None = None) -> FrameSource:
        made.append(make_source(_choice(request, frames, rate_hz)))
        return made[-1]

    yield build
    for source in made:
        source.close()
    assert set(threading.enumerate()) <= threads
    assert active_children() == []
    assert _memory_blocks() <= memory


def _memory_blocks() -> set[str]:
    return {block.name for block in _SHARED_MEMORY.glob(f"crane-{os.getpid()}-*")} if _SHARED_MEMORY.is_dir() else set()


def _take(source: FrameSource, count: int) -> list[SourceEvent]:
    events: list[SourceEvent] = []
    until_s = time.monotonic() + _WITHIN_S
    while len(events) < count and time.monotonic() < until_s:
        event = source.next_event(1.0)
        if event is not None:
            events.append(event)
        if isinstance(event, EndOfFrames):
            break
    return events


def _frames(events: list[SourceEvent]) -> list[Frame]:
    return [event for event in events if isinstance(event, Frame)]


class TestFrameSource:
    """The contract of `domain.ports.FrameSource`."""

    def test_it_says_what_it_is_before_and_after_it_is_open(self, make: Make) -> None:
        source = make(frames=2)
        before = source.info
        source.open()
        after = source.info
        assert before.kind == after.kind
        assert before.every_part == after.every_part
        assert after.source_id
        assert after.description
        assert {frame.origin.source_id for frame in _frames(_take(source, 2))} == {after.source_id}

    def test_frames_are_numbered_from_one_without_gaps(self, make: Make) -> None:
        source = make(frames=6)
        source.open()
        number = 0
        for event in _take(source, 6):
            if isinstance(event, EndOfFrames):
                break
            assert isinstance(event, Frame | FrameFault | FramesLost)
            number += event.count if isinstance(event, FramesLost) else 1
            assert event.origin.frame_id == number
        assert number == 6

    def test_pixels_are_sealed_and_of_the_promised_kind(self, make: Make) -> None:
        source = make()
        source.open()
        frames = _frames(_take(source, 3))
        assert frames
        for frame in frames:
            assert frame.pixels.dtype == np.uint8
            assert frame.pixels.ndim in (2, 3)
            assert frame.pixels.flags.c_contiguous
            assert not frame.pixels.flags.writeable
            assert frame.pixel_format

    def test_frames_share_no_memory_and_do_not_change(self, make: Make) -> None:
        source = make()
        source.open()
        first, *others = _frames(_take(source, 6))
        kept = first.pixels.copy()
        assert others
        assert not any(np.shares_memory(first.pixels, other.pixels) for other in others)
        source.close()
        assert np.array_equal(first.pixels, kept)

    def test_time_stamps_are_utc_on_our_clock_and_never_run_backwards(self, make: Make) -> None:
        began_ns, began_at = time.monotonic_ns(), datetime.now(tz=UTC)
        source = make()
        source.open()
        frames = _frames(_take(source, 5))
        arrived = [frame.origin.arrived_ns for frame in frames]
        assert arrived == sorted(arrived)
        assert began_ns <= arrived[0]
        assert arrived[-1] <= time.monotonic_ns()
        for frame in frames:
            assert frame.origin.arrived_at.utcoffset() == timedelta(0)
            assert began_at - timedelta(seconds=1) <= frame.origin.arrived_at <= datetime.now(tz=UTC)

    @pytest.mark.timing
    def test_a_wait_ends_in_time(self, make: Make) -> None:
        source = make(rate_hz=0.05)
        source.open()
        _take(source, 1)
        began_s = time.monotonic()
        source.next_event(0.1)
        assert time.monotonic() - began_s < 10.0  # the next frame is 20 s away

    def test_after_its_last_frame_it_says_so_for_ever(self, make: Make) -> None:
        source = make(frames=3)
        source.open()
        assert len(_frames(_take(source, 3))) >= 1
        ends = [source.next_event(1.0) for _ in range(3)]
        assert all(isinstance(event, EndOfFrames) for event in ends)

    def test_no_frames_asked_for_none_given(self, make: Make) -> None:
        source = make(frames=0)
        source.open()
        assert isinstance(source.next_event(1.0), EndOfFrames)

    def test_closing_is_idempotent_and_needs_no_open(self, make: Make) -> None:
        source = make()
        source.close()
        source.open()
        source.close()
        source.close()
        event = source.next_event(0.01)
        assert event is None or isinstance(event, EndOfFrames)

    def test_it_opens_again_and_numbers_from_one(self, make: Make) -> None:
        source = make()
        for _ in range(2):
            source.open()
            (frame,) = _frames(_take(source, 1))
            assert frame.origin.frame_id == 1
            source.close()

    def test_closing_from_another_thread_ends_a_wait(self, make: Make) -> None:
        source = make(rate_hz=0.05)
        source.open()
        _take(source, 1)
        got: list[SourceEvent | None] = []

        def wait() -> None:
            while not isinstance(event := source.next_event(2 * _WITHIN_S), EndOfFrames) and event is not None:
                got.append(event)

        waiting = threading.Thread(target=wait, name="waiting")
        waiting.start()
        threading.Event().wait(0.3)
        source.close()
        waiting.join(_WITHIN_S)
        assert not waiting.is_alive()
