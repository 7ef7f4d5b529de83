"""The line without threads: one part after the other, for tests and for tools that need no speed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from crane_desktop.domain.ports import FrameSource, InspectionLog, Output, Scorer
from crane_desktop.domain.station import Result, StationState
from crane_desktop.domain.verdicts import Reason
from crane_desktop.pipeline.acquire import Acquirer
from crane_desktop.pipeline.board import Board, LineSnapshot
from crane_desktop.pipeline.control import Control
from crane_desktop.pipeline.inspection import JudgingSetup, Part, judge, judged_by
from crane_desktop.pipeline.recording import Recorder
from crane_desktop.recipe.model import Recipe


class _Straight:
    """A mailbox that hands every part straight through to its verdict and record."""

    def __init__(self, setup: JudgingSetup, recorder: Recorder) -> None:
        self._bench = setup
        self._recorder = recorder
        self.exhausted = False

    def put(self, item: Part, timeout_s: float) -> bool:  # noqa: ARG002 - nothing to wait for
        self._recorder.record([judge(item, self._bench)])
        return True

    def take(self, most: int, timeout_s: float) -> list[Part]:  # noqa: ARG002 - nothing is ever left here
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
    setup = JudgingSetup(scorer, recipe, judged_by(scorer, recipe, software_version), judge_ready)
    recorder = Recorder(log, board, control, outputs=outputs, on_result=on_result)
    Acquirer(source, _Straight(setup, recorder), board, control).run()
    recorder.look_at_outputs()
    return board.snapshot(StationState.READY, source.info, finished=True)
