"""A bar on stderr for long commands, where a person looks at it; a pipe or a log file sees nothing of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function that is told how many things are done, and of how many; at the last one the bar goes away."""
    if not sys.stderr.isatty():
        yield lambda _done, _of: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(
        *columns,
        console=Console(stderr=True),
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
