"""The program's one writer of the log, shared by the line and by everything else that has something to note."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from crane_desktop.domain.errors import CraneError, StationFault
from crane_desktop.domain.events import Event
from crane_desktop.domain.ports import LogEntry
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.store import Settings

if TYPE_CHECKING:  # brings the database
    from crane_desktop.records.log import SqliteInspectionLog

_log = logging.getLogger(__name__)


class StationLog:
    """Implements `domain.ports.InspectionLog` and `PictureKeeper`; the log is opened when it is first needed, once.

    Any thread may use it; whoever made it closes it. The data folder must be locked by this program.

    Parameters
    ----------
    data
        The data folder, prepared.
    settings
        Which pictures are kept, and how much of the disk they leave free.
    """

    def __init__(self, data: DataDir, settings: Settings) -> None:
        self._data = data
        self._settings = settings
        self._guard = threading.Lock()
        self._opened: SqliteInspectionLog | None = None
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> tuple[StationFault, ...]:
        """Open the log for a run, which hears now what is wrong with it; what a crash has left goes to quarantine.

        A log that only takes events moves nothing: a command that reads, or saves a recipe, touches no picture.

        Returns
        -------
        tuple of StationFault
            What people must know before they rely on the log; the run goes on.

        Raises
        ------
        InputError
            If the log cannot be used; the next call tries again.
        StationFault
            If it was closed.
        """
        return self._writer().clean_up()

    def append(self, entries: Sequence[LogEntry | Event], timeout_s: float = 10.0) -> list[int]:
        """Write verdicts and events; see `InspectionLog.append`.

        Raises
        ------
        InputError
            If the log cannot be opened.
        StationFault
            If it cannot be written, or was closed.
        """
        return self._writer().append(entries, timeout_s)

    def begin_pictures(self, entry: LogEntry) -> LogEntry:
        """Begin to write the pictures of an entry; see `PictureKeeper`."""
        try:
            return self._writer().begin_pictures(entry)
        except CraneError:  # whoever hands the entry in hears it
            return entry

    def note(self, event: Event, timeout_s: float = 2.0) -> bool:
        """Write one event; False where the log did not take it, which is then in the program's own log.

        What the event tells of has happened: that it could not be noted must not undo it.
        """
        try:
            self._writer().note(event, timeout_s)
        except CraneError as error:
            _log.error("the log did not take the event %s %s: %s", event.kind, dict(event.details), error)
            return False
        return True

    def close(self) -> None:
        """Close the log, if it was opened, and refuse more. Idempotent."""
        with self._guard:
            self._closed = True
            opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()

    def _writer(self) -> SqliteInspectionLog:
        with self._guard:
            if self._closed:
                raise StationFault("records.closed")
            if self._opened is None:
                from crane_desktop.records.log import SqliteInspectionLog

                kept = self._settings
                self._opened = SqliteInspectionLog(
                    self._data,
                    keep_images=kept.keep_images,
                    reserve_mb=kept.reserve_mb,
                    clean_up=False,
                    quarantine_days=kept.quarantine_days,
                )
            return self._opened
