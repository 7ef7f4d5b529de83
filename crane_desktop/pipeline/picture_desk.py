"""Verdicts whose pictures are on their way to the disk: begun in the order they come, recorded in the same order."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from crane_desktop.domain.errors import StationRemark
from crane_desktop.domain.ports import InspectionLog, LogEntry, PictureKeeper
from crane_desktop.pipeline.board import Backlog, Board
from crane_desktop.pipeline.mailbox import Mailbox

MOST_AT_ONCE = 64
"""Verdicts written in one transaction: the disk's sync is paid once for all that wait."""

MOST_HELD_BYTES = 96 * 2**20
"""What pictures under way hold in memory, at most: at least one is always under way."""

PICTURES_WITHIN_S = 5.0
"""How long one verdict waits for its pictures; then it is recorded without them, and nobody waits longer for it."""

BEHIND_AFTER_S = 3.0
"""How long the disk may hold up a camera's line before somebody is told."""

_LOOK_EVERY_S = 0.02


class PictureDesk:
    """Begins with pictures ahead of the log, within bounds of number, bytes and time. One thread uses it.

    Parameters
    ----------
    log
        Verdicts pass straight through where it is no `PictureKeeper`.
    clock_s
        Monotonic clock.
    """

    def __init__(self, log: InspectionLog, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._keeper = log if isinstance(log, PictureKeeper) else None
        self._clock_s = clock_s
        self._waiting: deque[tuple[LogEntry, float]] = deque()

    @property
    def empty(self) -> bool:
        """Whether no verdict waits here."""
        return not self._waiting

    @property
    def full(self) -> bool:
        """Whether it takes no more for now."""
        return len(self._waiting) >= MOST_AT_ONCE or self.held_bytes >= MOST_HELD_BYTES

    @property
    def held_bytes(self) -> int:
        """What the pictures that wait hold."""
        return sum(entry.held_bytes for entry, _ in self._waiting if entry.pictures is not None)

    def __len__(self) -> int:
        return len(self._waiting)

    def take(self, outbox: Mailbox[LogEntry], timeout_s: float) -> None:
        """Take verdicts out of the outbox as far as there is room; wait `timeout_s` only where none is here."""
        while not self.full:
            entries = outbox.take(1, timeout_s if self.empty else 0.0)
            if not entries:
                return
            entry = entries[0] if self._keeper is None else self._keeper.begin_pictures(entries[0])
            self._waiting.append((entry, self._clock_s() + PICTURES_WITHIN_S))

    def ready(self) -> list[LogEntry]:
        """Return the verdicts that can be recorded now, oldest first; waits a moment for the first.

        One whose time is up can be recorded too: its pictures are given up.
        """
        ready: list[LogEntry] = []
        while self._waiting:
            entry, until_s = self._waiting[0]
            pictures = entry.pictures
            if pictures is not None and not pictures.wait(0.0 if ready else _LOOK_EVERY_S):
                if self._clock_s() < until_s:
                    return ready
                pictures.give_up()
            ready.append(entry)
            self._waiting.popleft()
        return ready

    def abandon(self) -> None:
        """Give up the pictures of all that wait: their verdicts will not be recorded."""
        while self._waiting:
            pictures = self._waiting.popleft()[0].pictures
            if pictures is not None:
                pictures.give_up()


class BacklogWatch:
    """Tells the board how much waits for the disk, and raises a remark where that holds up a camera for long.

    Parameters
    ----------
    source_waits
        Whether the source comes only when it is asked: then a full queue is how it is meant to be.
    """

    KEY = "pipeline.disk_behind"

    def __init__(self, board: Board, *, source_waits: bool, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._board = board
        self._source_waits = source_waits
        self._clock_s = clock_s
        self._since_s: float | None = None

    def look(self, verdicts: int, held_bytes: int, *, holding: bool) -> None:
        """Note how it stands now."""
        self._board.waits_for_disk(Backlog(verdicts, held_bytes, holding))
        if not holding:
            self._since_s = None
            self._board.recovered(self.KEY)
            return
        now_s = self._clock_s()
        self._since_s = now_s if self._since_s is None else self._since_s
        if not self._source_waits and now_s - self._since_s >= BEHIND_AFTER_S:
            self._board.fault(StationRemark("pipeline.disk_behind", seconds=round(BEHIND_AFTER_S)))


def not_kept_fault(cause: str) -> StationRemark:
    """Return what to tell people of pictures that were not kept; `cause` as `PicturesUnderWay.not_kept` has it."""
    match cause:
        case "disk_reserve":
            return StationRemark("pipeline.pictures_reserve")
        case "disk_full":
            return StationRemark("pipeline.pictures_full")
        case _:
            return StationRemark("pipeline.pictures_slow")
