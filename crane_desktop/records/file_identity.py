"""Whether the log's open files are still those that bear its names."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from crane_desktop.domain.errors import StationFault
from crane_desktop.settings.atomic import free_name

_log = logging.getLogger(__name__)

FileId: TypeAlias = tuple[int, int]
"""Device and inode; on Windows volume and file index."""


@dataclass(frozen=True, slots=True)
class LogFiles:
    """What the log's three files are: database, write-ahead log, and the index of that; None where one is missing."""

    database: FileId | None
    journal: FileId | None
    index: FileId | None


def files_of(log_file: Path) -> LogFiles:
    """Return which files bear the log's names now.

    Raises
    ------
    OSError
        If the disk does not even tell that.
    """
    return LogFiles(file_id(log_file), file_id(journal_of(log_file)), file_id(_beside(log_file, "-shm")))


def traces_of(log_file: Path) -> tuple[int, ...]:
    """Return what shows that somebody wrote into the log's files: when the database was written, and both sizes.

    Raises
    ------
    OSError
        If one is missing, or the disk does not tell.
    """
    return *database_traces(log_file), journal_of(log_file).stat().st_size


def database_traces(log_file: Path) -> tuple[int, ...]:
    """Return the traces in the database alone.

    Raises
    ------
    OSError
        As `traces_of` does.
    """
    database = log_file.stat()
    return database.st_mtime_ns, database.st_size


def file_id(path: Path) -> FileId | None:
    """Return what the file at `path` is, None where there is none."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino


def inode(found: FileId | None) -> int:
    """Return a file's number on its disk, 0 where there is none; the disk's own may change with a restart."""
    return 0 if found is None else found[1]


def journal_of(log_file: Path) -> Path:
    """Return where SQLite keeps the write-ahead log of a database."""
    return _beside(log_file, "-wal")


def keep_journal(log_file: Path) -> None:
    """Take a journal out of the way of a database that is not its own, and keep it.

    Raises
    ------
    OSError
        If it cannot be moved.
    """
    journal = journal_of(log_file)
    target = free_name(journal.with_name(f"{journal.name}.lost"))
    try:
        journal.rename(target)
    except OSError as error:
        _log.error("the journal %s is not that of the log beside it, and cannot be moved: %s", journal, error)
        raise
    _log.error("the log %s is not the one that its journal belongs to: the journal is kept as %s", log_file, target)


def check_same(log_file: Path, opened: LogFiles, now: LogFiles) -> None:
    """Compare the files that were opened with those that bear their names.

    An open file lives on without its name: whatever is written to it is gone with the program.

    Raises
    ------
    StationFault
        If one was moved, deleted or replaced.
    """
    if now.database != opened.database:
        if now.database is None:
            raise StationFault("records.gone", path=log_file)
        raise StationFault("records.replaced", path=log_file)
    if now != opened:
        raise StationFault("records.journal_gone", path=journal_of(log_file))


def _beside(log_file: Path, ending: str) -> Path:
    return log_file.with_name(log_file.name + ending)
