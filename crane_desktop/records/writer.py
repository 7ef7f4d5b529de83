"""What the log's owner thread does: the only connection that writes, and the order of durability."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Table, insert
from sqlalchemy.exc import DBAPIError

from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.events import Event
from crane_desktop.domain.ports import LogEntry
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.records.archive import Archive, ArchivedPaths
from crane_desktop.records.database import writing_engine
from crane_desktop.records.faults import database_fault, disk_fault, is_disk_full
from crane_desktop.records.migrate import opening_error, prepare_database
from crane_desktop.records.orphans import remove_orphans
from crane_desktop.records.rows import event_row_of, placement_row, row_of
from crane_desktop.records.schema import events, given_numbers, records
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.store import KeepImages

_NOTHING_ARCHIVED = ArchivedPaths()
_log = logging.getLogger(__name__)


class Writer:
    """Writes batches; lives in one thread, because its connection does.

    Pictures come first (written, synced), then the rows in one transaction. A crash in between leaves
    pictures that no row names; the next run removes them. It never leaves a row without its picture.
    Records and events are numbered in one sequence, in the transaction that makes them durable.
    """

    def __init__(self, data: DataDir, keep_images: KeepImages, reserve_bytes: int) -> None:
        self._data = data
        self._keep_images = keep_images
        self._reserve_bytes = reserve_bytes
        self._archive = Archive(data.records, data.images)
        self._engine = writing_engine(data.log_file)
        self._connection: Connection | None = None
        self._was_short = self._cleaned_up = False

    def open(self) -> None:
        """Check and prepare the database.

        Raises
        ------
        InputError
            If the database cannot be used.
        DBAPIError
            If it turns out to be damaged only now.
        """
        prepare_database(self._data.log_file)
        self._connection = self._engine.connect()

    def clean_up(self) -> None:
        """Remove what a crash has left, once, before new pictures come.

        Raises
        ------
        InputError
            If the database turns out to be damaged only now.
        """
        if self._cleaned_up:
            return
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            removed = remove_orphans(self._connection, self._data)
        except (DBAPIError, OSError) as error:
            raise opening_error(error, self._data.log_file) from error
        if removed:
            _log.warning("removed %d pictures that no record names (left by a crash)", removed)
        self._cleaned_up = True

    def write(self, entries: Sequence[LogEntry | Event], may_commit: Callable[[], bool]) -> list[int] | None:
        """Make `entries` durable and return their ids; None where `may_commit` said no at the last moment.

        Raises
        ------
        StationFault
            If they could not be written; nothing of them stays.
        """
        kept = self._keep_pictures([entry for entry in entries if isinstance(entry, LogEntry)])
        ids: list[int] | None = None
        try:
            if may_commit():
                ids = self._insert(_rows(entries, kept))
        except DBAPIError as error:
            self._forget_connection()
            raise database_fault(error, self._data.log_file) from error
        finally:
            if ids is None:
                self._archive.discard(kept)
        return ids

    def close(self) -> None:
        """Close the connection; SQLite then folds its write-ahead log into the database."""
        self._forget_connection()
        self._engine.dispose()

    def _insert(self, rows: Sequence[tuple[Table, dict[str, Any]]]) -> list[int]:
        if not self._data.log_file.exists():
            # The open file lives on without its name, and everything written to it would be gone.
            self._forget_connection()
            raise StationFault("records.gone", path=self._data.log_file)
        if self._connection is None:
            self._connection = self._engine.connect()
        with self._connection.begin():
            sequence = given_numbers(self._connection)
            return [
                _insert_one(self._connection, table, row | {"sequence": sequence + number})
                for number, (table, row) in enumerate(rows, start=1)
            ]

    def _forget_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.close()
        except DBAPIError as error:
            connection.invalidate()
            _log.warning("closing the database failed: %s", error)

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


def _insert_one(connection: Connection, table: Table, row: dict[str, Any]) -> int:
    return int(connection.execute(insert(table).returning(table.c.id), row).scalar_one())


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
