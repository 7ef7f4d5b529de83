"""What the log's owner thread does: the only connection that writes, and the order of durability."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Table
from sqlalchemy.exc import DBAPIError

from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.events import Event
from crane_desktop.domain.ports import LogEntry
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.records.archive import Archive, ArchivedPaths
from crane_desktop.records.continuity import Given
from crane_desktop.records.faults import disk_fault, is_disk_full
from crane_desktop.records.housekeeping import look_after_pictures
from crane_desktop.records.ledger import Ledger
from crane_desktop.records.migrate import opening_error
from crane_desktop.records.outcome import UnknownOutcomeError
from crane_desktop.records.rows import event_row_of, placement_row, row_of
from crane_desktop.records.schema import events, records
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.store import KeepImages

_NOTHING_ARCHIVED = ArchivedPaths()
_log = logging.getLogger(__name__)


class Writer:
    """Writes batches; lives in one thread, because its connection does.

    Pictures come first (written, synced), then the rows in one transaction. A crash in between leaves
    pictures that no row names; the next run moves them to quarantine. It never leaves a row without its picture.
    Records and events are numbered in one sequence, in the transaction that makes them durable.
    """

    def __init__(self, data: DataDir, keep_images: KeepImages, reserve_bytes: int, quarantine_days: int = 90) -> None:
        self._data = data
        self._keep_images = keep_images
        self._reserve_bytes = reserve_bytes
        self._quarantine_days = quarantine_days
        self._archive = Archive(data.records, data.images)
        self._ledger = Ledger(data, self._archive.session)
        self._undecided: list[tuple[tuple[Given, ...], list[ArchivedPaths]]] = []
        self._was_short = self._cleaned_up = self._may_have_left = False
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
            self._may_have_left = True
            # Their rows may be there: the pictures stay where these name them.
            self._undecided.append((unknown.given, kept))
            raise unknown.fault from unknown
        except BaseException:
            self._discard(kept)
            raise
        self._discard(kept)
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
        if self._cleaned_up and not self._may_have_left:
            self._ledger.keep_sessions(())
        self._ledger.close()

    def _is_still_ours(self) -> bool:
        try:
            self._ledger.check()
        except StationFault:
            return False
        return not self._ledger.is_elsewhere()

    def _discard(self, kept: Sequence[ArchivedPaths]) -> None:
        self._may_have_left = True  # a disk that refused the rows may refuse to move the pictures too
        self._archive.discard(kept)

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
                self._discard(kept)
            del self._undecided[0]

    def _keep_pictures(self, entries: Sequence[LogEntry]) -> list[ArchivedPaths]:
        all_kept = [_NOTHING_ARCHIVED] * len(entries)
        wanted = [n for n, entry in enumerate(entries) if self._wants_picture(entry)]
        for number, kept in zip(wanted, self._kept([entries[n] for n in wanted]), strict=True):
            all_kept[number] = kept
        return all_kept

    def _kept(self, wanted: Sequence[LogEntry]) -> list[ArchivedPaths]:
        if not wanted:
            return []
        if self._short_of_space():
            return [ArchivedPaths(note="disk_reserve")] * len(wanted)
        try:
            return self._archive.keep(wanted)
        except OSError as error:
            self._may_have_left = True
            if not is_disk_full(error):
                raise disk_fault(error, self._data.images) from error
            # A verdict matters more than its picture: the row may still find room.
            _log.warning("no space for pictures: %s", error)
            return [ArchivedPaths(note="disk_full")] * len(wanted)

    def _wants_picture(self, entry: LogEntry) -> bool:
        if entry.frame is None or self._keep_images == "none":
            return False
        return self._keep_images == "all" or entry.inspection.verdict is not Verdict.OK

    def _short_of_space(self) -> bool:
        try:
            short = shutil.disk_usage(self._data.records).free < self._reserve_bytes
        except OSError as error:
            raise disk_fault(error, self._data.records) from error
        if short != self._was_short:
            self._was_short = short
            if short:
                _log.warning("disk space is below the reserve: pictures are no longer kept, verdicts are")
            else:
                _log.info("disk space is above the reserve again: pictures are kept")
        return short


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
