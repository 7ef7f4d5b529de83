"""The virtual camera's faults on command, its lines, and what the product's own source makes of them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import numpy as np
import psutil
import pytest
from eventually import eventually
from virtual_camera import VirtualCamera, VirtualCameras
from virtual_harvest import Harvest, HarvestError
from virtual_scene import View, expected_rows

from crane_desktop.camera.genicam.source import GenicamSource
from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.domain.frames import Frame, FramesLost, LossCause, SourceEvent

SMALL = {"sensor_width": 64, "sensor_height": 48}
FAST = {"ExposureTime": 500.0, "AcquisitionFrameRate": 100.0}

Opener = Callable[[], Harvest]


@pytest.fixture
def camera(virtual_cameras: VirtualCameras) -> VirtualCamera:
    return virtual_cameras.add("VC1", FAST, reference_exposure_us=500, **SMALL)


@pytest.fixture
def opened(camera: VirtualCamera, harvest: Opener) -> Harvest:
    host = harvest()
    host.call("open", "VC1")
    return host


@pytest.fixture
def source(camera: VirtualCamera, virtual_cameras: VirtualCameras) -> Iterator[GenicamSource]:
    made = GenicamSource(str(virtual_cameras.cti), "VC1")
    yield made
    made.close()


def blocks(host: Harvest, count: int) -> list[int]:
    return [frame.block for frame in host.run(count)]


def until_fault(source: GenicamSource) -> StationFault:
    def fault() -> StationFault | None:
        try:
            source.next_event(0.2)
        except StationFault as raised:
            return raised
        return None

    found = eventually(fault, what="no fault")
    assert found is not None
    return found


def first_frame(source: GenicamSource) -> Frame:
    event: SourceEvent | None = None
    for _ in range(50):
        event = source.next_event(0.2)
        if isinstance(event, Frame):
            return event
    raise AssertionError(event)


class TestFrames:
    def test_dropped_and_repeated_block_ids(self, opened: Harvest, camera: VirtualCamera) -> None:
        camera.send("drop 2 at 3")
        camera.send("repeat 1 at 6")
        assert blocks(opened, 7) == [1, 2, 5, 6, 6, 7, 8]
        faults = [(e.values["kind"], e.number("block"), e.number("n")) for e in camera.events("fault")]
        assert faults == [("drop", 3, 2), ("drop", 4, 3), ("repeat", 6, 5)]

    def test_without_a_block_the_next_frame_is_meant(self, opened: Harvest, camera: VirtualCamera) -> None:
        opened.call("set", "TriggerMode", "On")
        opened.call("start")
        got = []
        for number in range(4):
            if number == 1:
                camera.send("drop 2")
            opened.call("execute", "TriggerSoftware")
            camera.wait_for("trigger", number + 1)
            got += [frame.block for frame in opened.call("fetch", 1, 0.1)]
        assert got == [1, 4]

    def test_a_fault_that_waits_for_the_next_program(
        self, opened: Harvest, camera: VirtualCamera, harvest: Opener
    ) -> None:
        camera.order("drop 1")
        assert blocks(opened, 1) == [2]
        opened.close()
        camera.send("drop 2 at 1")
        for expected in ([3, 4], [1, 2]):  # once, then never again
            other = harvest()
            other.call("open", "VC1")
            assert blocks(other, 2) == expected
            other.close()

    def test_incomplete_buffers(self, opened: Harvest, camera: VirtualCamera) -> None:
        camera.send("incomplete 2 at 2")
        assert blocks(opened, 3) == [1, 4, 5]
        assert opened.call("incomplete") == 2

    def test_a_late_frame_holds_up_those_behind_it(self, opened: Harvest, camera: VirtualCamera) -> None:
        camera.send("late 300 at 3")
        frames = opened.run(5)
        sent = camera.events("frame")
        assert 250e6 < sent[2].at_ns - sent[1].at_ns < 2000e6
        assert frames[2].timestamp_ns - frames[1].timestamp_ns == pytest.approx(10e6, abs=2e6)  # taken in time

    def test_a_buffer_that_claims_to_be_huge(self, opened: Harvest, camera: VirtualCamera) -> None:
        camera.send("garbage 1 at 2")
        assert [(frame.width, frame.height) for frame in opened.run(3)] == [(64, 48), (65535, 65535), (64, 48)]

    def test_a_stall(self, opened: Harvest, camera: VirtualCamera) -> None:
        camera.send("stall at 4")
        opened.call("start")
        assert [frame.block for frame in opened.call("fetch", 9, 0.5)] == [1, 2, 3]
        camera.order("resume")
        assert opened.call("fetch", 1)[0].block == 4

    def test_nobody_takes_the_buffers(self, opened: Harvest, camera: VirtualCamera) -> None:
        opened.call("start")
        lost = camera.wait_for("underrun", 3)
        assert lost.number("block") == 8 + 3
        assert opened.call("stream_count", "StreamLostFrameCount") >= 3
        got = [frame.block for frame in opened.call("fetch", 9)]
        assert got[:8] == list(range(1, 9))
        assert got[8] > 11

    def test_block_ids_of_16_bit_leave_out_0(self, virtual_cameras: VirtualCameras, harvest: Opener) -> None:
        virtual_cameras.add("VC1", FAST, tl_type="GEV", first_block=65534, **SMALL)
        host = harvest()
        host.call("open", "VC1")
        assert blocks(host, 4) == [65534, 65535, 1, 2]


class TestCalls:
    def test_a_payload_size_that_is_nonsense(self, opened: Harvest, camera: VirtualCamera) -> None:
        camera.order("payload_size 100")
        assert opened.call("get", "PayloadSize") == 100
        opened.call("start")
        assert opened.call("fetch", 1, 0.2) == []  # nothing fits: every buffer is incomplete
        assert opened.call("incomplete") > 0
        opened.call("stop")
        camera.order("payload_size off")
        assert opened.run(1)

    @pytest.mark.parametrize(
        ("command", "error", "status"), [("deny on", "AccessDenied", 3), ("busy on", "ResourceInUse", 4)]
    )
    def test_a_camera_that_does_not_let_us_in(
        self, camera: VirtualCamera, harvest: Opener, command: str, error: str, status: int
    ) -> None:
        camera.send(command)
        host = harvest()
        assert host.call("devices")[0][3] == status
        with pytest.raises(HarvestError, match=error):
            host.call("open", "VC1")
        camera.order(command.replace("on", "off"))
        host.call("open", "VC1")

    @pytest.mark.timing
    @pytest.mark.parametrize(
        ("function", "call"),
        [("IFUpdateDeviceList", ("devices",)), ("IFOpenDevice", ("open", "VC1")), ("GCReadPort", ("get", "Gain"))],
    )
    def test_slow_calls(self, camera: VirtualCamera, harvest: Opener, function: str, call: tuple[str, ...]) -> None:
        host = harvest()
        host.call("devices")
        if function == "GCReadPort":
            host.call("open", "VC1")
        camera.order(f"slow {function} 300")
        began_s = time.monotonic()
        host.call(*call)
        assert time.monotonic() - began_s > 0.3
        camera.order(f"slow {function} 0")

    def test_a_call_that_hangs_until_it_is_let_go(self, opened: Harvest, camera: VirtualCamera) -> None:
        opened.call("start")
        camera.order("hang EventGetData")
        with pytest.raises(TimeoutError):
            opened.call("fetch", 1, within_s=0.5)
        assert camera.events("hang", function="EventGetData")
        camera.order("hang off")
        assert opened.comes_back()
        assert opened.call("fetch", 1)

    def test_a_call_that_fails_and_one_that_crashes(self, opened: Harvest, camera: VirtualCamera) -> None:
        camera.order("fail DSStartAcquisition -1010")
        with pytest.raises(HarvestError, match="IoException"):
            opened.call("start")
        camera.order("fail DSStartAcquisition 0")
        camera.send("crash EventGetData at 3")
        opened.call("start")
        with pytest.raises((EOFError, ConnectionError)):
            opened.call("fetch", 9)
        assert camera.wait_for("closed", cause="died")

    def test_commands_through_a_feature(self, opened: Harvest, camera: VirtualCamera) -> None:
        opened.call("set", "VirtualCommand", "temperature 71.5")
        assert opened.call("get", "DeviceTemperature") == pytest.approx(71.5)
        assert camera.events("command")[-1].values["text"] == "temperature 71.5"
        with pytest.raises(AssertionError, match="does not know"):
            camera.order("explode")


class TestLines:
    def test_an_output_is_seen_from_outside(self, opened: Harvest, camera: VirtualCamera) -> None:
        opened.call("set", "LineSelector", "Line2")
        opened.call("set", "LineSource", "UserOutput1")
        before_ns = time.monotonic_ns()
        opened.call("set", "UserOutputValue", True)
        opened.call("set", "UserOutputValue", False)
        after_ns = time.monotonic_ns()
        up, down = camera.events("line", name="Line2")
        assert before_ns < up.at_ns < down.at_ns < after_ns
        assert (up.values["level"], down.values["level"]) == ("1", "0")
        opened.call("set", "LineInverter", True)
        assert camera.level("Line2")
        assert opened.call("get", "LineStatus") is False
        opened.call("release")
        assert not camera.level("Line2")
        assert camera.events("line")[-1].values["cause"] == "close"

    def test_an_output_falls_when_its_program_dies(self, opened: Harvest, camera: VirtualCamera) -> None:
        opened.call("set", "LineSelector", "Line3")
        opened.call("set", "LineMode", "Output")
        opened.call("set", "LineSource", "UserOutput2")
        opened.call("set", "UserOutputSelector", "UserOutput2")
        opened.call("set", "UserOutputValue", True)
        assert camera.level("Line3")
        assert camera.is_open()
        opened.kill()
        killed_ns = time.monotonic_ns()
        fall = camera.wait_for("line", name="Line3", level=0)
        assert fall.values["cause"] == "heartbeat"
        assert fall.at_ns > killed_ns
        assert not camera.is_open()

    def test_the_exposure_shows_on_a_line(self, opened: Harvest, camera: VirtualCamera) -> None:
        opened.call("set", "LineSelector", "Line2")
        opened.call("set", "LineSource", "ExposureActive")
        opened.call("set", "ExposureTime", 5000.0)
        opened.run(3)
        edges = camera.events("line", name="Line2")[:6]
        assert [edge.values["level"] for edge in edges] == ["1", "0"] * 3
        lengths_ns = [down.at_ns - up.at_ns for up, down in zip(edges[::2], edges[1::2], strict=True)]
        assert 4.9e6 < max(lengths_ns) < 200e6  # on a busy machine a rise is seen late, and its exposure short
        assert min(lengths_ns) > 0


class TestOurOwnSource:
    """The same faults through the product's camera process."""

    def test_frames_are_those_of_the_formula(self, virtual_cameras: VirtualCameras) -> None:
        virtual_cameras.add("VC1", {**FAST, "VirtualLinePadding": 3}, reference_exposure_us=500, **SMALL)
        source = GenicamSource(str(virtual_cameras.cti), "VC1", features={"PixelFormat": "Mono8"})
        try:
            source.open()
            frame = first_frame(source)
            assert frame.origin.block_id is not None
            rows = expected_rows(View(64, 48, sensor_width=64), frame.origin.block_id - 1, "Mono8")
            assert np.array_equal(frame.pixels, rows)
        finally:
            source.close()

    def test_losses_are_counted_by_their_cause(self, source: GenicamSource, camera: VirtualCamera) -> None:
        camera.send("drop 3 at 4")
        camera.send("incomplete 2 at 10")
        source.open()
        lost: dict[LossCause, int] = {}
        block = 0
        while block < 14:
            event = source.next_event(2.0)
            if isinstance(event, FramesLost):
                lost[event.cause] = lost.get(event.cause, 0) + event.count
            elif isinstance(event, Frame):
                block = event.origin.block_id or 0
        assert lost == {LossCause.LOST: 3, LossCause.INCOMPLETE: 2}

    @pytest.mark.parametrize("trigger", ["software", "hardware"])
    def test_triggers(self, virtual_cameras: VirtualCameras, trigger: str) -> None:
        camera = virtual_cameras.add("VC1", FAST, **SMALL)
        source = GenicamSource(str(virtual_cameras.cti), "VC1", trigger=trigger)
        try:
            source.open()
            if trigger == "hardware":
                camera.send("pulse Line1 1 3 30")
            assert [first_frame(source).origin.block_id for _ in range(3)] == [1, 2, 3]
            assert len(camera.events("trigger")) == 3
        finally:
            source.close()

    def test_a_camera_that_goes_away_and_comes_back_elsewhere(
        self, source: GenicamSource, camera: VirtualCamera
    ) -> None:
        source.open()
        first_frame(source)
        camera.order("lose")
        assert until_fault(source).key == "camera.lost"
        source.close()
        assert camera.wait_for("closed")
        with pytest.raises(InputError) as error:
            source.open()
        assert error.value.key == "camera.no_device"
        camera.send("return id=another-port")
        source.open()
        assert first_frame(source).origin.block_id == 1
        assert "/another-port" in source.info.source_id

    def test_a_driver_that_hangs_is_left_behind(self, source: GenicamSource, camera: VirtualCamera) -> None:
        source.open()
        first_frame(source)
        pid = source.process_id
        assert pid is not None
        camera.order("hang EventGetData")
        assert until_fault(source).key == "camera.hangs"
        source.close()
        assert not psutil.pid_exists(pid)
        assert camera.wait_for("closed", cause="died")
        camera.send("hang off")
        source.open()
        assert first_frame(source)

    def test_two_cameras_beside_each_other_and_one_goes(self, virtual_cameras: VirtualCameras) -> None:
        names = ("VC1", "VC2")
        gone, stays = (virtual_cameras.add(name, FAST, **SMALL) for name in names)
        sources = [GenicamSource(str(virtual_cameras.cti), name) for name in names]
        try:
            for source in sources:
                source.open()
                first_frame(source)
            gone.order("lose")
            assert until_fault(sources[0]).key == "camera.lost"
            before = len(stays.events("frame"))
            assert first_frame(sources[1])
            assert stays.wait_for("frame", before + 3)
            assert not gone.is_open() or gone.wait_for("closed")
        finally:
            for source in sources:
                source.close()

    def test_a_program_that_is_killed_frees_the_camera(self, source: GenicamSource, camera: VirtualCamera) -> None:
        source.open()
        first_frame(source)
        assert source.process_id is not None
        os.kill(source.process_id, signal.SIGKILL)
        assert until_fault(source).key == "camera.process_died"
        assert not camera.is_open()
        source.close()
        source.open()
        assert first_frame(source)
