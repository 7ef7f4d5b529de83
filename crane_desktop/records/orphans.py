"""Pictures in the archive that no record names: what a crash can have left, and what it cannot.

A crash orphans at most the pictures of the batches under way, and their names tell which writer they are from. What
goes beyond that is no crash: the database was moved away, or put back from a backup, and the pictures are evidence.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, func, select

from crane_desktop.records.schema import records
from crane_desktop.settings.atomic import TEMPORARY_SUFFIX
from crane_desktop.settings.data_dir import DataDir

MOST_UNDER_WAY = 4 * 64 * 3
"""Pictures: four batches of the most verdicts that a line writes at once, with picture, map and original. Those that
have only their temporary names yet were never part of the archive, and do not count."""

PICTURE_ENDINGS = frozenset({".png", TEMPORARY_SUFFIX})

_LOOK_BACK = timedelta(days=1)
"""A start looks at the days since the newest record; a day more covers a clock that was set back a little."""

_BEGINNING = datetime.min.replace(tzinfo=UTC)
_STEM = re.compile(r"^\.?\d{6}-\d{6}-([0-9a-f]{4})[0-9a-f]{4}-")


@dataclass(frozen=True, slots=True)
class Unnamed:
    """Pictures without a record, as paths below the records folder.

    Attributes
    ----------
    of_a_crash
        What a killed writer can have left; none where there are more than that.
    others
        Everything else: not to be touched unasked.
    """

    of_a_crash: tuple[str, ...]
    others: tuple[str, ...]


def new_session() -> str:
    """Return a name for a writer, that its pictures bear."""
    return secrets.token_hex(2)


def session_of(file_name: str) -> str | None:
    """Return which writer a picture is from, None where its name does not tell."""
    found = _STEM.match(file_name)
    return None if found is None else found[1]


def unnamed_pictures(connection: Connection, data: DataDir, sessions: Collection[str]) -> Unnamed:
    """Find pictures that no row names, in the folders since the newest record.

    Only these are looked at, so that years of archive cost a start nothing. No other program may be writing this log.

    Parameters
    ----------
    sessions
        Writers that may have been killed.
    """
    with connection.begin():
        newest: datetime | None = connection.execute(select(func.max(records.c.decided_at))).scalar()
        since = _BEGINNING if newest is None else _midnight(min(newest, datetime.now(UTC)) - _LOOK_BACK)
        query = select(records.c.image_path, records.c.map_path, records.c.original_path).where(
            records.c.decided_at >= since
        )
        named = {path for row in connection.execute(query) for path in row}
    found = (file.relative_to(data.records).as_posix() for file in _files_since(data.images, since))
    return sorted_out((name for name in found if name not in named), sessions)


def sorted_out(unnamed: Iterable[str], sessions: Collection[str]) -> Unnamed:
    """Tell what a crash of one of `sessions` can have left from everything else."""
    of_a_crash: list[str] = []
    others: list[str] = []
    for name in unnamed:
        known = session_of(name.rpartition("/")[2]) in sessions
        (of_a_crash if known else others).append(name)
    if sum(not name.endswith(TEMPORARY_SUFFIX) for name in of_a_crash) > MOST_UNDER_WAY:
        return Unnamed((), (*of_a_crash, *others))
    return Unnamed(tuple(of_a_crash), tuple(others))


def is_picture(file: Path) -> bool:
    """Whether a file in the archive is a picture of ours, or one that was being written."""
    return file.suffix in PICTURE_ENDINGS


def _files_since(images: Path, since: datetime) -> Iterator[Path]:
    first_day = f"{since.year:04d}/{since.month:02d}/{since.day:02d}"
    for folder in sorted(images.glob("[0-9]*/[0-9]*/[0-9]*"), reverse=True):
        if folder.is_dir() and folder.relative_to(images).as_posix() >= first_day:
            yield from (file for file in folder.iterdir() if is_picture(file))


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
