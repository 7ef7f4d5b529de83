"""Run the line in the terminal until its source ends, it fails, or the user stops it."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from crane_desktop import __version__
from crane_desktop.app.console import complain
from crane_desktop.app.judge import Judge, load_judge
from crane_desktop.app.summaries import summary_line, verdict_line
from crane_desktop.app.terminal import LiveTable, balance_words, pace_words, verdict_words
from crane_desktop.app.workbench import Workbench
from crane_desktop.camera.sources import make_source
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.station import Result, SourceChoice
from crane_desktop.pipeline.line import Line
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.settings.texts import text

_TICK_S = 0.1
_STOP_WITHIN_S = 30.0


def run_line(
    bench: Workbench, choice: SourceChoice, *, pack: str | None, recipe: str | None, live_table: bool = False
) -> int:
    """Run the line and print what comes out; return the exit code.

    The data folder must be locked by the caller.

    Raises
    ------
    InputError
        If source, pack or recipe are wrong.
    """
    source = make_source(choice)
    judge = load_judge(bench, pack, recipe, lambda _key, _fraction: None)
    results: queue.SimpleQueue[Result] = queue.SimpleQueue()
    with ExitStack() as stack:
        stack.callback(judge.scorer.close)
        log = SqliteInspectionLog(bench.data, keep_images=bench.settings.keep_images)
        stack.callback(log.close)
        line = Line(
            source,
            judge.scorer,
            judge.recipe,
            log,
            software_version=__version__,
            on_result=results.put,
            judge_ready=judge.ready,
        )
        line.start()
        try:
            _print_until_done(bench, line, results, live_table=live_table, headline=_headline(bench, line, judge))
        except KeyboardInterrupt:
            bench.console.note(text("app.stopping", bench.language))
        finally:
            line.stop(timeout_s=_STOP_WITHIN_S)
        _drain(bench, results)
        return _finish(bench, line)


def _headline(bench: Workbench, line: Line, judge: Judge) -> str:
    source = line.snapshot().source
    words = text(
        "app.headline",
        bench.language,
        source=source.description if source else "",
        pack=judge.scorer.info.pack,
        device=judge.scorer.info.device,
        recipe=judge.recipe.name,
    )
    return words + (text("app.for_demonstration", bench.language) if judge.scorer.info.for_demonstration else "")


def _drain(bench: Workbench, results: queue.SimpleQueue[Result]) -> None:
    for result in _ready(results):
        _print(bench, result)


def _ready(results: queue.SimpleQueue[Result]) -> Iterator[Result]:
    while True:
        try:
            yield results.get_nowait()
        except queue.Empty:
            return


def _print(bench: Workbench, result: Result) -> None:
    if bench.console.as_json:
        bench.console.data(verdict_line(result))
    else:
        bench.console.say(verdict_words(result, bench.language))


@contextmanager
def _table(bench: Workbench, headline: str, *, wanted: bool) -> Iterator[LiveTable | None]:
    if not wanted:
        bench.console.say(headline)
        yield None
        return
    with LiveTable(bench.language, headline) as table:
        yield table


def _print_until_done(
    bench: Workbench, line: Line, results: queue.SimpleQueue[Result], *, live_table: bool, headline: str
) -> None:
    with _table(bench, headline, wanted=live_table) as table:
        while True:
            finished = line.join(_TICK_S)
            for result in _ready(results):
                if table is None:
                    _print(bench, result)
                else:
                    table.add(result)
            if table is not None:
                now = line.snapshot()
                table.refresh(now.balance, now.pace)
            if finished:
                return


def _finish(bench: Workbench, line: Line) -> int:
    end = line.snapshot()
    if isinstance(end.fault, InputError) and not end.balance.frames:
        raise end.fault
    if bench.console.as_json:
        bench.console.data(summary_line(end.balance, end.pace))
    else:
        bench.console.say(balance_words(end.balance, bench.language))
        bench.console.say(pace_words(end.pace, bench.language))
    if end.fault is None:
        return 0
    complain(end.fault, bench.language)
    return 1
