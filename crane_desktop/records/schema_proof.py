"""Whether a database has the form that this program gave it: nothing foreign in it, nothing missing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from crane_desktop.domain.errors import StationFault
from crane_desktop.records.schema import metadata

_OTHERS = {"alembic_version": {"version_num"}}
_SHOWN = 5


def form_findings(connection: sqlite3.Connection, path: Path) -> list[StationFault]:
    """Return what is foreign in the log at `path`, and what is missing; nothing where its form is right.

    Raises
    ------
    sqlite3.Error
        If it cannot be read.
    """
    found, wanted = _found(connection), _wanted()
    findings = []
    if foreign := sorted(found - wanted):
        findings.append(StationFault("records.proof_foreign", path=path, names=_listed(foreign)))
    if missing := sorted(wanted - found):
        findings.append(StationFault("records.proof_lacking", path=path, names=_listed(missing)))
    return findings


def _wanted() -> set[str]:
    """Every table, column and index as a word of its own; an index with its columns, so that another one shows."""
    names = set(_OTHERS)
    names |= {f"{table}.{column}" for table, columns in _OTHERS.items() for column in columns}
    for table in metadata.tables.values():
        names |= {table.name} | {f"{table.name}.{column.name}" for column in table.columns}
        names |= {
            _index(str(index.name), table.name, (column.name for column in index.columns)) for index in table.indexes
        }
    return names


def _found(connection: sqlite3.Connection) -> set[str]:
    names: set[str] = set()
    for kind, name, table in connection.execute("SELECT type, name, tbl_name FROM sqlite_master").fetchall():
        if name.startswith("sqlite_"):  # SQLite's own, which nobody else may make
            continue
        if kind == "index":
            columns = connection.execute("SELECT name FROM pragma_index_info(?)", (name,)).fetchall()
            names.add(_index(name, table, (str(column) for (column,) in columns)))
            continue
        names.add(name)
        if kind == "table":
            columns = connection.execute("SELECT name FROM pragma_table_info(?)", (name,)).fetchall()
            names |= {f"{name}.{column}" for (column,) in columns}
    return names


def _index(name: str, table: str, columns: Iterable[str]) -> str:
    return f"{name} ({table}: {', '.join(columns)})"


def _listed(names: list[str]) -> str:
    more = f", ... ({len(names)})" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
