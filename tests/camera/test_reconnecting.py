"""Every branch of the way back to a camera: pauses, attempts, other errors, the return, and closing on the way."""

from __future__ import annotations

import itertools
from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest
from camera_fakes import Clock, device

from crane_desktop.camera.genicam import reconnect as reconnect_module
from crane_desktop.camera.genicam.reconnect import ReconnectingSource
from crane_desktop.domain.arrival import arrival
from crane_desktop.domain.errors import CraneError, InputError, StationFault
from crane_desktop.domain.frames import EndOfFrames, FrameFault, FramesLost, SourceBack, SourceDown
from crane_desktop.domain.health import SourceState, SourceStatus, StreamCounts
from crane_desktop.domain.ports import SourceInfo

CABLE = StationFault("camera.lost", device="A", detail="cable")
BUSY = InputError("camera.device_busy", device="A")
NEWS = FramesLost(arrival(1, "s"), 1)
UNDER_WAY = FrameFault(arrival(2, "s"), "camera_fault", "cable")


class Camera:
    """A source that does what the test says: errors in its scripts are raised."""

    def __init__(self) -> None:
        self.events: deque[Any] = deque()
        self.attempts: deque[Any] = deque()
        """What `wait_until_open` answers next; empty: not yet."""
        self.begin_errors: deque[CraneError] = deque()
        self.opening: CraneError | None = None
        self.info = SourceInfo("genicam:v/A", "genicam", True, "camera A")
        self.control, self.signals, self.newest, self.process_id = object(), object(), object(), 99
        self.device = device()
        self.finished = False
        self.calls: list[str] = []
        self.reopened: list[Any] = []

    def open(self) -> None:
        self.calls.append("open")
        if self.opening is not None:
            raise self.opening

    def close(self) -> None:
        self.calls.append("close")

    def begin(self, reopen: Any) -> None:
        self.calls.append("begin")
        self.reopened.append(reopen)
        if self.begin_errors:
            raise self.begin_errors.popleft()

    def wait_until_open(self, wait_s: float) -> bool:
        answer = self.attempts.popleft() if self.attempts else False
        if isinstance(answer, CraneError):
            raise answer
        return bool(answer)

    def next_event(self, wait_s: float) -> Any:
        event = self.events.popleft() if self.events else None
        if isinstance(event, CraneError):
            raise event
        return event

    def abandon(self, detail: str) -> list[Any]:
        self.calls.append("abandon")
        return [UNDER_WAY]

    def status(self) -> SourceStatus:
        return SourceStatus(SourceState.OPENING, arrival(1, "s").arrived_at, counts=StreamCounts(delivered=5))

    @property
    def begun(self) -> int:
        return self.calls.count("begin")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock().rules(monkeypatch, reconnect_module)


@pytest.fixture
def camera(clock: Clock) -> Camera:
    return Camera()


@pytest.fixture
def source(camera: Camera) -> ReconnectingSource:
    made = ReconnectingSource(camera)  # type: ignore[arg-type]
    made.open()
    return made


def lose(source: ReconnectingSource, camera: Camera) -> None:
    """Let the camera fail and take the events of it."""
    camera.events.append(CABLE)
    assert source.next_event(0.0) is UNDER_WAY
    down = source.next_event(0.0)
    assert isinstance(down, SourceDown)
    assert down.error is CABLE


def turns(source: ReconnectingSource, clock: Clock, seconds: float) -> list[Any]:
    """Look after the source for so long; return the events."""
    events = []
    for _ in range(round(seconds / 0.05)):
        clock.go_on(0.05)
        if (event := source.next_event(0.0)) is not None:
            events.append(event)
    return events


class TestLoss:
    def test_a_running_camera_is_passed_on(self, source: ReconnectingSource, camera: Camera) -> None:
        camera.events.append(NEWS)
        assert source.next_event(0.0) is NEWS
        assert source.next_event(0.0) is None
        assert source.status().state is SourceState.OPENING
        assert (source.info, source.control, source.signals) == (camera.info, camera.control, camera.signals)
        assert (source.newest, source.process_id) == (camera.newest, 99)

    def test_what_was_under_way_comes_before_the_alarm(self, source: ReconnectingSource, camera: Camera) -> None:
        lose(source, camera)
        assert camera.calls[-1] == "abandon"
        status = source.status()
        assert (status.state, status.attempt, status.cause) == (SourceState.RECONNECTING, 1, CABLE)
        assert status.counts.delivered == 5

    def test_only_faults_of_the_station_are_lived_with(self, source: ReconnectingSource, camera: Camera) -> None:
        camera.events.append(InputError("camera.device_busy", device="A"))
        with pytest.raises(InputError):
            source.next_event(0.0)


class TestAttempts:
    def test_the_first_attempt_follows_a_short_pause(
        self, source: ReconnectingSource, camera: Camera, clock: Clock
    ) -> None:
        lose(source, camera)
        turns(source, clock, 0.15)
        assert camera.begun == 0
        turns(source, clock, 0.1)
        assert camera.begun == 1
        assert camera.reopened == [camera.device]

    def test_pauses_grow_up_to_a_bound(self, source: ReconnectingSource, camera: Camera, clock: Clock) -> None:
        lose(source, camera)
        began: list[float] = []
        for _ in range(2000):
            clock.go_on(0.01)
            before = camera.begun
            camera.attempts.append(BUSY)
            source.next_event(0.0)
            if camera.begun > before:
                began.append(clock.now_s)
                camera.attempts.clear()
        pauses = [later - earlier for earlier, later in itertools.pairwise(began)]
        assert pauses[:4] == pytest.approx([0.5, 1.0, 2.0, 3.0], abs=0.05)
        assert len(pauses) > 5
        assert pauses[4:] == pytest.approx([3.0] * len(pauses[4:]), abs=0.05)

    def test_an_attempt_that_does_not_end_is_given_up_and_another_one_begins(
        self, source: ReconnectingSource, camera: Camera, clock: Clock
    ) -> None:
        lose(source, camera)
        turns(source, clock, 30.0)
        assert camera.begun == 1
        turns(source, clock, 1.5)
        assert camera.begun == 2
        cause = source.status().cause
        assert cause is not None
        assert cause.key == "camera.hangs"
        assert source.status().attempt == 2

    def test_a_producer_that_is_gone_is_an_attempt_too(
        self, source: ReconnectingSource, camera: Camera, clock: Clock
    ) -> None:
        lose(source, camera)
        camera.begin_errors.extend([InputError("camera.cti_missing", file="x")] * 2)
        turns(source, clock, 0.3)
        cause = source.status().cause
        assert cause is not None
        assert cause.key == "camera.cti_missing"
        camera.attempts.append(True)
        (back,) = turns(source, clock, 4.0)
        assert isinstance(back, SourceBack)
        assert back.gap.attempts == 3

    def test_a_failed_attempt_leaves_no_process_behind(
        self, source: ReconnectingSource, camera: Camera, clock: Clock
    ) -> None:
        lose(source, camera)
        camera.attempts.append(BUSY)
        turns(source, clock, 0.4)
        assert camera.calls[-2:] == ["begin", "close"]


class TestReturn:
    def test_it_is_told_with_the_gap_and_the_events_go_on(
        self, source: ReconnectingSource, camera: Camera, clock: Clock
    ) -> None:
        camera.events.append(NEWS)
        source.next_event(0.0)
        lose(source, camera)
        camera.attempts.extend([False, False, True])
        (back,) = turns(source, clock, 1.0)
        assert isinstance(back, SourceBack)
        assert back.error is CABLE
        assert (back.gap.attempts, back.gap.cause) == (1, str(CABLE))
        assert back.gap.start <= back.gap.end
        assert source.status().state is SourceState.OPENING
        camera.events.append(NEWS)
        assert source.next_event(0.0) is NEWS

    def test_a_second_loss_begins_with_the_shortest_pause_and_the_first_attempt(
        self, source: ReconnectingSource, camera: Camera, clock: Clock
    ) -> None:
        lose(source, camera)
        camera.attempts.extend([BUSY, BUSY, True])
        (first,) = turns(source, clock, 10.0)
        lose(source, camera)
        camera.attempts.append(True)
        (second,) = turns(source, clock, 0.4)
        assert (first.gap.attempts, second.gap.attempts) == (3, 1)
        assert second.gap.start >= first.gap.end

    def test_a_camera_that_fails_at_once_again_is_a_loss_of_its_own(
        self, source: ReconnectingSource, camera: Camera, clock: Clock
    ) -> None:
        lose(source, camera)
        camera.attempts.append(True)
        camera.events.append(CABLE)
        back, none, down = turns(source, clock, 0.5)
        assert [type(event) for event in (back, none, down)] == [SourceBack, FrameFault, SourceDown]


class TestEnds:
    def test_a_first_opening_that_fails_leaves_a_closed_source(self, camera: Camera) -> None:
        camera.opening = BUSY
        source = ReconnectingSource(camera)  # type: ignore[arg-type]
        with pytest.raises(InputError):
            source.open()
        assert isinstance(source.next_event(0.0), EndOfFrames)

    def test_nothing_more_is_tried_when_all_frames_are_accounted_for(
        self, source: ReconnectingSource, camera: Camera, clock: Clock
    ) -> None:
        """The part under way was the last that was asked for."""
        lose(source, camera)
        camera.finished = True
        assert isinstance(source.next_event(0.0), EndOfFrames)
        assert camera.begun == 0

    def test_events_that_wait_come_before_the_end(self, source: ReconnectingSource, camera: Camera) -> None:
        camera.events.append(CABLE)
        camera.finished = False
        assert source.next_event(0.0) is UNDER_WAY
        camera.finished = True
        assert isinstance(source.next_event(0.0), SourceDown)
        assert isinstance(source.next_event(0.0), EndOfFrames)

    def test_closing_during_the_search_ends_it(self, source: ReconnectingSource, camera: Camera, clock: Clock) -> None:
        lose(source, camera)
        turns(source, clock, 0.4)
        source.close()
        source.close()
        assert isinstance(source.next_event(5.0), EndOfFrames)
        assert source.status().state is SourceState.OPENING  # what the camera itself says
        assert camera.calls[-1] == "close"

    def test_opened_again_it_has_forgotten_the_loss(
        self, source: ReconnectingSource, camera: Camera, clock: Clock
    ) -> None:
        camera.events.append(CABLE)
        source.next_event(0.0)  # SourceDown still waits
        source.open()
        camera.events.append(NEWS)
        assert source.next_event(0.0) is NEWS
        assert source.status().cause is None


def test_the_fakes_are_what_the_source_needs() -> None:
    """A double that has drifted from the real port proves nothing."""
    from crane_desktop.camera.genicam.source import GenicamSource

    real = GenicamSource("x.cti")
    fake = Camera()
    needed = SimpleNamespace(**{name: getattr(real, name) for name in ("info", "control", "signals", "newest")})
    assert all(hasattr(fake, name) for name in vars(needed))
    for name in ("open", "close", "begin", "wait_until_open", "next_event", "abandon", "status", "finished", "device"):
        assert hasattr(real, name), name
