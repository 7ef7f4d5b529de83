"""Alarms: what a person must be told, from its beginning until it is over and was seen (IEC 62682, ISA-18.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from crane_desktop.domain.errors import CraneError


class AlarmSeverity(StrEnum):
    """How much it matters now."""

    FAULT = "fault"
    """No verdicts, or none that can be trusted or kept."""
    WARNING = "warning"
    """The station works on; somebody should look."""


class AlarmState(StrEnum):
    """Where an alarm stands, by the names of the standard."""

    UNACKNOWLEDGED = "unacknowledged"
    """Going on, and nobody has said that he saw it."""
    ACKNOWLEDGED = "acknowledged"
    """Going on, and seen."""
    RETURNED = "returned"
    """Over, and nobody has said that he saw it."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm of one source. It leaves the list once it is both over and acknowledged.

    Attributes
    ----------
    error
        Its sentence, the newest one where it came again.
    source
        What it is about: ``"line"``, ``"model"``, ``"station"``, ``"window"``, a source id.
    begun, returned, acknowledged
        UTC; None: not yet.
    count
        How often it was raised since `begun`.
    """

    error: CraneError
    source: str
    severity: AlarmSeverity
    begun: datetime
    returned: datetime | None = None
    acknowledged: datetime | None = None
    count: int = 1

    @property
    def key(self) -> str:
        """What is wrong, whatever its details; with `source` the alarm's identity."""
        return self.error.key

    @property
    def active(self) -> bool:
        """Whether it goes on."""
        return self.returned is None

    @property
    def state(self) -> AlarmState:
        """Where it stands."""
        if self.returned is not None:
            return AlarmState.RETURNED
        return AlarmState.UNACKNOWLEDGED if self.acknowledged is None else AlarmState.ACKNOWLEDGED


def head_line(alarms: tuple[Alarm, ...]) -> Alarm | None:
    """Return the alarm to show where there is room for one: unseen before seen, going on before over, worst, newest."""
    order = list(AlarmState)
    severities = list(AlarmSeverity)
    ranked = sorted(alarms, key=lambda a: a.begun, reverse=True)
    return min(
        ranked,
        key=lambda a: (a.state is AlarmState.ACKNOWLEDGED, order.index(a.state), severities.index(a.severity)),
        default=None,
    )
