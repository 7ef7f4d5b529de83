"""What the window sees of the program: a station it can ask and tell, without knowing how it is built.

`app` implements it; the window polls `view` and repaints what changed. Every method returns at once: slow
work (loading, starting, reading the log) runs elsewhere and shows up in a later `view` or in a `Future`.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.balance import Balance
from crane_desktop.domain.camera_setup import CameraSetup
from crane_desktop.domain.errors import CraneError
from crane_desktop.domain.findings import Finding
from crane_desktop.domain.frames import Frame
from crane_desktop.domain.health import SourceStatus
from crane_desktop.domain.maps import AnomalyMap
from crane_desktop.domain.ports import ScorerInfo, SourceInfo
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


@dataclass(frozen=True, slots=True)
class SourceChoice:
    """What to take frames from.

    Attributes
    ----------
    kind
        ``"demo"``, ``"folder"`` or ``"genicam"``.
    path
        Folder of pictures (folder).
    cti
        GenTL producer file (genicam); None means all found on this station.
    device
        Device id or serial number (genicam); None means the first. For demo: the kind of part, None for all.
    trigger
        ``"free"``, ``"software"`` or ``"hardware"`` (genicam).
    rate_hz
        Parts or pictures a second (demo, folder); None means as fast as the line takes them.
    frames
        End after so many frames; None means never (folder: at its last picture).
    seed
        Seed of the simulated line (demo).
    """

    kind: str = "demo"
    path: str | None = None
    cti: str | None = None
    device: str | None = None
    trigger: str = "free"
    rate_hz: float | None = None
    frames: int | None = None
    seed: int = 0


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


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A record in the history list."""

    record_id: int
    decided_at: datetime
    verdict: Verdict
    reason: str
    score: float | None
    threshold: float | None
    source_id: str
    file: str | None
    latency_ms: float


@dataclass(frozen=True, slots=True, eq=False)
class HistoryRecord:
    """A record opened: every stored field by name, and its archived pictures where they were kept."""

    row: HistoryRow
    fields: dict[str, str]
    regions: tuple[tuple[tuple[float, float], ...], ...]
    pixels: NDArray[np.uint8] | None
    anomaly_map: AnomalyMap | None


@dataclass(frozen=True, slots=True)
class Offer:
    """What a file would bring to the station.

    Attributes
    ----------
    replaces
        Whether another one of its name is there, which would be kept aside.
    """

    kind: Literal["pack", "recipe"]
    name: str
    version: str
    file: str
    replaces: bool = False
    for_demonstration: bool = False


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
