"""What the log's owner thread does: the only connection that writes, and the order of durability."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Table
from sqlalchemy.exc import DBAPIError

from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.events import Event
from crane_desktop.domain.ports import LogEntry
from crane_desktop.records.archive import Archive, ArchivedPaths
from crane_desktop.records.continuity import Given
from crane_desktop.records.faults import disk_fault
from crane_desktop.records.housekeeping import look_after_pictures
from crane_desktop.records.ledger import Ledger
from crane_desktop.records.migrate import opening_error
from crane_desktop.records.outcome import UnknownOutcomeError
from crane_desktop.records.picture_pool import PictureJob
from crane_desktop.records.rows import event_row_of, placement_row, row_of
from crane_desktop.records.schema import events, records
from crane_desktop.settings.data_dir import DataDir

_log = logging.getLogger(__name__)


class Writer:
    """Writes batches; lives in one thread, because its connection does.

    Pictures come first (written by the pool, named here, both synced), then the rows in one transaction. A crash in
    between leaves pictures that no row names (see `records.archive`); the next run moves them to quarantine. It never
    leaves a row without its picture. Records and events are numbered in one sequence, in the transaction that makes
    them durable.
    """

    def __init__(self, data: DataDir, archive: Archive, quarantine_days: int = 90) -> None:
        self._data = data
        self._archive = archive
        self._quarantine_days = quarantine_days
        self._ledger = Ledger(data, archive.session)
        self._undecided: list[tuple[tuple[Given, ...], list[ArchivedPaths]]] = []
        self._cleaned_up = False
        self.findings: tuple[StationFault, ...] = ()
        """What the last `clean_up` found that people must know."""

    def open(self) -> None:
        """Check and prepare the database.

        Raises
        ------
        InputError
            If the database cannot be used.
        DBAPIError
            If it turns out to be damaged only now.
        """
        self._ledger.open()

    def clean_up(self) -> None:
        """Look, once and before new pictures come, for what a crash has left; find out whether the log is our last one.

        Where the log was moved away, replaced or written over since it was opened, what lies there is opened now.

        Raises
        ------
        InputError
            If the database turns out to be damaged only now.
        """
        try:
            if not self._is_still_ours():
                self._ledger.open()
                self._cleaned_up = False
            if self._cleaned_up:
                return
            self.findings = look_after_pictures(self._ledger, self._data, self._archive.session, self._quarantine_days)
            self._ledger.announce()  # the pool may write pictures before the first of them is handed in here
        except (DBAPIError, OSError) as error:
            raise opening_error(error, self._data.log_file) from error
        self._cleaned_up = True

    def write(self, entries: Sequence[LogEntry | Event], may_commit: Callable[[], bool]) -> list[int] | None:
        """Make `entries` durable and return their ids; None where `may_commit` said no at the last moment.

        Raises
        ------
        StationFault
            If they could not be written: nothing of them stays, or nobody can know yet. What became of those is
            looked up before anything else is written, and noted in the log.
        """
        self._ledger.check()
        self._settle()
        self._ledger.announce()
        kept = self._keep_pictures([entry for entry in entries if isinstance(entry, LogEntry)])
        try:
            if may_commit():
                return self._ledger.add(_rows(entries, kept))
        except UnknownOutcomeError as unknown:
            self._archive.may_have_left = True
            # Their rows may be there: the pictures stay where these name them.
            self._undecided.append((unknown.given, kept))
            raise unknown.fault from unknown
        except BaseException:
            self._archive.discard(kept)
            raise
        self._archive.discard(kept)
        return None

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits for `tidy`."""
        return not self._ledger.anchor_is_behind

    def tidy(self) -> None:
        """Do what may wait until there is nothing else to do."""
        self._ledger.sync_anchor()

    def close(self) -> None:
        """Close the connection; SQLite then folds its write-ahead log into the database."""
        with suppress(StationFault):
            self._settle()
        if self._cleaned_up and not self._archive.may_have_left:
            self._ledger.keep_sessions(())
        self._ledger.close()

    def _is_still_ours(self) -> bool:
        try:
            self._ledger.check()
        except StationFault:
            return False
        return not self._ledger.is_elsewhere()

    def _settle(self) -> None:
        """Find out what became of batches whose commit failed with an unknown outcome.

        Raises
        ------
        StationFault
            If that is still unknown.
        """
        while self._undecided:
            given, kept = self._undecided[0]
            recorded = self._ledger.settle(given)
            if recorded is None:
                raise StationFault("records.outcome_unknown", path=self._data.log_file)
            _log.warning("a batch whose commit had failed %s in the log", "is" if recorded else "is not")
            if not recorded:
                self._archive.discard(kept)
            del self._undecided[0]

    def _keep_pictures(self, entries: Sequence[LogEntry]) -> list[ArchivedPaths]:
        jobs = [entry.pictures if isinstance(entry.pictures, PictureJob) else None for entry in entries]
        written = [None if job is None else job.take() for job in jobs]
        try:
            named = iter(self._archive.settle([files for files in written if files is not None]))
        except OSError as error:
            raise disk_fault(error, self._data.images) from error
        return [
            ArchivedPaths(note=None if job is None else job.not_kept) if files is None else next(named)
            for job, files in zip(jobs, written, strict=True)
        ]


def _rows(entries: Sequence[LogEntry | Event], kept: Sequence[ArchivedPaths]) -> list[tuple[Table, dict[str, Any]]]:
    """Return each entry's table and row; `kept` are the pictures of the verdicts among them, in order."""
    pictures = iter(kept)
    return [
        (records, _full_row(entry, next(pictures))) if isinstance(entry, LogEntry) else (events, event_row_of(entry))
        for entry in entries
    ]


def _full_row(entry: LogEntry, kept: ArchivedPaths) -> dict[str, Any]:
    row: dict[str, Any] = row_of(entry.inspection) | {
        "image_path": kept.image,
        "map_path": kept.map,
        "image_note": kept.note,
        "original_path": kept.original,
    }
    if kept.map is not None and entry.anomaly_map is not None:
        row |= placement_row(entry.anomaly_map)
    return row
