"""Giving entries their numbers: rows into the log in one order, and what that makes of the log's mark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from sqlalchemy import Connection, Table, insert

from crane_desktop.domain.events import Event, log_settled
from crane_desktop.records.anchor import Mark
from crane_desktop.records.continuity import Given
from crane_desktop.records.schema import events, given_numbers, records, stored_time

Row: TypeAlias = tuple[Table, Mapping[str, Any]]


def inserted(connection: Connection, rows: Sequence[Row]) -> list[Given]:
    """Insert rows in their order, inside the caller's transaction."""
    sequence = given_numbers(connection)
    return [
        _given(table, _insert_one(connection, table, {**row, "sequence": place}), place, row)
        for place, (table, row) in enumerate(rows, start=sequence + 1)
    ]


def _insert_one(connection: Connection, table: Table, row: dict[str, Any]) -> int:
    return int(connection.execute(insert(table).returning(table.c.id), row).scalar_one())


def _given(table: Table, row_id: int, place: int, row: Mapping[str, Any]) -> Given:
    moment = row["decided_at" if table is records else "at"]
    return Given(table.name, row_id, place, stored_time(moment))


def advanced(mark: Mark, given: Sequence[Given]) -> Mark:
    """Return the mark behind entries that were added."""
    for one in given:
        if one.table == records.name:
            mark = replace(mark, record_id=one.row_id, records=mark.records + 1, newest=one)
        else:
            mark = replace(mark, event_id=one.row_id, events=mark.events + 1, newest=one)
    return mark


def settled(given: Sequence[Given], *, recorded: bool) -> Event:
    """Return the event that tells what became of entries whose outcome was unknown."""
    ids = {name: [one.row_id for one in given if one.table == name] for name in (records.name, events.name)}
    return log_settled(ids[records.name], ids[events.name], recorded=recorded)
