"""A source's every message and every end, with a scripted camera process in place of a real one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from camera_fakes import Clock, device

from crane_desktop.camera.genicam import software_trigger, watchdog
from crane_desktop.camera.genicam import source as source_module
from crane_desktop.camera.genicam.formats import Converted
from crane_desktop.camera.genicam.messages import (
    FrameArrived,
    FramesMissing,
    ListNodes,
    NodeCall,
    NodeReply,
    Opened,
    StreamStatistics,
    TriggerNow,
    TriggerRefused,
)
from crane_desktop.camera.genicam.software_trigger import FRAME_TIMEOUT_S
from crane_desktop.camera.genicam.source import GenicamSource
from crane_desktop.camera.genicam.watchdog import SILENT_AFTER_S
from crane_desktop.domain.errors import CraneError, InputError, StationFault
from crane_desktop.domain.frames import EndOfFrames, Frame, FrameFault, FramesLost, LossCause
from crane_desktop.domain.health import SourceState

LOST = StationFault("camera.lost", device="A", detail="gone")


def picture(trigger_id: int | None = None, block_id: int | None = 1, ring: str = "ring") -> FrameArrived:
    return FrameArrived(ring, 0, 6, 3, 2, "Mono8", 5, block_id, 77, trigger_id)


class ScriptedLink:
    """A camera process that sends what the test says; an error in the script is raised."""

    def __init__(self, clock: Clock, order: Any, silent_for_s: float) -> None:
        self.clock = clock
        self.order = order
        self.silent_for_s = silent_for_s
        self.script: deque[Any] = deque()
        self.sent: list[Any] = []
        self.closed_within_s: float | None = None
        self.pid = 4711
        self.on_signals: Callable[[Any], None] = lambda _: None

    def receive(self, timeout_s: float) -> Any:
        self.clock.go_on(max(timeout_s, 0.001))
        message = self.script.popleft() if self.script else None
        if isinstance(message, CraneError):
            raise message
        return message

    def send(self, message: Any) -> None:
        self.sent.append(message)

    def take(self, arrived: FrameArrived) -> Converted | None:
        if arrived.ring != "ring":
            return None
        pixels = np.full((2, 3), arrived.block_id or 0, np.uint8)
        pixels.flags.writeable = False
        return Converted(pixels, None)

    def close(self, patience_s: float) -> None:
        self.closed_within_s = patience_s


class Camera:
    """The scripted processes of one source, one after the other."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.links: list[ScriptedLink] = []
        self.opens_with: list[Any] = []
        """What the next process says before its script begins."""

    def link(self, order: Any, *, silent_for_s: float, convert: object) -> ScriptedLink:
        self.links.append(ScriptedLink(self.clock, order, silent_for_s))
        self.links[-1].script.extend(self.opens_with)
        return self.links[-1]

    @property
    def process(self) -> ScriptedLink:
        return self.links[-1]

    def says(self, *messages: Any) -> None:
        self.process.script.extend(messages)

    @property
    def triggers(self) -> list[TriggerNow]:
        return [message for message in self.process.sent if isinstance(message, TriggerNow)]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock().rules(monkeypatch, source_module, watchdog, software_trigger)


@pytest.fixture
def camera(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Camera:
    made = Camera(clock)
    made.opens_with = [Opened(device(), 1, 0.001)]
    monkeypatch.setattr(source_module, "CameraLink", made.link)
    return made


@pytest.fixture
def opened(camera: Camera, tmp_path: Path) -> Iterator[Callable[..., GenicamSource]]:
    made: list[GenicamSource] = []
    cti = tmp_path / "v.cti"
    cti.touch()

    def make(trigger: str = "free", per_trigger: int = 1, **options: Any) -> GenicamSource:
        camera.opens_with = [Opened(device(), per_trigger, 0.001)]
        made.append(GenicamSource(str(cti), "VC1", trigger=trigger, **options))
        made[-1].open()
        return made[-1]

    yield make
    for one in made:
        one.close()


class TestFrames:
    def test_a_picture_comes_with_all_that_the_camera_said_of_it(self, opened: Any, camera: Camera) -> None:
        source = opened()
        camera.says(picture(block_id=9))
        frame = source.next_event(0.0)
        assert isinstance(frame, Frame)
        assert (frame.origin.frame_id, frame.origin.block_id, frame.origin.device_timestamp_ns) == (1, 9, 77)
        assert (frame.origin.arrived_ns, frame.pixel_format, frame.origin.source_id) == (5, "Mono8", "genicam:v/VC1")
        assert source.newest is frame
        assert source.counts.delivered == 1

    def test_a_loss_uses_up_numbers_and_has_its_counter(self, opened: Any, camera: Camera) -> None:
        source = opened()
        for cause in (LossCause.LOST, LossCause.INCOMPLETE, LossCause.OVERRUN, LossCause.UNDERRUN, LossCause.GARBAGE):
            camera.says(FramesMissing(2, cause))
            lost = source.next_event(0.0)
            assert isinstance(lost, FramesLost)
            assert (lost.count, lost.cause) == (2, cause)
            assert getattr(source.counts, cause.value) == 2
        camera.says(picture())
        frame = source.next_event(0.0)
        assert isinstance(frame, Frame)
        assert frame.origin.frame_id == 11

    def test_a_frame_in_a_ring_that_was_replaced_is_lost(self, opened: Any, camera: Camera) -> None:
        source = opened()
        camera.says(picture(ring="an older one"))
        lost = source.next_event(0.0)
        assert isinstance(lost, FramesLost)
        assert (lost.cause, source.counts.overrun, source.counts.delivered) == (LossCause.OVERRUN, 1, 0)

    def test_with_a_hardware_trigger_each_loss_is_a_part(self, opened: Any, camera: Camera) -> None:
        source = opened("hardware")
        camera.says(FramesMissing(2, LossCause.INCOMPLETE), picture())
        events = [source.next_event(0.0) for _ in range(3)]
        assert [type(event) for event in events] == [FrameFault, FrameFault, Frame]
        assert [event.origin.frame_id for event in events] == [1, 2, 3]

    def test_statistics_of_the_stream_are_no_event(self, opened: Any, camera: Camera) -> None:
        source = opened()
        camera.says(StreamStatistics(2, 1, 30), StreamStatistics(1, 0, 31))
        assert source.next_event(0.0) is None
        assert source.next_event(0.0) is None
        assert (source.counts.repeated, source.counts.late, source.counts.resends) == (3, 1, 31)

    def test_the_end_comes_when_all_that_were_asked_for_are_accounted_for(self, opened: Any, camera: Camera) -> None:
        source = opened(frames=3)
        camera.says(picture(), FramesMissing(7, LossCause.LOST), picture())
        first, lost, end = (source.next_event(0.0) for _ in range(3))
        assert isinstance(first, Frame)
        assert isinstance(lost, FramesLost)
        assert lost.count == 2
        assert isinstance(end, EndOfFrames)
        assert source.finished

    def test_questions_to_nodes_go_out_between_frames_and_come_back(self, opened: Any, camera: Camera) -> None:
        source = opened()
        asked = source.control.ask(ListNodes())
        source.next_event(0.0)
        assert camera.process.sent == [NodeCall(1, ListNodes())]
        camera.says(NodeReply(1, ("node",)))
        assert source.next_event(0.0) is None
        assert asked.result(0) == ("node",)


class TestTriggers:
    def test_each_call_for_an_event_asks_for_one_picture(self, opened: Any, camera: Camera) -> None:
        source = opened("software")
        assert camera.process.sent == []  # nothing is triggered before somebody wants a picture
        assert source.next_event(0.0) is None
        assert source.next_event(0.0) is None
        assert camera.triggers == [TriggerNow(1)]
        camera.says(picture(trigger_id=1))
        frame = source.next_event(0.0)
        assert isinstance(frame, Frame)
        assert frame.origin.trigger_id == 1
        source.next_event(0.0)
        assert camera.triggers == [TriggerNow(1), TriggerNow(2)]

    def test_a_picture_of_a_trigger_that_was_given_up_is_late(self, opened: Any, camera: Camera, clock: Clock) -> None:
        source = opened("software")
        source.next_event(0.0)
        clock.go_on(FRAME_TIMEOUT_S + 1)
        fault = source.next_event(0.0)
        assert isinstance(fault, FrameFault)
        assert "no picture within 5.0 s" in fault.detail
        assert fault.origin.trigger_id == 1
        camera.says(picture(trigger_id=1), picture(trigger_id=2))
        assert source.next_event(0.0) is None
        assert source.counts.late == 1
        frame = source.next_event(0.0)
        assert isinstance(frame, Frame)
        assert (frame.origin.frame_id, frame.origin.trigger_id) == (2, 2)
        assert camera.triggers == [TriggerNow(1), TriggerNow(2, restart=True)]

    def test_a_trigger_that_was_not_taken_is_a_part_without_a_picture(self, opened: Any, camera: Camera) -> None:
        source = opened("software", per_trigger=2)
        source.next_event(0.0)
        camera.says(TriggerRefused(1, "busy"))
        faults = [source.next_event(0.0), source.next_event(0.0)]
        assert all(isinstance(fault, FrameFault) for fault in faults)
        assert "trigger not taken: busy" in faults[0].detail
        assert source.next_event(0.0) is None

    def test_losses_of_nobodys_trigger_are_counted_and_are_no_part(self, opened: Any, camera: Camera) -> None:
        source = opened("software")
        source.next_event(0.0)
        camera.says(FramesMissing(5, LossCause.LOST), FramesMissing(5, LossCause.LOST))
        fault = source.next_event(0.0)
        assert isinstance(fault, FrameFault)
        camera.process.script.clear()
        camera.says(picture(trigger_id=2))
        assert isinstance(source.next_event(0.0), Frame)
        assert source.counts.lost == 5


class TestFaults:
    def test_a_fault_stays_until_the_source_is_closed(self, opened: Any, camera: Camera) -> None:
        source = opened()
        camera.says(LOST, picture())
        for _ in range(2):
            with pytest.raises(StationFault) as error:
                source.next_event(0.0)
            assert error.value.key == "camera.lost"
        source.open()
        camera.says(picture())
        frame = source.next_event(0.0)
        assert isinstance(frame, Frame)
        assert frame.origin.frame_id == 1
        assert source.counts.delivered == 1

    def test_whoever_could_mend_it_a_running_camera_that_stops_is_a_fault_of_the_station(
        self, opened: Any, camera: Camera
    ) -> None:
        source = opened()
        camera.says(InputError("camera.format_changed", format="X"))
        with pytest.raises(StationFault) as error:
            source.next_event(0.0)
        assert (error.value.key, error.value.params["format"]) == ("camera.format_changed", "X")

    def test_whoever_waits_for_a_node_is_told_of_the_fault(self, opened: Any, camera: Camera) -> None:
        source = opened()
        asked = source.control.ask(ListNodes())
        camera.says(LOST)
        with pytest.raises(StationFault):
            source.next_event(0.0)
        raised = asked.exception(0)
        assert isinstance(raised, StationFault)
        assert raised.key == "camera.lost"

    def test_a_free_running_camera_that_falls_silent_is_a_fault(self, opened: Any, camera: Camera) -> None:
        source = opened()
        camera.says(picture())
        source.next_event(0.0)
        with pytest.raises(StationFault) as error:
            source.next_event(3 * SILENT_AFTER_S)
        assert error.value.key == "camera.silent"

    @pytest.mark.parametrize("trigger", ["hardware", "as_set"])
    def test_one_that_waits_for_its_trigger_is_not(self, opened: Any, trigger: str) -> None:
        assert opened(trigger).next_event(3 * SILENT_AFTER_S) is None

    @pytest.mark.parametrize(("trigger", "per_trigger", "under_way"), [("software", 3, 2), ("hardware", 1, 1)])
    def test_a_camera_that_is_abandoned_leaves_none_for_what_was_under_way(
        self, opened: Any, camera: Camera, trigger: str, per_trigger: int, under_way: int
    ) -> None:
        source = opened(trigger, per_trigger)
        source.next_event(0.0)
        camera.says(picture(trigger_id=1))
        source.next_event(0.0)
        events = source.abandon("cable")
        assert [type(event) for event in events] == [FrameFault] * under_way
        assert events[-1].origin.frame_id == 1 + under_way
        assert source.status().state is SourceState.RECONNECTING
        assert source.status().counts.losses_of_connection == 1
        assert camera.process.closed_within_s == 1.0  # a camera that failed is not waited for
        assert isinstance(source.next_event(0.0), EndOfFrames)


class TestOpening:
    def test_the_order_says_what_was_asked_for(self, opened: Any, camera: Camera) -> None:
        source = opened("hardware", features={"Gain": 2.0})
        order = camera.process.order
        assert (order.device, order.trigger, order.features) == ("VC1", "hardware", (("Gain", 2.0),))
        assert (order.reopen, order.wait_s) == (None, 0.0)
        assert source.info.description.startswith("VC1  V M S1")
        assert source.process_id == 4711
        source.close()
        assert source.process_id is None
        assert source.status().state is SourceState.CLOSED

    def test_again_after_a_loss_the_same_camera_is_looked_for_and_numbers_go_on(
        self, opened: Any, camera: Camera
    ) -> None:
        source = opened()
        camera.says(picture())
        source.next_event(0.0)
        source.abandon("cable")
        camera.opens_with = [None, Opened(device("elsewhere"), 1, 0.001)]
        source.begin(reopen=source.device)
        assert (camera.process.order.reopen, camera.process.order.wait_s) == (device(), 10.0)
        assert not source.wait_until_open(0.05)
        assert source.wait_until_open(0.05)
        assert source.info.source_id == "genicam:v/elsewhere"
        camera.says(picture())
        frame = source.next_event(0.0)
        assert isinstance(frame, Frame)
        assert frame.origin.frame_id == 3  # 2 was the part under way

    def test_a_driver_that_does_not_answer_is_given_up(self, opened: Any, camera: Camera) -> None:
        source = opened()
        source.close()
        camera.opens_with = []
        with pytest.raises(StationFault) as error:
            source.open()
        assert (error.value.key, error.value.params["seconds"]) == ("camera.hangs", 30)
        assert source.process_id is None

    def test_an_opening_that_fails_leaves_nothing_open(self, opened: Any, camera: Camera) -> None:
        source = opened()
        source.close()
        camera.opens_with = [InputError("camera.device_busy", device="VC1")]
        with pytest.raises(InputError):
            source.open()
        assert source.process_id is None
        assert not source.wait_until_open(0.0)

    def test_a_closed_source_is_at_its_end(self, opened: Any, camera: Camera) -> None:
        source = opened()
        camera.says(picture())
        source.close()
        source.close()
        assert isinstance(source.next_event(1.0), EndOfFrames)
        assert not source.signals.signal(1, pulse=True)

    @pytest.mark.parametrize(
        ("options", "key"),
        [({"trigger": "sometimes"}, "camera.trigger_unknown"), ({"frames": -1}, "camera.frames_wrong")],
    )
    def test_what_makes_no_sense_is_refused(self, options: dict[str, Any], key: str) -> None:
        with pytest.raises(InputError) as error:
            GenicamSource(**options)
        assert error.value.key == key

    @pytest.mark.parametrize(
        ("trigger", "every_part"), [("free", False), ("software", True), ("hardware", True), ("as_set", False)]
    )
    def test_with_a_trigger_every_frame_is_a_part(self, trigger: str, every_part: bool) -> None:
        assert GenicamSource(trigger=trigger).info.every_part is every_part
