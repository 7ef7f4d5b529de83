"""What the log keeps beside verdicts: everything that must be provable later, in one order with them.

An event is a fact with a kind, a moment and plain values; nothing in it is translated. ``kind`` is stored as text, so
that a log outlives the program: names are never given a second meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeAlias

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"
"""What JSON knows."""


class EventKind(StrEnum):
    """What happened."""

    RUN_BEGUN = "run_begun"
    RUN_PROGRESS = "run_progress"
    """How many frames a run has had, and its losses by cause so far; written while they change."""
    RUN_ENDED = "run_ended"
    CAMERA_GAP = "camera_gap"
    ALARM_RAISED = "alarm_raised"
    ALARM_RETURNED = "alarm_returned"
    ALARM_ACKNOWLEDGED = "alarm_acknowledged"
    RECIPE_CHANGED = "recipe_changed"
    PACK_CHANGED = "pack_changed"
    IMPORTED = "imported"
    EXPORTED = "exported"


@dataclass(frozen=True, slots=True)
class Event:
    """One fact.

    Attributes
    ----------
    run
        Id of the run that it belongs to (`new_run_id`), None where it belongs to none.
    details
        By name; what each kind carries stands beside the function that makes it.
    at
        UTC, timezone-aware.
    """

    kind: EventKind
    run: str | None = None
    details: Mapping[str, Plain] = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
