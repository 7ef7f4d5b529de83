"""The balance of the camera's process: whatever order frames come in, each is a part, a loss, a repetition or late."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from camera_fakes import Clock
from hypothesis import given, settings
from hypothesis import strategies as st

from crane_desktop.camera.genicam import loss_accounting
from crane_desktop.camera.genicam.block_ids import BlockIdCounter, BlockIdFinding, lost_between
from crane_desktop.camera.genicam.loss_accounting import LossAccounting
from crane_desktop.camera.genicam.messages import FramesMissing, StreamStatistics
from crane_desktop.domain.frames import LossCause

FATES = ("here", "lost", "incomplete", "garbage", "repeated")
NUMBERINGS = {"GEV 16 bit": (2**16, 1), "32 bit": (2**32, 0), "64 bit": (2**64, 0)}
"""Size of the range, and the id that follows its last one."""


@dataclass
class Camera:
    """What a driver counts of itself."""

    incomplete: int = 0
    garbage: int = 0
    starts: int = 1
    first_block_id: int | None = None
    underruns: int | None = None
    packets: int | None = None
    asked: int = field(default=0)

    def underrun(self) -> int | None:
        return self.underruns

    def resends(self) -> int | None:
        self.asked += 1
        return self.packets


def losses(accounting: LossAccounting) -> dict[LossCause, int]:
    return {one.cause: one.count for one in accounting.report() if isinstance(one, FramesMissing)}


def ids(numbering: str, before_the_end: int, count: int) -> list[int]:
    """Return block ids that pass the end of the range on the way."""
    size, begin = NUMBERINGS[numbering]
    found = [size - 1 - before_the_end]
    while len(found) < count:
        found.append(found[-1] + 1 if found[-1] < size - 1 else begin)
    return found


class TestBalance:
    @settings(deadline=None)
    @given(
        numbering=st.sampled_from(sorted(NUMBERINGS)),
        before_the_end=st.integers(0, 70),
        fates=st.lists(st.sampled_from(FATES), max_size=60),
    )
    def test_every_triggered_frame_is_accounted_for_once(
        self, numbering: str, before_the_end: int, fates: list[str]
    ) -> None:
        fates = ["here", *fates, "here"]
        camera = Camera()
        accounting = LossAccounting(camera)
        parts, before = 0, (0, 0)
        for time_ns, (block_id, fate) in enumerate(zip(ids(numbering, before_the_end, len(fates)), fates, strict=True)):
            if fate in ("here", "repeated"):
                before = (block_id, time_ns)
                parts += accounting.count_frame(*before)[1]
            if fate == "repeated":
                assert accounting.count_frame(*before) == (0, False)
            elif fate in ("incomplete", "garbage"):
                setattr(camera, fate, getattr(camera, fate) + 1)
                assert accounting.count_bad_buffers() == 1
        told = losses(accounting)
        assert parts == fates.count("here") + fates.count("repeated")
        for cause in (LossCause.LOST, LossCause.INCOMPLETE, LossCause.GARBAGE):
            assert told.get(cause, 0) == fates.count(cause.value)
        assert parts + sum(told.values()) == len(fates)

    @settings(deadline=None)
    @given(
        numbering=st.sampled_from(sorted(NUMBERINGS)),
        before_the_end=st.integers(0, 40),
        swaps=st.lists(st.integers(1, 36), max_size=12),
        gone=st.sets(st.integers(1, 36), max_size=10),
    )
    def test_frames_that_overtake_each_other_are_late_and_counted_once(
        self, numbering: str, before_the_end: int, swaps: list[int], gone: set[int]
    ) -> None:
        """One that was overtaken had been counted as lost: it is not a part any more, whichever id comes next."""
        frames = list(enumerate(ids(numbering, before_the_end, 40)))
        for at in swaps:
            frames[at], frames[at + 1] = frames[at + 1], frames[at]
        arriving = [one for place, one in enumerate(frames) if place not in gone]
        accounting = LossAccounting(Camera())
        parts = sum(accounting.count_frame(block_id, time_ns)[1] for time_ns, block_id in arriving)
        reports = accounting.report()
        lost = sum(one.count for one in reports if isinstance(one, FramesMissing))
        late = sum(one.late for one in reports if isinstance(one, StreamStatistics))
        newest = max(time_ns for time_ns, _ in arriving)
        assert parts + lost == newest + 1
        assert parts + late == len(arriving)

    @settings(deadline=None)
    @given(gap=st.integers(0, 30), underruns=st.integers(0, 40))
    def test_what_the_driver_dropped_itself_is_told_from_what_the_wire_lost(self, gap: int, underruns: int) -> None:
        camera = Camera(underruns=7)  # from before the run
        accounting = LossAccounting(camera)
        accounting.count_frame(1, 10)
        camera.underruns = 7 + underruns
        assert accounting.count_frame(2 + gap, 20) == (gap, True)
        told = losses(accounting)
        assert told.get(LossCause.UNDERRUN, 0) == min(gap, underruns)
        assert told.get(LossCause.LOST, 0) == gap - min(gap, underruns)

    def test_an_underrun_explains_one_gap_only(self) -> None:
        camera = Camera(underruns=0)
        accounting = LossAccounting(camera)
        accounting.count_frame(1, 10)
        camera.underruns = 3
        accounting.count_frame(3, 30)
        accounting.count_frame(7, 70)
        accounting.count_frame(9, 90)
        assert losses(accounting) == {LossCause.UNDERRUN: 3, LossCause.LOST: 2}

    def test_a_driver_that_counts_its_underruns_anew(self) -> None:
        camera = Camera(underruns=50)
        accounting = LossAccounting(camera)
        accounting.count_frame(1, 10)
        camera.underruns = 2
        accounting.count_frame(4, 40)
        assert losses(accounting) == {LossCause.UNDERRUN: 2}

    def test_without_ids_the_drivers_own_count_is_all_there_is(self) -> None:
        camera = Camera(underruns=0)
        accounting = LossAccounting(camera)
        assert accounting.count_frame(None, 10) == (0, True)
        camera.underruns = 4
        assert accounting.count_frame(None, 20) == (4, True)
        assert accounting.count_frame(None, 30) == (0, True)
        assert losses(accounting) == {LossCause.UNDERRUN: 4}

    def test_a_restart_of_the_stream_is_no_gap_and_forgets_no_loss(self) -> None:
        camera = Camera(first_block_id=1)
        accounting = LossAccounting(camera)
        accounting.count_frame(1, 10)
        accounting.count_frame(4, 40)
        camera.starts += 1
        camera.incomplete += 1  # the first buffer of the new acquisition
        assert accounting.count_bad_buffers() == 1
        assert accounting.count_frame(2, 50) == (0, True)
        assert losses(accounting) == {LossCause.LOST: 2, LossCause.INCOMPLETE: 1}


class TestReports:
    def test_losses_are_told_once_and_by_cause(self) -> None:
        accounting = LossAccounting(Camera())
        accounting.count_loss(LossCause.OVERRUN, 2)
        accounting.count_loss(LossCause.OVERRUN, 1)
        accounting.count_loss(LossCause.GARBAGE, 0)
        assert accounting.report() == [FramesMissing(3, LossCause.OVERRUN)]
        assert accounting.report() == []

    def test_the_driver_is_asked_after_resends_once_a_second(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = Clock().rules(monkeypatch, loss_accounting)
        camera = Camera(packets=5)
        accounting = LossAccounting(camera)
        assert accounting.report() == [StreamStatistics(resends=5)]
        for _ in range(3):
            clock.go_on(0.3)
            accounting.report()
        assert camera.asked == 1
        clock.go_on(0.2)
        assert accounting.report() == []  # still 5
        camera.packets = 9
        clock.go_on(1.0)
        assert accounting.report() == [StreamStatistics(resends=9)]

    def test_repeated_and_late_frames_are_told_once(self) -> None:
        accounting = LossAccounting(Camera())
        for block_id, time_ns in ((1, 10), (3, 30), (3, 30), (2, 20)):
            accounting.count_frame(block_id, time_ns)
        assert accounting.report() == [FramesMissing(1, LossCause.LOST), StreamStatistics(repeated=1, late=1)]
        assert accounting.report() == []


class TestBlockIds:
    @pytest.mark.parametrize(("last", "first"), [(2**16 - 1, 1), (2**32 - 1, 0), (2**64 - 1, 0)])
    def test_a_frame_that_was_overtaken_across_the_wrap_around(self, last: int, first: int) -> None:
        counter = BlockIdCounter()
        for block_id, time_ns in ((last - 2, 10), (last - 1, 20), (first, 40)):
            counter.observe(block_id, time_ns)
        assert counter.observe(last, 30) == BlockIdFinding(late=True)
        assert counter.observe(first + 1, 50) == BlockIdFinding()

    def test_without_a_clock_a_step_backwards_is_a_restart(self) -> None:
        counter = BlockIdCounter()
        counter.observe(10, None)
        counter.observe(12, None)
        assert counter.observe(11, None) == BlockIdFinding()
        assert counter.observe(12, None) == BlockIdFinding()  # counted anew from 11

    def test_the_memory_for_repetitions_has_an_end(self) -> None:
        counter = BlockIdCounter()
        for block_id in range(1, 200):
            counter.observe(block_id, block_id * 10)
        assert counter.observe(199, 1990).repeated
        assert counter.observe(150, 1500).repeated
        assert not counter.observe(1, 10).repeated  # long ago: a camera that counts anew

    def test_each_burst_counted_anew_loses_nothing(self) -> None:
        counter = BlockIdCounter()
        found = [counter.observe(block_id, 100 * burst + block_id) for burst in range(4) for block_id in (1, 2, 3)]
        assert found == [BlockIdFinding()] * 12

    @settings(deadline=None)
    @given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
    def test_a_loss_is_never_negative_and_none_lies_between_neighbours(self, one: int, other: int) -> None:
        assert lost_between(one, other) >= 0
        assert lost_between(one, one + 1) == 0
        assert lost_between(one, one) == 0
