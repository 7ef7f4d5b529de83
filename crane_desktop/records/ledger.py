"""Adding rows to the log, and what makes a commit certain: the files' identity, the look-up afterwards, the anchor."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.events import Event
from crane_desktop.records.anchor import Anchor, Mark
from crane_desktop.records.continuity import Given, give_log_id, identity_problem, mark_of, problem_event, skip_lost
from crane_desktop.records.faults import database_fault, disk_fault
from crane_desktop.records.file_identity import inode
from crane_desktop.records.held_log import HeldLog
from crane_desktop.records.migrate import prepare_database
from crane_desktop.records.numbering import Row, advanced, inserted, settled
from crane_desktop.records.outcome import Outcome, UnknownOutcomeError, folded_in, outcome_of
from crane_desktop.records.rows import event_row_of
from crane_desktop.records.schema import events
from crane_desktop.settings.data_dir import DataDir

_MOST_SESSIONS = 16
"""Killed writers that are remembered until a run sees to what they left; the anchor has room for no more."""

_log = logging.getLogger(__name__)


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
        self._held = HeldLog(data.log_file)
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
        self._check_unwritten()
        self._held.forget_all()
        self._mark = None
        prepare_database(self._path)
        marked = self._anchor.load()
        connection = self._held.connect()
        with connection.begin():
            problem = self._continue_after(connection, marked)
        if problem is not None:
            _log.error("the log is not as it was left: %s", problem)
        # Of a log that is not the one they were written for, no picture is a crash's leftover.
        sessions = () if marked is None or problem is not None else marked.sessions
        self._remember(replace(self.mark, sessions=sessions), sync=True)
        self._left_as_it_is()

    def connection(self) -> Connection:
        """Return the open connection, opened anew where a failure closed it.

        Raises
        ------
        StationFault
            If another log lies in its place now, or it lost entries while it was closed.
        DBAPIError, OSError
            If it cannot be opened.
        """
        if self._held.connection is None:
            connection = self._held.connect()
            with connection.begin():
                problem = self._continue_after(connection, self.mark)
            if problem is not None:
                self._remember(self.mark, sync=True)
                self._left_as_it_is()
                raise problem
        if self._held.connection is None:
            raise RuntimeError("the ledger has no connection")
        return self._held.connection

    def check(self) -> None:
        """Find out, before anything is written, whether the open files are still the log's.

        Raises
        ------
        StationFault
            If not, or the disk does not tell; the next use opens them anew.
        """
        if self._held.connection is None:
            return
        try:
            self._held.check()
        except (StationFault, OSError) as error:
            raise self._failed(error) from error
        try:
            self._held.check_unwritten(self.mark)
        except OSError as error:
            raise disk_fault(error, self._path) from error

    def is_elsewhere(self) -> bool:
        """Tell whether the log was moved away or replaced since it was opened."""
        return self._held.is_elsewhere()

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
            self._held.check()
            with connection.begin():
                given = inserted(connection, rows)
                self._held.check()
                tried = True
            self._held.check()
        except (DBAPIError, OSError, StationFault) as error:
            fault = self._failed(error)
            if not tried:
                raise fault from error
            found = self.outcome(given)
            if found is Outcome.ABSENT and self._made_final(given):
                raise fault from error
            if found is not Outcome.DURABLE:
                self._held.forget()
                raise UnknownOutcomeError(given, fault) from error
        self._remember(advanced(self.mark, given))
        self._left_as_it_is()
        return [one.row_id for one in given]

    def outcome(self, given: Sequence[Given]) -> Outcome:
        """Look up, on a fresh connection, whether the log holds entries whose commit failed.

        What is found is then written into the database itself: after a failed sync the journal's pages may stand in
        memory only.
        """
        self._held.forget()
        try:
            connection = self._held.connect()
            with connection.begin():
                found = outcome_of(connection, given)
            if found is Outcome.DURABLE and not folded_in(connection):
                return Outcome.UNKNOWN
            self._held.check()
        except (DBAPIError, OSError, StationFault) as error:
            _log.warning("the outcome of a failed commit cannot be looked up: %s", error)
            self._held.forget()
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
        if not self._note(settled(given, recorded=recorded)):
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
        """Close the connection; SQLite then folds its journal into the database, if that is still its own."""
        self._check_unwritten()
        self._held.close()
        self.sync_anchor()

    # -- inside ---------------------------------------------------------------------------------------------

    def _failed(self, error: StationFault | DBAPIError | OSError) -> StationFault:
        """Let go of a connection that failed; return what to tell people."""
        fault = _fault_of(error, self._path)
        # A journal that was taken away lives on without its name as long as it is open: it is copied out now.
        # Never into another's file: who puts a backup into the database's place takes the journal away, too.
        if (
            fault.key == "records.journal_gone"
            and self._held.database_is_as_left
            and self._held.connection is not None
            and not folded_in(self._held.connection)
        ):
            _log.warning("not all of a journal that was taken away could be copied into the database")
        self._held.forget()
        return fault

    def _check_unwritten(self) -> None:
        """Find out, before the connection is closed, whether its journal still belongs to the file there."""
        if self._held.connection is None or self._mark is None:
            return
        try:
            self._held.check_unwritten(self._mark)
        except (StationFault, OSError) as error:
            _log.error("the log is closed without its journal: %s", error)

    def _continue_after(self, connection: Connection, marked: Mark | None) -> StationFault | None:
        """Go on behind a mark: lost numbers are never given again, and what is wrong stands in the log itself."""
        log, problem = identity_problem(connection, self._path, marked)
        if problem is not None:
            if marked is not None and marked.log == log:
                skip_lost(connection, marked)
            inserted(connection, [(events, event_row_of(problem_event(problem)))])
        known = log or give_log_id(connection, marked.log if marked is not None and problem is None else None)
        self._mark = replace(mark_of(connection, known, marked), sessions=self._sessions())
        if not log:
            # The anchor first: an id without an anchor means that somebody took it away.
            self._anchor.write(self._mark, sync=True)
        return problem

    def _sessions(self) -> tuple[str, ...]:
        return () if self._mark is None else self._mark.sessions

    def _left_as_it_is(self) -> None:
        with suppress(OSError):  # the next check tells
            self._held.written()

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
        return self._note(settled(given, recorded=False))

    def _note(self, event: Event) -> bool:
        """Add an event without looking up what becomes of it."""
        try:
            connection = self.connection()
            with connection.begin():
                noted = inserted(connection, [(events, event_row_of(event))])
                self._held.check()
            self._held.check()
        except (DBAPIError, OSError, StationFault) as error:
            _log.warning("an event of the log itself was not written: %s", error)
            return False
        self._remember(advanced(self.mark, noted))
        self._left_as_it_is()
        return True

    def _remember(self, mark: Mark, *, sync: bool = False) -> None:
        if self._held.files is not None:
            mark = replace(mark, database=inode(self._held.files.database), journal=inode(self._held.files.journal))
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
