"""Reading runs and events out of the log, on a connection that the caller holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Select, func, select

from crane_desktop.domain.balance import Balance
from crane_desktop.domain.events import EventKind, RunEnd, told_counts
from crane_desktop.domain.frames import LossCause
from crane_desktop.domain.history import EventRow, RunBalance, RunRow
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.records.balance import balance_of
from crane_desktop.records.row_check import event_of
from crane_desktop.records.schema import events, records

_AT_ONCE = 500
_begun = events.alias("begun")
_ended = events.alias("ended")
_progress = events.alias("progress")


def events_query(before: int | None, limit: int, kind: EventKind | None, run: str | None) -> Select[Any]:
    """Select at most `limit` events, newest first, with ids below `before`, of `kind` and `run` where given."""
    query = select(events).order_by(events.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(events.c.id < before)
    if kind is not None:
        query = query.where(events.c.kind == kind.value)
    return query if run is None else query.where(events.c.run == run)


def runs_query() -> Select[Any]:
    """Select every run's beginning with its last words."""
    # A beginning that was written twice, because the first writing was not answered in time, counts once.
    first = select(func.min(events.c.id)).where(
        events.c.run == _begun.c.run, events.c.kind == EventKind.RUN_BEGUN.value
    )
    return (
        select(
            _begun.c.id.label("begun_id"),
            _begun.c.run,
            _begun.c.at.label("begun_at"),
            _begun.c.details.label("begun"),
            _ended.c.at.label("ended_at"),
            _ended.c.details.label("ended"),
            _progress.c.at.label("progress_at"),
            _progress.c.details.label("progress"),
        )
        .select_from(_begun)
        .outerjoin(_ended, _ended.c.id == _newest(EventKind.RUN_ENDED))
        .outerjoin(_progress, _progress.c.id == _newest(EventKind.RUN_PROGRESS))
        .where(_begun.c.kind == EventKind.RUN_BEGUN.value, _begun.c.id == first.scalar_subquery())
    )


def read_events(connection: Connection, query: Select[Any]) -> list[EventRow]:
    """Return the events that `query` selects."""
    return [event_of(dict(row)) for row in connection.execute(query).mappings()]


def read_runs(connection: Connection, before: int | None, limit: int) -> list[RunRow]:
    """Return at most `limit` runs, newest first, with numbers below `before`."""
    query = runs_query().order_by(_begun.c.id.desc()).limit(limit)
    return _run_rows(connection, query if before is None else query.where(_begun.c.id < before))


def read_runs_after(connection: Connection, after: int, limit: int) -> list[RunRow]:
    """Return at most `limit` runs, oldest first, with numbers above `after`."""
    return _run_rows(connection, runs_query().where(_begun.c.id > after).order_by(_begun.c.id).limit(limit))


def read_run(connection: Connection, run: str) -> RunRow | None:
    """Return a run, every one of its records counted."""
    found = connection.execute(runs_query().where(_begun.c.run == run)).mappings().first()
    return None if found is None else _run_row(connection, dict(found), count_all=True)


def run_totals(connection: Connection) -> dict[str, Any]:
    """Return the number of runs, their losses by cause, and how many of their frames nobody knows the fate of."""
    losses: Counter[LossCause] = Counter()
    count = unknown = 0
    for row in _all_runs(connection):
        count += 1
        losses.update(row.balance.losses)
        unknown += row.balance.unknown
    return {"runs": count, "losses": {cause.value: losses[cause] for cause in sorted(losses)}, "unknown": unknown}


def _all_runs(connection: Connection) -> Iterator[RunRow]:
    after = 0
    while page := read_runs_after(connection, after, _AT_ONCE):
        yield from page
        after = page[-1].number


def _run_rows(connection: Connection, query: Select[Any]) -> list[RunRow]:
    rows = [dict(row) for row in connection.execute(query).mappings()]
    return [_run_row(connection, row, count_all=False) for row in rows]


def _newest(kind: EventKind) -> Any:
    same = (events.c.run == _begun.c.run, events.c.kind == kind.value)
    return select(events.c.id).where(*same).order_by(events.c.id.desc()).limit(1).scalar_subquery()


def _run_row(connection: Connection, row: Mapping[str, Any], *, count_all: bool) -> RunRow:
    ended = row["ended"]
    signs = [row[name] for name in ("ended_at", "progress_at", "begun_at") if row[name] is not None]
    return RunRow(
        number=row["begun_id"],
        run=row["run"],
        begun_at=row["begun_at"],
        ended_at=row["ended_at"],
        why=None if ended is None else RunEnd(ended["why"]),
        cause=None if ended is None else ended["cause"],
        last_sign_at=signs[0],
        begun=row["begun"],
        balance=_balance(connection, row, count_all=count_all),
    )


def _balance(connection: Connection, row: Mapping[str, Any], *, count_all: bool) -> RunBalance:
    """Return a run's balance; the records of one that told its end are counted only where `count_all`."""
    details = row["ended"] or row["progress"]
    told, not_recorded = (Balance(), 0) if details is None else told_counts(details)
    ended = row["ended"] is not None
    if ended and not count_all:
        recorded = Counter(told.verdicts)
        recorded[Verdict.NONE] -= not_recorded
        return balance_of(+recorded, 0, told, not_recorded, ended=True)
    counted, newest_frame = count_records(connection, row["run"])
    return balance_of(counted, newest_frame, told, not_recorded, ended=ended)


def count_records(connection: Connection, run: str) -> tuple[dict[Verdict, int], int]:
    """Return a run's records by verdict, and the frame number of the newest one."""
    query = select(records.c.verdict, func.count(), func.max(records.c.id))
    found = connection.execute(query.where(records.c.run == run).group_by(records.c.verdict)).all()
    counts = {Verdict(verdict): count for verdict, count, _newest_id in found}
    if not found:
        return counts, 0
    frame = select(records.c.frame_id).where(records.c.id == max(newest_id for _, _, newest_id in found))
    return counts, int(connection.execute(frame).scalar_one())
