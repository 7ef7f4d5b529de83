"""Proving the log: the database is whole, every row is ours, every picture is there, and nothing is missing between.

Records and events are walked in their one order: a number that is missing was taken out, and every run that has ended
must balance. The anchor outside the database tells whether its end is missing (`surroundings`). Whoever changes the
numbers too leaves no trace yet: chained entries would have their place here.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Table

from crane_desktop.domain.errors import CraneError, InputError, StationFault
from crane_desktop.records.anchor import read_mark
from crane_desktop.records.database import connect
from crane_desktop.records.migrate import opening_error
from crane_desktop.records.order_proof import OrderProof
from crane_desktop.records.picture_proof import check_pictures
from crane_desktop.records.queries import RecordReader
from crane_desktop.records.row_check import event_of, inspection_of
from crane_desktop.records.schema import events, records
from crane_desktop.records.surroundings import findings_around, findings_without_log
from crane_desktop.settings.data_dir import DataDir

Progress = Callable[[int, int], None]
_AT_ONCE = 500
_Rows = Iterator[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class LogProof:
    """What came of a proof.

    Attributes
    ----------
    records
        In the log; of a damaged one, how many were proven before the damage.
    first_bad
        Id of the first record that is not sound; None where there is none, or where no record can be blamed.
    findings
        What is wrong and what to do about it, worst first; none where the log is sound. The walk over the records ends
        with the first damage; database, form, anchor and archive are looked at all the same.
    """

    records: int
    first_bad: int | None = None
    findings: tuple[CraneError, ...] = ()

    @property
    def error(self) -> CraneError | None:
        """The first finding."""
        return self.findings[0] if self.findings else None

    @property
    def ok(self) -> bool:
        """Whether the log is sound."""
        return not self.findings


def verify_log(data: DataDir, progress: Progress = lambda _done, _of: None) -> LogProof:
    """Prove the whole log as it stands now; a line may go on writing it.

    It is read page by page, so that its size costs time but no memory. The first damage ends the proof.

    Parameters
    ----------
    data
        The data folder, prepared.
    progress
        Told how many records are proven, and of how many.

    Raises
    ------
    InputError
        If the log cannot be looked at: newer than this program, not ours, locked, no right to read it.
    """
    marked = read_mark(data.anchor_file)  # before the log, which a line may go on writing
    if not data.log_file.exists():
        return LogProof(0, findings=findings_without_log(data, marked))
    damage = _database_damage(data.log_file)
    try:
        with RecordReader(data) as reader:
            proof = _prove_rows(reader, data, damage, progress)
    except InputError as error:
        # Damage is what a proof is for; everything else is the user's to mend before there can be one.
        if error.key not in ("records.damaged", "records.unreadable"):
            raise
        proof = LogProof(0, findings=(damage or error,))
    around = findings_around(data, marked)
    first_bad = proof.first_bad
    if around.named_twice is not None:
        first_bad = min(first_bad or around.named_twice, around.named_twice)
    return replace(proof, first_bad=first_bad, findings=(*proof.findings, *around.findings))


def _database_damage(path: Path) -> CraneError | None:
    """Have SQLite check its own pages and indexes."""
    try:
        with closing(connect(path, "ro")) as connection:
            (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        opening = opening_error(error, path)
        if opening.key != "records.damaged":
            raise opening from error
        return StationFault("records.proof_database", path=path, detail=error)
    detail = str(found).strip().replace("\n", " ")
    return None if detail == "ok" else StationFault("records.proof_database", path=path, detail=detail)


def _prove_rows(reader: RecordReader, data: DataDir, damage: CraneError | None, progress: Progress) -> LogProof:
    walk = _Walk(reader, data)
    of = 0 if damage else reader.count()
    try:
        for proven in walk:
            if proven % _AT_ONCE == 0:
                progress(proven, max(of, proven))
    except _UnsoundError as unsound:
        return LogProof(of or walk.proven, unsound.record_id, (damage or unsound.error,))
    except InputError as error:
        return LogProof(walk.proven, None, (damage or _lost_after(data, walk.last, error),))
    progress(walk.proven, walk.proven)
    return LogProof(walk.proven, None, () if damage is None else (damage,))


class _UnsoundError(Exception):
    def __init__(self, record_id: int | None, error: CraneError) -> None:
        super().__init__(record_id, error)
        self.record_id, self.error = record_id, error


class _Walk:
    """Goes once over records and events in their order, and proves each; yields how many records are proven.

    Attributes
    ----------
    last
        Id of the newest record that was looked at.
    """

    def __init__(self, reader: RecordReader, data: DataDir) -> None:
        self._data = data
        self._ends = reader.ends()
        self._records = _rows(reader, self._ends.record_id, records)
        self._events = _rows(reader, self._ends.event_id, events)
        self._next_event: Mapping[str, Any] | None = None
        self._order = OrderProof()
        self.proven = self.last = 0

    def __iter__(self) -> Iterator[int]:
        self._next_event = next(self._events, None)
        for row in self._records:
            self.last = row["id"]
            with _blamed_on(row["id"]):
                inspection = inspection_of(row)
                check_pictures(self._data.records, row)
            self._take_events(before=row["sequence"])
            with _blamed_on(row["id"]), _blamed_on_nobody():
                self._order.record(inspection, row["id"], row["sequence"])
            self.proven += 1
            yield self.proven
        self._take_events(before=sys.maxsize)
        with _blamed_on_nobody():
            self._order.end(self._ends.numbers)

    def _take_events(self, before: int | None) -> None:
        while before is not None and (row := self._next_event) is not None and _place(row) < before:
            with _blamed_on_nobody():
                try:
                    self._order.event(event_of(row))
                except ValueError as error:
                    raise _unsound_event(row["id"], error) from error
            self._next_event = next(self._events, None)


@contextmanager
def _blamed_on(record_id: int) -> Iterator[None]:
    try:
        yield
    except StationFault as error:
        raise _UnsoundError(record_id, error) from error
    except ValueError as error:
        raise _unsound_row(record_id, error) from error


@contextmanager
def _blamed_on_nobody() -> Iterator[None]:
    """What is missing, or does not add up, is no record's fault that is there."""
    try:
        yield
    except StationFault as error:
        raise _UnsoundError(None, error) from error


def _place(row: Mapping[str, Any]) -> int:
    place = row["sequence"]
    if not isinstance(place, int):
        raise _unsound_event(row["id"], f"sequence is {place!r:.60}")
    return place


def _rows(reader: RecordReader, end: int, table: Table) -> _Rows:
    last: int | None = 0
    while last is not None:
        after, last = last, None
        for row in _page(reader, after, end, table):
            last = row["id"]
            yield row


def _page(reader: RecordReader, last: int, end: int, table: Table) -> Iterable[Mapping[str, Any]]:
    try:
        return reader.rows_after(last, _AT_ONCE, [table.c.id <= end], table)
    except (InputError, ValueError, TypeError):
        return _one_by_one(reader, last, end, table)


def _one_by_one(reader: RecordReader, last: int, end: int, table: Table) -> _Rows:
    """One value that cannot be read fails its whole page: find whose it is."""
    unsound = _unsound_row if table is records else _unsound_event
    for row_id in reader.ids_after(last, _AT_ONCE, [table.c.id <= end], table):
        try:
            yield from reader.rows_after(row_id - 1, 1, [table.c.id <= row_id], table)
        except (ValueError, TypeError) as error:
            raise unsound(row_id, error) from error
        except InputError as error:
            raise unsound(row_id, error.params.get("detail", error)) from error


def _unsound_row(record_id: int, detail: object) -> _UnsoundError:
    return _UnsoundError(record_id, StationFault("records.proof_row", record_id=record_id, detail=detail))


def _unsound_event(event_id: int, detail: object) -> _UnsoundError:
    return _UnsoundError(None, StationFault("records.proof_event", event_id=event_id, detail=detail))


def _lost_after(data: DataDir, last: int, error: InputError) -> StationFault:
    return StationFault(
        "records.proof_rows_lost", path=data.log_file, record_id=last, detail=error.params.get("detail", "")
    )
