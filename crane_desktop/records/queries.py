"""Reading the log while it is being written."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.exc import DBAPIError

from crane_desktop.domain.balance import Counts
from crane_desktop.domain.errors import InputError, technical
from crane_desktop.domain.events import EventKind
from crane_desktop.domain.history import EventRow, HistoryRecord, HistoryRow, RunRow
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.records import run_queries
from crane_desktop.records.archive import Archive
from crane_desktop.records.database import reading_engine
from crane_desktop.records.migrate import prepare_database
from crane_desktop.records.rows import history_row_of, outlines_of, placement_of, plain_value
from crane_desktop.records.schema import events, given_numbers, records
from crane_desktop.settings.data_dir import DataDir

_LIST_COLUMNS = [
    records.c[name]
    for name in (
        "id",
        "decided_at",
        "verdict",
        "reason",
        "score",
        "threshold",
        "source_id",
        "file",
        "latency_ms",
        "run",
        "map_peak",
        "map_threshold",
    )
]


@dataclass(frozen=True, slots=True)
class LogEnds:
    """How far a log goes: its highest ids, 0 where there are none, and how many of both were ever given."""

    record_id: int
    event_id: int
    numbers: int


class RecordReader:
    """Reads one log; use it from one thread. Each call sees what is durable at its beginning.

    Parameters
    ----------
    data
        The data folder, prepared. A log that does not exist yet is made (empty), an older one is migrated.

    Raises
    ------
    InputError
        If the log cannot be opened.
    """

    def __init__(self, data: DataDir) -> None:
        prepare_database(data.log_file)
        self._data = data
        self._archive = Archive(data.records, data.images)
        self._engine = reading_engine(data.log_file)
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def page(self, before: int | None = None, limit: int = 100, verdict: Verdict | None = None) -> list[HistoryRow]:
        """Return at most `limit` records, newest first, with ids below `before`, of `verdict` where given."""
        query = select(*_LIST_COLUMNS).order_by(records.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(records.c.id < before)
        if verdict is not None:
            query = query.where(records.c.verdict == verdict.value)
        with self._reading() as connection:
            return [history_row_of(dict(row)) for row in connection.execute(query).mappings()]

    def record(self, record_id: int) -> HistoryRecord:
        """Open one record with its pictures, as far as they were kept and are still there.

        Raises
        ------
        InputError
            If there is no such record, or the log cannot be read.
        """
        with self._reading() as connection:
            found = connection.execute(select(records).where(records.c.id == record_id)).mappings().one_or_none()
        if found is None:
            raise InputError("records.no_such_record", record_id=record_id)
        row = dict(found)
        place = placement_of(row)
        image_path, map_path = row["image_path"], row["map_path"]
        return HistoryRecord(
            row=history_row_of(row),
            fields={name: _shown(value) for name, value in row.items()},
            regions=outlines_of(row),
            pixels=self._archive.read_picture(image_path, row["pixel_format"]) if image_path else None,
            anomaly_map=self._archive.read_map(map_path, place) if map_path and place else None,
        )

    def stats(self) -> dict[str, Any]:
        """Sum up the log.

        Records in all and by verdict, when the first and last were decided (UTC), runs, their losses by cause, and
        frames of which nobody knows what became of them.
        """
        by_verdict = select(records.c.verdict, func.count().label("records")).group_by(records.c.verdict)
        ends = select(func.min(records.c.decided_at), func.max(records.c.decided_at))
        with self._reading() as connection:
            counts: dict[str, int] = {row.verdict: row.records for row in connection.execute(by_verdict)}
            first, last = connection.execute(ends).one()
            totals = run_queries.run_totals(connection)
        summary: dict[str, Any] = {"records": sum(counts.values())}
        summary |= {verdict.value.lower(): counts.get(verdict.value, 0) for verdict in Verdict}
        return summary | {"first_at": plain_value(first), "last_at": plain_value(last)} | totals

    def counts(self) -> Counts:
        """Count the verdicts since the counters were last reset; since the first record where they never were."""
        resets = select(events.c.at).where(events.c.kind == EventKind.COUNTS_RESET.value)
        by_verdict = select(records.c.verdict, func.count().label("records")).group_by(records.c.verdict)
        with self._reading() as connection:
            reset_at = connection.execute(resets.order_by(events.c.id.desc()).limit(1)).scalar_one_or_none()
            if reset_at is not None:
                later = select(func.min(records.c.id)).where(records.c.decided_at >= reset_at).scalar_subquery()
                by_verdict = by_verdict.where(records.c.id >= later)
            counted = {Verdict(row.verdict): row.records for row in connection.execute(by_verdict)}
            first_at = connection.execute(select(func.min(records.c.decided_at))).scalar_one()
        return Counts(reset_at or first_at, counted)

    def runs(self, before: int | None = None, limit: int = 100) -> list[RunRow]:
        """Return at most `limit` runs, newest first, with numbers below `before`.

        The balance of one that has ended is as it was told; `run` counts the records.
        """
        with self._reading() as connection:
            return run_queries.read_runs(connection, before, limit)

    def runs_after(self, after: int, limit: int) -> list[RunRow]:
        """Return at most `limit` runs, oldest first, with numbers above `after`; as `runs` does."""
        with self._reading() as connection:
            return run_queries.read_runs_after(connection, after, limit)

    def run(self, run: str) -> RunRow:
        """Return one run, its balance counted from its records.

        Raises
        ------
        InputError
            If there is no such run, or the log cannot be read.
        """
        with self._reading() as connection:
            found = run_queries.read_run(connection, run)
        if found is None:
            raise InputError("records.no_such_run", run=run)
        return found

    def events(
        self, before: int | None = None, limit: int = 100, kind: EventKind | None = None, run: str | None = None
    ) -> list[EventRow]:
        """Return at most `limit` events, newest first, with ids below `before`, of `kind` and `run` where given."""
        with self._reading() as connection:
            return run_queries.read_events(connection, run_queries.events_query(before, limit, kind, run))

    def rows_after(
        self, after: int, limit: int, where: Sequence[Any] = (), table: Table = records
    ) -> Sequence[Mapping[str, Any]]:
        """Return at most `limit` whole rows, oldest first, with ids above `after`, that meet all of `where`."""
        query = select(table).where(table.c.id > after, *where).order_by(table.c.id).limit(limit)
        with self._reading() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def ids_after(self, after: int, limit: int, where: Sequence[Any] = (), table: Table = records) -> Sequence[int]:
        """Return the ids that `rows_after` would return rows of, without looking at anything else in them."""
        query = select(table.c.id).where(table.c.id > after, *where).order_by(table.c.id).limit(limit)
        with self._reading() as connection:
            return list(connection.execute(query).scalars())

    def count(self) -> int:
        """Return how many records there are."""
        with self._reading() as connection:
            return int(connection.execute(select(func.count()).select_from(records)).scalar_one())

    def ends(self) -> LogEnds:
        """Return how far the log goes, seen at one moment."""
        with self._reading() as connection:
            newest = [connection.execute(select(func.max(table.c.id))).scalar() or 0 for table in (records, events)]
            return LogEnds(newest[0], newest[1], given_numbers(connection))

    def close(self) -> None:
        """Close the connection. Idempotent."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A short transaction: a long one would keep the writer from folding its journal away."""
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            with self._connection.begin():
                yield self._connection
        except (DBAPIError, sqlite3.Error) as error:
            detail = technical((error.orig or error) if isinstance(error, DBAPIError) else error)
            self.close()
            raise InputError("records.unreadable", path=self._data.log_file, detail=detail) from error


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return json.dumps(value)
    return "" if value is None else str(plain_value(value))
