"""What the line shows of itself: written by its threads, read by the window whenever it likes."""

from __future__ import annotations

import logging
import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from crane_desktop.domain.balance import Balance
from crane_desktop.domain.errors import CraneError, StationFault
from crane_desktop.domain.health import Gap, SourceStatus
from crane_desktop.domain.ports import SourceInfo
from crane_desktop.domain.station import Pace, Result, StationState
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.pipeline.overload import Overload, OverloadWatch
from crane_desktop.pipeline.pace import PaceMeter
from crane_desktop.pipeline.tally import Tally

LATEST_NG = 12
GAPS_KEPT = 100
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for the disk: verdicts that are not recorded yet, and the bytes that their pictures hold.

    Attributes
    ----------
    holding
        Whether it holds up the line: it is full, and the next verdict waits for a place.
    """

    verdicts: int = 0
    held_bytes: int = 0
    holding: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class LineSnapshot:
    """A consistent picture of the line at one moment.

    Attributes
    ----------
    pace
        Of the last seconds while the line runs; of the whole run once it has finished.
    whole_run
        Of the run so far.
    latest_ng
        The latest NG parts, newest first, at most a dozen.
    fault
        The newest of `faults`, or None.
    faults
        Everything that went wrong, once a kind, in order; one that comes again after it had ceased moves to the end.
    active_faults
        Those of `faults` that have not ceased.
    overload
        The line has not kept up with its source for seconds, and does not now; no fault: verdicts go on.
    finished
        Whether all threads of the line have ended.
    source_status
        How the source is; None where it cannot tell.
    gaps
        The times without the camera, the latest ones.
    run
        Id of the run, under which the log has it.
    backlog
        What waits for the disk.
    pictures_not_kept
        Of how many recorded parts the pictures that the settings ask for are missing, by cause (`image_note`).
    """

    state: StationState
    balance: Balance = field(default_factory=Balance)
    pace: Pace = field(default_factory=Pace)
    whole_run: Pace = field(default_factory=Pace)
    newest: Result | None = None
    latest_ng: tuple[Result, ...] = ()
    fault: CraneError | None = None
    faults: tuple[CraneError, ...] = ()
    active_faults: tuple[CraneError, ...] = ()
    overload: StationFault | None = None
    source: SourceInfo | None = None
    finished: bool = False
    source_status: SourceStatus | None = None
    gaps: tuple[Gap, ...] = ()
    run: str | None = None
    backlog: Backlog = Backlog()
    pictures_not_kept: Mapping[str, int] = field(default_factory=dict)


class Board:
    """Counters, pace, newest results and faults of one run. Thread-safe.

    Parameters
    ----------
    load
        The rule for what is too slow; None: nothing is.
    """

    def __init__(self, run: str | None = None, load: OverloadWatch | None = None) -> None:
        self._run = run
        self._load = load
        self._overload: StationFault | None = None
        self.tally = Tally()
        self._pace = PaceMeter()
        self._guard = threading.Lock()
        self._newest: Result | None = None
        self._latest_ng: deque[Result] = deque(maxlen=LATEST_NG)
        self._faults: dict[str, CraneError] = {}
        self._ceased: set[str] = set()
        self._gaps: deque[Gap] = deque(maxlen=GAPS_KEPT)
        self._backlog = Backlog()
        self._not_kept: Counter[str] = Counter()

    def publish(self, result: Result) -> bool:
        """Show and count one finished part; False where it came after the balance was settled."""
        inspection = result.inspection
        with self._guard:
            if not self.tally.judged(inspection.verdict):
                return False
            self._pace.add(inspection.origin.arrived_ns, inspection.latency_ms)
            if self._load is not None:
                self._load.judged(inspection.origin.arrived_ns, inspection.latency_ms)
            self._newest = result
            if inspection.verdict is Verdict.NG:
                self._latest_ng.appendleft(result)
            return True

    def fault(self, error: CraneError) -> None:
        """Show that something went wrong; while it goes on, its first error stays."""
        with self._guard:
            if error.key in self._ceased:
                self._ceased.discard(error.key)
                del self._faults[error.key]
            known = self._faults.setdefault(error.key, error)
        if known is error:
            _log.error("the line: %s", error)

    def look_at_load(self) -> None:
        """Ask whether the line keeps up; to be called again and again while it runs."""
        if self._load is None:
            return
        with self._guard:
            found = self._load.look(waiting=self.tally.balance().pending > 0)
            if (found is None) != (self._overload is None):
                self._overload = None if found is None else overloaded(found)

    def recovered(self, *keys: str) -> None:
        """Note that these faults have ceased: they stay on show, and their next one is a new one."""
        with self._guard:
            self._ceased.update(key for key in keys if key in self._faults)

    def source_is_back(self, error: CraneError, gap: Gap) -> None:
        """Note that the camera is back: its alarm has ceased, and the time without it is kept."""
        self.recovered(error.key)
        with self._guard:
            self._gaps.append(gap)

    def waits_for_disk(self, backlog: Backlog) -> None:
        """Show what waits for the disk now."""
        with self._guard:
            self._backlog = backlog

    def picture_not_kept(self, cause: str) -> None:
        """Count a recorded part whose pictures were not kept."""
        with self._guard:
            self._not_kept[cause] += 1

    def snapshot(
        self,
        state: StationState,
        source: SourceInfo | None,
        *,
        finished: bool,
        source_status: SourceStatus | None = None,
    ) -> LineSnapshot:
        """Return everything as it is now."""
        with self._guard:
            faults = tuple(self._faults.values())
            whole = self._pace.whole_run()
            return LineSnapshot(
                state=state,
                balance=self.tally.balance(),
                pace=whole if finished else self._pace.recent(),
                whole_run=whole,
                newest=self._newest,
                latest_ng=tuple(self._latest_ng),
                fault=faults[-1] if faults else None,
                faults=faults,
                active_faults=tuple(fault for fault in faults if fault.key not in self._ceased),
                overload=None if finished else self._overload,
                source=source,
                finished=finished,
                source_status=source_status,
                gaps=tuple(self._gaps),
                run=self._run,
                backlog=self._backlog,
                pictures_not_kept=dict(self._not_kept),
            )


def overloaded(found: Overload) -> StationFault:
    """Return what to tell people about a line that does not keep up."""
    return StationFault(
        "pipeline.overload", latency_ms=round(found.latency_s * 1e3), limit_ms=round(found.limit_s * 1e3)
    )
