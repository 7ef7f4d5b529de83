"""What is proven around the rows: the database's form, its anchor outside, and the pictures in the archive."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from crane_desktop.domain.errors import CraneError, StationFault
from crane_desktop.domain.events import EventKind
from crane_desktop.records.anchor import Mark
from crane_desktop.records.continuity import counts_agree, identity_problem
from crane_desktop.records.database import connect, reading_engine
from crane_desktop.records.names_proof import NamesProof, prove_names
from crane_desktop.records.schema import events
from crane_desktop.records.schema_proof import form_findings
from crane_desktop.settings.data_dir import DataDir

_log = logging.getLogger(__name__)
_TOLD = ("records.log_behind", "records.log_changed")
"""What a start finds that no later mark can show: the log itself keeps it."""


@dataclass(frozen=True, slots=True)
class Around:
    """What is wrong around the rows, and the first record that names another one's picture."""

    findings: tuple[CraneError, ...]
    named_twice: int | None = None


def findings_around(data: DataDir, marked: Mark | None) -> Around:
    """Return what is wrong around the rows of a log; what cannot be read is the rows' damage, and told there.

    Parameters
    ----------
    marked
        The anchor, read before anything of the log was.
    """
    sessions = () if marked is None else marked.sessions
    found: list[CraneError] = []
    named_twice = None
    with _damage_is_told_elsewhere():
        found += _continuity_findings(data, marked)
    with _damage_is_told_elsewhere(), closing(_plain(data)) as connection:
        found += form_findings(connection, data.log_file)
    with _damage_is_told_elsewhere(), closing(_plain(data)) as connection:
        names = prove_names(connection, data, sessions)
        found += _picture_findings(data, names)
        named_twice = None if names.twice is None else names.twice[0]
    return Around(tuple(found), named_twice)


@contextmanager
def _damage_is_told_elsewhere() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        _log.warning("a damaged log cannot be compared with what is around it: %s", error)


def findings_without_log(data: DataDir, marked: Mark | None) -> tuple[CraneError, ...]:
    """Return what is wrong where there is no log: nothing, unless there was one."""
    found: list[CraneError] = []
    if marked is not None and marked.record_id:
        found.append(StationFault("records.log_missing", path=data.log_file, expected=marked.record_id))
    return (*found, *_picture_findings(data, prove_names(None, data, () if marked is None else marked.sessions)))


def _continuity_findings(data: DataDir, marked: Mark | None) -> list[CraneError]:
    engine = reading_engine(data.log_file)
    try:
        with engine.connect() as connection, connection.begin():
            _, problem = identity_problem(connection, data.log_file, marked)
            if problem is not None:
                return [problem]
            if marked is not None and not counts_agree(connection, marked):
                return [StationFault("records.proof_counts", path=data.log_file, records=marked.records)]
            return _told_before(connection, data)
    finally:
        engine.dispose()


def _told_before(connection: Connection, data: DataDir) -> list[CraneError]:
    query = select(events.c.id, events.c.at, events.c.details).where(
        events.c.kind == EventKind.LOG_INCOMPLETE.value, events.c.details["why"].as_string().in_(_TOLD)
    )
    try:
        row = connection.execute(query.order_by(events.c.id).limit(1)).one_or_none()
    except (ValueError, TypeError):  # an event of nonsense, which the walk tells
        return []
    if row is None:
        return []
    day = f"{row.at.astimezone():%Y-%m-%d %H:%M}"
    return [StationFault("records.proof_told", path=data.log_file, event_id=row.id, day=day)]


def _picture_findings(data: DataDir, names: NamesProof) -> list[CraneError]:
    found: list[CraneError] = []
    if names.twice is not None:
        record_id, name = names.twice
        found.append(StationFault("records.proof_named_twice", record_id=record_id, file=name))
    if names.unnamed:
        found.append(StationFault("records.pictures_unnamed", pictures=names.unnamed, folder=data.images))
    return found


def _plain(data: DataDir) -> sqlite3.Connection:
    connection = connect(data.log_file, "ro")
    connection.text_factory = _lenient
    return connection


def _lenient(text: bytes) -> str:
    """Text that is no UTF-8 is a damaged row, which is told elsewhere."""
    return text.decode("utf-8", "replace")
