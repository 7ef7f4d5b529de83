"""Run lines in the terminal until their sources end, they fail, or the user stops them: one, or several at once."""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from crane_desktop.app.process.shutdown import asked_to_end
from crane_desktop.cli.invocation import Invocation
from crane_desktop.cli.terminal import LiveTable, PlainLines, Show, SourceLines
from crane_desktop.domain.balance import Balance
from crane_desktop.domain.errors import CraneError, InputError, StationRemark
from crane_desktop.domain.frames import LossCause
from crane_desktop.domain.health import SourceState
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import Pace, Result
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.pipeline.board import LineSnapshot
from crane_desktop.pipeline.line import Line
from crane_desktop.services.model_loading import LoadedModel
from crane_desktop.services.run import OpenedRuns, does_not_stop, opened_runs
from crane_desktop.settings.texts import Language, text

_TICK_S = 0.1
_STOP_WITHIN_S = 30.0


def run_lines(
    workbench: Invocation,
    choices: Sequence[SourceChoice],
    *,
    pack: str | None,
    recipe: str | None,
    live_table: bool = False,
) -> int:
    """Run a line on each source, one model for all, and print what comes out; return the exit code.

    Ctrl-C and the system's signals end running lines in order: what was taken is judged and recorded, and the summary
    comes. Before, while the model is loaded, they end the command.
    A line whose source ends or fails leaves the others running. The data folder must be locked by the caller.

    Raises
    ------
    InputError
        If a source, pack or recipe is wrong.
    """
    asked = threading.Event()
    results: list[queue.SimpleQueue[Result]] = [queue.SimpleQueue() for _ in choices]
    with (
        opened_runs(
            workbench,
            choices,
            pack=pack,
            recipe=recipe,
            on_result=lambda number, result: results[number].put(result),
        ) as opened,
        asked_to_end(asked.set),
        ExitStack() as stack,
    ):
        model, runs = opened.model, opened.runs
        for finding in opened.findings:
            workbench.console.show_error(finding)
        if len(runs) == 1:
            line = runs[0].line
            show: Show = LiveTable(workbench.language) if live_table else PlainLines(workbench.console)
            stack.enter_context(show)
            alone = LineReporter(line, results[0], show, lambda: _headline(workbench, line, model), workbench.language)
            return _run(workbench, opened, [alone], asked)[0]
        reporters = [_among_others(workbench, run.line, result) for run, result in zip(runs, results, strict=True)]
        codes = _run(workbench, opened, reporters, asked)
        together = Pace(verdicts_per_s=sum(run.line.snapshot().whole_run.verdicts_per_s for run in runs))
        summary = PlainLines(workbench.console)
        summary.lacking(sum((Counter(run.line.snapshot().pictures_not_kept) for run in runs), Counter()))
        summary.end(_sum([run.line.snapshot().balance for run in runs]), together)
        return max(codes)


def _among_others(workbench: Invocation, line: Line, results: queue.SimpleQueue[Result]) -> LineReporter:
    def name() -> str:
        source = line.snapshot().source
        return source.source_id if source else ""

    def headline() -> str:
        source = line.snapshot().source
        return source.description if source else ""

    return LineReporter(line, results, SourceLines(workbench.console, name), headline, workbench.language)


def _run(
    workbench: Invocation, opened: OpenedRuns, reporters: Sequence[LineReporter], asked: threading.Event
) -> list[int]:
    runs, model = opened.runs, opened.model
    own: list[CraneError] = []
    for run in runs:
        run.line.start()
    try:
        while not asked.wait(_TICK_S):
            finished = all(run.line.join(0.0) for run in runs)
            for reporter in reporters:
                reporter.report(model.faults())
            opened.follow()
            if finished:
                break
        else:
            workbench.console.note(text("app.stopping", workbench.language))
    finally:
        for run in runs:
            run.line.request_stop()
        for run in runs:
            if not run.line.stop(timeout_s=_STOP_WITHIN_S):
                own.append(does_not_stop())
    return [reporter.finish([*model.faults(), *own]) for reporter in reporters]


class LineReporter:
    """Passes on, in order and once each, the verdicts and the faults of a line."""

    def __init__(
        self,
        line: Line,
        results: queue.SimpleQueue[Result],
        show: Show,
        headline: Callable[[], str],
        language: Language = "en",
    ) -> None:
        self._line = line
        self._language = language
        self._results = results
        self._show = show
        self._headline = headline
        self._reported: tuple[CraneError, ...] = ()
        self._overload: CraneError | None = None
        self._state = ""
        self._failed = False

    def report(self, own: Sequence[CraneError]) -> LineSnapshot:
        """Show what is new, `own` being faults from outside the line; return the line as it is now."""
        now = self._line.snapshot()
        if now.balance.frames:  # from then on the source knows its own name
            self._show.head(self._headline())
        while not self._results.empty():
            self._show.add(self._results.get_nowait())
        faults = tuple(fault for fault in (*own, *now.faults) if not _is_bad_input(now, fault))
        for fault in faults:
            if not any(_same(fault, known) for known in self._reported):
                self._show.fault(fault)
        self._reported = faults
        self._failed |= not all(isinstance(fault, StationRemark) for fault in faults)
        self._report_state(now)
        self._show.refresh(now.balance, now.pace)
        return now

    def _report_state(self, now: LineSnapshot) -> None:
        """Say once each that the line does not keep up, that its camera is away, and that it is back."""
        if now.overload is not None and now.overload is not self._overload:
            self._show.fault(now.overload)
        self._overload = now.overload or self._overload
        away = now.source_status is not None and now.source_status.state is SourceState.RECONNECTING
        state = text(f"source.{SourceState.RECONNECTING}", self._language) if away and not now.finished else ""
        if state != self._state:
            self._state = state
            if state or not now.finished:
                self._show.state(state)

    def finish(self, own: Sequence[CraneError]) -> int:
        """Show the rest and the summary of a line that was stopped; return the exit code.

        Raises
        ------
        InputError
            If the source could not be opened for what the user can mend.
        """
        end = self.report(own)
        for fault in end.faults:
            if _is_bad_input(end, fault):
                raise fault
        folder = end.source is not None and end.source.kind == "folder"
        self._show.lacking(end.pictures_not_kept)
        self._show.end(end.balance, end.pace, end.source.passed_over if end.source and folder else None)
        return 1 if self._failed else 0


def _same(fault: CraneError, known: CraneError) -> bool:
    return fault is known or (fault.key, fault.params) == (known.key, known.params)


def _is_bad_input(end: LineSnapshot, fault: CraneError) -> bool:
    """A source that could not even be opened: the command was wrong, not the station."""
    return isinstance(fault, InputError) and not end.balance.frames


def _sum(balances: Sequence[Balance]) -> Balance:
    verdicts: Counter[Verdict] = Counter()
    losses: Counter[LossCause] = Counter()
    for balance in balances:
        verdicts.update(balance.verdicts)
        losses.update(balance.losses)
    return Balance(sum(balance.frames for balance in balances), dict(verdicts), dict(losses))


def _headline(workbench: Invocation, line: Line, model: LoadedModel) -> str:
    source = line.snapshot().source
    words = text(
        "app.headline",
        workbench.language,
        source=source.description if source else "",
        pack=model.scorer.info.pack,
        device=model.scorer.info.device,
        recipe=model.recipe.name,
    )
    return words + (text("app.for_demonstration", workbench.language) if model.scorer.info.for_demonstration else "")
