"""What the log's owner thread does: the only connection that writes, and the order of durability."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Table, insert
from sqlalchemy.exc import DBAPIError

from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.events import Event
from crane_desktop.domain.ports import LogEntry
from crane_desktop.records.archive import Archive, ArchivedPaths
from crane_desktop.records.database import writing_engine
from crane_desktop.records.faults import database_fault, disk_fault
from crane_desktop.records.migrate import opening_error, prepare_database
from crane_desktop.records.orphans import remove_orphans
from crane_desktop.records.picture_pool import PictureJob
from crane_desktop.records.rows import event_row_of, placement_row, row_of
from crane_desktop.records.schema import events, given_numbers, records
from crane_desktop.settings.data_dir import DataDir

_log = logging.getLogger(__name__)


class Writer:
    """Writes batches; lives in one thread, because its connection does.

    Pictures come first (written by the pool, named here, both synced), then the rows in one transaction. A crash in
    between leaves pictures that no row names (see `records.archive`). It never leaves a row without its picture.
    Records and events are numbered in one sequence, in the transaction that makes them durable.
    """

    def __init__(self, data: DataDir, archive: Archive) -> None:
        self._data = data
        self._archive = archive
        self._engine = writing_engine(data.log_file)
        self._connection: Connection | None = None
        self._cleaned_up = False

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
