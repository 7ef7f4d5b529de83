"""Moving pictures out of the archive without losing one: what names a verdict is never deleted, only moved.

In quarantine lies what a crash or a refused batch left without a record; after its days it goes. What a person set
aside stays.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from crane_desktop.settings.atomic import free_name, sync_folder

_log = logging.getLogger(__name__)


def move_away(records: Path, names: Iterable[str], into: Path, moment: datetime | None = None) -> int:
    """Move files below `records` into a folder of the day below `into`, keeping their paths; return how many.

    What cannot be moved stays where it is. Nothing is ever overwritten.

    Parameters
    ----------
    names
        Paths relative to `records`, with forward slashes; one that is not there is passed over.
    moment
        Now where None.
    """
    day = into / f"{(moment or datetime.now(UTC)).astimezone(UTC):%Y-%m-%d}"
    moved, folders = 0, set()
    for name in names:
        target = free_name(day / name)
        try:
            if not _exists(records / name):
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            (records / name).rename(target)
        except OSError as error:
            _log.warning("a picture could not be moved out of the archive: %s", error)
            continue
        folders |= {target.parent, (records / name).parent}
        moved += 1
    for folder in folders:
        with suppress(OSError):
            sync_folder(folder)
    return moved


def purge(quarantine: Path, before: datetime) -> int:
    """Delete what came into quarantine on a day before `before`; return how many files.

    Only here does the program delete a picture: one without a record, that nobody wanted for so long.
    """
    removed = 0
    for folder in _days(quarantine):
        if date.fromisoformat(folder.name) >= before.astimezone(UTC).date():
            continue
        for file in files_below(folder):
            with suppress(OSError):
                file.unlink()
                removed += 1
        for empty in sorted((f for f in folder.rglob("*") if f.is_dir()), reverse=True):
            with suppress(OSError):
                empty.rmdir()
        with suppress(OSError):
            folder.rmdir()
    return removed


def purge_before(now: datetime, newest: datetime | None, days: int) -> datetime | None:
    """Return before which day quarantine is emptied, None where nothing may go.

    A clock that jumped ahead must not age everything at once: the log's newest record has to be as old.
    """
    if days == 0 or newest is None:
        return None
    try:
        return min(now, newest) - timedelta(days=days)
    except OverflowError:
        return None


def held(folder: Path) -> int:
    """Return how many files lie in quarantine, or set aside."""
    return sum(1 for _ in files_below(folder))


def files_below(folder: Path) -> Iterator[Path]:
    """Yield every file below a folder that may be missing; links are not followed into other folders."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    for entry in entries:
        if entry.is_dir() and not entry.is_symlink():
            yield from files_below(entry)
        else:
            yield entry


def _days(quarantine: Path) -> list[Path]:
    found = []
    with suppress(OSError):
        for folder in quarantine.iterdir():
            with suppress(ValueError):
                if date.fromisoformat(folder.name).isoformat() == folder.name and not folder.is_symlink():
                    found.append(folder)
    return sorted(found)


def _exists(path: Path) -> bool:
    return path.exists() or path.is_symlink()
