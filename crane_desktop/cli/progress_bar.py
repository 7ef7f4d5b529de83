"""A bar on stderr for long commands, where a person looks at it; a pipe or a log file sees nothing of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from crane_desktop.cli.console import Console
from crane_desktop.domain.errors import CraneError
from crane_desktop.domain.jobs import Watch


@contextmanager
def watched(label: str, console: Console) -> Iterator[Watch]:
    """Give a `Watch` that shows progress as a bar, and warnings as sentences on stderr."""
    with progress_bar(label) as on_progress:
        yield BarWatch(on_progress, console)


@dataclass(frozen=True, slots=True)
class BarWatch:
    """Implements `domain.jobs.Watch` on a terminal."""

    on_progress: Callable[[int, int], None]
    console: Console

    def progress(self, done: int, of: int) -> None:
        """Move the bar."""
        self.on_progress(done, of)

    def warn(self, warning: CraneError) -> None:
        """Print the sentence."""
        self.console.show_error(warning)


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function that is told how many things are done, and of how many; at the last one the bar goes away."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda _done, _of: None
        return
    from rich.console import Console as RichConsole
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(
        *columns,
        console=RichConsole(stderr=True),
        transient=True,
        redirect_stdout=False,  # else rich takes what is meant for a pipe on stdout over to the terminal
        redirect_stderr=False,
    )
    with bar:
        task = bar.add_task(label, total=None)
        told = False

        def on_progress(done: int, of: int) -> None:
            nonlocal told
            if told:
                bar.update(task, completed=done, total=of)
            else:  # what an earlier run has done says nothing about how fast this one is
                bar.reset(task, completed=done, total=of)
                told = True
            if done >= of:
                bar.stop()

        yield on_progress
