"""The ports: what the line needs from the world. Rooms above see these, never their implementations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.events import Event
from crane_desktop.domain.frames import Frame, SourceEvent
from crane_desktop.domain.maps import AnomalyMap, Scored
from crane_desktop.domain.verdicts import Inspection


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What a source is, known before and after it is open.

    Attributes
    ----------
    every_part
        True where every frame is a part that must get a verdict (triggered, folder, demo): the line then
        never skips. False for a free-running camera: the newest frame wins.
    description
        For people: model and serial number, folder, kind of part.
    passed_over
        Names of what lies in an open folder and is no picture that can be read; folders end in ``/``.
    takt_s
        Time between two frames where the source keeps one of its own; None: it does not, or nobody knows it.
    waits_for_line
        It gives the next frame when the line takes it, so the line cannot be too slow for it.
    """

    source_id: str
    kind: str
    every_part: bool
    description: str
    passed_over: tuple[str, ...] = ()
    takt_s: float | None = None
    waits_for_line: bool = False


class FrameSource(Protocol):
    """Frames in. One thread uses a source at a time; `close` may come from another and ends a wait.

    A source numbers its frames from 1 within one open..close.
    """

    @property
    def info(self) -> SourceInfo:
        """What this source is."""
        ...

    def open(self) -> None:
        """Get ready to deliver.

        Raises
        ------
        InputError
            If the set-up is wrong (no such folder, no such camera): says what to do.
        StationFault
            If the equipment fails.
        """
        ...

    def next_event(self, timeout_s: float) -> SourceEvent | None:
        """Return the next event, or None when nothing came within `timeout_s` (waiting is no fault).

        After `EndOfFrames` it keeps returning `EndOfFrames`.

        Raises
        ------
        StationFault
            If the equipment failed; the source must then be closed.
        """
        ...

    def close(self) -> None:
        """Release everything, within seconds, whatever state the source is in. Idempotent."""
        ...


@dataclass(frozen=True, slots=True)
class ScorerInfo:
    """Which model answers, for the log and the screen.

    Attributes
    ----------
    profile
        How the pack is run: its image size and precision go by a name.
    good_parts
        So many good parts are remembered beside the model; 0: zero-shot.
    """

    pack: str
    pack_version: str
    pack_sha256: str
    variant: str
    profile: str
    image_size_px: int
    device: str
    precision: str
    for_demonstration: bool
    good_parts: int = 0


class Scorer(Protocol):
    """How odd is it. Used from one thread."""

    @property
    def info(self) -> ScorerInfo:
        """Which model answers."""
        ...

    def score(self, pixels: NDArray[np.uint8]) -> Scored:
        """Score one picture.

        Parameters
        ----------
        pixels
            uint8 ``(H, W)`` or ``(H, W, 3)`` RGB.

        Returns
        -------
        Scored
            The score may be NaN where the model found no answer; the line makes that NONE.
        """
        ...

    def close(self) -> None:
        """Release the model. Idempotent."""
        ...


class PicturesUnderWay(Protocol):
    """The pictures of one part on their way to the disk, while the line goes on. Any thread may ask; nothing raises."""

    @property
    def fault(self) -> StationFault | None:
        """Why they could not be written, where the part can then not be recorded either."""
        ...

    @property
    def not_kept(self) -> str | None:
        """Why the part is recorded without them, as its record tells it: ``"disk_full"``, for example."""
        ...

    def wait(self, timeout_s: float) -> bool:
        """Wait until they are over, that is on the disk, failed or given up; False after `timeout_s`."""
        ...

    def give_up(self) -> None:
        """Ask for them no more: whatever of them is on the disk goes, and the part can be recorded without."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class LogEntry:
    """An inspection with the pictures that may be archived beside it.

    Attributes
    ----------
    pictures
        Where these are on their way already (`PictureKeeper`); else the log begins with them when it gets the entry.
    """

    inspection: Inspection
    frame: Frame | None
    anomaly_map: AnomalyMap | None
    pictures: PicturesUnderWay | None = None

    @property
    def held_bytes(self) -> int:
        """How much memory its pictures hold."""
        held = 0 if self.anomaly_map is None else self.anomaly_map.values.nbytes
        if self.frame is not None:
            held += self.frame.pixels.nbytes + (0 if self.frame.original is None else self.frame.original.nbytes)
        return held


@runtime_checkable
class PictureKeeper(Protocol):
    """A log that writes pictures ahead of the entries they belong to, several at a time."""

    def begin_pictures(self, entry: LogEntry) -> LogEntry:
        """Begin to write the pictures of `entry`; return at once, with an entry for `InspectionLog.append`.

        Its `pictures` are None where none are wanted. Never raises.
        """
        ...


class InspectionLog(Protocol):
    """The line's side of the log, verdicts and events in one order: durable when `append` returns."""

    def append(self, entries: Sequence[LogEntry | Event], timeout_s: float = 10.0) -> list[int]:
        """Write verdicts, with the pictures they name, and events; return the id of each, in order.

        Verdicts and events are numbered apart: a record keeps the number that people know it by. Either every
        entry is durable or none is.

        Raises
        ------
        StationFault
            If the log cannot be written (disk full, locked, corrupt): nothing was acknowledged.
        """
        ...


class Output(Protocol):
    """A place that verdicts are told to: a reject signal, a plant message."""

    def report(self, inspection: Inspection) -> None:
        """Tell one verdict, in the order in which they became durable. Never blocks, never raises."""
        ...

    def troubles(self) -> Sequence[StationFault]:
        """Return what went wrong since the last time this was asked; never blocks, never raises."""
        ...

    def close(self) -> None:
        """Pass on what was told, go to the fail-safe state and release, within seconds. Idempotent."""
        ...
