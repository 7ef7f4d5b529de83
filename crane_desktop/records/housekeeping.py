"""What is done once before a run's verdicts: pictures that a crash left go to quarantine, all else is only told."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select

from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.events import EventKind, pictures_moved, pictures_unnamed
from crane_desktop.records.continuity import PROBLEMS, problem_of_event
from crane_desktop.records.ledger import Ledger
from crane_desktop.records.orphans import Unnamed, unnamed_pictures
from crane_desktop.records.quarantine import move_away, purge, purge_before
from crane_desktop.records.row_check import event_of
from crane_desktop.records.schema import events, records
from crane_desktop.settings.data_dir import DataDir

_log = logging.getLogger(__name__)


def look_after_pictures(ledger: Ledger, data: DataDir, session: str, quarantine_days: int) -> tuple[StationFault, ...]:
    """Move what a crash left out of the archive, and return what people must know.

    Where the log is not the one that was written last, nothing is touched.

    Raises
    ------
    DBAPIError, OSError
        If the log, or the archive, cannot be read.
    StationFault
        If the log cannot be written.
    """
    connection = ledger.connection()
    findings = _untold(connection, data)
    unnamed = unnamed_pictures(connection, data, ledger.mark.sessions)
    if findings:
        unnamed = Unnamed((), (*unnamed.of_a_crash, *unnamed.others))
    moved = move_away(data.records, unnamed.of_a_crash, data.quarantine)
    if moved:
        _log.warning("%d pictures that no record names (left by a crash) are in quarantine", moved)
        ledger.note(pictures_moved(moved, data.quarantine.name, "crash"))
    if unnamed.others:
        ledger.note(pictures_unnamed(len(unnamed.others)))
        findings += (StationFault("records.pictures_unnamed", pictures=len(unnamed.others), folder=data.images),)
    if moved == len(unnamed.of_a_crash):
        ledger.keep_sessions((session,))
    ledger.announce()
    before = purge_before(datetime.now(UTC), _newest_moment(ledger.connection()), quarantine_days)
    if before is not None and (removed := purge(data.quarantine, before)):
        _log.info("%d pictures had been in quarantine for more than %d days", removed, quarantine_days)
    return findings


def _untold(connection: Connection, data: DataDir) -> tuple[StationFault, ...]:
    """Return what was found wrong with the log since the newest run began: nobody was told of it."""
    begun = select(func.max(events.c.id)).where(events.c.kind == EventKind.RUN_BEGUN.value).scalar_subquery()
    query = select(events).where(events.c.kind == EventKind.LOG_INCOMPLETE.value, events.c.id > func.coalesce(begun, 0))
    with connection.begin():
        rows = connection.execute(query.order_by(events.c.id)).mappings().all()
    known = (event_of(dict(row)).event for row in rows)
    return tuple(problem_of_event(data.log_file, event) for event in known if event.details["why"] in PROBLEMS)


def _newest_moment(connection: Connection) -> datetime | None:
    with connection.begin():
        newest: datetime | None = connection.execute(select(func.max(records.c.decided_at))).scalar()
    return newest
