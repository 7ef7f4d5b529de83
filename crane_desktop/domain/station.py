"""What the window shows of the station: one consistent snapshot at a time, and its parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from crane_desktop.domain.alarms import Alarm
from crane_desktop.domain.balance import Balance, Counts
from crane_desktop.domain.frames import Frame
from crane_desktop.domain.health import SourceState, SourceStatus
from crane_desktop.domain.maps import AnomalyMap
from crane_desktop.domain.ports import ScorerInfo, SourceInfo
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.verdicts import Inspection


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
    balance
        Of the newest run.
    counts
        Verdicts over runs, until they are reset.
    newest
        The last finished part (one-slot mailbox: the newest wins).
    carried
        Whether `newest` is of an earlier run: the newest run has had no part yet.
    latest_ng
        The latest NG parts, newest first, at most a dozen; of earlier runs, too.
    alarms
        All that is going on or was not acknowledged yet, oldest first.
    overload
        The line does not keep up with what comes.
    recipe_source
        What the loaded recipe says to take frames from; None where it says nothing.
    """

    state: StationState
    progress: Progress | None = None
    balance: Balance = field(default_factory=Balance)
    pace: Pace = field(default_factory=Pace)
    counts: Counts = field(default_factory=Counts)
    newest: Result | None = None
    carried: bool = False
    latest_ng: tuple[Result, ...] = ()
    source: SourceInfo | None = None
    source_status: SourceStatus | None = None
    scorer: ScorerInfo | None = None
    recipe: str | None = None
    run_id: int = 0
    alarms: tuple[Alarm, ...] = ()
    overload: bool = False
    recipe_source: SourceChoice | None = None

    @property
    def camera_away(self) -> bool:
        """The line runs, but its camera is lost or silent: what is on screen is no picture of now."""
        status = self.source_status
        return (
            self.state is StationState.RUNNING
            and status is not None
            and status.state in (SourceState.RECONNECTING, SourceState.SILENT)
        )

    @property
    def live(self) -> bool:
        """What is on screen is of now."""
        return self.state is StationState.RUNNING and not self.camera_away
