"""A watch over a use case that notes what it is told, and can have enough of it."""

from __future__ import annotations

from crane_desktop.domain.errors import CraneError
from crane_desktop.domain.jobs import CancelledError


class Watching:
    """Implements `domain.jobs.Watch`; cancels once `enough` steps are done."""

    def __init__(self, enough: int | None = None) -> None:
        self.enough = enough
        self.steps: list[tuple[int, int]] = []
        self.warnings: list[str] = []

    def progress(self, done: int, of: int) -> None:
        self.steps.append((done, of))
        if self.enough is not None and done >= self.enough:
            raise CancelledError

    def warn(self, warning: CraneError) -> None:
        self.warnings.append(warning.key)
