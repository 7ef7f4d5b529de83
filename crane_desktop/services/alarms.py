"""The station's list of alarms: raised, returned, acknowledged, each step told to the log."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime

from crane_desktop.domain.alarms import Alarm, AlarmSeverity
from crane_desktop.domain.errors import CraneError, InputError, StationRemark
from crane_desktop.domain.events import Event, alarm_acknowledged, alarm_raised, alarm_returned
from crane_desktop.pipeline.board import LineSnapshot

_MOST = 100
_log = logging.getLogger(__name__)


class AlarmList:
    """Implements `domain.station_ports.Alarms`. Thread-safe; no call waits.

    An alarm is one key of one source. It stays until it is both over and acknowledged, and a second one never takes
    the place of the first; the same one raised again counts up and has to be acknowledged anew.

    Parameters
    ----------
    on_event
        Told each step, in order; must return at once.
    now
        The clock, UTC.
    """

    def __init__(
        self,
        on_event: Callable[[Event], None] = lambda _event: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._on_event = on_event
        self._now = now
        self._guard = threading.Lock()
        self._alarms: dict[tuple[str, str], Alarm] = {}

    def view(self) -> tuple[Alarm, ...]:
        """Return all alarms, oldest first."""
        with self._guard:
            return tuple(self._alarms.values())

    def raise_alarm(
        self,
        error: CraneError,
        source: str,
        severity: AlarmSeverity = AlarmSeverity.FAULT,
        run: str | None = None,
    ) -> None:
        """Note that something goes wrong; what goes on already keeps its beginning."""
        with self._guard:
            place = (error.key, source)
            known = self._alarms.get(place)
            if known is not None and known.error is error and known.active:
                return
            if known is None:
                self._make_room()
                alarm = Alarm(error, source, severity, begun=self._now())
            else:
                alarm = replace(
                    known, error=error, severity=severity, returned=None, acknowledged=None, count=known.count + 1
                )
            self._alarms[place] = alarm
            _log.error("alarm of %s: %s", source, error)
            self._on_event(alarm_raised(error.key, source, severity.value, str(error), run))

    def returned(self, key: str, source: str) -> None:
        """Note that it is over: it leaves the list if it was acknowledged, else it waits for that."""
        with self._guard:
            known = self._alarms.get((key, source))
            if known is None or not known.active:
                return
            alarm = replace(known, returned=self._now())
            self._keep_or_drop(alarm)
            self._on_event(alarm_returned(key, source))

    def follow(self, source: str, active: Iterable[CraneError], severity: AlarmSeverity = AlarmSeverity.FAULT) -> None:
        """Bring the list to what a source says of itself now: what is new is raised, what it names no more is over."""
        errors = list(active)
        for error in errors:
            self.raise_alarm(error, source, severity)
        keys = {error.key for error in errors}
        for alarm in self.view():
            if alarm.source == source and alarm.key not in keys:
                self.returned(alarm.key, source)

    def raise_momentary(self, error: CraneError, source: str) -> None:
        """Note that something failed and is over with that: it only waits to be acknowledged."""
        self.raise_alarm(error, source)
        self.returned(error.key, source)

    def mended(self, source: str) -> None:
        """Note that what was asked for works now: bad input before it was seen by whoever mended it."""
        with self._guard:
            for place, alarm in list(self._alarms.items()):
                if alarm.source == source and not alarm.active and isinstance(alarm.error, InputError):
                    del self._alarms[place]

    def acknowledge(self, key: str | None = None, source: str | None = None) -> None:
        """Note that alarms were seen: those of a key and source, or all. An active one stays in the list."""
        with self._guard:
            for alarm in list(self._alarms.values()):
                fits = key in (None, alarm.key) and source in (None, alarm.source)
                if not fits or alarm.acknowledged is not None:
                    continue
                seen = replace(alarm, acknowledged=self._now())
                self._keep_or_drop(seen)
                self._on_event(alarm_acknowledged(alarm.key, alarm.source))

    def _keep_or_drop(self, alarm: Alarm) -> None:
        place = (alarm.key, alarm.source)
        if alarm.active or alarm.acknowledged is None:
            self._alarms[place] = alarm
        else:
            self._alarms.pop(place, None)

    def _make_room(self) -> None:
        """Bound the list: what is over goes first; what goes on is never more than the kinds of faults there are."""
        if len(self._alarms) >= _MOST:
            over = [place for place, alarm in self._alarms.items() if not alarm.active]
            for place in over[:1]:
                del self._alarms[place]


class LineAlarms:
    """Brings the list to what a line says of itself; asked again and again from one thread at a time."""

    def __init__(self, alarms: AlarmList, source: str) -> None:
        self._alarms = alarms
        self._source = source
        self._seen: tuple[CraneError, ...] = ()

    def follow(self, shot: LineSnapshot) -> None:
        """Raise what is new, also where it is over already, and return what has ceased.

        With the line its faults are over; what is left of them waits to be acknowledged.
        """
        for fault in shot.faults:
            if not any(fault is seen for seen in self._seen):
                self._alarms.raise_alarm(fault, self._source, _severity(fault), shot.run)
        self._seen = shot.faults
        slow = () if shot.overload is None else (shot.overload,)
        for one in slow:
            self._alarms.raise_alarm(one, self._source, AlarmSeverity.WARNING, run=shot.run)
        self._alarms.follow(self._source, () if shot.finished else (*shot.active_faults, *slow))


def _severity(fault: CraneError) -> AlarmSeverity:
    return AlarmSeverity.WARNING if isinstance(fault, StationRemark) else AlarmSeverity.FAULT
