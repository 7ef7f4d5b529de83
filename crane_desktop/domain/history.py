"""The log as people read it back: a record in a list, a record opened, a run with its balance, an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.events import Event, Plain, RunEnd
from crane_desktop.domain.frames import LossCause
from crane_desktop.domain.maps import AnomalyMap
from crane_desktop.domain.measures import Measure, Rule, deciding
from crane_desktop.domain.verdicts import Verdict


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
    run: str | None = None
    map_peak: float | None = None
    map_threshold: float | None = None

    def measure(self) -> Measure:
        """Return what the verdict rests on; where REVIEW begins does not stand in a record."""
        return self.measure_within(None, None)

    def measure_within(self, review: float | None, map_review: float | None) -> Measure:
        """Return what the verdict rests on, with where REVIEW began on the score and on a region's peak."""
        return deciding(
            self.reason,
            Measure(Rule.SCORE, self.score, review, self.threshold),
            Measure(Rule.REGION, self.map_peak, map_review, self.map_threshold),
        )


@dataclass(frozen=True, slots=True, eq=False)
class HistoryRecord:
    """A record opened: every stored field by name, and its archived pictures where they were kept.

    Attributes
    ----------
    review, map_review
        Where REVIEW began on the score and on a region's peak, as the recipe's version says; None: not known.
    """

    row: HistoryRow
    fields: dict[str, str]
    regions: tuple[tuple[tuple[float, float], ...], ...]
    pixels: NDArray[np.uint8] | None
    anomaly_map: AnomalyMap | None
    review: float | None = None
    map_review: float | None = None

    def measure(self) -> Measure:
        """Return what the verdict rests on."""
        return self.row.measure_within(self.review, self.map_review)


@dataclass(frozen=True, slots=True)
class RunBalance:
    """What became of a run's frames, as the log alone proves it: frames = recorded + lost + not recorded + unknown.

    Attributes
    ----------
    frames
        That were triggered; of a run that has not ended, as many as the log knows of: it may have had more since its
        last sign, at most those of its last second.
    verdicts
        Records by verdict.
    losses
        Frames without a verdict, by cause.
    not_recorded
        Verdicts (all of them NONE) that the log did not take.
    unknown
        Frames that were there, and what became of them stands nowhere: they were under way, or lost, when the program
        was ended by force. 0 in a sound run that has ended.
    ended
        Whether the run told its own end.
    """

    frames: int
    verdicts: Mapping[Verdict, int]
    losses: Mapping[LossCause, int]
    not_recorded: int
    unknown: int
    ended: bool


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run of the line.

    Attributes
    ----------
    number
        Runs are listed by it; a later run has a higher one.
    ended_at, why, cause
        None where it has not ended, or was ended by force. `cause` is the key of what broke it.
    last_sign_at
        When the log last heard of its counts or its end, at the latest.
    begun
        What it began with, as `domain.events.run_begun` carries it.
    """

    number: int
    run: str
    begun_at: datetime
    ended_at: datetime | None
    why: RunEnd | None
    cause: str | None
    last_sign_at: datetime
    begun: Mapping[str, Plain]
    balance: RunBalance


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event with its number, and its place in the one order of records and events."""

    event_id: int
    sequence: int
    event: Event
