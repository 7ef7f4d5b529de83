"""The station's alarms and the window's own in one list, and whom an acknowledgement goes to."""

from __future__ import annotations

from datetime import UTC, datetime

from crane_desktop.domain.alarms import Alarm, AlarmState
from crane_desktop.domain.errors import CraneError
from crane_desktop.domain.station_ports import Station
from crane_desktop.ui.shell.alarm_bar import AlarmBar
from crane_desktop.ui.shell.own_alarms import WINDOW, raised, without


class AlarmDesk:
    """Keeps the bar up to date.

    Attributes
    ----------
    unseen
        Whether there is an alarm that nobody has acknowledged.
    """

    def __init__(self, bar: AlarmBar) -> None:
        self._bar = bar
        self._station: Station | None = None
        self._stations: tuple[Alarm, ...] = ()
        self._own: tuple[Alarm, ...] = ()

    @property
    def unseen(self) -> bool:
        """Whether there is an alarm that nobody has acknowledged."""
        return any(alarm.state is not AlarmState.ACKNOWLEDGED for alarm in self._bar.alarms)

    def attach(self, station: Station) -> None:
        """Acknowledge this station's alarms from now on."""
        self._station = station

    def follow(self, alarms: tuple[Alarm, ...]) -> None:
        """Show the station's alarms as they are now."""
        self._stations = alarms
        self._show()

    def show_error(self, error: CraneError) -> None:
        """Show something that went wrong outside the station."""
        self._own = raised(self._own, error, datetime.now(UTC))
        self._show()

    def withdraw(self, key: str) -> None:
        """Take away an alarm of the window's own: it has been mended."""
        self._own = without(self._own, key)
        self._show()

    def acknowledge(self) -> None:
        """Say that the alarm on screen was seen; the station decides what becomes of its own."""
        alarm = self._bar.alarm
        if alarm is None:
            return
        if alarm.source == WINDOW:
            self.withdraw(alarm.key)
        elif self._station is not None:
            self._station.alarms.acknowledge(alarm.key, alarm.source)

    def _show(self) -> None:
        self._bar.show_alarms((*self._stations, *self._own))
