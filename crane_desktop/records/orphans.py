"""Pictures that a crash left behind: written, but their rows never became durable."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, func, select

from crane_desktop.records.schema import records
from crane_desktop.settings.atomic import TEMPORARY_SUFFIX
from crane_desktop.settings.data_dir import DataDir

_LOOK_BACK = timedelta(days=1)
"""Orphans are younger than the newest record; a day more covers a clock that was set back a little."""

_BEGINNING = datetime.min.replace(tzinfo=UTC)


def remove_orphans(connection: Connection, data: DataDir) -> int:
    """Delete pictures that no row names, in the folders a crash can have touched; return how many.

    Only the days since the newest record are looked at, so that years of archive cost nothing. No other
    program may be writing this log.
    """
    with connection.begin():
        newest: datetime | None = connection.execute(select(func.max(records.c.decided_at))).scalar()
        since = _BEGINNING if newest is None else _midnight(newest - _LOOK_BACK)
        query = select(records.c.image_path, records.c.map_path, records.c.original_path).where(
            records.c.decided_at >= since
        )
        named = {path for row in connection.execute(query) for path in row}
    orphans = [f for f in _files_since(data.images, since) if f.relative_to(data.records).as_posix() not in named]
    return sum(_remove(file) for file in orphans)


def _files_since(images: Path, since: datetime) -> Iterator[Path]:
    first_day = f"{since.year:04d}/{since.month:02d}/{since.day:02d}"
    for folder in sorted(images.glob("[0-9]*/[0-9]*/[0-9]*"), reverse=True):
        if folder.is_dir() and folder.relative_to(images).as_posix() >= first_day:
            yield from (file for file in folder.iterdir() if file.suffix in {".png", TEMPORARY_SUFFIX})


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _remove(file: Path) -> int:
    with contextlib.suppress(OSError):
        file.unlink()
        return 1
    return 0
