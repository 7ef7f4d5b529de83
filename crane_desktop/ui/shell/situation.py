"""What decides which commands can be given: a small value, and pure rules over it."""

from __future__ import annotations

from dataclasses import dataclass

from crane_desktop.domain.people import Role
from crane_desktop.domain.station import StationState

BUSY = (StationState.INITIALIZED, StationState.STOPPING)
"""States in which the station does what it was told last, and takes no further orders."""


@dataclass(frozen=True, slots=True)
class Situation:
    """How things stand.

    Attributes
    ----------
    attached
        There is a station.
    page
        The name of the page on screen.
    unseen_alarm
        There is an alarm that nobody has acknowledged.
    """

    state: StationState = StationState.INITIALIZED
    attached: bool = False
    role: Role = Role.ADMINISTRATOR
    page: str = ""
    unseen_alarm: bool = False
    heatmap: bool = True
    outlines: bool = True
    full_screen: bool = False


def always(situation: Situation) -> str | None:
    """Nothing stands in the way."""
    del situation
    return None


def why_not_start(situation: Situation) -> str | None:
    """Return why the line cannot be started: the text key of a sentence, or None."""
    if not situation.attached or situation.state in BUSY:
        return "ui.why.busy"
    return "ui.why.running" if situation.state is StationState.RUNNING else None


def why_not_stop(situation: Situation) -> str | None:
    """Return why the line cannot be stopped."""
    return None if situation.state is StationState.RUNNING else "ui.why.not_running"


def why_not_acknowledge(situation: Situation) -> str | None:
    """Return why there is nothing to acknowledge."""
    return None if situation.unseen_alarm else "ui.why.no_alarm"


def why_no_station(situation: Situation) -> str | None:
    """Return why nothing can be asked of the station."""
    return None if situation.attached else "ui.why.busy"


def why_no_camera(situation: Situation) -> str | None:
    """Return why no camera can be set up."""
    return None if situation.attached else "ui.why.busy"
