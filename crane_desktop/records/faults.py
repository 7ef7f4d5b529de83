"""A database's or a disk's complaint while the line runs, sorted by whose fault it is and put into a sentence."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from crane_desktop.domain.errors import StationFault, technical

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_PRIMARY = 0xFF
"""SQLite's extended result codes carry the primary one in their low byte (https://sqlite.org/rescode.html)."""


def primary_code(error: DBAPIError | sqlite3.Error) -> int:
    """Return SQLite's primary result code, 0 where there is none."""
    original = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(original, "sqlite_errorcode", None)
    return code & _PRIMARY if isinstance(code, int) else 0


def is_disk_full(error: OSError) -> bool:
    """Tell whether a write failed because no space (or quota) was left."""
    return error.errno in _FULL


def database_fault(error: DBAPIError, path: Path) -> StationFault:
    """Return what to tell people about a failure of the database at `path`."""
    detail = technical(error.orig or error)
    match primary_code(error):
        case sqlite3.SQLITE_FULL:
            return StationFault("records.disk_full", path=path)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StationFault("records.locked", path=path)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return StationFault("records.corrupt", path=path, detail=detail)
        case _:
            return StationFault("records.not_written", path=path, detail=detail)


def disk_fault(error: OSError, path: Path) -> StationFault:
    """Return what to tell people about a failure to write a picture below `path`."""
    if is_disk_full(error):
        return StationFault("records.disk_full", path=path)
    return StationFault("records.not_written", path=path, detail=technical(error))
