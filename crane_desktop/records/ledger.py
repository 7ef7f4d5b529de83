"""The one connection that writes, and what makes a commit certain: the files' identity, the look-up, the anchor."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import Connection, Table, insert
from sqlalchemy.exc import DBAPIError

from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.events import Event, log_settled
from crane_desktop.records.anchor import Anchor, Mark
from crane_desktop.records.continuity import Given, give_log_id, identity_problem, mark_of, problem_event, skip_lost
from crane_desktop.records.database import writing_engine
from crane_desktop.records.faults import database_fault, disk_fault
from crane_desktop.records.file_identity import LogFiles, check_same, files_of, inode
from crane_desktop.records.migrate import prepare_database
from crane_desktop.records.outcome import Outcome, folded_in, outcome_of
from crane_desktop.records.rows import event_row_of
from crane_desktop.records.schema import UtcTime, events, given_numbers, records
from crane_desktop.settings.data_dir import DataDir

_MOST_SESSIONS = 16
"""Killed writers that are remembered until a run sees to what they left; the anchor has room for no more."""

Row: TypeAlias = tuple[Table, Mapping[str, Any]]
_log = logging.getLogger(__name__)


class UnknownOutcomeError(Exception):
    """A commit failed, and it cannot be known yet whether the log holds the entries.

    Attributes
    ----------
    given
        The numbers that the entries had been given.
    fault
        What people are told.
    """

    def __init__(self, given: Sequence[Given], fault: StationFault) -> None:
        super().__init__(str(fault))
        self.given, self.fault = tuple(given), fault


class Ledger:
    """Adds rows to the log; lives in one thread, because its connection does.

    Parameters
    ----------
    session
        Name of this writer, which its pictures bear.
    """

    def __init__(self, data: DataDir, session: str) -> None:
        self._path = data.log_file
        self._session = session
        self._anchor = Anchor(data.anchor_file)
        self._engine = writing_engine(data.log_file)
        self._connection: Connection | None = None
        self._files: LogFiles | None = None
        self._mark: Mark | None = None

    @property
    def mark(self) -> Mark:
        """How far the log has come."""
        if self._mark is None:
            raise RuntimeError("the ledger is not open")
        return self._mark

    def open(self) -> None:
        """Check and prepare the database, and find out whether it is the one that was written last.

        Raises
        ------
        InputError
            If it cannot be used.
        DBAPIError, OSError
            If it turns out to be damaged, or unreadable, only now.
        """
        self.forget_connection()
        self._files = self._mark = None
        prepare_database(self._path)
        marked = self._anchor.load()
        connection = self._connect()
        with connection.begin():
            problem = self._continue_after(connection, marked)
        if problem is not None:
            _log.error("the log is not as it was left: %s", problem)
        # Of a log that is not the one they were written for, no picture is a crash's leftover.
        sessions = () if marked is None or problem is not None else marked.sessions
        self._remember(replace(self.mark, sessions=sessions), sync=True)

    def connection(self) -> Connection:
        """Return the open connection, opened anew where a failure closed it.

        Raises
        ------
        StationFault
            If another log lies in its place now, or it lost entries while it was closed.
        DBAPIError, OSError
            If it cannot be opened.
        """
        if self._connection is None:
            connection = self._connect()
            with connection.begin():
                problem = self._continue_after(connection, self.mark)
            if problem is not None:
                self._remember(self.mark, sync=True)
                raise problem
        if self._connection is None:
            raise RuntimeError("the ledger has no connection")
        return self._connection

    def check(self) -> None:
        """Find out, before anything is written, whether the open files are still the log's.

        Raises
        ------
        StationFault
            If not, or the disk does not tell; the next use opens them anew.
        """
        if self._connection is None:
            return
        try:
            self._check_files()
        except (StationFault, OSError) as error:
            raise self._failed(error) from error

    def is_elsewhere(self) -> bool:
        """Tell whether the log was moved away or replaced since it was opened."""
        try:
            return self._files is not None and files_of(self._path).database != self._files.database
        except OSError:
            return True

    def add(self, rows: Sequence[Row]) -> list[int]:
        """Make rows durable, all or none, and return their ids.

        Raises
        ------
        StationFault
            If none of them is in the log, nor ever will be.
        UnknownOutcomeError
            If that cannot be known now.
        """
        given: list[Given] = []
        tried = False
        try:
            connection = self.connection()
            self._check_files()
            with connection.begin():
                given = _inserted(connection, rows)
                self._check_files()
                tried = True
            self._check_files()
        except (DBAPIError, OSError, StationFault) as error:
            fault = self._failed(error)
            if not tried:
                raise fault from error
            found = self.outcome(given)
            if found is Outcome.ABSENT and self._made_final(given):
                raise fault from error
            if found is not Outcome.DURABLE:
                self.forget_connection()
                raise UnknownOutcomeError(given, fault) from error
        self._remember(_advanced(self.mark, given))
        return [one.row_id for one in given]

    def outcome(self, given: Sequence[Given]) -> Outcome:
        """Look up, on a fresh connection, whether the log holds entries whose commit failed.

        What is found is then written into the database itself: after a failed sync the journal's pages may stand in
        memory only.
        """
        self.forget_connection()
        try:
            connection = self._connect()
            with connection.begin():
                found = outcome_of(connection, given)
            if found is Outcome.DURABLE and not folded_in(connection):
                return Outcome.UNKNOWN
            self._check_files()
        except (DBAPIError, OSError, StationFault) as error:
            _log.warning("the outcome of a failed commit cannot be looked up: %s", error)
            self.forget_connection()
            return Outcome.UNKNOWN
        return found

    def settle(self, given: Sequence[Given]) -> bool | None:
        """Find out what became of entries whose outcome was unknown, and note it; None where it still is."""
        found = self.outcome(given)
        if found is Outcome.UNKNOWN:
            return None
        recorded = found is Outcome.DURABLE
        if recorded and not self._counted_anew():
            return None
        if not self._note(_settled(given, recorded=recorded)):
            return None
        return recorded

    def note(self, event: Event) -> None:
        """Add one event.

        Raises
        ------
        StationFault
            If it is not in the log.
        """
        try:
            self.add([(events, event_row_of(event))])
        except UnknownOutcomeError as unknown:
            raise unknown.fault from unknown

    def announce(self) -> None:
        """Mark that pictures of this writer may lie in the archive without a record from now on."""
        if self._session not in self.mark.sessions:
            self.keep_sessions((*self.mark.sessions[-_MOST_SESSIONS + 1 :], self._session))

    def keep_sessions(self, sessions: Sequence[str]) -> None:
        """Mark whose pictures may lie in the archive without a record."""
        if self._mark is not None and self._mark.sessions != tuple(sessions):
            self._remember(replace(self._mark, sessions=tuple(sessions)), sync=True)

    @property
    def anchor_is_behind(self) -> bool:
        """Whether the anchor holds something that is not synced yet."""
        return self._anchor.behind

    def sync_anchor(self) -> None:
        """Bring the anchor to the disk, where that was not done yet."""
        if self._anchor.behind and self._mark is not None:
            self._anchor.write(self._mark, sync=True)

    def close(self) -> None:
        """Close the connection; SQLite then folds its journal into the database."""
        self.forget_connection()
        self.sync_anchor()
        self._engine.dispose()

    def forget_connection(self) -> None:
        """Close the connection, whatever state it is in; the next use opens another."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.close()
        except DBAPIError as error:
            connection.invalidate()
            _log.warning("closing the database failed: %s", error)

    # -- inside ---------------------------------------------------------------------------------------------

    def _connect(self) -> Connection:
        """Open a connection on the very file that was opened first, and remember which files it holds."""
        before = files_of(self._path)
        if self._files is not None:
            check_same(self._path, replace(self._files, journal=None, index=None), _database_only(before))
        connection = self._engine.connect()
        try:
            with connection.begin():  # from here on journal and index are open
                given_numbers(connection)
            now = files_of(self._path)
            check_same(self._path, _database_only(before), _database_only(now))
        except BaseException:
            connection.invalidate()
            connection.close()
            raise
        self._connection, self._files = connection, now
        return connection

    def _check_files(self) -> None:
        if self._files is not None:
            check_same(self._path, self._files, files_of(self._path))

    def _failed(self, error: StationFault | DBAPIError | OSError) -> StationFault:
        """Let go of a connection that failed; return what to tell people."""
        fault = _fault_of(error, self._path)
        # A journal that was taken away lives on without its name as long as it is open: it is copied out now.
        if fault.key == "records.journal_gone" and self._connection is not None and not folded_in(self._connection):
            _log.warning("not all of a journal that was taken away could be copied into the database")
        self.forget_connection()
        return fault

    def _continue_after(self, connection: Connection, marked: Mark | None) -> StationFault | None:
        """Go on behind a mark: lost numbers are never given again, and what is wrong stands in the log itself."""
        log, problem = identity_problem(connection, self._path, marked)
        if problem is not None:
            if marked is not None and marked.log == log:
                skip_lost(connection, marked)
            _inserted(connection, [(events, event_row_of(problem_event(problem)))])
        known = log or give_log_id(connection, marked.log if marked is not None and problem is None else None)
        self._mark = replace(mark_of(connection, known, marked), sessions=self._sessions())
        if not log:
            # The anchor first: an id without an anchor means that somebody took it away.
            self._anchor.write(self._mark, sync=True)
        return problem

    def _sessions(self) -> tuple[str, ...]:
        return () if self._mark is None else self._mark.sessions

    def _counted_anew(self) -> bool:
        """Mark how far the log has come with entries that were not thought to be in it."""
        try:
            connection = self.connection()
            with connection.begin():
                mark = mark_of(connection, self.mark.log, None)
        except (DBAPIError, OSError, StationFault) as error:
            _log.warning("the log could not be counted: %s", error)
            return False
        self._remember(replace(mark, sessions=self.mark.sessions))
        return True

    def _made_final(self, given: Sequence[Given]) -> bool:
        """See to it that entries that are not there now can never come back, when the journal is read anew.

        The journal may hold them whole, unsynced, behind its end; writing on overwrites them there.
        """
        return self._note(_settled(given, recorded=False))

    def _note(self, event: Event) -> bool:
        """Add an event without looking up what becomes of it."""
        try:
            connection = self.connection()
            with connection.begin():
                noted = _inserted(connection, [(events, event_row_of(event))])
                self._check_files()
            self._check_files()
        except (DBAPIError, OSError, StationFault) as error:
            _log.warning("an event of the log itself was not written: %s", error)
            return False
        self._remember(_advanced(self.mark, noted))
        return True

    def _remember(self, mark: Mark, *, sync: bool = False) -> None:
        if self._files is not None:
            mark = replace(mark, database=inode(self._files.database), journal=inode(self._files.journal))
        self._mark = mark
        self._anchor.write(mark, sync=sync)


def _fault_of(error: StationFault | DBAPIError | OSError, path: Path) -> StationFault:
    match error:
        case StationFault():
            return error
        case DBAPIError():
            return database_fault(error, path)
        case OSError():
            return disk_fault(error, path)


def _database_only(files: LogFiles) -> LogFiles:
    return replace(files, journal=None, index=None)


def _inserted(connection: Connection, rows: Sequence[Row]) -> list[Given]:
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
    return Given(table.name, row_id, place, str(UtcTime().process_bind_param(moment, None)))


def _advanced(mark: Mark, given: Sequence[Given]) -> Mark:
    """Return the mark behind entries that were added."""
    for one in given:
        if one.table == records.name:
            mark = replace(mark, record_id=one.row_id, records=mark.records + 1, newest=one)
        else:
            mark = replace(mark, event_id=one.row_id, events=mark.events + 1, newest=one)
    return mark


def _settled(given: Sequence[Given], *, recorded: bool) -> Event:
    ids = {name: [one.row_id for one in given if one.table == name] for name in (records.name, events.name)}
    return log_settled(ids[records.name], ids[events.name], recorded=recorded)
