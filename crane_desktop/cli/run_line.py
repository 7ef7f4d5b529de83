"""Run the line in the terminal until its source ends, it fails, or the user stops it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from crane_desktop import __version__
from crane_desktop.app.process.shutdown import asked_to_end
from crane_desktop.cli.invocation import Invocation
from crane_desktop.cli.terminal import LiveTable, PlainLines, Show
from crane_desktop.domain.errors import CraneError, InputError, StationFault
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import Result
from crane_desktop.pipeline.board import LineSnapshot
from crane_desktop.pipeline.line import Line
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.services.corrections import corrector_of
from crane_desktop.services.model_loading import LoadedModel, load_model
from crane_desktop.services.run import source_with_outputs
from crane_desktop.services.sources import make_source
from crane_desktop.settings.texts import text

_TICK_S = 0.1
_STOP_WITHIN_S = 30.0


def run_line(
    workbench: Invocation, choice: SourceChoice, *, pack: str | None, recipe: str | None, live_table: bool = False
) -> int:
    """Run the line and print what comes out; return the exit code.

    Ctrl-C and the system's signals end it in order: what was taken is judged and recorded, and the summary comes.
    The data folder must be locked by the caller.

    Raises
    ------
    InputError
        If source, pack or recipe are wrong.
    """
    make_source(choice)  # what is wrong with the choice is told before the model is loaded
    asked = threading.Event()
    results: queue.SimpleQueue[Result] = queue.SimpleQueue()
    with ExitStack() as stack:
        stack.enter_context(asked_to_end(asked.set))
        model = load_model(workbench, pack, recipe, lambda _key, _fraction: None)
        stack.callback(model.scorer.close)
        log = SqliteInspectionLog(
            workbench.data, keep_images=workbench.settings.keep_images, reserve_mb=workbench.settings.reserve_mb
        )
        stack.callback(log.close)
        source, outputs = source_with_outputs(choice, model.recipe, corrector_of(workbench.data, model.recipe))
        for output in outputs:
            stack.callback(output.close)
        line = Line(
            source,
            model.scorer,
            model.recipe,
            log,
            outputs=outputs,
            software_version=__version__,
            on_result=results.put,
            judge_ready=model.ready,
        )
        show: Show = LiveTable(workbench.language) if live_table else PlainLines(workbench.console)
        with show:
            return _run(
                workbench,
                line,
                model,
                LineReporter(line, results, show, lambda: _headline(workbench, line, model)),
                asked,
            )


def _run(workbench: Invocation, line: Line, model: LoadedModel, reporter: LineReporter, asked: threading.Event) -> int:
    own: list[StationFault] = []
    line.start()
    try:
        while not asked.is_set():
            finished = line.join(_TICK_S)
            reporter.report(model.faults())
            if finished:
                break
        else:
            workbench.console.note(text("app.stopping", workbench.language))
    finally:
        if not line.stop(timeout_s=_STOP_WITHIN_S):
            own.append(StationFault("app.line_does_not_stop"))
    return reporter.finish([*model.faults(), *own])


class LineReporter:
    """Passes on, in order and once each, the verdicts and the faults of a line."""

    def __init__(self, line: Line, results: queue.SimpleQueue[Result], show: Show, headline: Callable[[], str]) -> None:
        self._line = line
        self._results = results
        self._show = show
        self._headline = headline
        self._told: tuple[CraneError, ...] = ()
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
            if not any(_same(fault, known) for known in self._told):
                self._show.fault(fault)
        self._told = faults
        self._failed |= bool(faults)
        self._show.refresh(now.balance, now.pace)
        return now

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
        self._show.end(end.balance, end.pace)
        return 1 if self._failed else 0


def _same(fault: CraneError, known: CraneError) -> bool:
    return fault is known or (fault.key, fault.params) == (known.key, known.params)


def _is_bad_input(end: LineSnapshot, fault: CraneError) -> bool:
    """A source that could not even be opened: the command was wrong, not the station."""
    return isinstance(fault, InputError) and not end.balance.frames


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
