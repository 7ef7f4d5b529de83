"""The one folder that holds everything the program keeps: settings, recipes, packs, records, logs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from crane_desktop.domain.errors import InputError

_LOCK_NAME = "in-use.lock"
_PROBE_NAME = ".writable"


@dataclass(frozen=True, slots=True)
class DataDir:
    """Layout of a data folder.

    Attributes
    ----------
    root
        The folder itself; made by `prepare` where it is missing.
    """

    root: Path

    @property
    def settings_file(self) -> Path:
        """What the user set in the window."""
        return self.root / "settings.json"

    @property
    def recipes(self) -> Path:
        """One JSON file a recipe."""
        return self.root / "recipes"

    @property
    def packs(self) -> Path:
        """Installed model packs."""
        return self.root / "packs"

    @property
    def records(self) -> Path:
        """The log: the database with its images beside it."""
        return self.root / "records"

    @property
    def log_file(self) -> Path:
        """The database of all verdicts."""
        return self.records / "records.sqlite"

    @property
    def images(self) -> Path:
        """Archived pictures, ``YYYY/MM/DD`` in UTC."""
        return self.records / "images"

    @property
    def logs(self) -> Path:
        """What happened to the program (not to the parts)."""
        return self.root / "logs"

    def prepare(self) -> None:
        """Make what is missing and prove that it can be written.

        Raises
        ------
        InputError
            If the folder, or one inside it, cannot be made or written.
        """
        folder = self.root
        try:
            for folder in (self.root, self.recipes, self.packs, self.records, self.images, self.logs):
                folder.mkdir(parents=True, exist_ok=True)
                probe = folder / f"{_PROBE_NAME}-{os.getpid()}"
                probe.touch()
                probe.unlink(missing_ok=True)
        except OSError as error:
            detail = error.strerror or str(error)
            raise InputError("settings.data_dir_unwritable", path=folder, detail=detail) from error

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep a second program off this folder while the context lasts; a dead process holds nothing.

        Raises
        ------
        InputError
            If another program is using the folder, or it cannot be locked.
        """
        # Not shared between instances of one process either: a second line in one program is a second user.
        guard = FileLock(self.root / _LOCK_NAME, timeout=0, is_singleton=False)
        try:
            guard.acquire()
        except Timeout:
            raise InputError("settings.data_dir_in_use", path=self.root) from None
        except OSError as error:
            detail = error.strerror or str(error)
            raise InputError("settings.data_dir_unwritable", path=self.root, detail=detail) from error
        try:
            yield
        finally:
            guard.release()


def default_data_dir() -> Path:
    """Return the data folder of this user: CRANE_DATA_DIR, else where the platform keeps program data."""
    asked = os.environ.get("CRANE_DATA_DIR")
    if asked:
        return Path(asked).expanduser().absolute()
    return Path(platformdirs.user_data_dir("CraneInspector", appauthor=False))
