"""Pictures ahead of the log: bounded by number, bytes and time; each verdict has a deadline of its own, events none."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import builders
import numpy as np
import pytest
from eventually import eventually
from line_bed import OPEN_END, Bed, FakeLog, FakeSource

from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.events import EventKind
from crane_desktop.domain.ports import LogEntry
from crane_desktop.domain.verdicts import ReasonCode, Verdict
from crane_desktop.pipeline.board import Board
from crane_desktop.pipeline.mailbox import BoundedQueue
from crane_desktop.pipeline.picture_desk import (
    BEHIND_AFTER_S,
    MOST_AT_ONCE,
    MOST_HELD_BYTES,
    PICTURES_WITHIN_S,
    BacklogWatch,
    PictureDesk,
)


@dataclass
class FakePictures:
    """Pictures that are over when the test says so."""

    over: threading.Event = field(default_factory=threading.Event)
    fault: StationFault | None = None
    not_kept: str | None = None

    def wait(self, timeout_s: float) -> bool:
        return self.over.wait(min(timeout_s, 0.001))

    def give_up(self) -> None:
        self.not_kept = "disk_slow"
        self.over.set()


@dataclass
class KeepingLog(FakeLog):
    """A log that writes pictures ahead; `begun` says what becomes of the pictures of each verdict, from 1."""

    begun: Callable[[int], FakePictures | None] = lambda _number: None
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def begin_pictures(self, entry: LogEntry) -> LogEntry:
        return replace(entry, pictures=self.begun(next(self.numbers)))


def over(**told: object) -> FakePictures:
    pictures = FakePictures(**told)  # type: ignore[arg-type]
    pictures.over.set()
    return pictures


def handed_in(*numbers: int, picture: np.ndarray | None = None) -> BoundedQueue[LogEntry]:
    outbox: BoundedQueue[LogEntry] = BoundedQueue(200)
    for number in numbers:
        inspection = builders.inspection(number)
        assert outbox.put(LogEntry(inspection, builders.frame(number, picture), None), 0.0)
    return outbox


def ids(entries: list[LogEntry]) -> list[int]:
    return [entry.inspection.origin.frame_id for entry in entries]


def test_one_that_waits_too_long_goes_without_its_pictures_and_costs_no_other() -> None:
    clock = [0.0]
    made = {1: over(), 2: FakePictures(), 3: over()}
    desk = PictureDesk(KeepingLog(begun=made.get), lambda: clock[0])
    desk.take(handed_in(1, 2, 3), 0.0)
    assert ids(desk.ready()) == [1]
    clock[0] = PICTURES_WITHIN_S * 0.9
    assert ids(desk.ready()) == []
    clock[0] = PICTURES_WITHIN_S
    assert ids(desk.ready()) == [2, 3], "in their order"
    assert [made[n].not_kept for n in (1, 2, 3)] == [None, "disk_slow", None]
    assert desk.empty


def test_no_more_is_taken_than_the_bounds_allow() -> None:
    small = PictureDesk(KeepingLog(begun=lambda _n: FakePictures()))
    small.take(handed_in(*range(1, 151)), 0.0)
    assert len(small) == MOST_AT_ONCE
    third = np.zeros((MOST_HELD_BYTES // 3 // 1000 + 1, 1000), np.uint8)
    large = PictureDesk(KeepingLog(begun=lambda _n: FakePictures()))
    large.take(handed_in(*range(1, 9), picture=third), 0.0)
    assert len(large) == 3
    assert large.full


def test_a_log_that_writes_no_pictures_ahead_gets_its_verdicts_at_once() -> None:
    desk = PictureDesk(FakeLog())
    desk.take(handed_in(1, 2), 0.0)
    assert ids(desk.ready()) == [1, 2]


def test_a_queue_is_bounded_by_bytes_but_takes_any_single_item() -> None:
    queue: BoundedQueue[int] = BoundedQueue(10, most_bytes=100, bytes_of=lambda item: item)
    assert queue.put(500, 0.0)
    assert not queue.put(1, 0.0)
    assert queue.full
    assert queue.take(1, 0.0) == [500]
    assert queue.put(60, 0.0)
    assert not queue.put(41, 0.0)
    assert queue.put(40, 0.0)
    assert queue.waiting() == (2, 100)


def test_counts_are_told_while_pictures_hang() -> None:
    pictures = FakePictures()
    bed = Bed(FakeSource([0.1, OPEN_END]), log=KeepingLog(begun=lambda _n: pictures))
    line = bed.line()
    line.start()
    eventually(lambda: any(event.kind is EventKind.RUN_PROGRESS for event in bed.log.events))
    assert bed.log.rows == []
    pictures.over.set()
    eventually(lambda: bool(bed.log.rows))
    assert line.stop(10.0)


def test_pictures_that_fail_cost_their_own_verdict_only() -> None:
    broken = StationFault("records.not_written", path="x", detail="Input/output error")
    made = {1: over(), 2: over(fault=broken), 3: over()}
    bed = Bed(FakeSource([0.1, 0.2, 0.7]), log=KeepingLog(begun=made.get))
    end = bed.run().snapshot()
    assert [r.record_id is not None for r in bed.results] == [True, False, True]
    assert bed.results[1].inspection.verdict is Verdict.NONE
    assert bed.results[1].inspection.reason.code is ReasonCode.NOT_RECORDED
    assert [row.origin.frame_id for row in bed.log.rows] == [1, 3]
    assert "records.not_written" in [fault.key for fault in end.faults]


@pytest.mark.parametrize(
    ("cause", "key"),
    [
        ("disk_reserve", "pipeline.pictures_reserve"),
        ("disk_full", "pipeline.pictures_full"),
        ("disk_slow", "pipeline.pictures_slow"),
    ],
)
def test_pictures_that_are_not_kept_are_told_once_and_counted(cause: str, key: str) -> None:
    lacking = KeepingLog(begun=lambda number: over(not_kept=cause if number < 4 else None))
    bed = Bed(FakeSource([0.1, 0.7, 0.2]), log=lacking)
    end = bed.run().snapshot()
    assert [fault.key for fault in end.faults] == [key]
    assert [fault.key for fault in end.active_faults] == [key]
    assert end.pictures_not_kept == {cause: 3}
    assert [r.inspection.verdict for r in bed.results] == [Verdict.OK, Verdict.NG, Verdict.OK]
    kept = KeepingLog(begun=lambda number: over(not_kept=cause if number < 3 else None))
    end = Bed(FakeSource([0.1, 0.7, 0.2]), log=kept).run().snapshot()
    assert end.active_faults == (), "pictures are kept again"
    assert end.pictures_not_kept == {cause: 2}


def test_a_camera_that_the_disk_holds_up_for_long_is_told_and_a_folder_is_not() -> None:
    clock = [0.0]
    camera, folder = Board(), Board()
    watches = [BacklogWatch(b, source_waits=b is folder, clock_s=lambda: clock[0]) for b in (camera, folder)]

    def look(*, holding: bool) -> list[list[str]]:
        for watch in watches:
            watch.look(64, 10**8, holding=holding)
        return [[f.key for f in shot(board).active_faults] for board in (camera, folder)]

    def shot(board: Board):  # type: ignore[no-untyped-def]
        from crane_desktop.domain.station import StationState

        return board.snapshot(StationState.RUNNING, None, finished=False)

    assert look(holding=True) == [[], []]
    clock[0] = BEHIND_AFTER_S - 0.1
    assert look(holding=True) == [[], []]
    clock[0] = BEHIND_AFTER_S
    assert look(holding=True) == [["pipeline.disk_behind"], []]
    assert (shot(camera).backlog.verdicts, shot(camera).backlog.held_bytes, shot(camera).backlog.holding) == (
        64,
        10**8,
        True,
    )
    assert look(holding=False) == [[], []]
    clock[0] += 0.1
    assert look(holding=True) == [[], []], "it counts anew"
