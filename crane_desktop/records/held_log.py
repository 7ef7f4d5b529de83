"""The one connection that writes the log, held on the very files that were opened first."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from crane_desktop.domain.errors import StationFault
from crane_desktop.records.anchor import Mark
from crane_desktop.records.continuity import anchor_problem, counts_agree
from crane_desktop.records.database import connect as plain_connection
from crane_desktop.records.database import is_another, reading_engine, writing_engine
from crane_desktop.records.file_identity import LogFiles, check_same, database_traces, files_of, keep_journal, traces_of
from crane_desktop.records.schema import given_numbers

_log = logging.getLogger(__name__)


class HeldLog:
    """Opens, checks and lets go of a connection; lives in one thread.

    Whoever closes a database last folds the journal into it, whatever it has become meanwhile. A connection that can
    only read is kept beside: where it is closed after the one that writes, nobody folds anything.

    Attributes
    ----------
    connection
        None where none is open.
    files
        Which files it holds, or held last; None before the first.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._engine = writing_engine(path)
        self.connection: Connection | None = None
        self.files: LogFiles | None = None
        self._traces: tuple[int, ...] | None = None
        self._keeper: sqlite3.Connection | None = None
        self._overwritten = False

    def connect(self) -> Connection:
        """Open a connection on the very file that was opened first, and remember which files it holds.

        Raises
        ------
        StationFault
            If another one lies in its place.
        DBAPIError, OSError
            If it cannot be opened.
        """
        before = files_of(self._path)
        if self.files is not None:
            check_same(self._path, _database_only(self.files), _database_only(before))
        connection = self._engine.connect()
        try:
            with connection.begin():  # from here on journal and index are open
                given_numbers(connection)
            now = files_of(self._path)
            check_same(self._path, _database_only(before), _database_only(now))
            keeper = _keeper_of(self._path)
        except BaseException:
            connection.invalidate()
            connection.close()
            raise
        self.connection, self.files, self._keeper = connection, now, keeper
        self.written()
        return connection

    def written(self) -> None:
        """Note that the files are as this connection left them.

        Raises
        ------
        OSError
            If the disk does not tell how they are.
        """
        self._traces = traces_of(self._path)

    def check_unwritten(self, marked: Mark) -> None:
        """Find out whether somebody wrote into the open files, as who copies a backup over them.

        A database viewer may fold the journal in, which harms nothing: where there is a trace, the log is read anew.

        Raises
        ------
        StationFault
            If the log does not hold what was marked any longer.
        OSError
            If the disk does not tell.
        """
        if self._traces in (None, traces_of(self._path)):
            return
        if is_another(self._path, marked.log):  # the journal over it may still look whole
            self._overwritten = True
            raise StationFault("records.overwritten", path=self._path)
        engine = reading_engine(self._path)
        try:
            with engine.connect() as reader, reader.begin():
                (sound,) = reader.exec_driver_sql("PRAGMA quick_check(1)").one()
                whole = sound == "ok" and anchor_problem(reader, self._path, marked) is None
                if not (whole and counts_agree(reader, marked)):
                    self._overwritten = True
                    raise StationFault("records.overwritten", path=self._path)
        except DBAPIError as error:
            self._overwritten = True
            raise StationFault("records.overwritten", path=self._path) from error
        finally:
            engine.dispose()
        self.written()

    def check(self) -> None:
        """Compare the files that are open with those that bear the log's names.

        Raises
        ------
        StationFault
            If one was moved, deleted or replaced.
        OSError
            If the disk does not tell.
        """
        if self.files is not None:
            check_same(self._path, self.files, files_of(self._path))

    def is_elsewhere(self) -> bool:
        """Tell whether the log was moved away or replaced since it was opened."""
        try:
            return self.files is not None and files_of(self._path).database != self.files.database
        except OSError:
            return True

    @property
    def is_as_left(self) -> bool:
        """Whether the files are as this connection left them, so that its journal may be folded into the database."""
        try:
            return not self._overwritten and self._traces in (None, traces_of(self._path))
        except OSError:
            return False

    @property
    def database_is_as_left(self) -> bool:
        """Whether nobody wrote into the database itself; the journal may be gone."""
        try:
            return self._traces is None or database_traces(self._path) == self._traces[:2]
        except OSError:
            return False

    def forget(self) -> None:
        """Close the connection, whatever state it is in; the next one is opened on the same file.

        Where somebody wrote into the files the journal is not folded into the database. What is ours is taken from it
        at the next opening; beside a file that is another one now it would spoil that, and is taken out of its way.
        """
        connection, self.connection = self.connection, None
        keeper, self._keeper = self._keeper, None
        if connection is None:
            return
        if keeper is not None and self.is_as_left:
            keeper.close()
        try:
            connection.close()
        except DBAPIError as error:
            connection.invalidate()
            _log.warning("closing the database failed: %s", error)
        if keeper is not None:
            keeper.close()
        if self._overwritten:
            self._overwritten = False
            with suppress(OSError):  # told there; the next opening tries it again
                keep_journal(self._path)

    def forget_all(self) -> None:
        """Close the connection, and take whichever file lies there at the next one."""
        self.forget()
        self.files = self._traces = None

    def close(self) -> None:
        """Close the connection for good; SQLite then folds its journal into the database, if that is still its own."""
        self.forget()
        self._engine.dispose()


def _keeper_of(path: Path) -> sqlite3.Connection:
    connection = plain_connection(path, "ro")
    # Only once something was read does it hold the files. As long as it does, another's closing folds nothing.
    connection.execute("PRAGMA schema_version").fetchone()
    return connection


def _database_only(files: LogFiles) -> LogFiles:
    return replace(files, journal=None, index=None)
