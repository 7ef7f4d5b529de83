"""What a person decides about pictures without a record: set them aside, or take in those that a record names again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from crane_desktop.domain.errors import InputError, technical
from crane_desktop.records.database import connect
from crane_desktop.records.log import only_writer
from crane_desktop.records.migrate import opening_error, prepare_database
from crane_desktop.records.names_proof import named, unnamed_names
from crane_desktop.records.quarantine import files_below, move_away
from crane_desktop.settings.data_dir import DataDir


def set_aside_unnamed(data: DataDir) -> int:
    """Move every picture that no record names into `DataDir.set_aside`; return how many. Nothing is deleted.

    The data folder must be locked by the caller.

    Raises
    ------
    InputError
        If the log cannot be read, or a line is writing it.
    """
    with _alone(data) as connection:
        names = list(unnamed_names(connection, data))
    return move_away(data.records, names, data.set_aside)


def take_in_named(data: DataDir) -> int:
    """Put pictures back that were moved away and that a record names and misses; return how many.

    A picture that no record names stays where it is: a verdict cannot be made up for it.

    Raises
    ------
    InputError
        If the log cannot be read, or a line is writing it.
    """
    moved: dict[str, Path] = {}
    for folder in (data.quarantine, data.set_aside):
        for file in files_below(folder):
            name = file.relative_to(folder).as_posix().partition("/")[2]  # behind the day it was moved
            moved.setdefault(name, file)
    taken = 0
    with _alone(data) as connection:
        for _, name in named(connection) if moved and connection is not None else ():
            taken += _put_back(data.records / name, moved.get(name))
    return taken


def _put_back(place: Path, file: Path | None) -> bool:
    if file is None or place.exists() or not file.is_file():
        return False
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        file.rename(place)
    except OSError as error:
        raise InputError("records.unopenable", path=place, detail=technical(error)) from error
    return True


@contextmanager
def _alone(data: DataDir) -> Iterator[sqlite3.Connection | None]:
    """Give a connection that reads, None where there is no log, while nobody writes."""
    with only_writer(data):
        if not data.log_file.exists():
            yield None
            return
        prepare_database(data.log_file)
        try:
            with closing(connect(data.log_file, "ro")) as connection:
                yield connection
        except sqlite3.Error as error:
            raise opening_error(error, data.log_file) from error
