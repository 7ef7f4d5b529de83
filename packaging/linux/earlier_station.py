"""A station as the first version left it: for rehearsals of an upgrade with data."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from crane_desktop.records import migrate


def make_first_database(path: Path) -> None:
    """Turn a log's database into one of the first revision, with as much of each record as that one knew."""
    first = path.with_name("first.sqlite3")
    engine = create_engine(f"sqlite:///{first}")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    with closing(sqlite3.connect(path)) as newest, closing(sqlite3.connect(first)) as oldest:
        columns = ", ".join(row[1] for row in oldest.execute("PRAGMA table_info(records)"))
        rows = newest.execute(f"SELECT {columns} FROM records ORDER BY id").fetchall()  # noqa: S608 - names of our own
        places = ", ".join("?" for _ in columns.split(", "))
        oldest.executemany(f"INSERT INTO records ({columns}) VALUES ({places})", rows)  # noqa: S608
        oldest.execute("PRAGMA journal_mode = WAL")
        oldest.commit()
        newest.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    owner = path.stat()
    for leftover in path.parent.glob(f"{path.name}-*"):
        leftover.unlink()
    first.replace(path)
    os.chown(path, owner.st_uid, owner.st_gid)
