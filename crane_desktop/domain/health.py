"""How a source of frames is: connected or not, waiting or streaming, and what the camera's driver counts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from crane_desktop.domain.errors import CraneError


class SourceState(StrEnum):
    """What a watched source does now; its words are ``source.<state>`` in resources/texts."""

    CLOSED = "closed"
    OPENING = "opening"
    STREAMING = "streaming"
    WAITING_FOR_TRIGGER = "waiting_for_trigger"
    """Healthy: the camera is armed and no part has come."""
    SILENT = "silent"
    """A free-running camera sends nothing; if it stays so, it is opened anew."""
    RECONNECTING = "reconnecting"


@dataclass(frozen=True, slots=True)
class StreamCounts:
    """Buffers by what became of them, over the whole run, under the names of camera drivers.

    Attributes
    ----------
    delivered
        Whole pictures that reached the line.
    lost
        On the wire: gaps in the camera's block ids that nothing else explains.
    incomplete
        Buffers that came unfilled.
    underrun
        The driver had no empty buffer: this computer was too slow.
    overrun
        The hand-over to the line was full.
    late
        Pictures that came after their part had been given up; not judged.
    repeated
        The same picture sent again; not judged twice.
    garbage
        Buffers that describe no possible picture.
    resends
        Packets that were asked for again; None where the driver does not tell.
    losses_of_connection
        How often the camera went away.
    """

    delivered: int = 0
    lost: int = 0
    incomplete: int = 0
    underrun: int = 0
    overrun: int = 0
    late: int = 0
    repeated: int = 0
    garbage: int = 0
    resends: int | None = None
    losses_of_connection: int = 0

    def plus(self, **more: int) -> StreamCounts:
        """Return the counts with these added."""
        return replace(self, **{name: getattr(self, name) + count for name, count in more.items()})

    def as_dict(self) -> dict[str, int | None]:
        """Return the counts by name."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without the camera.

    Attributes
    ----------
    start, end
        UTC; from the last sign of the camera to its return.
    attempts
        How often it was tried to open it, the successful one included.
    cause
        What went wrong, for the log: key and details, not translated.
    """

    start: datetime
    end: datetime
    attempts: int
    cause: str

    @property
    def seconds(self) -> float:
        """How long it was."""
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How a source is at this moment.

    Attributes
    ----------
    since
        UTC; when it came into this state.
    attempt
        Which attempt to open it is under way; 0 while it is connected.
    cause
        Why it is not connected.
    """

    state: SourceState
    since: datetime
    attempt: int = 0
    cause: CraneError | None = None
    counts: StreamCounts = field(default_factory=StreamCounts)


@runtime_checkable
class WatchedSource(Protocol):
    """A source that can tell how it is; asked from any thread, answers at once."""

    def status(self) -> SourceStatus:
        """Return how it is now."""
        ...
