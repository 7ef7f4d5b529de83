"""Several cameras at once: a line for each, one model for all, verdicts that name their source."""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from crane_desktop import __version__
from crane_desktop.app.process.shutdown import asked_to_end
from crane_desktop.cli.console import Console
from crane_desktop.cli.invocation import Invocation
from crane_desktop.cli.run_line import LineReporter
from crane_desktop.cli.summaries import summary_line
from crane_desktop.cli.terminal import PlainLines
from crane_desktop.domain.balance import Balance
from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.frames import LossCause
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import Pace, Result
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.pipeline.line import Line
from crane_desktop.pipeline.sharing import SharedScorer
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.services.corrections import corrector_of
from crane_desktop.services.model_loading import LoadedModel, load_model
from crane_desktop.services.run import source_with_outputs
from crane_desktop.services.sources import make_source
from crane_desktop.settings.texts import text

_TICK_S = 0.1
_STOP_WITHIN_S = 30.0


def run_lines(workbench: Invocation, choices: Sequence[SourceChoice], *, pack: str | None, recipe: str | None) -> int:
    """Run all sources together and print what comes out; return the exit code.

    A line whose source ends or fails leaves the others running. The data folder must be locked by the caller.

    Raises
    ------
    InputError
        If a source, pack or recipe is wrong.
    """
    for choice in choices:
        make_source(choice)  # what is wrong with a choice is told before the model is loaded
    asked = threading.Event()
    with ExitStack() as stack:
        stack.enter_context(asked_to_end(asked.set))
        model = load_model(workbench, pack, recipe, lambda _key, _fraction: None)
        shared = SharedScorer(model.scorer)
        stack.callback(shared.close)
        log = SqliteInspectionLog(
            workbench.data, keep_images=workbench.settings.keep_images, reserve_mb=workbench.settings.reserve_mb
        )
        stack.callback(log.close)
        runs = [_Run(workbench, choice, model, shared, log, stack) for choice in choices]
        return _run_all(workbench, runs, model, asked)


class _Run:
    """One line with whoever tells of it."""

    def __init__(
        self,
        workbench: Invocation,
        choice: SourceChoice,
        model: LoadedModel,
        shared: SharedScorer,
        log: SqliteInspectionLog,
        stack: ExitStack,
    ) -> None:
        source, outputs = source_with_outputs(choice, model.recipe, corrector_of(workbench.data, model.recipe))
        for output in outputs:
            stack.callback(output.close)
        results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self.line = Line(
            source,
            shared,
            model.recipe,
            log,
            outputs=outputs,
            software_version=__version__,
            on_result=results.put,
            judge_ready=model.ready,
        )
        self.show = SourceLines(workbench.console)
        self.reporter = LineReporter(self.line, results, self.show, self._headline)

    def _headline(self) -> str:
        source = self.line.snapshot().source
        return source.description if source else ""

    def name(self) -> str:
        """Return what the source calls itself."""
        source = self.line.snapshot().source
        return source.source_id if source else ""


def _run_all(workbench: Invocation, runs: Sequence[_Run], model: LoadedModel, asked: threading.Event) -> int:
    own: list[StationFault] = []
    for run in runs:
        run.line.start()
    try:
        while not asked.is_set():
            asked.wait(_TICK_S)
            for run in runs:
                run.show.source = run.name()
                run.reporter.report(model.faults())
            if all(run.line.join(0.0) for run in runs):
                break
        else:
            workbench.console.note(text("app.stopping", workbench.language))
    finally:
        for run in runs:
            run.line.request_stop()
        for run in runs:
            if not run.line.stop(timeout_s=_STOP_WITHIN_S):
                own.append(StationFault("app.line_does_not_stop"))
    codes = [run.reporter.finish([*model.faults(), *own]) for run in runs]
    balances = [run.line.snapshot().balance for run in runs]
    fastest = sum(run.line.snapshot().whole_run.verdicts_per_s for run in runs)
    PlainLines(workbench.console).end(_together(balances), Pace(verdicts_per_s=fastest))
    return max(codes)


def _together(balances: Sequence[Balance]) -> Balance:
    verdicts: Counter[Verdict] = Counter()
    losses: Counter[LossCause] = Counter()
    for balance in balances:
        verdicts.update(balance.verdicts)
        losses.update(balance.losses)
    return Balance(sum(balance.frames for balance in balances), dict(verdicts), dict(losses))


class SourceLines(PlainLines):
    """As `PlainLines`, each line naming the source it is about."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self.source = ""

    def data(self, line: dict[str, Any]) -> None:
        """Print a JSON object."""
        self._console.data({"source": self.source, **line})

    def say(self, words: str) -> None:
        """Print a line for people."""
        self._console.say(f"{self.source}: {words}")

    def end(self, balance: Balance, pace: Pace) -> None:
        """Print this source's share of the summary."""
        if self._console.as_json:
            self.data({"share": summary_line(balance, pace)["summary"]})
        else:
            super().end(balance, pace)
