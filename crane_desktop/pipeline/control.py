"""How the threads of a line are told to end."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

POLL_S = 0.1
"""No wait inside the line is longer than this without looking at these events."""


@dataclass(frozen=True, slots=True)
class Control:
    """The line's events; once set they stay set.

    Attributes
    ----------
    stop
        Take no more frames from the source.
    hurry
        Begin no more parts: what was taken but not begun is late.
    abandoned
        The line has been given up: write and publish nothing more.
    """

    stop: threading.Event = field(default_factory=threading.Event)
    hurry: threading.Event = field(default_factory=threading.Event)
    abandoned: threading.Event = field(default_factory=threading.Event)

    def give_up(self) -> None:
        """Set all three."""
        self.stop.set()
        self.hurry.set()
        self.abandoned.set()
