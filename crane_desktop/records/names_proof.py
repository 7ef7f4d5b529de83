"""Whether every picture in the archive belongs to one record: none to two, none to nobody."""

from __future__ import annotations

import os
import posixpath
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from crane_desktop.records.orphans import MOST_UNDER_WAY, is_picture, session_of
from crane_desktop.settings.data_dir import DataDir

_AT_ONCE = 5000
_NAMES = "SELECT id, image_path, map_path, original_path FROM records WHERE id > ? ORDER BY id LIMIT ?"


@dataclass(frozen=True, slots=True)
class NamesProof:
    """What came of it.

    Attributes
    ----------
    twice
        The first record that names a picture which another one names, and the picture; None where there is none.
    unnamed
        How many pictures no record names, beyond what a killed writer can have left or a working one is about to name.
    """

    twice: tuple[int, str] | None
    unnamed: int


def prove_names(connection: sqlite3.Connection | None, data: DataDir, sessions: Collection[str]) -> NamesProof:
    """Compare what lies in the archive with what records name.

    The names are kept in a database of their own on the disk, so that a large archive takes time and no memory. What
    lies there is looked at first: a picture that was written by then has its record by the time these are read, or is
    under way.

    Parameters
    ----------
    connection
        To the log; None where there is none.
    sessions
        Writers that are at work, or were killed.

    Raises
    ------
    sqlite3.Error
        If the log cannot be read.
    """
    with _shelf() as shelf:
        shelf.executemany("INSERT OR IGNORE INTO pictures VALUES (?, NULL)", ((name,) for name in archived_names(data)))
        twice = None if connection is None else _take_names(shelf, connection)
        return NamesProof(twice, _unnamed(shelf, sessions))


def unnamed_names(connection: sqlite3.Connection | None, data: DataDir) -> Iterator[str]:
    """Yield every picture in the archive that no record names; nobody may be writing the log meanwhile.

    Raises
    ------
    sqlite3.Error
        If the log cannot be read.
    """
    with _shelf() as shelf:
        shelf.executemany("INSERT OR IGNORE INTO pictures VALUES (?, NULL)", ((name,) for name in archived_names(data)))
        if connection is not None:
            _take_names(shelf, connection)
        for (name,) in shelf.execute("SELECT name FROM pictures WHERE record_id IS NULL ORDER BY name"):
            yield _as_path(name)


def archived_names(data: DataDir) -> Iterator[bytes]:
    """Yield every picture in the archive as the bytes of its path below the records folder, with forward slashes."""
    prefix = len(str(data.records)) + 1
    for folder, folders, files in os.walk(data.images):
        folders.sort()
        for name in files:
            if is_picture(Path(name)):
                path = os.path.join(folder, name)[prefix:]  # noqa: PTH118 - a million of them
                yield _as_key(path.replace(os.sep, "/"))


def named(connection: sqlite3.Connection) -> Iterator[tuple[int, str]]:
    """Yield every picture that a record names, with the record's id, page by page."""
    last = 0
    while rows := connection.execute(_NAMES, (last, _AT_ONCE)).fetchall():
        for record_id, *paths in rows:
            yield from ((record_id, posixpath.normpath(path)) for path in paths if isinstance(path, str))
        last = rows[-1][0]


def _take_names(shelf: sqlite3.Connection, connection: sqlite3.Connection) -> tuple[int, str] | None:
    twice = None
    for record_id, path in named(connection):
        taken = shelf.execute(
            "INSERT INTO pictures VALUES (?, ?) ON CONFLICT (name)"
            " DO UPDATE SET record_id = excluded.record_id WHERE record_id IS NULL",
            (_as_key(path), record_id),
        )
        if not taken.rowcount and twice is None:
            twice = record_id, path
    return twice


def _unnamed(shelf: sqlite3.Connection, sessions: Collection[str]) -> int:
    under_way = others = 0
    for (name,) in shelf.execute("SELECT name FROM pictures WHERE record_id IS NULL"):
        if session_of(_as_path(name).rpartition("/")[2]) in sessions:
            under_way += 1
        else:
            others += 1
    return others if under_way <= MOST_UNDER_WAY else others + under_way


@contextmanager
def _shelf() -> Iterator[sqlite3.Connection]:
    # An empty name is a database on the disk that goes with its connection (https://sqlite.org/inmemorydb.html).
    with closing(sqlite3.connect("", isolation_level=None)) as shelf:
        shelf.execute("PRAGMA cache_size = -4096")
        shelf.execute("BEGIN")
        shelf.execute("CREATE TABLE pictures (name BLOB PRIMARY KEY, record_id INTEGER) WITHOUT ROWID")
        yield shelf


def _as_key(path: str) -> bytes:
    """A file name may hold bytes that are no text."""
    return path.encode("utf-8", "surrogateescape")


def _as_path(key: bytes) -> str:
    return key.decode("utf-8", "surrogateescape")
