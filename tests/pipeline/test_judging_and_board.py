"""One part's judgement, and what the line shows of itself: without threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from line_bed import NAN, RAISES, RECIPE, FakeScorer, frame, origin

from crane_desktop.domain.corrections import Correction, CorrectionStep
from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.frames import Frame, FrameFault
from crane_desktop.domain.health import Gap
from crane_desktop.domain.ports import LogEntry, ScorerInfo, SourceInfo
from crane_desktop.domain.station import Result, StationState
from crane_desktop.domain.verdicts import Reason, ReasonCode, Verdict, verdict_for
from crane_desktop.pipeline.board import GAPS_KEPT, LATEST_NG, Board, LineSnapshot
from crane_desktop.pipeline.inspection import JudgingSetup, judge, judged_by
from crane_desktop.pipeline.overload import OverloadWatch
from crane_desktop.recipe.model import Recipe

NOW = datetime(2026, 3, 31, tzinfo=UTC)


def setup(recipe: Recipe = RECIPE, *, took_ms: float = 0.0, ready: Reason | None = None) -> JudgingSetup:
    """Who judges, by a clock that jumps by `took_ms` with every look."""
    scorer = FakeScorer()
    ticks = iter(range(10**9, 10**15, round(took_ms * 1e6) or 1))
    who = judged_by(scorer, recipe, "0.test", "cd" * 32)
    return JudgingSetup(scorer, recipe, who, lambda: ready, "r", clock_ns=lambda: next(ticks))


def part(score: float) -> Frame:
    shot = frame(7, score)
    return replace(shot, origin=replace(shot.origin, arrived_ns=10**9))


def fault(cause: str = "unreadable_image", detail: str = "cut off") -> FrameFault:
    return FrameFault(replace(origin(7), arrived_ns=10**9), cause, detail)


@pytest.mark.parametrize(
    ("event", "verdict", "code"),
    [
        (part(0.1), Verdict.OK, ReasonCode.BELOW_THRESHOLD),
        (part(0.5), Verdict.REVIEW, ReasonCode.SCORE_IN_REVIEW_BAND),
        (part(0.7), Verdict.NG, ReasonCode.SCORE_OVER_THRESHOLD),
        (part(RAISES), Verdict.NONE, ReasonCode.MODEL_FAULT),
        (part(NAN), Verdict.NONE, ReasonCode.NOT_A_NUMBER),
        (fault(), Verdict.NONE, ReasonCode.UNREADABLE_IMAGE),
        (fault("incomplete_frame"), Verdict.NONE, ReasonCode.INCOMPLETE_FRAME),
        (fault("moonlight"), Verdict.NONE, ReasonCode.CAMERA_FAULT),
    ],
)
def test_a_part_gets_its_verdict_with_its_reason_and_its_run(
    event: Frame | FrameFault, verdict: Verdict, code: ReasonCode
) -> None:
    entry = judge(event, setup())
    seen = entry.inspection
    assert (seen.verdict, seen.reason.code) == (verdict, code)
    assert (seen.run, seen.judged_by.recipe_sha256) == ("r", "cd" * 32)
    assert seen.origin == event.origin
    assert entry.frame is (event if isinstance(event, Frame) else None)
    assert (entry.anomaly_map is not None) == (seen.model_ms is not None)


@given(st.sampled_from([0.1, 0.5, 0.7, RAISES, NAN]), st.floats(0.0, 50.0), st.booleans(), st.booleans())
def test_only_a_decision_in_time_on_a_fit_station_is_ok(
    score: float, took_ms: float, ready: bool, limited: bool
) -> None:
    recipe = RECIPE.model_copy(update={"time_limit_ms": 10.0 if limited else None})
    refusal = None if ready else Reason(ReasonCode.SELF_TEST_FAILED, "drift")
    seen = judge(part(score), setup(recipe, took_ms=took_ms, ready=refusal)).inspection
    assert seen.verdict is verdict_for(seen.reason.code)
    in_time = not limited or seen.latency_ms <= 10.0
    assert (seen.verdict is Verdict.OK) == (score == 0.1 and ready and in_time)
    if not ready:
        assert seen.reason == refusal


def test_times_are_counted_from_the_arrival_and_the_models_share_apart() -> None:
    seen = judge(part(0.1), setup(took_ms=5.0)).inspection
    assert seen.model_ms == pytest.approx(5.0)
    assert seen.latency_ms == pytest.approx(10.0)
    assert seen.decided_at.tzinfo is UTC


def test_a_late_answer_keeps_its_map_and_its_numbers_for_whoever_looks_at_it() -> None:
    entry = judge(part(0.1), setup(RECIPE.model_copy(update={"time_limit_ms": 1.0}), took_ms=5.0))
    assert entry.inspection.reason == Reason(ReasonCode.LATE, "10 ms, limit 1 ms")
    assert entry.inspection.score == pytest.approx(0.1, abs=0.003)
    assert entry.anomaly_map is not None


def test_what_was_done_to_a_picture_is_told_whatever_became_of_it() -> None:
    steps = (Correction(CorrectionStep.GAMMA, (0.5,)),)
    for score in (0.1, RAISES):
        shot = replace(part(score), corrections=steps, pixel_format="Mono12")
        seen = judge(shot, setup()).inspection
        assert (seen.corrections, seen.pixel_format) == (steps, "Mono12")


def test_a_model_that_moves_to_another_device_is_told_by_the_next_verdict() -> None:
    class Moving(FakeScorer):
        device = "cuda:0"

        @property
        def info(self) -> ScorerInfo:
            return replace(super().info, device=self.device)

    scorer = Moving()
    judging = JudgingSetup(scorer, RECIPE, judged_by(scorer, RECIPE, "0"))
    before = judge(part(0.1), judging).inspection.judged_by
    scorer.device = "cpu"
    after = judge(part(0.1), judging).inspection.judged_by
    assert before.device == "cuda:0 (full: fp32, 64 px)"
    assert after == replace(before, device="cpu (full: fp32, 64 px)")


def test_what_a_station_that_is_asked_raises_is_a_fault_of_the_model_and_never_an_ok() -> None:
    judging = replace(setup(), judge_ready=lambda: 1 / 0)  # type: ignore[arg-type,return-value]
    seen = judge(part(0.1), judging).inspection
    assert (seen.verdict, seen.reason.code) == (Verdict.NONE, ReasonCode.MODEL_FAULT)
    assert "ZeroDivisionError" in seen.reason.detail


# -- the board ----------------------------------------------------------------------------------------


def result(score: float, number: int = 1) -> Result:
    entry: LogEntry = judge(part(score), setup())
    return Result(entry.inspection, number, entry.frame, entry.anomaly_map)


def shown(board: Board, **how: bool) -> LineSnapshot:
    return board.snapshot(StationState.RUNNING, None, finished=how.get("finished", False))


def test_the_board_shows_the_newest_part_and_the_latest_bad_ones() -> None:
    board = Board()
    bad = [result(0.7, number) for number in range(LATEST_NG + 3)]
    for one in bad:
        assert board.publish(one)
    fine = result(0.1)
    board.publish(fine)
    now = shown(board)
    assert now.newest is fine
    assert now.latest_ng == tuple(reversed(bad[3:]))
    assert now.balance.verdicts == {Verdict.NG: len(bad), Verdict.OK: 1}


def test_an_answer_after_the_balance_was_settled_is_shown_to_nobody() -> None:
    board = Board()
    board.tally.produced(2)
    assert board.tally.settle() == 2
    assert not board.publish(result(0.7))
    now = shown(board)
    assert (now.newest, now.latest_ng) == (None, ())
    assert now.balance.judged == 0


@pytest.fixture
def faults() -> Callable[[str], StationFault]:
    return lambda detail: StationFault("pipeline.log_broken", detail=detail)


def test_a_fault_that_goes_on_stays_as_it_began(faults: Callable[[str], StationFault]) -> None:
    board, first = Board(), faults("1")
    board.fault(first)
    board.fault(faults("2"))
    assert shown(board).faults == (first,)
    assert shown(board).fault is first


def test_a_fault_that_comes_again_after_it_had_ceased_is_a_new_one_and_the_newest(
    faults: Callable[[str], StationFault],
) -> None:
    board, other, again = Board(), StationFault("camera.lost", device="A", detail="x"), faults("3")
    board.fault(faults("1"))
    board.fault(other)
    board.recovered("pipeline.log_broken", "never.seen")
    assert len(shown(board).faults) == 2, "what has ceased stays on show"
    board.fault(again)
    assert shown(board).faults == (other, again)
    assert shown(board).fault is again


def test_only_the_latest_gaps_are_kept() -> None:
    board, error = Board(), StationFault("camera.lost", device="A", detail="x")
    gaps = [Gap(NOW, NOW, number, "x") for number in range(GAPS_KEPT + 5)]
    for gap in gaps:
        board.fault(error)
        board.source_is_back(error, gap)
    assert shown(board).gaps == tuple(gaps[5:])
    assert shown(board).faults == (error,)


def test_a_finished_line_shows_the_pace_of_its_whole_run() -> None:
    board = Board()
    for _ in range(5):
        board.publish(result(0.1))
    assert shown(board, finished=True).pace == shown(board).whole_run


def test_a_line_that_does_not_keep_up_says_so_once_and_until_it_does() -> None:
    now_s = 50.0
    load = OverloadWatch(SourceInfo("demo:a", "demo", True, "a", takt_s=0.125), lambda: now_s)
    board = Board(load=load)
    seen = []
    for latency_s in [0.5] * 10 + [0.05] * 12:
        now_s += 1.0
        board.tally.produced()
        part_of_it = result(0.1)
        late = replace(part_of_it.inspection, latency_ms=latency_s * 1e3)
        board.publish(replace(part_of_it, inspection=late))
        board.look_at_load()
        seen.append(shown(board).overload)
    told = [one for one in seen if one is not None]
    assert (told[0].key, told[0].params) == ("pipeline.overload", {"latency_ms": 500, "limit_ms": 125})
    assert all(one is told[0] for one in told)
    assert seen[0] is None
    assert seen[-1] is None
    assert shown(board, finished=True).overload is None
    assert shown(board).faults == ()  # verdicts go on
