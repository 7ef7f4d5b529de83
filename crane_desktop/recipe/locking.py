"""Writers of recipes, in several threads and processes, take turns; and what keeps them from writing is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from crane_desktop.domain.errors import InputError, technical

_LOCK_FILE = ".recipes.lock"
_WITHIN_S = 30.0
_POLL_S = 0.01


@contextmanager
def locked(root: Path, within_s: float = _WITHIN_S) -> Iterator[None]:
    """Hold the recipes of a data folder; the system lets go when the process dies. Not to be entered twice.

    Raises
    ------
    InputError
        If others hold them for too long, or the folder cannot be locked.
    """
    path = root / _LOCK_FILE
    with unwritable_is_told(path):
        root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, timeout=within_s, poll_interval=_POLL_S)  # one of its own each time: threads wait as well
        try:
            lock.acquire()
        except Timeout:
            raise InputError("recipe.store_busy", seconds=round(within_s)) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def unwritable_is_told(file: Path) -> Iterator[None]:
    """Turn the system's refusal to write `file` into a sentence for people.

    Raises
    ------
    InputError
        Where the system refuses.
    """
    try:
        yield
    except (OSError, NotImplementedError) as error:  # NotImplementedError: a file system without locks
        reason = technical(error)
        raise InputError("settings.unwritable", file=file, reason=reason) from error
