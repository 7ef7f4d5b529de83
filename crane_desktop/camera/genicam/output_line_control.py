"""Where verdicts are handed to the camera's process, from whatever thread, while frames come out of it."""

from __future__ import annotations

import threading
from typing import Protocol

from crane_desktop.camera.genicam.messages import OutputLineVerdict
from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.signals import SignalCounts


class _Link(Protocol):
    def send(self, message: OutputLineVerdict) -> None:
        """Send a message."""
        ...


class OutputLineControl:
    """Implements `domain.signals.SignalControl` for whichever camera process runs now."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._link: _Link | None = None
        self._counts = SignalCounts()

    def attach(self, link: _Link) -> None:
        """Send to this process from now on, until `detach`: also while it is being stopped."""
        self._link = link

    def detach(self) -> None:
        """Send to nobody."""
        self._link = None

    def signal(self, arrived_ns: int, *, pulse: bool) -> bool:
        """Hand over a verdict; False where no camera takes it. May wait while the process hangs."""
        link = self._link
        if link is None:
            return False
        try:
            link.send(OutputLineVerdict(arrived_ns, pulse))
        except (StationFault, ValueError):  # ValueError: its process is being put away at this moment
            return False
        return True

    def add(self, counts: SignalCounts) -> None:
        """Keep what the process told."""
        with self._guard:
            self._counts = self._counts.plus(counts)

    def signal_counts(self) -> SignalCounts:
        """Return what happened since the last time this was asked."""
        with self._guard:
            counts, self._counts = self._counts, SignalCounts()
            return counts
