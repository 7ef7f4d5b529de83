"""The log as people read it back: a record in a list, and a record opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.maps import AnomalyMap
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


@dataclass(frozen=True, slots=True, eq=False)
class HistoryRecord:
    """A record opened: every stored field by name, and its archived pictures where they were kept."""

    row: HistoryRow
    fields: dict[str, str]
    regions: tuple[tuple[tuple[float, float], ...], ...]
    pixels: NDArray[np.uint8] | None
    anomaly_map: AnomalyMap | None
