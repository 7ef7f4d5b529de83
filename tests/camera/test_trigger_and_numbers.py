"""The numbering of frames, the software trigger, the watchdog and calls to nodes, on a clock that the test turns."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest
from camera_fakes import Clock
from hypothesis import given, settings
from hypothesis import strategies as st

from crane_desktop.camera.genicam import control as control_module
from crane_desktop.camera.genicam import software_trigger, watchdog
from crane_desktop.camera.genicam.control import ANSWER_WITHIN_S, CameraControl
from crane_desktop.camera.genicam.frame_numbers import FrameNumbers
from crane_desktop.camera.genicam.messages import ErrorReport, ListNodes, NodeCall, NodeReply, ReadNodes, TriggerNow
from crane_desktop.camera.genicam.software_trigger import FRAME_TIMEOUT_S, SoftwareTrigger
from crane_desktop.camera.genicam.watchdog import SILENT_AFTER_S, Watchdog
from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.domain.frames import FrameFault, FramesLost, LossCause
from crane_desktop.domain.health import SourceState, StreamCounts
from crane_desktop.domain.verdicts import ReasonCode

happenings = st.lists(
    st.one_of(
        st.just(("picture", 1)),
        st.tuples(st.sampled_from(["lost", "faulted"]), st.integers(0, 400)),
    ),
    max_size=8,
)


class TestNumbers:
    @settings(deadline=None)
    @given(happenings=happenings, limit=st.one_of(st.none(), st.integers(0, 900)), every_part=st.booleans())
    def test_each_number_is_used_once_in_order_and_never_beyond_the_limit(
        self, happenings: list[tuple[str, int]], limit: int | None, every_part: bool
    ) -> None:
        numbers = FrameNumbers(limit, every_part=every_part)
        used: list[int] = []
        wanted = 0
        for what, count in happenings:
            if what == "picture" and not numbers.finished:
                used.append(numbers.next_frame_id())
            elif what == "lost":
                numbers.lost(count, LossCause.LOST, "s", None)
            elif what == "faulted":
                numbers.faulted(count, ReasonCode.CAMERA_FAULT, "why", "s", None)
            wanted += count
            while (event := numbers.next_pending()) is not None:
                if isinstance(event, FramesLost):
                    assert event.count > 0
                    used += range(event.origin.frame_id - event.count + 1, event.origin.frame_id + 1)
                else:
                    assert isinstance(event, FrameFault)
                    used.append(event.origin.frame_id)
        assert used == list(range(1, numbers.numbered + 1))
        assert numbers.numbered == (wanted if limit is None else min(wanted, limit))
        assert numbers.finished == (limit is not None and numbers.numbered >= limit)

    @pytest.mark.parametrize(
        ("cause", "reason"),
        [
            (LossCause.INCOMPLETE, ReasonCode.INCOMPLETE_FRAME),
            (LossCause.OVERRUN, ReasonCode.OVERRUN),
            (LossCause.UNDERRUN, ReasonCode.OVERRUN),
            (LossCause.LOST, ReasonCode.CAMERA_FAULT),
            (LossCause.GARBAGE, ReasonCode.CAMERA_FAULT),
        ],
    )
    def test_a_part_whose_picture_is_lost_gets_none_with_its_reason(self, cause: LossCause, reason: ReasonCode) -> None:
        numbers = FrameNumbers(None, every_part=True)
        numbers.lost(2, cause, "s", 7)
        first, second = numbers.take_all()
        assert isinstance(first, FrameFault)
        assert isinstance(second, FrameFault)
        assert (first.cause, first.detail, first.origin.trigger_id) == (reason.value, cause.value, 7)
        assert (first.origin.frame_id, second.origin.frame_id) == (1, 2)
        assert numbers.take_all() == []

    def test_a_jump_in_the_numbering_is_no_flood_of_parts(self) -> None:
        numbers = FrameNumbers(None, every_part=True)
        numbers.lost(1000, LossCause.LOST, "s", None)
        loss, *parts = numbers.take_all()
        assert isinstance(loss, FramesLost)
        assert (loss.count, loss.origin.frame_id, len(parts)) == (744, 744, 256)

    def test_where_frames_are_no_parts_a_loss_is_one_event(self) -> None:
        numbers = FrameNumbers(None, every_part=False)
        numbers.lost(1000, LossCause.UNDERRUN, "s", None)
        (loss,) = numbers.take_all()
        assert isinstance(loss, FramesLost)
        assert (loss.count, loss.cause) == (1000, LossCause.UNDERRUN)


class TestSoftwareTrigger:
    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> Clock:
        return Clock().rules(monkeypatch, software_trigger)

    def test_one_trigger_at_a_time_each_with_its_own_number(self, clock: Clock) -> None:
        trigger = SoftwareTrigger()
        assert trigger.next_trigger() == TriggerNow(1)
        assert trigger.next_trigger() is None
        assert trigger.delivered(1)
        assert trigger.next_trigger() == TriggerNow(2)

    @pytest.mark.parametrize("trigger_id", [None, 0, 1, 3])
    def test_a_picture_of_another_trigger_is_none_of_ours(self, clock: Clock, trigger_id: int | None) -> None:
        trigger = SoftwareTrigger()
        for _ in range(2):
            order = trigger.next_trigger()
            if trigger.trigger_id == 1:
                assert order is not None
                trigger.delivered(1)
        assert not trigger.delivered(trigger_id)
        assert trigger.frames_due == 1

    def test_a_burst_is_over_when_its_last_picture_came_or_is_lost(self, clock: Clock) -> None:
        trigger = SoftwareTrigger()
        trigger.reset(3, 0.0)
        trigger.next_trigger()
        assert trigger.delivered(1)
        assert trigger.lost(1) == 1
        assert trigger.next_trigger() is None
        assert trigger.delivered(1)
        assert not trigger.delivered(1)  # a fourth picture of three
        assert trigger.next_trigger() == TriggerNow(2)

    def test_more_losses_than_pictures_under_way_are_of_no_part(self, clock: Clock) -> None:
        trigger = SoftwareTrigger()
        trigger.next_trigger()
        assert trigger.lost(5) == 1
        assert trigger.lost(5) == 0

    def test_what_does_not_come_in_time_is_given_up_and_the_stream_begins_anew(self, clock: Clock) -> None:
        trigger = SoftwareTrigger()
        trigger.next_trigger()
        clock.go_on(FRAME_TIMEOUT_S)
        assert trigger.timed_out() == 0
        clock.go_on(0.01)
        assert trigger.timed_out() == 1
        assert trigger.timed_out() == 0
        assert not trigger.delivered(1)
        assert trigger.next_trigger() == TriggerNow(2, restart=True)
        trigger.delivered(2)
        assert trigger.next_trigger() == TriggerNow(3)

    def test_a_long_exposure_is_waited_for(self, clock: Clock) -> None:
        trigger = SoftwareTrigger()
        trigger.reset(1, 30.0)
        trigger.next_trigger()
        clock.go_on(60.0)
        assert trigger.timed_out() == 0
        clock.go_on(FRAME_TIMEOUT_S + 0.1)
        assert trigger.timed_out() == 1

    def test_each_picture_of_a_burst_has_its_own_time(self, clock: Clock) -> None:
        trigger = SoftwareTrigger()
        trigger.reset(2, 0.0)
        trigger.next_trigger()
        clock.go_on(4.0)
        trigger.delivered(1)
        clock.go_on(4.0)
        assert trigger.timed_out() == 0

    def test_a_refusal_is_no_picture_and_the_next_trigger_waits_a_moment(self, clock: Clock) -> None:
        trigger = SoftwareTrigger()
        trigger.reset(2, 0.0)
        trigger.next_trigger()
        assert trigger.refused(1) == 2
        assert trigger.next_trigger() is None
        clock.go_on(0.5)
        assert trigger.next_trigger() == TriggerNow(2)

    def test_a_refusal_that_comes_after_its_trigger_was_given_up_takes_nothing_from_the_next(
        self, clock: Clock
    ) -> None:
        trigger = SoftwareTrigger()
        trigger.next_trigger()
        clock.go_on(FRAME_TIMEOUT_S + 1)
        trigger.timed_out()
        trigger.next_trigger()
        assert trigger.refused(1) == 0
        assert trigger.frames_due == 1

    def test_a_camera_that_was_opened_again_has_nothing_under_way_and_the_numbers_go_on(self, clock: Clock) -> None:
        trigger = SoftwareTrigger()
        trigger.next_trigger()
        clock.go_on(FRAME_TIMEOUT_S + 1)
        trigger.timed_out()
        trigger.reset(1, 0.0)
        assert trigger.next_trigger() == TriggerNow(2)  # nothing to drop in a stream that has just begun


class TestWatchdog:
    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> Clock:
        return Clock().rules(monkeypatch, watchdog)

    def state(self, dog: Watchdog) -> SourceState:
        return dog.status(StreamCounts()).state

    def test_the_way_of_a_source(self, clock: Clock) -> None:
        dog = Watchdog("free")
        assert self.state(dog) is SourceState.CLOSED
        dog.opening()
        clock.go_on(2.5)
        assert self.state(dog) is SourceState.OPENING
        assert dog.opened(0.01) == pytest.approx(2.5)
        assert self.state(dog) is SourceState.STREAMING
        dog.lost()
        assert self.state(dog) is SourceState.RECONNECTING
        dog.closed()
        assert self.state(dog) is SourceState.CLOSED

    @pytest.mark.parametrize(
        ("trigger", "quiet"),
        [
            ("free", SourceState.SILENT),
            ("software", SourceState.WAITING_FOR_TRIGGER),
            ("hardware", SourceState.WAITING_FOR_TRIGGER),
            ("as_set", SourceState.STREAMING),
        ],
    )
    def test_what_silence_means(self, clock: Clock, trigger: str, quiet: SourceState) -> None:
        dog = Watchdog(trigger)
        dog.opening()
        dog.opened(0.0)
        clock.go_on(0.9)
        assert self.state(dog) is SourceState.STREAMING
        clock.go_on(0.2)
        assert self.state(dog) is quiet
        dog.frame_received()
        assert self.state(dog) is SourceState.STREAMING

    def test_a_camera_that_exposes_for_long_is_not_silent(self, clock: Clock) -> None:
        dog = Watchdog("free")
        dog.opened(3.0)
        clock.go_on(14.0)
        assert self.state(dog) is SourceState.STREAMING
        clock.go_on(2.0)
        assert self.state(dog) is SourceState.SILENT

    def watched(self, dog: Watchdog, clock: Clock, seconds: float, step_s: float = 0.5) -> float | None:
        """Look at it several times a second; return the first answer that it is silent for too long."""
        for _ in range(round(seconds / step_s)):
            clock.go_on(step_s)
            if (silent_s := dog.silent_too_long_s()) is not None:
                return silent_s
        return None

    def test_only_a_free_running_camera_has_to_send(self, clock: Clock) -> None:
        for trigger in ("software", "hardware", "as_set"):
            dog = Watchdog(trigger)
            dog.opened(0.0)
            assert self.watched(dog, clock, 3 * SILENT_AFTER_S) is None
        dog = Watchdog("free")
        dog.opened(0.0)
        assert self.watched(dog, clock, 3 * SILENT_AFTER_S) == pytest.approx(SILENT_AFTER_S + 0.5)

    def test_five_of_its_own_periods_are_waited_for(self, clock: Clock) -> None:
        dog = Watchdog("free")
        dog.opened(10.0)
        assert self.watched(dog, clock, 50.0) is None
        assert self.watched(dog, clock, 1.0) == pytest.approx(50.5)

    def test_silence_that_nobody_watched_does_not_count(self, clock: Clock) -> None:
        """A line that was busy elsewhere has seen nothing."""
        dog = Watchdog("free")
        dog.opened(0.0)
        clock.go_on(100.0)
        assert dog.silent_too_long_s() is None
        assert self.watched(dog, clock, SILENT_AFTER_S) is None
        assert self.watched(dog, clock, 1.0) is not None

    def test_a_picture_ends_the_silence(self, clock: Clock) -> None:
        dog = Watchdog("free")
        dog.opened(0.0)
        for _ in range(4):
            assert self.watched(dog, clock, SILENT_AFTER_S - 1) is None
            dog.frame_received()


class TestNodeCalls:
    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> Clock:
        return Clock().rules(monkeypatch, control_module)

    @pytest.fixture
    def control(self, clock: Clock) -> CameraControl:
        made = CameraControl()
        made.open()
        return made

    def error(self, future: Future[Any]) -> str:
        raised = future.exception(0)
        assert isinstance(raised, StationFault | InputError)
        return raised.key

    def test_a_camera_that_is_not_open_refuses_at_once(self, clock: Clock) -> None:
        control = CameraControl()
        assert self.error(control.ask(ListNodes())) == "camera.not_open"
        assert control.due() == []

    def test_calls_go_out_once_in_their_order_and_answers_find_their_own(self, control: CameraControl) -> None:
        first, second = control.ask(ListNodes()), control.ask(ReadNodes(("Gain",)))
        calls = control.due()
        assert calls == [NodeCall(1, ListNodes()), NodeCall(2, ReadNodes(("Gain",)))]
        assert control.due() == []
        control.receive(NodeReply(2, "b"))
        control.receive(NodeReply(1, "a"))
        assert (first.result(0), second.result(0)) == ("a", "b")

    def test_a_refusal_of_the_camera_is_the_callers_error(self, control: CameraControl) -> None:
        asked = control.ask(ListNodes())
        control.due()
        control.receive(NodeReply(1, trouble=ErrorReport.of(InputError("camera.node_read_only", feature="X"))))
        assert self.error(asked) == "camera.node_read_only"

    def test_no_answer_in_time_is_told_and_a_late_one_goes_nowhere(self, control: CameraControl, clock: Clock) -> None:
        asked, patient = control.ask(ListNodes()), control.ask(ListNodes(), within_s=60.0)
        control.due()
        clock.go_on(ANSWER_WITHIN_S)
        assert control.due() == []
        assert self.error(asked) == "camera.node_no_answer"
        control.receive(NodeReply(1, "late"))
        control.receive(NodeReply(2, "in time"))
        control.receive(NodeReply(99, "of nobody"))
        assert patient.result(0) == "in time"

    def test_what_waited_too_long_to_be_sent_is_not_sent_any_more(self, control: CameraControl, clock: Clock) -> None:
        control.ask(ListNodes())
        clock.go_on(ANSWER_WITHIN_S)
        assert control.due() == []

    def test_a_page_that_was_closed_asks_nothing(self, control: CameraControl) -> None:
        asked = control.ask(ListNodes())
        assert asked.cancel()
        assert control.due() == []
        control.receive(NodeReply(1, "x"))
        assert asked.cancelled()

    def test_the_end_of_a_camera_ends_every_wait_with_its_reason(self, control: CameraControl) -> None:
        sent, unsent = control.ask(ListNodes()), control.ask(ListNodes())
        control.due()
        waiting = control.ask(ListNodes())
        control.close(StationFault("camera.lost", device="A", detail="-"))
        assert {self.error(one) for one in (sent, unsent, waiting)} == {"camera.lost"}
        assert self.error(control.ask(ListNodes())) == "camera.not_open"
        control.open()
        control.ask(ListNodes())
        assert [call.call_id for call in control.due()] == [4]  # numbers are never used twice
