"""The line without threads: one part after the other, for tests that compare it with the real one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from crane_desktop.domain.ports import FrameSource, InspectionLog, Output, Scorer
from crane_desktop.domain.station import Result, StationState
from crane_desktop.domain.verdicts import Reason
from crane_desktop.pipeline.acquire import Acquirer
from crane_desktop.pipeline.board import Board, LineSnapshot
from crane_desktop.pipeline.control import Control
from crane_desktop.pipeline.inspection import JudgingSetup, Part, judge, judged_by
from crane_desktop.pipeline.journal import RunIdentity, RunJournal
from crane_desktop.pipeline.recording import Recorder
from crane_desktop.recipe.model import Recipe


class _StraightJournal(RunJournal):
    """Writes the beginning at once: there is no other thread to wait for."""

    def wait_begun(self, stop: threading.Event) -> None:
        self.write_begin(stop)


class _Straight:
    """A mailbox that hands every part straight through to its verdict and record."""

    def __init__(self, setup: JudgingSetup, recorder: Recorder) -> None:
        self._bench = setup
        self._recorder = recorder
        self.exhausted = False

    def put(self, item: Part, timeout_s: float) -> bool:
        self._recorder.record([judge(item, self._bench)])
        return True

    def take(self, most: int, timeout_s: float) -> list[Part]:
        return []

    def close(self) -> None:
        self.exhausted = True


def run_inline(
    source: FrameSource,
    scorer: Scorer,
    recipe: Recipe,
    log: InspectionLog,
    *,
    outputs: Sequence[Output] = (),
    software_version: str,
    on_result: Callable[[Result], None] | None = None,
    judge_ready: Callable[[], Reason | None] = lambda: None,
) -> LineSnapshot:
    """Run a source to its end on the calling thread; parameters as for `Line`.

    No frame is ever skipped. Faults stand in the snapshot, as they do with `Line`.
    """
    board, control = Board(), Control()
    who = judged_by(scorer, recipe, software_version)
    journal = _StraightJournal(log, board.tally, RunIdentity("inline", who, scorer.info.profile))
    setup = JudgingSetup(scorer, recipe, who, judge_ready, "inline")
    recorder = Recorder(log, board, control, journal, outputs=outputs, on_result=on_result)
    Acquirer(source, _Straight(setup, recorder), board, control, journal).run()
    journal.write_end(given_up=False)
    recorder.look_at_outputs()
    return board.snapshot(StationState.READY, source.info, finished=True)
