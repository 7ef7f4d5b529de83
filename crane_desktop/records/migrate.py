"""Bring a log to this program's form, or refuse it and leave it as it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from crane_desktop.domain.errors import InputError, technical
from crane_desktop.records.anchor import read_mark
from crane_desktop.records.database import connect, is_another, writing_engine
from crane_desktop.records.faults import primary_code
from crane_desktop.records.file_identity import files_of, inode, journal_of, keep_journal
from crane_desktop.records.schema import HEAD
from crane_desktop.settings.data_dir import ANCHOR

_BOTH_ENDS = "SELECT * FROM records WHERE id IN ((SELECT MIN(id) FROM records), (SELECT MAX(id) FROM records))"


def prepare_database(path: Path) -> None:
    """Make the database, or bring an older one to the present form; a present one is only looked at.

    Raises
    ------
    InputError
        If the file is damaged, not ours, newer than this program, locked or unwritable; it is left as it is.
    """
    try:
        keep_foreign_journal(path)
        found = _revision(path)
        if found == HEAD:
            return
        # Revisions are numbers, so that an old program knows a newer one when it sees it.
        if found is not None and not (found.isdecimal() and int(found) < int(HEAD)):
            raise InputError("records.too_new", path=path, found=found, known=HEAD)
        engine = writing_engine(path)
        try:
            with engine.begin() as connection:
                _upgrade(connection)
        finally:
            engine.dispose()
    except (DBAPIError, sqlite3.Error, OSError) as error:
        raise opening_error(error, path) from error


def keep_foreign_journal(path: Path) -> None:
    """Take a journal out of the way whose database is gone, or was exchanged or written over beneath it.

    SQLite would delete the one with the entries in it, and write pages of the other into a database that is not its
    own. Where both files are other ones, they were copied together and belong together.

    Raises
    ------
    OSError
        If it cannot be moved.
    """
    journal = journal_of(path)
    if not (journal.is_file() and journal.stat().st_size):
        return
    if path.exists() and path.stat().st_size:
        marked, now = read_mark(path.with_name(ANCHOR)), files_of(path)
        stayed = marked is not None and marked.journal != 0 and inode(now.journal) == marked.journal
        if marked is None or not stayed:
            return
        if inode(now.database) == marked.database and not is_another(path, marked.log):
            return
    keep_journal(path)


def opening_error(error: DBAPIError | sqlite3.Error | OSError, path: Path) -> InputError:
    """Return what to tell people about a database that cannot be opened."""
    detail = technical((error.orig or error) if isinstance(error, DBAPIError) else error)
    match 0 if isinstance(error, OSError) else primary_code(error):
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_ERROR:
            return InputError("records.damaged", path=path, detail=detail)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return InputError("records.busy", path=path)
        case _:
            return InputError("records.unopenable", path=path, detail=detail)


def _revision(path: Path) -> str | None:
    """Return the database's revision, None where there is nothing yet; reads only."""
    if not path.exists():
        return None
    with closing(connect(path, "ro")) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            return None
        if not {"alembic_version", "records"} <= tables:
            raise InputError("records.not_ours", path=path)
        rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        # Both ends of the table, so that a file cut short is found now and not at the first verdict.
        connection.execute(_BOTH_ENDS).fetchall()
    if len(rows) != 1:
        raise InputError("records.not_ours", path=path)
    return str(rows[0][0])


def _upgrade(connection: Connection) -> None:
    """Run the migrations that are missing, inside the caller's transaction."""
    # Imported here: a database that is up to date, the usual case, does not need Alembic at all.
    from alembic import command
    from alembic.config import Config

    config = Config()
    # "%" is special to the configuration parser.
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
