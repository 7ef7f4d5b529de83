"""The line's end of a camera process: signs of life, deaths, damaged messages, with a real pipe and no process."""

from __future__ import annotations

import dataclasses
import os
import pickle
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import fields, is_dataclass
from multiprocessing import Pipe
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from camera_fakes import Clock, device
from hypothesis import given, settings
from hypothesis import strategies as st

from crane_desktop.camera.genicam import discover, messages, producer_probe
from crane_desktop.camera.genicam import link as link_module
from crane_desktop.camera.genicam.link import CameraLink
from crane_desktop.camera.genicam.messages import (
    CameraOrder,
    ErrorReport,
    FrameArrived,
    FramesMissing,
    Opened,
    RingAddress,
    RingRequest,
    Stop,
    StreamStatistics,
    TriggerNow,
)
from crane_desktop.camera.genicam.output_line_control import OutputLineControl
from crane_desktop.camera.genicam.ring import RingWriter
from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.domain.frames import LossCause
from crane_desktop.domain.signals import SignalCounts
from crane_desktop.settings.texts import error_text

NEWS = FramesMissing(1, LossCause.LOST)


class FakeChild:
    """A process that is only its pipe."""

    def __init__(self, *_: object) -> None:
        self.pipe, self.theirs = Pipe()
        self.heartbeat = SimpleNamespace(value=0)
        self.exit_code: int | None = None
        self.pid = 1234
        self.ended: tuple[bool, float] | None = None

    @property
    def waitables(self) -> list[Any]:
        return [self.pipe]

    def wait_for_end(self, _timeout_s: float) -> int | None:
        return self.exit_code

    def end(self, *, politely: bool, patience_s: float, before_close: Callable[[], None]) -> None:
        self.ended = (politely, patience_s)
        before_close()
        self.pipe.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock().rules(monkeypatch, link_module)


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeChild]:
    made = FakeChild()
    monkeypatch.setattr(link_module, "Child", lambda *_: made)
    yield made
    for end in (made.pipe, made.theirs):
        end.close()


@pytest.fixture
def link(child: FakeChild, clock: Clock) -> Iterator[CameraLink]:
    made = CameraLink(CameraOrder(("v.cti",), "VC1"), silent_for_s=4.0)
    yield made
    if child.ended is None:
        made.close()


def fault(call: Callable[[], object]) -> StationFault:
    with pytest.raises(StationFault) as error:
        call()
    return error.value


class TestSignsOfLife:
    def watch(self, link: CameraLink, clock: Clock, seconds: float) -> None:
        for _ in range(round(seconds / 0.5)):
            clock.go_on(0.5)
            assert link.receive(0.0) is None

    def test_a_process_without_a_heartbeat_hangs(self, link: CameraLink, child: FakeChild, clock: Clock) -> None:
        child.heartbeat.value += 1
        self.watch(link, clock, 4.0)
        clock.go_on(0.6)
        error = fault(lambda: link.receive(0.0))
        assert (error.key, error.params["seconds"], error.params["device"]) == ("camera.hangs", 4, "VC1")

    def test_each_beat_and_each_message_is_a_sign(self, link: CameraLink, child: FakeChild, clock: Clock) -> None:
        for _ in range(3):
            child.heartbeat.value += 1
            self.watch(link, clock, 3.5)
            child.theirs.send(NEWS)
            assert link.receive(0.0) == NEWS

    def test_a_line_that_was_busy_elsewhere_blames_no_camera(self, link: CameraLink, clock: Clock) -> None:
        self.watch(link, clock, 1.0)
        clock.go_on(60.0)
        assert link.receive(0.0) is None
        self.watch(link, clock, 3.5)

    def test_a_process_that_died_is_told_with_its_code(self, link: CameraLink, child: FakeChild) -> None:
        child.exit_code = -11
        error = fault(lambda: link.receive(0.0))
        assert (error.key, error.params["code"]) == ("camera.process_died", -11)

    def test_what_it_said_before_it_died_is_still_taken(self, link: CameraLink, child: FakeChild) -> None:
        child.theirs.send(NEWS)
        child.exit_code = -9
        assert link.receive(0.0) == NEWS
        assert fault(lambda: link.receive(0.0)).key == "camera.process_died"

    def test_a_pipe_that_broke_before_the_system_tells_how(self, link: CameraLink, child: FakeChild) -> None:
        child.theirs.close()
        error = fault(lambda: link.receive(0.0))
        assert (error.key, error.params["code"]) == ("camera.process_died", "-")
        assert fault(lambda: link.send(TriggerNow(1))).key == "camera.process_died"


class TestDamage:
    def test_a_message_that_was_cut_off_by_a_kill(self, link: CameraLink, child: FakeChild) -> None:
        whole = pickle.dumps(NEWS)
        os.write(child.theirs.fileno(), struct.pack("!i", len(whole)) + whole[: len(whole) // 2])
        child.theirs.close()
        assert fault(lambda: link.receive(0.0)).key == "camera.process_died"

    @settings(max_examples=60, deadline=None)
    @given(data=st.binary(min_size=1, max_size=80))
    def test_bytes_that_are_no_message_are_a_fault_and_nothing_else(self, data: bytes) -> None:
        child = FakeChild()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(link_module, "Child", lambda *_: child)
            link = CameraLink(CameraOrder(("v.cti",)), 4.0)
        child.theirs.send_bytes(b"\x80\x05" + data)
        try:
            with suppress(StationFault):  # by chance they may be one
                received = link.receive(0.0)
                assert received is None or dataclasses.is_dataclass(received)
        finally:
            link.close()
            child.theirs.close()

    @pytest.mark.parametrize(
        "wrong",
        [{"slot": 8}, {"slot": -1}, {"size_bytes": 0}, {"size_bytes": 10**6}, {"width_px": 9}, {"height_px": -1}],
        ids=str,
    )
    def test_a_frame_that_cannot_be_in_its_ring(
        self, link: CameraLink, child: FakeChild, wrong: dict[str, int]
    ) -> None:
        child.theirs.send(RingRequest(6))
        link.receive(0.0)
        ring = child.theirs.recv()
        values: dict[str, Any] = {"slot": 0, "size_bytes": 6, "width_px": 3, "height_px": 2, **wrong}
        arrived = FrameArrived(
            ring=ring.name, pixel_format="Mono8", arrived_ns=0, block_id=1, device_timestamp_ns=None, trigger_id=None,
            **values,
        )  # fmt: skip
        assert fault(lambda: link.take(arrived)).key == "camera.lost"


class TestRing:
    def put(self, child: FakeChild, value: int, size: int = 6) -> FrameArrived:
        """Hand over a frame as the camera's process does; the ring's address must be in the pipe."""
        writer = RingWriter(child.theirs.recv())
        slot = writer.free_slot()
        assert slot is not None
        writer.put(slot, np.full((2, size // 2), value, np.uint8))
        writer.close()
        return FrameArrived(writer.name, slot, size, size // 2, 2, "Mono8", 0, 1, None, None)

    def test_a_ring_is_made_on_demand_and_a_frame_comes_out(self, link: CameraLink, child: FakeChild) -> None:
        child.theirs.send(RingRequest(6))
        assert link.receive(0.0) is None
        converted = link.take(self.put(child, 42))
        assert converted is not None
        assert (converted.pixels == 42).all()

    def test_a_frame_of_a_ring_that_was_replaced_is_none(self, link: CameraLink, child: FakeChild) -> None:
        child.theirs.send(RingRequest(6))
        link.receive(0.0)
        older = self.put(child, 1)
        child.theirs.send(RingRequest(60))
        link.receive(0.0)
        assert link.take(older) is None
        newer = link.take(self.put(child, 2, 60))
        assert newer is not None
        assert newer.pixels.shape == (2, 30)

    def test_a_frame_before_any_ring_is_none(self, link: CameraLink) -> None:
        assert link.take(FrameArrived("x", 0, 6, 3, 2, "Mono8", 0, 1, None, None)) is None


class TestMessages:
    def test_errors_of_the_process_are_raised_as_what_they_are(self, link: CameraLink, child: FakeChild) -> None:
        child.theirs.send(ErrorReport.of(InputError("camera.no_device")))
        with pytest.raises(InputError):
            link.receive(0.0)

    def test_an_open_camera_is_called_by_its_own_name(self, link: CameraLink, child: FakeChild, clock: Clock) -> None:
        child.theirs.send(Opened(device("socket-7")))
        assert isinstance(link.receive(0.0), Opened)
        child.exit_code = 1
        assert fault(lambda: link.receive(0.0)).params["device"] == "socket-7"

    def test_counts_of_the_output_line_go_to_whoever_wants_them(self, link: CameraLink, child: FakeChild) -> None:
        heard: list[SignalCounts] = []
        link.on_signals = heard.append
        child.theirs.send(SignalCounts(pulses=1))
        assert link.receive(0.0) is None
        assert heard == [SignalCounts(pulses=1)]

    def test_every_message_crosses_processes_whole(self) -> None:
        made = [kind for kind in vars(messages).values() if is_dataclass(kind) and kind.__module__ == messages.__name__]
        assert len(made) > 15
        for kind in made:
            values = {field.name: index for index, field in enumerate(fields(kind))}
            one = kind(**values)
            assert pickle.loads(pickle.dumps(one)) == one

    @given(
        key=st.text("abc._", min_size=1),
        params=st.dictionaries(st.from_regex("[a-z]+", fullmatch=True).filter(lambda name: name != "key"), st.text()),
        by_user=st.booleans(),
    )
    def test_an_error_is_the_same_on_the_other_side(self, key: str, params: dict[str, str], by_user: bool) -> None:
        error = (InputError if by_user else StationFault)(key, **params)
        again = pickle.loads(pickle.dumps(ErrorReport.of(error))).error()
        assert (type(again), again.key, again.params) == (type(error), error.key, error.params)


class TestEnd:
    def test_a_camera_that_lives_is_asked_to_stop_and_its_last_words_are_heard(
        self, link: CameraLink, child: FakeChild
    ) -> None:
        heard: list[SignalCounts] = []
        link.on_signals = heard.append
        child.theirs.send(NEWS)
        child.theirs.send(SignalCounts(silent=2))
        child.theirs.send(StreamStatistics())
        child.theirs.send(SignalCounts(pulses=1))
        link.close(1.5)
        assert child.theirs.recv() == Stop()
        assert child.ended == (True, 1.5)
        assert heard == [SignalCounts(silent=2), SignalCounts(pulses=1)]
        assert fault(lambda: link.send(TriggerNow(1))).key == "camera.process_died"

    def test_one_that_hangs_or_died_is_not_asked(self, link: CameraLink, child: FakeChild, clock: Clock) -> None:
        clock.go_on(10.0)
        link.close()
        assert child.ended is not None
        assert child.ended[0] is False

    def test_one_whose_pipe_is_broken_is_ended_all_the_same(self, link: CameraLink, child: FakeChild) -> None:
        child.theirs.close()
        link.close()
        assert child.ended is not None
        assert child.ended[0] is False

    def test_its_ring_goes_with_it(self, link: CameraLink, child: FakeChild) -> None:
        child.theirs.send(RingRequest(6))
        link.receive(0.0)
        address = child.theirs.recv()
        assert isinstance(address, RingAddress)
        link.close()
        with pytest.raises(FileNotFoundError):
            RingWriter(address)


class TestOutputLineControl:
    class Link:
        def __init__(self, error: Exception | None = None) -> None:
            self.sent: list[Any] = []
            self.error = error

        def send(self, message: Any) -> None:
            if self.error is not None:
                raise self.error
            self.sent.append(message)

    def test_verdicts_go_to_the_process_that_runs_now(self) -> None:
        control, first, second = OutputLineControl(), self.Link(), self.Link()
        assert not control.signal(1, pulse=True)
        for number, link in ((2, first), (3, second)):
            control.attach(link)
            assert control.signal(number, pulse=False)
        control.detach()
        assert not control.signal(4, pulse=True)
        assert [(one.arrived_ns, one.pulse) for one in first.sent + second.sent] == [(2, False), (3, False)]

    @pytest.mark.parametrize("error", [StationFault("camera.process_died", device="-", code="-"), ValueError("closed")])
    def test_a_process_that_is_ending_takes_none(self, error: Exception) -> None:
        control = OutputLineControl()
        control.attach(self.Link(error))
        assert not control.signal(1, pulse=True)

    def test_counts_are_given_out_once(self) -> None:
        control = OutputLineControl()
        control.add(SignalCounts(pulses=1, late=1, late_by_ms=3.0))
        control.add(SignalCounts(pulses=2, detail="x"))
        assert control.signal_counts() == SignalCounts(pulses=3, late=1, late_by_ms=3.0, detail="x")
        assert control.signal_counts() == SignalCounts()


# -- a process that ends before it has begun -------------------------------------------------------------------


def gone(*_: object) -> FakeChild:
    raise BrokenPipeError


def test_a_process_that_was_ended_before_it_heard_what_to_do_is_a_crash_that_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(link_module, "Child", gone)
    error = fault(lambda: CameraLink(CameraOrder(("v.cti",)), silent_for_s=4.0))
    assert error.key == "camera.process_died"
    assert "  " not in error_text(error, "en")  # nobody knows its name yet


def test_so_is_one_that_looks_for_cameras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discover, "Child", gone)
    monkeypatch.setattr(producer_probe, "Child", gone)
    assert fault(lambda: discover.enumerate_devices(("v.cti",))).key == "camera.driver_crashed"
    with pytest.raises(producer_probe.CrashedError):
        producer_probe.probe_producer("v.cti")


def test_a_camera_that_is_lost_is_told_by_the_name_that_it_was_opened_under(child: FakeChild, clock: Clock) -> None:
    """Where the first camera found was asked for, its process did not know it when it began."""
    link = CameraLink(CameraOrder(("v.cti",)), silent_for_s=4.0)
    child.theirs.send(Opened(device("VC7")))
    link.receive(0.0)
    child.theirs.send(ErrorReport.of(StationFault("camera.lost", device="", detail="IoException")))
    assert fault(lambda: link.receive(0.0)).params["device"] == "VC7"
    link.close()
