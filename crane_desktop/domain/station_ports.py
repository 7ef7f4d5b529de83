"""What the window sees of the program: a station of a few small ports, each with its own verbs.

`app` implements them; the window polls ``line.view()`` and repaints what changed. Every method returns at once: slow
work (loading, starting, reading the log, writing a file) runs elsewhere and shows up in a later view or in a `Future`.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol

from crane_desktop.domain.camera_setup import CameraSetup
from crane_desktop.domain.events import Event
from crane_desktop.domain.findings import Finding
from crane_desktop.domain.history import HistoryRecord, HistoryRow
from crane_desktop.domain.packs import Offer
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import StationView
from crane_desktop.domain.verdicts import Verdict


class LineControl(Protocol):
    """The line on screen: what is loaded, what runs."""

    def view(self) -> StationView:
        """Return the newest snapshot; cheap, never blocks."""
        ...

    def load(self, pack: str | None = None, recipe: str | None = None) -> None:
        """Start loading a model pack (and recipe) in the background; a failed load keeps the last good one."""
        ...

    def start(self, source: SourceChoice) -> None:
        """Start the line on a source."""
        ...

    def stop(self) -> None:
        """Ask the line to stop."""
        ...

    def reset_counts(self) -> None:
        """Have counters and the latest NG parts begin anew; the log keeps them all."""
        ...


class Alarms(Protocol):
    """The list of alarms; `StationView.alarms` shows it."""

    def acknowledge(self, key: str | None = None, source: str | None = None) -> None:
        """Say that alarms were seen: those of a key and source, or all. An active one stays in the list."""
        ...


class Recipes(Protocol):
    """The recipes of the station."""

    def names(self) -> Future[Sequence[str]]:
        """List the recipes."""
        ...


class Packs(Protocol):
    """The packs of the station, and files that would bring packs or recipes."""

    def names(self) -> Future[Sequence[str]]:
        """List the installed packs."""
        ...

    def look_into(self, file: str) -> Future[Offer]:
        """Say what a pack's or a recipe's file would bring; nothing changes."""
        ...

    def take_in(self, offer: Offer) -> Future[Offer]:
        """Prove what is offered and install it, in the background; it is not in use yet."""
        ...


class Cameras(Protocol):
    """Cameras and their drivers, off the line."""

    def devices(self, cti: str | None = None) -> Future[Sequence[tuple[str, str]]]:
        """List cameras as (device id, description)."""
        ...

    def doctor(self, cti: str | None = None) -> Future[Sequence[Finding]]:
        """Look for what is wrong with drivers and cameras; takes seconds for each."""
        ...

    def open(self, choice: SourceChoice) -> Future[CameraSetup]:
        """Open a camera for setting it up; while the line runs on a camera, that one.

        The camera is closed by the one who asked, or by the station as soon as a line starts.
        """
        ...


class Records(Protocol):
    """The log, read back."""

    def page(self, before: int | None, limit: int, verdict: Verdict | None) -> Future[Sequence[HistoryRow]]:
        """Return a page of records, newest first, with ids below `before`."""
        ...

    def record(self, record_id: int) -> Future[HistoryRecord]:
        """Open one record."""
        ...


class Journal(Protocol):
    """What people and their hands have done, for the log."""

    def note(self, event: Event) -> None:
        """Have an event written into the log in its turn."""
        ...


class Station(Protocol):
    """The program behind the window."""

    @property
    def line(self) -> LineControl:
        """What is loaded and what runs."""
        ...

    @property
    def alarms(self) -> Alarms:
        """What people must be told."""
        ...

    @property
    def recipes(self) -> Recipes:
        """The recipes."""
        ...

    @property
    def packs(self) -> Packs:
        """The packs."""
        ...

    @property
    def cameras(self) -> Cameras:
        """Cameras off the line."""
        ...

    @property
    def records(self) -> Records:
        """The log, read back."""
        ...

    @property
    def journal(self) -> Journal:
        """What people have done."""
        ...

    def close(self) -> None:
        """Stop everything, within seconds. Idempotent."""
        ...
