"""What a use case that takes its time tells whoever asked for it, and how he ends it."""

from __future__ import annotations

from typing import Protocol

from crane_desktop.domain.errors import CraneError


class CancelledError(Exception):
    """Whoever asked does not want it any more; what is under way ends and leaves nothing behind."""


class Watch(Protocol):
    """Looks at a use case from outside: a progress bar, a page, a plant's message. Called on the use case's thread."""

    def progress(self, done: int, of: int) -> None:
        """Tell how many steps are done, and of how many.

        Raises
        ------
        CancelledError
            If the rest is not wanted any more.
        """
        ...

    def warn(self, warning: CraneError) -> None:
        """Tell what a person should know although it ends nothing."""
        ...


class Unwatched:
    """A `Watch` for whoever wants to know nothing."""

    def progress(self, done: int, of: int) -> None:
        """Tell nobody."""

    def warn(self, warning: CraneError) -> None:
        """Tell nobody."""


UNWATCHED = Unwatched()
