"""Whether a database is the one that was written last, and reaches as far as its anchor says."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import Connection, Table, Text, func, select, type_coerce
from sqlalchemy import text as sql_of

from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.events import Event, log_incomplete
from crane_desktop.records.anchor import Mark, Newest
from crane_desktop.records.schema import events, records

Given: TypeAlias = Newest
"""The number and moment that an entry was given."""

PROBLEMS = frozenset({"records.other_log", "records.log_behind", "records.log_changed", "records.anchor_gone"})
"""What `identity_problem` finds."""

_TABLES = {table.name: table for table in (records, events)}


def identity_problem(connection: Connection, path: Path, marked: Mark | None) -> tuple[int, StationFault | None]:
    """Return the id of a log, 0 where it never had one, and what is wrong between it and its anchor.

    A log gets its id with its first anchor; one without an id is new, or from before there were anchors.
    """
    log = log_id(connection)
    if marked is None:
        if not log:
            return 0, None
        newest = highest(connection, records)
        return log, StationFault("records.anchor_gone", path=path, expected=newest, found=newest)
    if not log and _is_all_of(connection, marked):
        return 0, None  # the program was killed between giving the anchor its id, and the log
    return log, anchor_problem(connection, path, marked)


def anchor_problem(connection: Connection, path: Path, marked: Mark) -> StationFault | None:
    """Return what is wrong between a log and its anchor, None where the log holds all that was marked."""
    found = highest(connection, records)
    if log_id(connection) != marked.log:
        return StationFault("records.other_log", path=path, expected=marked.record_id, found=found)
    if found < marked.record_id or highest(connection, events) < marked.event_id:
        return StationFault("records.log_behind", path=path, expected=marked.record_id, found=found)
    if marked.newest is not None and not has(connection, marked.newest):
        return StationFault("records.log_changed", path=path, expected=marked.record_id, found=found)
    return None


def counts_agree(connection: Connection, marked: Mark) -> bool:
    """Return whether there are as many rows, up to the ids that were marked, as there were then."""
    return all(
        _count(connection, table, until) == rows
        for table, until, rows in (
            (records, marked.record_id, marked.records),
            (events, marked.event_id, marked.events),
        )
    )


def problem_event(problem: StationFault) -> Event:
    """Return the event that keeps a problem in the log."""
    return log_incomplete(problem.key, _number(problem, "expected"), _number(problem, "found"))


def problem_of_event(path: Path, event: Event) -> StationFault:
    """Return the problem that an event kept, for people.

    Raises
    ------
    ValueError
        If it is none that this program knows.
    """
    details = event.details
    if details["why"] not in PROBLEMS:
        raise ValueError(f"{event.kind} with the unknown reason {details['why']!r:.60}")
    return StationFault(str(details["why"]), path=path, expected=details["expected"], found=details["found"])


def skip_lost(connection: Connection, marked: Mark) -> None:
    """Never give a lost number again: a record's number names it for good, and the gap must be seen."""
    for table, newest in ((records, marked.record_id), (events, marked.event_id)):
        if highest(connection, table) < newest:
            changed = connection.execute(
                sql_of("UPDATE sqlite_sequence SET seq = :newest WHERE name = :name"),
                {"newest": newest, "name": table.name},
            )
            if not changed.rowcount:
                connection.execute(
                    sql_of("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :newest)"),
                    {"newest": newest, "name": table.name},
                )


def mark_of(connection: Connection, log: int, known: Mark | None) -> Mark:
    """Return how far a log has come; its rows are counted only where `known` does not tell already."""
    ends = highest(connection, records), highest(connection, events)
    if known is not None and (known.log, known.record_id, known.event_id) == (log, *ends):
        return known
    return Mark(
        log,
        record_id=ends[0],
        event_id=ends[1],
        records=_count(connection, records, ends[0]),
        events=_count(connection, events, ends[1]),
        newest=_newest(connection),
    )


def log_id(connection: Connection) -> int:
    """Return the id of a log, 0 where it has none; it is SQLite's user version, of no other use here."""
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def give_log_id(connection: Connection, number: int | None = None) -> int:
    """Give a log an id, a new one where None, and return it."""
    given = number or secrets.randbelow(2**31 - 1) + 1
    connection.exec_driver_sql(f"PRAGMA user_version = {int(given)}")
    return given


def highest(connection: Connection, table: Table) -> int:
    """Return the highest id that a table ever gave (https://sqlite.org/autoinc.html), 0 where it gave none."""
    query = sql_of("SELECT seq FROM sqlite_sequence WHERE name = :name")
    return int(connection.execute(query, {"name": table.name}).scalar() or 0)


def has(connection: Connection, one: Newest) -> bool:
    """Return whether the log holds an entry with this number, place and moment."""
    table = _TABLES[one.table]
    moment = table.c.decided_at if table is records else table.c.at
    # As stored: a damaged moment must not fail here, it only is another one.
    query = select(table.c.sequence, _stored(moment)).where(table.c.id == one.row_id)
    found = connection.execute(query).one_or_none()
    return found is not None and tuple(found) == (one.sequence, one.moment)


def _is_all_of(connection: Connection, marked: Mark) -> bool:
    """Whether a log holds what was marked and not an entry more."""
    ends = highest(connection, records), highest(connection, events)
    return ends == (marked.record_id, marked.event_id) and (marked.newest is None or has(connection, marked.newest))


def _newest(connection: Connection) -> Newest | None:
    found: list[Newest] = []
    for table, moment in ((records, records.c.decided_at), (events, events.c.at)):
        query = select(table.c.id, table.c.sequence, _stored(moment)).order_by(table.c.id.desc()).limit(1)
        found += [Newest(table.name, *row) for row in connection.execute(query)]
    return max(found, key=lambda one: one.sequence or 0, default=None)


def _stored(moment: Any) -> Any:
    return type_coerce(moment, Text)


def _count(connection: Connection, table: Table, until: int) -> int:
    return int(connection.execute(select(func.count()).select_from(table).where(table.c.id <= until)).scalar_one())


def _number(problem: StationFault, name: str) -> int:
    value = problem.params[name]
    return value if isinstance(value, int) else 0
