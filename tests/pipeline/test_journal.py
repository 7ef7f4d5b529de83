"""A run tells the log of its own life, in the right order, and no trouble with that touches a verdict."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from line_bed import OPEN_END, RAISES, RECIPE, Bed, FakeLog, FakeScorer, FakeSource

from crane_desktop.domain.balance import Balance
from crane_desktop.domain.errors import CraneError, InputError, StationFault
from crane_desktop.domain.events import DETAILS, Event, EventKind, RunEnd, told_counts
from crane_desktop.domain.frames import LossCause, SourceBack, SourceDown, SourceEvent
from crane_desktop.domain.health import Gap
from crane_desktop.domain.ports import SourceInfo
from crane_desktop.domain.verdicts import Inspection, JudgedBy, Verdict
from crane_desktop.pipeline.journal import PROGRESS_EVERY_S, RunIdentity, RunJournal
from crane_desktop.pipeline.line import Line
from crane_desktop.pipeline.tally import Tally

WHO = JudgedBy("fake", 3, "demo", "1.0", "ab" * 32, "0.test", "cpu", recipe_sha256="cd" * 32)
SOURCE = SourceInfo("fake:1", "fake", True, "scripted")
LOCKED = StationFault("records.locked", path="log")
NOW = datetime(2026, 3, 31, tzinfo=UTC)


@dataclass
class Clock:
    now_s: float = 100.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Desk:
    """A journal whose clock stands still until it is moved, and the log that it writes."""

    log: FakeLog = field(default_factory=FakeLog)
    clock: Clock = field(default_factory=Clock)
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        self.journal = RunJournal(self.log, self.tally, RunIdentity("r", WHO, "full"), self.clock)

    def begin(self) -> None:
        self.journal.begin(SOURCE)
        self.journal.write_begin(threading.Event())

    def later(self, seconds: float = PROGRESS_EVERY_S) -> None:
        self.clock.now_s += seconds
        self.journal.write_due()

    @property
    def kinds(self) -> list[str]:
        return [event.kind.value for event in self.log.events]


def kinds(log: FakeLog) -> list[str]:
    """Everything durable, in order: events by kind, verdicts as they are."""
    return [one.kind.value if isinstance(one, Event) else one.verdict.value for one in log.order]


def the(log: FakeLog, kind: EventKind) -> Event:
    (event,) = (event for event in log.events if event.kind is kind)
    return event


# -- the journal alone --------------------------------------------------------------------------------


def test_the_beginning_tells_where_frames_come_from_and_who_judges() -> None:
    desk = Desk()
    desk.begin()
    (event,) = desk.log.events
    assert (event.kind, event.run) == (EventKind.RUN_BEGUN, "r")
    assert event.details == {
        **{"source_id": "fake:1", "source_kind": "fake", "source": "scripted", "every_part": True},
        **{"recipe": "fake", "recipe_version": 3, "recipe_sha256": "cd" * 32},
        **{"pack": "demo", "pack_version": "1.0", "pack_sha256": "ab" * 32, "profile": "full"},
        **{"device": "cpu", "software_version": "0.test"},
    }
    assert event.details.keys() == DETAILS[EventKind.RUN_BEGUN].keys()


def test_counts_are_written_at_most_once_a_second_and_only_where_they_changed() -> None:
    desk = Desk()
    desk.begin()
    desk.tally.produced(3)
    desk.tally.lost(LossCause.SKIPPED, 2)
    desk.later(0.5)
    assert desk.kinds == ["run_begun"]
    desk.later(0.5)
    assert desk.kinds == ["run_begun", "run_progress"]
    desk.later()
    desk.later()
    assert desk.kinds == ["run_begun", "run_progress"], "nothing changed"
    desk.tally.judged(Verdict.OK)
    desk.later()
    told = [told_counts(event.details) for event in desk.log.events[1:]]
    assert told == [
        (Balance(3, {}, {LossCause.SKIPPED: 2}), 0),
        (Balance(3, {Verdict.OK: 1}, {LossCause.SKIPPED: 2}), 0),
    ]


def test_a_verdict_that_the_log_did_not_take_is_a_change_of_its_own() -> None:
    desk = Desk()
    desk.begin()
    desk.journal.not_recorded()
    desk.later()
    assert told_counts(desk.log.events[-1].details)[1] == 1


def test_counts_that_could_not_be_written_are_written_a_second_later() -> None:
    desk = Desk(FakeLog(failing_events=lambda call: LOCKED if call == 2 else None))
    desk.begin()
    desk.tally.produced(5)
    desk.later()
    assert desk.kinds == ["run_begun"]
    desk.later(0.5)
    assert desk.log.notes == 2, "a log in trouble is left alone for a second"
    desk.tally.produced()
    desk.later(0.5)
    assert told_counts(desk.log.events[-1].details)[0].frames == 6


def test_what_waits_keeps_its_order_and_is_written_once() -> None:
    desk = Desk(FakeLog(failing_events=lambda call: LOCKED if call <= 2 else None))
    desk.begin()
    gap = Gap(NOW, NOW + timedelta(seconds=2), 3, "camera.lost")
    desk.journal.gap(gap)
    desk.tally.produced()
    desk.later()
    desk.later()
    desk.later()
    assert desk.kinds == ["run_begun", "camera_gap", "run_progress"]
    assert the(desk.log, EventKind.CAMERA_GAP).details == {
        **{"start": NOW.isoformat(), "end": (NOW + timedelta(seconds=2)).isoformat()},
        **{"attempts": 3, "cause": "camera.lost"},
    }


def test_trouble_is_logged_once_until_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(FakeLog(failing_events=lambda call: None if call == 4 else ValueError("bug")))
    desk.begin()
    for _ in range(5):
        desk.tally.produced()
        desk.later()
    said = [record.getMessage() for record in caplog.records]
    assert said == ["the log did not take events of run r: bug"] * 2


def test_the_beginning_goes_with_the_first_verdicts_where_it_is_not_written_yet() -> None:
    desk = Desk(FakeLog(failing_events=lambda call: LOCKED if call == 1 else None))
    desk.begin()
    (begin,) = desk.journal.unwritten_begin()
    assert begin.kind is EventKind.RUN_BEGUN
    desk.log.append([begin])
    desk.journal.begin_is_written()
    assert desk.journal.unwritten_begin() == []
    desk.tally.produced()
    desk.later()
    assert desk.kinds == ["run_begun", "run_progress"]


def test_nobody_waits_for_a_beginning_that_the_log_does_not_answer() -> None:
    class Impatient(Clock):
        def __call__(self) -> float:
            self.now_s += 0.5
            return self.now_s

    desk = Desk(clock=Impatient())
    desk.journal.begin(SOURCE)
    desk.journal.wait_begun(threading.Event())  # returns though nobody writes
    stopped = threading.Event()
    stopped.set()
    Desk().journal.wait_begun(stopped)


def test_a_line_that_is_given_up_does_not_wait_for_its_source() -> None:
    given_up = threading.Event()
    given_up.set()
    desk = Desk()
    desk.journal.write_begin(given_up)
    assert desk.log.events == []


@pytest.mark.parametrize(
    ("failure", "given_up", "why"),
    [
        (None, False, (RunEnd.SOURCE_ENDED, None)),
        ("pipeline.broken", False, (RunEnd.FAILED, "pipeline.broken")),
        ("pipeline.broken", True, (RunEnd.GIVEN_UP, None)),
    ],
)
def test_the_end_says_why(failure: str | None, given_up: bool, why: tuple[RunEnd, str | None]) -> None:
    desk = Desk()
    desk.begin()
    if failure is not None:
        desk.journal.failed(failure)
        desk.journal.failed("another")
    desk.journal.no_more_frames(RunEnd.SOURCE_ENDED)
    desk.journal.write_end(given_up=given_up)
    details = the(desk.log, EventKind.RUN_ENDED).details
    assert (details["why"], details["cause"]) == why
    assert details.keys() == DETAILS[EventKind.RUN_ENDED].keys()


def test_the_end_closes_the_balance_and_nothing_is_counted_after_it(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    desk.begin()
    desk.tally.produced(4)
    desk.tally.judged(Verdict.OK)
    desk.journal.no_more_frames(RunEnd.STOPPED)
    desk.journal.write_end(given_up=False)
    told, _ = told_counts(the(desk.log, EventKind.RUN_ENDED).details)
    assert told == Balance(4, {Verdict.OK: 1}, {LossCause.LATE: 3}) == desk.tally.balance()
    assert "3 frames were left without a verdict" in caplog.text
    assert not desk.tally.judged(Verdict.OK)


@pytest.mark.parametrize(("failing", "durable"), [(1, True), (2, True), (9, False)])
def test_the_end_is_tried_again(failing: int, durable: bool, caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    desk.begin()
    desk.journal.no_more_frames(RunEnd.STOPPED)
    desk.log.failing_events = lambda call: LOCKED if call <= 1 + failing else None
    desk.journal.write_end(given_up=False)
    assert (desk.kinds == ["run_begun", "run_ended"]) is durable
    assert ("the end of run r is not in the log" in caplog.text) is not durable


@given(st.lists(st.tuples(st.sampled_from(["frame", "ok", "lost", "tick", "gap"]), st.booleans()), max_size=40))
def test_whatever_the_log_takes_its_last_word_is_the_truth_and_counts_only_grow(steps: list[tuple[str, bool]]) -> None:
    works = [True]
    desk = Desk(FakeLog(failing_events=lambda _call: None if works[0] else LOCKED))
    logging.disable(logging.CRITICAL)
    try:
        desk.begin()
        gaps = 0
        for step, works[0] in steps:
            match step:
                case "frame":
                    desk.tally.produced()
                case "ok" if desk.tally.balance().pending:
                    desk.tally.judged(Verdict.OK)
                case "lost":
                    desk.tally.produced()
                    desk.tally.lost(LossCause.LOST)
                case "gap":
                    gaps += 1
                    desk.journal.gap(Gap(NOW, NOW, gaps, "camera.lost"))
                case _:
                    desk.later()
        works[0] = True
        desk.journal.no_more_frames(RunEnd.STOPPED)
        desk.journal.write_end(given_up=False)
    finally:
        logging.disable(logging.NOTSET)
    assert desk.kinds[0] == "run_begun"
    assert desk.kinds[-1] == "run_ended"
    assert desk.kinds.count("run_begun") == desk.kinds.count("run_ended") == 1
    assert [e.details["attempts"] for e in desk.log.events if e.kind is EventKind.CAMERA_GAP] == list(
        range(1, gaps + 1)
    )
    frames = [told_counts(e.details)[0].frames for e in desk.log.events if "frames" in e.details]
    assert frames == sorted(frames)
    told, _ = told_counts(desk.log.events[-1].details)
    assert told == desk.tally.balance()
    assert told.pending == 0


# -- in a line ----------------------------------------------------------------------------------------


def balanced(bed: Bed, line: Line) -> Event:
    """The run's last word, held against the screen and against the rows before it."""
    assert isinstance(bed.log.order[0], Event)
    assert bed.log.order[0].kind is EventKind.RUN_BEGUN
    end = bed.log.order[-1]
    assert isinstance(end, Event)
    assert end.kind is EventKind.RUN_ENDED
    told, not_recorded = told_counts(end.details)
    assert told == line.snapshot().balance
    rows = Counter(row.verdict for row in bed.log.rows)
    assert rows[Verdict.NONE] == told.verdicts.get(Verdict.NONE, 0) - not_recorded
    assert all(rows[v] == told.verdicts.get(v, 0) for v in (Verdict.OK, Verdict.NG, Verdict.REVIEW))
    assert {event.run for event in bed.log.events} | {row.run for row in bed.log.rows} == {line.run}
    return end


def test_a_run_stands_in_the_log_from_its_beginning_to_its_end() -> None:
    bed = Bed(FakeSource([0.1, (LossCause.LOST, 3), "fault", 0.7]), options={"run": "mine", "recipe_sha256": "ef" * 32})
    line = bed.run()
    assert kinds(bed.log) == ["run_begun", "OK", "NONE", "NG", "run_ended"]
    end = balanced(bed, line)
    assert line.run == "mine"
    assert end.details == {
        **{"frames": 6, "verdicts": {"OK": 1, "NONE": 1, "NG": 1}, "losses": {"lost": 3}, "not_recorded": 0},
        **{"why": "source_ended", "cause": None},
    }
    begin = the(bed.log, EventKind.RUN_BEGUN)
    assert begin.details["recipe_sha256"] == "ef" * 32
    assert begin.details["source"] == "scripted"
    assert {row.judged_by.recipe_sha256 for row in bed.log.rows} == {"ef" * 32}


def test_every_run_has_its_own_name() -> None:
    assert len({Bed(FakeSource([])).line().run for _ in range(5)}) == 5


def test_no_frame_is_taken_before_the_beginning_is_durable() -> None:
    bed = Bed(FakeSource([0.1, 0.1]))
    taken: list[int] = []
    bed.log.before = lambda: taken.append(bed.source.position)
    bed.run()
    assert taken[0] == 0


def test_a_camera_that_was_away_is_a_gap_in_the_log() -> None:
    error = StationFault("camera.lost", device="A", detail="pulled")
    gap = Gap(NOW, NOW + timedelta(seconds=4), 2, str(error))
    bed = Bed(FakeSource([0.1, SourceDown(error), SourceBack(error, gap), 0.1]))
    line = bed.run()
    assert the(bed.log, EventKind.CAMERA_GAP).details["attempts"] == 2
    balanced(bed, line)


@pytest.mark.parametrize(
    ("source", "why", "cause"),
    [
        (FakeSource([0.1]), "source_ended", None),
        (FakeSource([0.1, StationFault("camera.lost", device="A", detail="x")]), "failed", "camera.lost"),
        (FakeSource([0.1, OSError("driver")]), "failed", "pipeline.source_broken"),
        (FakeSource([], open_error=InputError("camera.no_device")), "failed", "camera.no_device"),
    ],
)
def test_why_a_run_ended_is_in_the_log(source: FakeSource, why: str, cause: str | None) -> None:
    bed = Bed(source)
    end = balanced(bed, bed.run())
    assert (end.details["why"], end.details["cause"]) == (why, cause)


def test_a_run_that_was_stopped_says_so() -> None:
    judged = threading.Event()
    bed = Bed(FakeSource([0.1, OPEN_END]))
    line = Line(bed.source, bed.scorer, RECIPE, bed.log, software_version="0", on_result=lambda _: judged.set())
    line.start()
    assert judged.wait(20)
    assert line.stop(10.0)
    assert balanced(bed, line).details["why"] == "stopped"


def test_a_run_that_was_given_up_says_so_with_its_frames_late() -> None:
    release, asked = threading.Event(), threading.Event()

    def hang() -> None:
        asked.set()
        release.wait(30)

    bed = Bed(FakeSource([0.1] * 5), FakeScorer(before=hang))
    line = bed.line()
    line.start()
    try:
        assert asked.wait(20)
        assert not line.stop(timeout_s=2.0)
        # Whoever stopped it may close the log now.
        assert kinds(bed.log)[-1] == "run_ended"
    finally:
        release.set()
    assert line.join(20.0)
    end = balanced(bed, line)
    assert end.details["why"] == "given_up"
    assert end.details["losses"] == {"late": end.details["frames"]}


def test_a_broken_inspecting_thread_is_the_reason_of_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crane_desktop.pipeline.inspect.judge", lambda *_: 1 / 0)
    bed = Bed(FakeSource([0.1, OPEN_END]))
    end = balanced(bed, bed.run())
    assert (end.details["why"], end.details["cause"]) == ("failed", "pipeline.broken")
    assert end.details["losses"] == {"late": 1}


def test_a_broken_recording_thread_still_tells_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crane_desktop.pipeline.recording.Recorder.record", lambda *_: 1 / 0)
    bed = Bed(FakeSource([0.1, OPEN_END]))
    end = balanced(bed, bed.run())
    assert (end.details["why"], end.details["cause"]) == ("failed", "pipeline.broken")
    assert end.details["frames"] == sum(end.details["losses"].values())  # type: ignore[union-attr]


def test_a_log_that_takes_no_events_costs_no_verdict() -> None:
    bed = Bed(FakeSource([0.1, 0.7, 0.1]), log=FakeLog(failing_events=lambda _call: LOCKED))
    end = bed.run().snapshot()
    assert [words.split(":")[0] for words in bed.verdicts] == ["OK", "NG", "OK"]
    assert [result.record_id for result in bed.results] == [1, 2, 3]
    assert end.fault is None
    assert kinds(bed.log) == ["run_begun", "OK", "NG", "OK"]


def test_a_log_that_could_not_be_written_at_the_beginning_knows_the_run_with_its_first_verdict() -> None:
    bed = Bed(
        FakeSource([0.1, 0.7], gap_s=0.03),
        log=FakeLog(
            failing=lambda call: LOCKED if call == 1 else None,
            failing_events=lambda call: LOCKED if call == 1 else None,
        ),
    )
    line = bed.run()
    assert bed.verdicts == ["NONE:not_recorded", "NG:score_over_threshold"]
    assert kinds(bed.log) == ["run_begun", "NG", "run_ended"]
    end = balanced(bed, line)
    assert end.details["not_recorded"] == 1


def test_what_a_log_answers_that_counts_wrong_is_not_recorded_with_the_beginning_either() -> None:
    class Short(FakeLog):
        def append(self, entries, timeout_s: float = 10.0) -> list[int]:  # type: ignore[no-untyped-def]
            ids = super().append(entries, timeout_s)
            return ids if self.rows == [] else ids[:-1]

    bed = Bed(FakeSource([0.1]), log=Short())
    assert bed.run().snapshot().balance.verdicts == {Verdict.NONE: 1}
    assert bed.verdicts == ["NONE:not_recorded"]


def test_verdicts_that_become_durable_after_the_line_was_given_up_stand_before_its_end() -> None:
    release, writing = threading.Event(), threading.Event()
    bed = Bed(FakeSource([0.1, 0.1, OPEN_END]))

    def hang() -> None:
        if bed.log.events:
            writing.set()
            release.wait(30)

    bed.log.before = hang
    line = bed.line()
    line.start()
    try:
        assert writing.wait(20)
        assert not line.stop(timeout_s=1.0)
    finally:
        release.set()
    assert line.join(20.0)
    assert bed.results == []
    assert kinds(bed.log)[0] == "run_begun"
    assert kinds(bed.log)[-1] == "run_ended"
    told, _ = told_counts(bed.log.events[-1].details)
    assert told.pending == 0
    assert len(bed.log.rows) <= told.losses[LossCause.LATE]


def test_a_source_that_was_closed_twice_and_raises_at_that_is_still_one_run() -> None:
    class Rude(FakeSource):
        def close(self) -> None:
            super().close()
            raise OSError("already closed")

        def next_event(self, timeout_s: float) -> SourceEvent | None:
            return super().next_event(timeout_s)

    bed = Bed(Rude([0.1]))
    line = bed.run()
    balanced(bed, line)
    fault = line.snapshot().fault
    assert isinstance(fault, CraneError)
    assert fault.key == "pipeline.source_broken"


@pytest.mark.parametrize("every_part", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_the_log_alone_tells_the_balance_of_the_screen(seed: int, every_part: bool) -> None:
    script: list[object] = [0.1, "fault", 0.7, (LossCause.LOST, 2), RAISES, 0.5, (LossCause.OVERRUN, 1), 0.1] * 3
    bad = {seed, seed + 2, 7}
    bed = Bed(
        FakeSource(script[seed:], every_part=every_part, gap_s=0.001),
        log=FakeLog(
            failing=lambda call: LOCKED if call in bad else None,
            failing_events=lambda call: LOCKED if call in {1, seed} else None,
        ),
    )
    line = bed.run()
    end = balanced(bed, line)
    told, not_recorded = told_counts(end.details)
    refused = [result for result in bed.results if result.record_id is None]
    assert not_recorded == len(refused)
    assert told.frames == len(bed.log.rows) + not_recorded + told.lost
    assert all(isinstance(one, Inspection) for one in bed.log.rows)
