"""What went wrong in the window itself, as alarms: momentary, so they are gone as soon as somebody has seen them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from crane_desktop.domain.alarms import Alarm, AlarmSeverity
from crane_desktop.domain.errors import CraneError, StationFault

WINDOW = "window"
"""The source of these alarms."""


def raised(alarms: tuple[Alarm, ...], error: CraneError, at: datetime) -> tuple[Alarm, ...]:
    """Return the list with one more; the same again is counted, and its newest sentence is shown.

    Parameters
    ----------
    at
        UTC.
    """
    known = next((place for place, alarm in enumerate(alarms) if alarm.key == error.key), None)
    if known is None:
        severity = AlarmSeverity.FAULT if isinstance(error, StationFault) else AlarmSeverity.WARNING
        return (*alarms, Alarm(error, WINDOW, severity, at))
    again = replace(alarms[known], error=error, count=alarms[known].count + 1)
    return (*alarms[:known], again, *alarms[known + 1 :])


def without(alarms: tuple[Alarm, ...], key: str) -> tuple[Alarm, ...]:
    """Return the list without the alarm of a key: it was acknowledged, or has been mended."""
    return tuple(alarm for alarm in alarms if alarm.key != key)
