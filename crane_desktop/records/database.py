"""Connections to the log's database: one that writes, any number that read."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool

BUSY_TIMEOUT_S = 5.0
"""How long a statement waits for another program's lock; below the line's own patience of 10 s."""

_MAGIC = b"SQLite format 3\x00"
_WRITER_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    # In WAL mode NORMAL may lose the last commits at a power failure; FULL syncs the log at every commit
    # (https://www.sqlite.org/pragma.html#pragma_synchronous).
    "PRAGMA synchronous = FULL",
    "PRAGMA journal_size_limit = 67108864",
)
_READER_PRAGMAS = ("PRAGMA query_only = ON",)


def writing_engine(path: Path) -> Engine:
    """Return an engine for the one writer; its transactions take the write lock at once."""
    return _engine(path, "rwc", _WRITER_PRAGMAS, "BEGIN IMMEDIATE")


def reading_engine(path: Path) -> Engine:
    """Return an engine that cannot write, nor make a missing file.

    Readers and the writer do not wait for each other (WAL).
    """
    return _engine(path, "ro", _READER_PRAGMAS, "BEGIN")


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open the file with the plain driver; `mode` is ``"ro"`` or ``"rwc"`` (https://sqlite.org/uri.html).

    As a URI every character of a path ('?', '#', '%', Japanese) means itself. No isolation level: the driver
    would commit before DDL and begin late. A connection belongs to the thread that opened it, and the
    driver's check of that stays on.
    """
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)


def is_another(path: Path, log: int) -> bool:
    """Tell whether a file itself, without the journal beside it, is surely not of the log that has the number `log`.

    A log that was never folded into its file since it got its number is taken for the right one, and so is a damaged
    file: its journal may heal it.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            return True
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
        try:
            number = int(connection.execute("PRAGMA user_version").fetchone()[0])
            ours = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'records'").fetchone()
        except sqlite3.Error:
            return False
    return ours is None or number not in (0, log)


def _engine(path: Path, mode: str, pragmas: tuple[str, ...], begin: str) -> Engine:
    def open_connection() -> sqlite3.Connection:
        connection = connect(path, mode)
        try:
            for pragma in pragmas:
                connection.execute(pragma).close()
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    engine = create_engine("sqlite+pysqlite://", creator=open_connection, poolclass=NullPool)

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
