"""What the window sees of the program: a station it can ask and tell, without knowing how it is built.

`app` implements it; the window polls `view` and repaints what changed. Every method returns at once: slow
work (loading, starting, reading the log) runs elsewhere and shows up in a later `view` or in a `Future`.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from crane_desktop.domain.alarms import Alarm
from crane_desktop.domain.balance import Balance
from crane_desktop.domain.camera_setup import CameraSetup
from crane_desktop.domain.errors import CraneError
from crane_desktop.domain.findings import Finding
from crane_desktop.domain.frames import Frame
from crane_desktop.domain.health import SourceStatus
from crane_desktop.domain.history import HistoryRecord, HistoryRow
from crane_desktop.domain.maps import AnomalyMap
from crane_desktop.domain.packs import Offer
from crane_desktop.domain.ports import ScorerInfo, SourceInfo
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.verdicts import Inspection, Verdict


class StationState(StrEnum):
    """States under the names of OPC 40100-1, as far as they exist here."""

    PREOPERATIONAL = "preoperational"
    """Nothing is loaded, or the last load failed."""
    INITIALIZED = "initialized"
    """Loading or starting."""
    READY = "ready"
    RUNNING = "running"
    """ContinuousExecution."""
    STOPPING = "stopping"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a loading is: a text key (``"progress.weights"``) and a fraction in [0, 1]."""

    key: str
    fraction: float


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """One finished part for the screen: recorded, with its pictures.

    `record_id` is None only where the log could not take it; the verdict is then NONE.
    """

    inspection: Inspection
    record_id: int | None
    frame: Frame | None
    anomaly_map: AnomalyMap | None


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the line is, over its last verdicts."""

    verdicts_per_s: float = 0.0
    latency_p50_ms: float | None = None
    latency_p99_ms: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class StationView:
    """A consistent snapshot of everything on screen.

    Attributes
    ----------
    newest
        The last finished part (one-slot mailbox: the newest wins).
    latest_ng
        The latest NG parts, newest first, at most a dozen.
    alarm
        What a person must be told now, or None.
    alarms
        All that is going on or was not acknowledged yet, oldest first.
    recipe_source
        What the loaded recipe says to take frames from; None where it says nothing.
    """

    state: StationState
    progress: Progress | None = None
    alarm: CraneError | None = None
    balance: Balance = field(default_factory=Balance)
    pace: Pace = field(default_factory=Pace)
    newest: Result | None = None
    latest_ng: tuple[Result, ...] = ()
    source: SourceInfo | None = None
    source_status: SourceStatus | None = None
    scorer: ScorerInfo | None = None
    recipe: str | None = None
    run_id: int = 0
    alarms: tuple[Alarm, ...] = ()
    recipe_source: SourceChoice | None = None


class Station(Protocol):
    """The program behind the window."""

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

    def acknowledge(self) -> None:
        """Take the alarm off the screen; it stays in the log."""
        ...

    def packs(self) -> Future[Sequence[str]]:
        """List the installed packs."""
        ...

    def recipes(self) -> Future[Sequence[str]]:
        """List the recipes."""
        ...

    def look_into(self, file: str) -> Future[Offer]:
        """Say what a pack's or a recipe's file would bring; nothing changes."""
        ...

    def take_in(self, offer: Offer) -> Future[Offer]:
        """Prove what is offered and install it, in the background; it is not in use yet."""
        ...

    def devices(self, cti: str | None = None) -> Future[Sequence[tuple[str, str]]]:
        """List cameras as (device id, description)."""
        ...

    def doctor(self, cti: str | None = None) -> Future[Sequence[Finding]]:
        """Look for what is wrong with drivers and cameras; takes seconds for each."""
        ...

    def camera(self, choice: SourceChoice) -> Future[CameraSetup]:
        """Open a camera for setting it up; while the line runs on a camera, that one.

        The camera is closed by the one who asked, or by the station as soon as a line starts.
        """
        ...

    def history(self, before: int | None, limit: int, verdict: Verdict | None) -> Future[Sequence[HistoryRow]]:
        """Return a page of records, newest first, with ids below `before`."""
        ...

    def record(self, record_id: int) -> Future[HistoryRecord]:
        """Open one record."""
        ...

    def close(self) -> None:
        """Stop everything, within seconds. Idempotent."""
        ...
