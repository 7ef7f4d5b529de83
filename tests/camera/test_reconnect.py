"""A camera that goes away in the middle of a run, through the product's own process, and its return."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from multiprocessing import active_children

import psutil
import pytest
from eventually import eventually
from virtual_camera import VirtualCamera, VirtualCameras

from crane_desktop.camera.genicam import link
from crane_desktop.camera.genicam import source as source_module
from crane_desktop.camera.genicam.messages import DeviceInfo
from crane_desktop.camera.genicam.producers import find_same_camera
from crane_desktop.camera.genicam.reconnect import ReconnectingSource
from crane_desktop.camera.genicam.source import GenicamSource
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.frames import (
    EndOfFrames,
    Frame,
    FrameFault,
    FramesLost,
    SourceBack,
    SourceDown,
    SourceEvent,
)
from crane_desktop.domain.health import SourceState

SMALL = {"sensor_width": 64, "sensor_height": 48}
FAST = {"ExposureTime": 500.0, "AcquisitionFrameRate": 100.0}

Make = Callable[..., ReconnectingSource]


@pytest.fixture
def camera(virtual_cameras: VirtualCameras) -> VirtualCamera:
    return virtual_cameras.add("VC1", FAST, reference_exposure_us=500, **SMALL)


@pytest.fixture
def make(camera: VirtualCamera, virtual_cameras: VirtualCameras) -> Iterator[Make]:
    made: list[ReconnectingSource] = []
    threads = set(threading.enumerate())

    def build(**options: object) -> ReconnectingSource:
        made.append(ReconnectingSource(GenicamSource(str(virtual_cameras.cti), "VC1", **options)))  # type: ignore[arg-type]
        return made[-1]

    yield build
    for one in made:
        one.close()
    assert active_children() == []
    assert set(threading.enumerate()) <= threads


def until(source: ReconnectingSource, kind: type) -> list[SourceEvent]:
    """Return all events up to the first one of this kind."""
    events: list[SourceEvent] = []

    def came() -> bool:
        event = source.next_event(0.1)
        if event is not None:
            events.append(event)
        return isinstance(event, kind)

    eventually(came, what=lambda: f"no {kind.__name__}; {source.status()}; {events[-5:]}")
    return events


def numbers(events: list[SourceEvent]) -> list[int]:
    """Return the numbers that these events use up."""
    used: list[int] = []
    for event in events:
        if isinstance(event, Frame | FrameFault):
            used.append(event.origin.frame_id)
        elif isinstance(event, FramesLost):
            used += range(event.origin.frame_id - event.count + 1, event.origin.frame_id + 1)
    return used


class TestHealing:
    def test_away_and_back_under_another_id(self, make: Make, camera: VirtualCamera) -> None:
        source = make(features={"Gain": 3.0, "Width": 32})
        source.open()
        events = until(source, Frame)
        camera.order("lose")
        lost = until(source, SourceDown)
        events += lost
        none, down = lost[-2:]
        assert isinstance(none, FrameFault)
        assert none.cause == "camera_fault"
        assert isinstance(down, SourceDown)
        assert down.error.key == "camera.lost"
        status = source.status()
        assert status.state is SourceState.RECONNECTING
        assert status.cause is not None
        assert source.next_event(0.05) is None
        camera.send("return id=another-socket")
        back = until(source, SourceBack)
        events += [*back, *until(source, Frame)]
        assert "/another-socket" in source.info.source_id
        last = events[-1]
        assert isinstance(last, Frame)
        assert last.pixels.shape[1] == 32  # features are as they were
        assert camera.events("set", name="Gain")[-1].values["value"].startswith("3")
        assert numbers(events) == list(range(1, last.origin.frame_id + 1))
        assert isinstance(back[-1], SourceBack)
        gap = back[-1].gap
        assert gap.start < gap.end
        assert gap.attempts >= 1
        assert source.status().state is SourceState.STREAMING
        assert source.status().counts.losses_of_connection == 1

    def test_a_hanging_driver_is_abandoned_and_killed(
        self, make: Make, camera: VirtualCamera, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module in (source_module, link):
            monkeypatch.setattr(module, "HANG_AFTER_S", 1.0)
        source = make()
        source.open()
        until(source, Frame)
        pid = source.process_id
        assert pid is not None
        camera.order("hang EventGetData")
        down = until(source, SourceDown)[-1]
        assert isinstance(down, SourceDown)
        assert down.error.key == "camera.hangs"
        assert not psutil.pid_exists(pid)
        camera.send("hang off")
        until(source, SourceBack)
        assert until(source, Frame)

    def test_the_part_under_way_gets_none_and_triggers_go_on(self, make: Make, camera: VirtualCamera) -> None:
        source = make(trigger="software", frames=4)
        source.open()
        events = until(source, Frame)
        camera.order("lose")
        events += until(source, SourceDown)
        assert isinstance(events[-2], FrameFault)
        camera.send("return")
        events += until(source, EndOfFrames)
        assert numbers(events) == [1, 2, 3, 4]
        assert sum(isinstance(event, FrameFault) for event in events) == 1

    def test_a_first_opening_without_a_camera_fails_at_once(self, make: Make, camera: VirtualCamera) -> None:
        camera.send("lose")
        source = make()
        with pytest.raises(InputError) as error:
            source.open()
        assert error.value.key == "camera.no_device"
        assert isinstance(source.next_event(0.0), EndOfFrames)

    def test_stopping_while_the_camera_is_away(self, make: Make, camera: VirtualCamera) -> None:
        source = make()
        source.open()
        until(source, Frame)
        camera.order("lose")
        until(source, SourceDown)
        source.next_event(1.0)  # an attempt is under way
        source.close()
        assert source.status().state is SourceState.CLOSED
        assert isinstance(source.next_event(0.1), EndOfFrames)

    def test_a_camera_that_others_took_meanwhile_is_waited_for(self, make: Make, camera: VirtualCamera) -> None:
        source = make()
        source.open()
        until(source, Frame)
        camera.order("lose")
        until(source, SourceDown)
        camera.send("busy on")
        camera.send("return")
        for _ in range(8):
            assert not isinstance(source.next_event(0.2), SourceBack)
        camera.send("busy off")
        assert until(source, SourceBack)


def test_which_camera_it_was() -> None:
    def seen(device_id: str, serial: str, producer: str = "a.cti") -> DeviceInfo:
        return DeviceInfo(device_id, "V", "M", serial, "", "GEV", producer)

    known = seen("old", "S1")
    there = [seen("x", "S2"), seen("new", "S1", "b.cti"), seen("newer", "S1")]
    assert find_same_camera(there, known)[0] == 2  # by the driver it was opened with
    assert find_same_camera(there[:2], known)[0] == 1
    assert find_same_camera([seen("old", "")], seen("old", ""))[0] == 0
    with pytest.raises(InputError) as error:
        find_same_camera(there[:1], known)
    assert error.value.key == "camera.device_missing"
