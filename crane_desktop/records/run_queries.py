"""Reading runs and events out of the log, on a connection that the caller holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, Select, func, select

from crane_desktop.domain.balance import Balance
from crane_desktop.domain.events import EventKind, RunEnd, told_counts
from crane_desktop.domain.frames import LossCause
from crane_desktop.domain.history import EventRow, RunBalance, RunRow
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.records.balance import balance_of
from crane_desktop.records.row_check import event_of
from crane_desktop.records.schema import events, records

Counted: TypeAlias = tuple[Mapping[Verdict, int], int]
"""A run's records by verdict, and the frame number of its newest one."""

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
    return next(iter(_run_rows(connection, runs_query().where(_begun.c.run == run), count_all=True)), None)


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


def _run_rows(connection: Connection, query: Select[Any], *, count_all: bool = False) -> list[RunRow]:
    """Return the runs that `query` selects, records counted where `count_all` or where a run did not tell its end."""
    rows = [dict(row) for row in connection.execute(query).mappings()]
    counted = count_records(connection, [row["run"] for row in rows if count_all or row["ended"] is None])
    return [_run_row(row, counted.get(row["run"])) for row in rows]


def _newest(kind: EventKind) -> Any:
    same = (events.c.run == _begun.c.run, events.c.kind == kind.value)
    return select(events.c.id).where(*same).order_by(events.c.id.desc()).limit(1).scalar_subquery()


def _run_row(row: Mapping[str, Any], counted: Counted | None) -> RunRow:
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
        balance=_balance(row, counted),
    )


def _balance(row: Mapping[str, Any], counted: Counted | None) -> RunBalance:
    """Return a run's balance; where nothing was counted, its records are as many as it told at its end."""
    details = row["ended"] or row["progress"]
    told, not_recorded = (Balance(), 0) if details is None else told_counts(details)
    if counted is None:
        recorded = Counter(told.verdicts)
        recorded[Verdict.NONE] -= not_recorded
        counted = +recorded, 0
    return balance_of(*counted, told, not_recorded, ended=row["ended"] is not None)


def count_records(connection: Connection, runs: Sequence[str]) -> dict[str, Counted]:
    """Return, for each of `runs`, its records by verdict and the frame number of the newest one."""
    if not runs:
        return {}
    newest = func.max(records.c.id).label("newest")
    query = select(records.c.run, records.c.verdict, func.count().label("records"), newest)
    found = connection.execute(query.where(records.c.run.in_(runs)).group_by(records.c.run, records.c.verdict)).all()
    counts: dict[str, dict[Verdict, int]] = {run: {} for run in runs}
    newest_ids = dict.fromkeys(runs, 0)
    for run, verdict, count, newest_id in found:
        counts[run][Verdict(verdict)] = count
        newest_ids[run] = max(newest_ids[run], newest_id)
    frames = select(records.c.run, records.c.frame_id).where(records.c.id.in_(list(newest_ids.values())))
    frame_of = {row.run: row.frame_id for row in connection.execute(frames)}
    return {run: (counts[run], frame_of.get(run, 0)) for run in runs}
