"""Proving the log: the database is whole, every row is a record of ours, every picture that a row names is there.

What was taken out whole, row and pictures, leaves no trace yet: chained records would have their place here, as one
more check of each page of rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crane_desktop.domain.errors import CraneError, InputError, StationFault
from crane_desktop.records.database import connect
from crane_desktop.records.migrate import opening_error
from crane_desktop.records.picture_proof import check_pictures
from crane_desktop.records.queries import RecordReader
from crane_desktop.records.row_check import inspection_of
from crane_desktop.records.schema import records
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
        Id of the first record that is not sound; None where there is none, or where it cannot be told which.
    error
        What is wrong and what to do about it; None where the log is sound.
    """

    records: int
    first_bad: int | None = None
    error: CraneError | None = None

    @property
    def ok(self) -> bool:
        """Whether the log is sound."""
        return self.error is None


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
    if not data.log_file.exists():
        return LogProof(0)
    damage = _database_damage(data.log_file)
    try:
        with RecordReader(data) as reader:
            return _prove_rows(reader, data, damage, progress)
    except InputError as error:
        # Damage is what a proof is for; everything else is the user's to mend before there can be one.
        if error.key not in ("records.damaged", "records.unreadable"):
            raise
        return LogProof(0, error=damage or error)


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
    proven, last, end = 0, 0, reader.newest_id()
    of = proven if damage else reader.count()
    try:
        for row in _rows(reader, end):
            last = row["id"]
            _check(data, row)
            proven += 1
            if proven % _AT_ONCE == 0:
                progress(proven, max(of, proven))
    except _UnsoundError as unsound:
        return LogProof(of or proven, unsound.record_id, damage or unsound.error)
    except InputError as error:
        return LogProof(proven, None, damage or _lost_after(data, last, error))
    progress(proven, proven)
    return LogProof(proven, None, damage)


class _UnsoundError(Exception):
    def __init__(self, record_id: int, error: CraneError) -> None:
        super().__init__(record_id, error)
        self.record_id, self.error = record_id, error


def _check(data: DataDir, row: Mapping[str, Any]) -> None:
    try:
        inspection_of(row)
        check_pictures(data.records, row)
    except StationFault as error:
        raise _UnsoundError(row["id"], error) from error
    except ValueError as error:
        raise _unsound_row(row["id"], error) from error


def _rows(reader: RecordReader, end: int) -> _Rows:
    last: int | None = 0
    while last is not None:
        after, last = last, None
        for row in _page(reader, after, end):
            last = row["id"]
            yield row


def _page(reader: RecordReader, last: int, end: int) -> Iterable[Mapping[str, Any]]:
    try:
        return reader.rows_after(last, _AT_ONCE, [records.c.id <= end])
    except (InputError, ValueError, TypeError):
        return _one_by_one(reader, last, end)


def _one_by_one(reader: RecordReader, last: int, end: int) -> _Rows:
    """One value that cannot be read fails its whole page: find whose it is."""
    for record_id in reader.ids_after(last, _AT_ONCE, [records.c.id <= end]):
        try:
            yield from reader.rows_after(record_id - 1, 1, [records.c.id <= record_id])
        except (ValueError, TypeError) as error:
            raise _unsound_row(record_id, error) from error
        except InputError as error:
            raise _unsound_row(record_id, error.params.get("detail", error)) from error


def _unsound_row(record_id: int, detail: object) -> _UnsoundError:
    return _UnsoundError(record_id, StationFault("records.proof_row", record_id=record_id, detail=detail))


def _lost_after(data: DataDir, last: int, error: InputError) -> StationFault:
    return StationFault(
        "records.proof_rows_lost", path=data.log_file, record_id=last, detail=error.params.get("detail", "")
    )
