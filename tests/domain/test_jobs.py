"""Who wants to know nothing of a use case hears nothing and ends nothing."""

from __future__ import annotations

import pytest

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.jobs import UNWATCHED, CancelledError, Watch


class Cancelling:
    """A `Watch` of somebody who has seen enough after so many steps."""

    def __init__(self, after: int) -> None:
        self.after, self.seen = after, list[tuple[int, int]]()
        self.warnings = list[str]()

    def progress(self, done: int, of: int) -> None:
        self.seen.append((done, of))
        if done >= self.after:
            raise CancelledError

    def warn(self, warning: Exception) -> None:
        self.warnings.append(str(warning))


def work(watch: Watch, steps: int) -> int:
    """A use case in small."""
    watch.warn(InputError("services.left_out", count=1))
    for step in range(1, steps + 1):
        watch.progress(step, steps)
    return steps


def test_whoever_does_not_watch_gets_the_whole() -> None:
    assert work(UNWATCHED, 1000) == 1000


def test_whoever_has_seen_enough_ends_it_at_that_step() -> None:
    watch = Cancelling(after=3)
    with pytest.raises(CancelledError):
        work(watch, 1000)
    assert watch.seen == [(1, 1000), (2, 1000), (3, 1000)]
    assert watch.warnings == ["services.left_out (count=1)"]
