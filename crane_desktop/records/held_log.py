"""The one connection that writes the log, held on the very files that were opened first."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from crane_desktop.domain.errors import StationFault
from crane_desktop.records.anchor import Mark
from crane_desktop.records.continuity import anchor_problem, counts_agree
from crane_desktop.records.database import reading_engine, writing_engine
from crane_desktop.records.file_identity import LogFiles, check_same, files_of, traces_of
from crane_desktop.records.schema import given_numbers

_log = logging.getLogger(__name__)


class HeldLog:
    """Opens, checks and lets go of a connection; lives in one thread.

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
        except BaseException:
            connection.invalidate()
            connection.close()
            raise
        self.connection, self.files = connection, now
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
        engine = reading_engine(self._path)
        try:
            with engine.connect() as reader, reader.begin():
                (sound,) = reader.exec_driver_sql("PRAGMA quick_check(1)").one()
                whole = sound == "ok" and anchor_problem(reader, self._path, marked) is None
                if not (whole and counts_agree(reader, marked)):
                    raise StationFault("records.overwritten", path=self._path)
        except DBAPIError as error:
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

    def forget(self) -> None:
        """Close the connection, whatever state it is in; the next one is opened on the same file."""
        connection, self.connection = self.connection, None
        if connection is None:
            return
        try:
            connection.close()
        except DBAPIError as error:
            connection.invalidate()
            _log.warning("closing the database failed: %s", error)

    def forget_all(self) -> None:
        """Close the connection, and take whichever file lies there at the next one."""
        self.forget()
        self.files = self._traces = None

    def close(self) -> None:
        """Close the connection for good; SQLite then folds its journal into the database."""
        self.forget()
        self._engine.dispose()


def _database_only(files: LogFiles) -> LogFiles:
    return replace(files, journal=None, index=None)
