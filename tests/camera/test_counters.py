"""What became of every buffer: counters by cause, triggers and bursts, from real frames of the virtual camera."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from eventually import eventually
from genicam import gentl
from virtual_camera import VirtualCamera, VirtualCameras

from crane_desktop.camera.genicam import software_trigger as software_trigger_module
from crane_desktop.camera.genicam import watchdog
from crane_desktop.camera.genicam.block_ids import BlockIdCounter, BlockIdFinding, lost_between
from crane_desktop.camera.genicam.messages import ReadNodes, TriggerNow
from crane_desktop.camera.genicam.ring import RingReader
from crane_desktop.camera.genicam.software_trigger import SoftwareTrigger
from crane_desktop.camera.genicam.source import GenicamSource
from crane_desktop.camera.genicam.statistics import StreamReader
from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.frames import Frame, FrameFault, FramesLost, SourceEvent
from crane_desktop.domain.health import SourceState

SMALL = {"sensor_width": 64, "sensor_height": 48}
FAST = {"ExposureTime": 500.0, "AcquisitionFrameRate": 100.0}

Opened = Callable[..., tuple[GenicamSource, VirtualCamera]]


@pytest.fixture
def opened(virtual_cameras: VirtualCameras) -> Iterator[Opened]:
    made: list[GenicamSource] = []

    def build(
        *commands: str, trigger: str = "free", features: dict[str, object] | None = None, **settings: object
    ) -> tuple[GenicamSource, VirtualCamera]:
        camera = virtual_cameras.add("VC1", FAST, reference_exposure_us=500, **SMALL, **settings)
        for command in commands:
            camera.send(command)
        source = GenicamSource(str(virtual_cameras.cti), "VC1", trigger=trigger, features=features)  # type: ignore[arg-type]
        made.append(source)
        source.open()
        return source, camera

    yield build
    for one in made:
        one.close()


def take(source: GenicamSource, done: Callable[[list[SourceEvent]], bool]) -> list[SourceEvent]:
    events: list[SourceEvent] = []

    def enough() -> bool:
        if done(events):
            return True
        event = source.next_event(0.2)
        if event is not None:
            events.append(event)
        return done(events)

    eventually(enough, what=lambda: events[-5:])
    return events


def up_to_block(block: int) -> Callable[[list[SourceEvent]], bool]:
    def done(events: list[SourceEvent]) -> bool:
        last = events[-1] if events else None
        return isinstance(last, Frame) and (last.origin.block_id or 0) >= block

    return done


def parts(count: int) -> Callable[[list[SourceEvent]], bool]:
    return lambda events: sum(isinstance(event, Frame | FrameFault) for event in events) >= count


class TestIds:
    @pytest.mark.parametrize(
        ("previous", "current", "lost"),
        [(65535, 0, 0), (65534, 1, 1), (2**32 - 1, 0, 0), (2**32 - 2, 1, 2), (2**64 - 1, 0, 0), (2**64 - 1, 3, 3)],
    )
    def test_wrapping_around(self, previous: int, current: int, lost: int) -> None:
        assert lost_between(previous, current) == lost

    def test_what_is_missing_before_the_first_frame(self) -> None:
        assert BlockIdCounter(first=1).observe(3, 10).lost == 2
        assert BlockIdCounter(first=0).observe(0, 10).lost == 0
        assert BlockIdCounter(first=0).observe(1, 10).lost == 1
        assert BlockIdCounter(first=1).observe(65534, 10).lost == 0  # this one goes on where it was
        assert BlockIdCounter().observe(3, 10).lost == 0

    def test_a_picture_sent_again(self) -> None:
        counter = BlockIdCounter()
        counter.observe(4, 100)
        counter.observe(5, 200)
        assert counter.observe(5, 200) == BlockIdFinding(repeated=True)
        assert counter.observe(4, 100) == BlockIdFinding(repeated=True)
        assert counter.observe(6, 300) == BlockIdFinding()

    def test_a_camera_that_numbers_nothing_loses_no_part_by_it(self) -> None:
        counter = BlockIdCounter()
        assert [counter.observe(0, time_ns) for time_ns in (10, 20, 30)] == [BlockIdFinding()] * 3
        assert counter.unnumbered
        assert [BlockIdCounter().observe(0, None) for _ in range(2)] == [BlockIdFinding()] * 2

    def test_an_overtaken_frame_and_a_restart(self) -> None:
        counter = BlockIdCounter()
        for block in (10, 12, 13):
            counter.observe(block, block * 100)
        assert counter.observe(11, 1100) == BlockIdFinding(late=True)  # it was counted as lost when 12 came
        assert counter.observe(1, 9000) == BlockIdFinding()  # the camera counts anew
        assert counter.observe(3, 9200) == BlockIdFinding(lost=1)


class TestFreeRun:
    def test_every_cause_has_its_counter_and_the_balance_is_exact(self, opened: Opened) -> None:
        faults = ("drop 3 at 4", "incomplete 2 at 10", "repeat 2 at 14", "garbage 1 at 18")
        source, _ = opened(*faults, tl_type="GEV")
        events = take(source, up_to_block(22))
        lost = sum(event.count for event in events if isinstance(event, FramesLost))
        frames = [event for event in events if isinstance(event, Frame)]
        counts = source.counts
        assert (counts.lost, counts.incomplete, counts.repeated, counts.garbage) == (3, 2, 2, 1)
        assert counts.delivered == len(frames)
        assert lost == 6 + counts.overrun + counts.underrun
        assert len(frames) + lost == frames[-1].origin.block_id == frames[-1].origin.frame_id
        blocks = [frame.origin.block_id for frame in frames]
        assert len(set(blocks)) == len(blocks)  # nothing is judged twice

    @pytest.mark.parametrize(("kind", "first"), [("U3V", 0), ("GEV", 1)])
    def test_frames_missing_at_the_very_beginning(self, opened: Opened, kind: str, first: int) -> None:
        source, _ = opened(f"drop 2 at {first}", tl_type=kind)
        take(source, up_to_block(first + 3))
        assert source.counts.lost == 2

    def test_an_underrun_is_told_from_a_loss_on_the_wire(self, opened: Opened) -> None:
        source, camera = opened()
        take(source, up_to_block(2))
        camera.order("slow GCReadPort 400")
        asked = source.control.ask(ReadNodes(("Gain", "ExposureTime")), 10.0)
        source.next_event(0.02)  # the question goes out; the answer keeps the camera's process busy
        camera.wait_for("underrun", 3, within_s=15.0)
        camera.order("slow GCReadPort 0")
        underruns = len(camera.events("underrun"))
        events = take(source, lambda _: source.counts.underrun >= underruns)
        assert source.counts.lost == 0
        assert len(asked.result(10.0)) == 2
        lost = sum(event.count for event in events if isinstance(event, FramesLost))
        assert lost == source.counts.underrun + source.counts.overrun

    def test_silence_is_seen_and_then_a_fault(self, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(watchdog, "SILENT_AFTER_S", 2.5)
        source, _ = opened("stall at 5")
        take(source, up_to_block(4))
        states = set()
        with pytest.raises(StationFault) as error:
            take(source, lambda _: states.add(source.status().state) or False)  # type: ignore[func-returns-value]
        assert error.value.key == "camera.silent"
        assert SourceState.SILENT in states


class TestTriggers:
    def test_waiting_for_a_trigger_is_no_fault(self, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(watchdog, "SILENT_AFTER_S", 0.5)
        source, camera = opened(trigger="hardware")
        for _ in range(16):
            assert source.next_event(0.1) is None
        assert source.status().state is SourceState.WAITING_FOR_TRIGGER
        camera.send("pulse Line1")
        take(source, parts(1))
        assert source.status().state is SourceState.STREAMING

    def test_a_hardware_trigger_whose_picture_is_lost_is_a_none(self, opened: Opened) -> None:
        source, camera = opened("drop 1 at 2", "incomplete 1 at 3", trigger="hardware")
        camera.send("pulse Line1 1 5 40")
        events = take(source, parts(5))
        causes = [event.cause for event in events if isinstance(event, FrameFault)]
        assert sorted(causes) == ["camera_fault", "incomplete_frame"]
        assert [event.origin.frame_id for event in events if isinstance(event, Frame | FrameFault)] == [1, 2, 3, 4, 5]
        assert len(camera.events("trigger")) == 5

    @pytest.mark.parametrize("trigger", ["software", "hardware"])
    def test_a_burst(self, opened: Opened, trigger: str) -> None:
        features = {"TriggerSelector": "FrameBurstStart", "AcquisitionBurstFrameCount": 3}
        source, camera = opened(trigger=trigger, features=features)
        if trigger == "hardware":
            camera.send("pulse Line1")
            camera.wait_for("frame", 3)
            camera.send("pulse Line1")
        events = take(source, parts(6))
        assert all(isinstance(event, Frame) for event in events)
        assert len(camera.events("trigger", selector="FrameBurstStart")) == 2
        if trigger == "software":
            ids = [event.origin.trigger_id for event in events if isinstance(event, Frame)]
            assert ids == [1, 1, 1, 2, 2, 2]

    def test_no_picture_in_time_is_a_none_and_a_late_one_is_not_the_next_parts(
        self, opened: Opened, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(software_trigger_module, "FRAME_TIMEOUT_S", 0.6)
        source, camera = opened("late 1500 at 3", trigger="software")
        events = take(source, parts(6))
        assert [type(event) for event in events] == [Frame, Frame, FrameFault, Frame, Frame, Frame]
        ids = [event.origin.trigger_id for event in events if isinstance(event, Frame | FrameFault)]
        assert ids == [1, 2, 3, 4, 5, 6]
        fault = events[2]
        assert isinstance(fault, FrameFault)
        assert "no picture" in fault.detail
        # Pictures after it were taken after their own trigger: the stream began anew.
        assert len(camera.events("acquisition_start")) == 2

    def test_a_trigger_that_the_camera_does_not_take(self, opened: Opened) -> None:
        source, camera = opened(trigger="software")
        take(source, parts(2))
        camera.order("fail GCWritePort -1005")
        events = take(source, lambda events: bool(events) and isinstance(events[-1], FrameFault))
        fault = events[-1]
        assert isinstance(fault, FrameFault)
        assert "not taken" in fault.detail
        camera.order("fail GCWritePort 0")
        take(source, parts(2))

    def test_asking_waits_a_moment_after_a_refusal(self) -> None:
        trigger = SoftwareTrigger()
        assert trigger.next_trigger() == TriggerNow(1)
        assert trigger.refused(1) == 1
        assert trigger.next_trigger() is None
        assert not trigger.delivered(1)


class TestStatistics:
    def test_resends_where_the_driver_tells(self) -> None:
        class Nodes:
            def has_node(self, name: str) -> bool:
                return name == "StreamPacketResendRequestCount"

            def get_node(self, name: str) -> SimpleNamespace:
                return SimpleNamespace(value=7)

        class Silent:
            @property
            def num_underrun(self) -> int:
                raise gentl.NotImplementedException("", "", 0, "")

        assert StreamReader(Silent(), Nodes()).resends() == 7
        assert StreamReader(Silent(), Nodes()).underrun() is None
        assert StreamReader(SimpleNamespace(num_underrun=5), None).underrun() == 5

    def test_a_ring_that_does_not_fit_into_memory_is_refused(self) -> None:
        with pytest.raises(StationFault) as error:
            RingReader(2**44)
        assert error.value.key == "camera.no_memory"
