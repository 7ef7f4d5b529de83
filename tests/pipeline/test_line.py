"""The line as its users see it: verdicts, losses, faults, and its end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np
import pytest
from inline_line import run_inline
from line_bed import NAN, OPEN_END, RAISES, RECIPE, Bed, FakeLog, FakeScorer, FakeSource, origin

from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.domain.frames import (
    EndOfFrames,
    FrameFault,
    LossCause,
    SourceBack,
    SourceDown,
    SourceEvent,
)
from crane_desktop.domain.health import Gap
from crane_desktop.domain.station import Result, StationState
from crane_desktop.domain.verdicts import Inspection, Reason, ReasonCode, Verdict
from crane_desktop.pipeline.line import Line
from crane_desktop.recipe.model import Recipe


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    deadline = time.monotonic() + 5
    while left := [t.name for t in threading.enumerate() if t.name.startswith("crane-")]:
        assert time.monotonic() < deadline, left
        time.sleep(0.01)


def test_every_part_gets_its_verdict_in_order_and_a_record() -> None:
    bed = Bed(FakeSource([0.1, 0.5, 0.7, 0.2]))
    end = bed.run().snapshot()
    assert bed.verdicts == [
        "OK:below_threshold",
        "REVIEW:score_in_review_band",
        "NG:score_over_threshold",
        "OK:below_threshold",
    ]
    assert [r.record_id for r in bed.results] == [1, 2, 3, 4]
    assert [r.origin.frame_id for r in bed.log.rows] == [1, 2, 3, 4]
    assert end.balance.frames == 4
    assert end.balance.verdicts == {Verdict.OK: 2, Verdict.REVIEW: 1, Verdict.NG: 1}
    assert end.balance.pending == 0
    assert end.finished
    assert end.state is StationState.READY
    assert end.fault is None
    assert bed.source.closed.is_set()


def test_a_camera_that_heals_is_an_alarm_and_a_gap_and_the_line_goes_on() -> None:
    error = StationFault("camera.lost", device="A", detail="pulled")
    now = datetime.now(UTC)
    gap = Gap(now, now, 2, str(error))
    bed = Bed(FakeSource([0.1, "fault", SourceDown(error), SourceBack(error, gap), 0.2]))
    end = bed.run().snapshot()
    assert [words.split(":")[0] for words in bed.verdicts] == ["OK", "NONE", "OK"]
    assert end.faults == (error,)
    assert end.gaps == (gap,)
    assert end.balance.frames == end.balance.judged == 3


def test_a_verdict_says_who_judged_and_how_long_it_took() -> None:
    bed = Bed(FakeSource([0.7]))
    bed.run()
    inspection = bed.results[0].inspection
    assert (inspection.judged_by.recipe, inspection.judged_by.recipe_version) == ("fake", 3)
    assert (inspection.judged_by.pack, inspection.judged_by.software_version) == ("demo", "0.test")
    assert inspection.judged_by.for_demonstration
    assert inspection.score == pytest.approx(0.7, abs=0.003)
    assert inspection.map_peak == pytest.approx(0.1)
    assert (inspection.threshold, inspection.map_threshold) == (0.6, 0.9)
    assert inspection.model_ms is not None
    assert 0 <= inspection.model_ms <= inspection.latency_ms
    assert inspection.decided_at.tzinfo is not None
    assert bed.results[0].frame is not None
    assert bed.results[0].anomaly_map is not None


def test_latency_counts_from_the_arrival() -> None:
    bed = Bed(FakeSource([0.1]), FakeScorer(before=lambda: time.sleep(0.05)))
    end = bed.run().snapshot()
    assert bed.results[0].inspection.latency_ms >= 50
    assert end.pace.latency_p50_ms == pytest.approx(bed.results[0].inspection.latency_ms, rel=0.02)
    assert 0 < end.pace.verdicts_per_s <= 20


@pytest.mark.parametrize(
    ("step", "told"),
    [("fault", "NONE:unreadable_image"), (RAISES, "NONE:model_fault"), (NAN, "NONE:not_a_number")],
)
def test_a_fault_of_one_part_is_none_and_the_line_goes_on(step: object, told: str) -> None:
    bed = Bed(FakeSource([0.1, step, 0.1]))
    end = bed.run().snapshot()
    assert bed.verdicts == ["OK:below_threshold", told, "OK:below_threshold"]
    assert [r.record_id for r in bed.results] == [1, 2, 3]
    assert end.balance.pending == 0


def test_a_record_holds_finite_numbers_only() -> None:
    bed = Bed(FakeSource([NAN]))
    bed.run()
    assert bed.log.rows[0].score is None
    assert "nan" in bed.log.rows[0].reason.detail


def test_an_unknown_cause_of_a_fault_is_a_camera_fault() -> None:
    class Odd(FakeSource):
        def next_event(self, timeout_s: float) -> SourceEvent | None:
            self.script, first = [], bool(self.script)
            return FrameFault(origin(1), "moonlight", "too bright") if first else EndOfFrames()

    source = Odd([0.1])
    bed = Bed(source)
    bed.run()
    assert bed.results[0].inspection.reason == Reason(ReasonCode.CAMERA_FAULT, "too bright")


def test_lost_frames_are_losses_with_their_cause() -> None:
    bed = Bed(FakeSource([0.1, (LossCause.LOST, 3), 0.1, (LossCause.OVERRUN, 1)]))
    balance = bed.run().snapshot().balance
    assert balance.frames == 6
    assert balance.losses == {LossCause.LOST: 3, LossCause.OVERRUN: 1}
    assert balance.pending == 0


def test_a_broken_source_ends_the_line_after_what_was_taken_is_judged() -> None:
    broken = StationFault("pipeline.source_broken", detail="cable")
    bed = Bed(FakeSource([0.1, 0.7, broken]), FakeScorer(before=lambda: time.sleep(0.03)))
    end = bed.run().snapshot()
    assert [v.split(":")[0] for v in bed.verdicts] == ["OK", "NG"]
    assert end.fault is broken
    assert end.balance.pending == 0
    assert bed.source.closed.is_set()


def test_a_source_that_raises_anything_ends_the_line_with_a_sentence() -> None:
    bed = Bed(FakeSource([0.1, OSError("driver")]))
    end = bed.run().snapshot()
    assert isinstance(end.fault, StationFault)
    assert end.fault.key == "pipeline.source_broken"
    assert "driver" in str(end.fault.params["detail"])
    assert len(bed.results) == 1


def test_a_source_that_cannot_be_opened_shows_as_fault() -> None:
    wrong = InputError("pipeline.source_broken", detail="no such folder")
    bed = Bed(FakeSource([0.1], open_error=wrong))
    end = bed.run().snapshot()
    assert end.fault is wrong
    assert end.balance.frames == 0
    assert end.finished
    assert bed.source.closed.is_set()


def test_nothing_is_judged_while_the_station_is_unfit() -> None:
    bed = Bed(FakeSource([0.1, 0.7]), options={"judge_ready": lambda: Reason(ReasonCode.SELF_TEST_FAILED, "drift")})
    bed.run()
    assert bed.verdicts == ["NONE:self_test_failed"] * 2
    assert bed.scorer.seen == []
    assert len(bed.log.rows) == 2


def test_a_late_answer_is_none_and_keeps_its_numbers() -> None:
    bed = Bed(
        FakeSource([0.1]),
        FakeScorer(before=lambda: time.sleep(0.03)),
        recipe=RECIPE.model_copy(update={"time_limit_ms": 5.0}),
    )
    bed.run()
    assert bed.verdicts == ["NONE:late"]
    assert bed.results[0].inspection.score is not None


def test_without_thresholds_the_line_shows_and_decides_nothing() -> None:
    bed = Bed(FakeSource([0.1, 0.9]), recipe=Recipe(name="show"))
    bed.run()
    assert bed.verdicts == ["NONE:not_calibrated"] * 2
    assert all(r.anomaly_map is not None for r in bed.results)


# -- the log ------------------------------------------------------------------------------------------


def test_what_the_log_does_not_take_is_none_and_the_next_is_tried_again() -> None:
    full = StationFault("pipeline.log_broken", detail="disk full")
    bed = Bed(FakeSource([0.1, 0.7, 0.1], gap_s=0.05), log=FakeLog(failing=lambda call: full if call == 2 else None))
    end = bed.run().snapshot()
    assert bed.verdicts == ["OK:below_threshold", "NONE:not_recorded", "OK:below_threshold"]
    assert [r.record_id for r in bed.results] == [1, None, 2]
    assert bed.results[1].inspection.score is not None
    assert end.fault is full
    assert end.balance.verdicts == {Verdict.OK: 2, Verdict.NONE: 1}


def test_a_log_that_raises_anything_is_a_fault_too() -> None:
    bed = Bed(FakeSource([0.1]), log=FakeLog(failing=lambda call: ZeroDivisionError("bug")))
    end = bed.run().snapshot()
    assert bed.verdicts == ["NONE:not_recorded"]
    assert end.fault is not None
    assert end.fault.key == "pipeline.log_broken"


def test_a_log_that_fails_again_after_it_had_recovered_is_a_new_fault() -> None:
    faults = {
        1: StationFault("pipeline.log_broken", detail="1"),
        2: StationFault("pipeline.log_broken", detail="2"),
        4: StationFault("pipeline.log_broken", detail="4"),
    }
    bed = Bed(FakeSource([0.1] * 4, gap_s=0.04), log=FakeLog(failing=faults.get))
    seen = []
    line = bed.line()
    bed.options = {}
    line.start()
    while not line.join(0.01):
        seen.append(line.snapshot().fault)
    assert line.snapshot().fault is faults[4]
    assert faults[2] not in seen


def test_nobody_hears_of_a_verdict_before_it_is_durable() -> None:
    told_while_writing: list[int] = []
    bed = Bed(FakeSource([0.1, 0.7, 0.1], gap_s=0.02))
    line_box: list[Line] = []
    bed.log.before = lambda: told_while_writing.append(line_box[0].snapshot().balance.judged - len(bed.log.rows))
    line_box.append(bed.line())
    line_box[0].start()
    assert line_box[0].join(10.0)
    assert told_while_writing
    assert set(told_while_writing) == {0}


def test_a_slow_log_gets_its_verdicts_in_batches() -> None:
    bed = Bed(FakeSource([0.1] * 60), log=FakeLog(before=lambda: time.sleep(0.05)))
    bed.run()
    assert sum(bed.log.batches) == 60
    assert len(bed.log.batches) < 20
    assert [r.record_id for r in bed.results] == list(range(1, 61))


@dataclass
class FakeOutput:
    told: list[int] = field(default_factory=list)
    error: Exception | None = None

    def report(self, inspection: Inspection) -> None:
        self.told.append(inspection.origin.frame_id)
        if self.error is not None:
            raise self.error

    def troubles(self) -> list[StationFault]:
        return []

    def close(self) -> None:
        raise AssertionError("outputs belong to their owner")


@pytest.mark.parametrize("error", [None, OSError("line down"), StationFault("pipeline.telling_failed", detail="x")])
def test_outputs_hear_every_verdict_and_cannot_stop_the_line(error: Exception | None) -> None:
    output = FakeOutput(error=error)
    bed = Bed(FakeSource([0.1, 0.7]), options={"outputs": [output]})
    end = bed.run().snapshot()
    assert output.told == [1, 2]
    assert len(bed.results) == 2
    assert (end.fault is None) == (error is None)


def test_a_failing_listener_is_a_fault_and_no_more() -> None:
    def broken(result: Result) -> None:
        raise ValueError("listener")

    bed = Bed(FakeSource([0.1, 0.1]))
    line = Line(bed.source, bed.scorer, RECIPE, bed.log, software_version="0", on_result=broken)
    line.start()
    assert line.join(10.0)
    assert len(bed.log.rows) == 2
    fault = line.snapshot().fault
    assert fault is not None
    assert fault.key == "pipeline.telling_failed"


# -- policies and the end -----------------------------------------------------------------------------


def test_a_free_running_camera_skips_and_counts() -> None:
    bed = Bed(FakeSource([0.1] * 50, every_part=False, gap_s=0.002), FakeScorer(before=lambda: time.sleep(0.02)))
    balance = bed.run().snapshot().balance
    assert balance.frames == 50
    assert balance.losses.get(LossCause.SKIPPED, 0) > 10
    assert balance.pending == 0
    assert bed.results[-1].inspection.origin.frame_id == 50, "the newest frame always wins"


def test_a_source_of_parts_waits_for_the_model() -> None:
    bed = Bed(FakeSource([0.1] * 30), FakeScorer(before=lambda: time.sleep(0.005)))
    balance = bed.run().snapshot().balance
    assert balance.verdicts == {Verdict.OK: 30}
    assert balance.losses == {}


def test_stop_finishes_the_parts_that_were_taken() -> None:
    bed = Bed(FakeSource([0.1] * 1000), FakeScorer(before=lambda: time.sleep(0.02)))
    line = bed.line()
    line.start()
    time.sleep(0.2)
    assert line.stop(timeout_s=5.0)
    balance = line.snapshot().balance
    assert 0 < balance.frames < 100
    assert balance.judged == balance.frames
    assert bed.source.closed.is_set()


def test_stop_counts_what_a_free_run_had_in_flight_as_late() -> None:
    gate = threading.Event()
    bed = Bed(FakeSource([0.1, 0.1, OPEN_END], every_part=False, gap_s=0.05), FakeScorer(before=lambda: gate.wait(5)))
    line = bed.line()
    line.start()
    while line.snapshot().balance.frames < 2:
        time.sleep(0.005)
    line.request_stop()
    gate.set()
    assert line.stop(timeout_s=5.0)
    balance = line.snapshot().balance
    assert balance.verdicts == {Verdict.OK: 1}
    assert balance.losses == {LossCause.LATE: 1}


def test_parts_that_cannot_be_finished_within_the_bound_are_late() -> None:
    bed = Bed(FakeSource([0.1] * 10), FakeScorer(before=lambda: time.sleep(0.8)))
    line = bed.line()
    line.start()
    time.sleep(0.1)
    assert line.stop(timeout_s=2.0)
    balance = line.snapshot().balance
    assert balance.losses.get(LossCause.LATE, 0) >= 1
    assert balance.pending == 0


def test_a_hanging_model_does_not_hold_up_the_stop() -> None:
    release = threading.Event()
    bed = Bed(FakeSource([0.1] * 5), FakeScorer(before=lambda: release.wait(20)))
    line = bed.line()
    line.start()
    time.sleep(0.1)
    try:
        assert not line.stop(timeout_s=0.6)
        given_up = line.snapshot()  # the model still hangs: nobody waited for it
        assert given_up.balance.pending == 0
        assert given_up.balance.losses[LossCause.LATE] == given_up.balance.frames
        assert not given_up.finished
    finally:
        release.set()
    assert line.join(5.0)
    assert bed.results == [], "an answer after the line was given up reaches nobody"
    assert bed.log.rows == []
    assert line.snapshot().balance.losses == given_up.balance.losses


def test_a_hanging_log_does_not_hold_up_the_stop() -> None:
    release = threading.Event()
    bed = Bed(FakeSource([0.1] * 5), log=FakeLog(before=lambda: release.wait(20)))
    line = bed.line()
    line.start()
    time.sleep(0.1)
    try:
        assert not line.stop(timeout_s=0.6)
        assert line.snapshot().balance.pending == 0
    finally:
        release.set()
    assert line.join(5.0)
    assert bed.results == []


def test_a_source_that_waits_too_long_is_closed_from_outside() -> None:
    class Deaf(FakeSource):
        def next_event(self, timeout_s: float) -> SourceEvent | None:
            self.closed.wait(30)
            return None

    bed = Bed(Deaf([]))
    line = bed.line()
    line.start()
    time.sleep(0.05)
    assert line.stop(timeout_s=2.0)


def test_stop_may_come_at_any_time_and_twice() -> None:
    bed = Bed(FakeSource([0.1]))
    idle = bed.line()
    assert idle.stop(timeout_s=0.1)
    with pytest.raises(RuntimeError):
        idle.start()
    ran = Bed(FakeSource([0.1])).run()
    assert ran.stop(timeout_s=0.1)
    assert ran.stop(timeout_s=0.1)
    with pytest.raises(RuntimeError):
        ran.start()


def test_a_listener_can_ask_for_the_end_but_not_wait_for_it() -> None:
    refused: list[str] = []
    lines: list[Line] = []

    def listener(result: Result) -> None:
        try:
            lines[0].stop(timeout_s=1.0)
        except RuntimeError as error:
            refused.append(str(error))
        lines[0].request_stop()

    bed = Bed(FakeSource([0.1, OPEN_END]))
    lines.append(Line(bed.source, bed.scorer, RECIPE, bed.log, software_version="0", on_result=listener))
    lines[0].start()
    assert lines[0].join(5.0)
    assert len(refused) == 1


def test_the_snapshot_shows_a_running_line() -> None:
    bed = Bed(FakeSource([*([0.7] * 20), 0.1, OPEN_END]))
    line = bed.line()
    assert line.snapshot().state is StationState.INITIALIZED
    line.start()
    while line.snapshot().balance.judged < 21:
        time.sleep(0.005)
    now = line.snapshot()
    assert now.state is StationState.RUNNING
    assert not now.finished
    assert now.source == bed.source.info
    assert now.newest is bed.results[-1]
    assert [r.inspection.origin.frame_id for r in now.latest_ng] == list(range(20, 8, -1))
    assert now.pace.verdicts_per_s > 0
    assert line.stop(timeout_s=5.0)


def test_the_threads_have_names_and_hold_the_process() -> None:
    bed = Bed(FakeSource([OPEN_END]))
    line = bed.line()
    line.start()
    mine = {t.name: t.daemon for t in threading.enumerate() if t.name.startswith("crane-")}
    assert mine == {"crane-acquire": False, "crane-inspect": False, "crane-record": False}
    assert line.stop(timeout_s=5.0)


def test_without_threads_the_same_comes_out() -> None:
    script = [0.1, "fault", 0.7, (LossCause.LOST, 2), RAISES, NAN, 0.5]
    threaded, inline = Bed(FakeSource(script)), Bed(FakeSource(script))
    end = threaded.run().snapshot()
    straight = run_inline(
        inline.source, inline.scorer, RECIPE, inline.log, software_version="0.test", on_result=inline.results.append
    )
    assert inline.verdicts == threaded.verdicts
    assert straight.balance == end.balance
    assert straight.balance.pending == 0
    assert [_timeless(r) for r in inline.log.rows] == [_timeless(r) for r in threaded.log.rows]


def _timeless(inspection: Inspection) -> Inspection:
    still = replace(inspection.origin, arrived_at=datetime(2026, 1, 1, tzinfo=UTC), arrived_ns=0)
    return replace(inspection, origin=still, decided_at=still.arrived_at, latency_ms=0.0, model_ms=None, run=None)


# -- the balance, whatever happens --------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(60))
def test_the_balance_is_exact_whatever_happens(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    rng = np.random.default_rng(seed)
    choices: list[object] = [0.1, 0.5, 0.7, NAN, RAISES, "fault", (LossCause.LOST, 2), (LossCause.INCOMPLETE, 1)]
    script = [
        choices[i]
        for i in rng.choice(len(choices), size=rng.integers(1, 60), p=[0.4, 0.1, 0.1, 0.05, 0.05, 0.1, 0.1, 0.1])
    ]
    ending = rng.integers(0, 4)
    if ending == 0:
        script.append(StationFault("pipeline.source_broken", detail="x"))
    elif ending == 1:
        script.append(OPEN_END)
    slow_s, log_s = rng.choice([0.0, 0.002, 0.01]), rng.choice([0.0, 0.005])
    bad_calls = set(rng.integers(1, 20, size=rng.integers(0, 6)).tolist())
    source = FakeSource(script, every_part=bool(rng.integers(0, 2)), gap_s=float(rng.choice([0.0, 0.001, 0.004])))
    bed = Bed(
        source,
        FakeScorer(before=lambda: time.sleep(slow_s)),
        FakeLog(
            failing=lambda call: StationFault("pipeline.log_broken", detail="x") if call in bad_calls else None,
            before=lambda: time.sleep(log_s),
        ),
    )
    line = bed.line()
    line.start()
    line.join(float(rng.choice([0.0, 0.02, 0.1, 2.0])) if ending == 1 else float(rng.choice([0.0, 0.05, 5.0])))
    assert line.stop(timeout_s=8.0)
    balance = line.snapshot().balance
    assert balance.pending == 0
    assert balance.frames == next(source.numbers) - 1
    assert balance.judged == len(bed.results)
    recorded = [r for r in bed.results if r.record_id is not None]
    assert [r.inspection for r in recorded] == bed.log.rows
    assert all(r.inspection.verdict is Verdict.NONE for r in bed.results if r.record_id is None)
    assert "left without a verdict" not in caplog.text
    ids = [r.inspection.origin.frame_id for r in bed.results]
    assert ids == sorted(set(ids))
    if source.every_part:
        assert LossCause.SKIPPED not in balance.losses
        assert LossCause.LATE not in balance.losses
