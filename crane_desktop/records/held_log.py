"""The one connection that writes the log, held on the very files that were opened first."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from crane_desktop.records.database import writing_engine
from crane_desktop.records.file_identity import LogFiles, check_same, files_of
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
        return connection

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
        self.files = None

    def close(self) -> None:
        """Close the connection for good; SQLite then folds its journal into the database."""
        self.forget()
        self._engine.dispose()


def _database_only(files: LogFiles) -> LogFiles:
    return replace(files, journal=None, index=None)
