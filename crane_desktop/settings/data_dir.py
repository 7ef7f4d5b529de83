"""The data folder: where everything lies that belongs to one station, and who may use it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from crane_desktop.domain.errors import InputError, technical
from crane_desktop.settings.installation import shared_data_dir

_APP = "CraneInspector"

ANCHOR = "log.anchor"
"""Name of `DataDir.anchor_file`, which lies beside the log."""

QUARANTINE = "quarantine"
"""Folder of `DataDir.quarantine`, below the records."""


def default_data_dir() -> Path:
    """Return the platform's data folder: CRANE_DATA_DIR where it is set, else the one that was chosen when installing.

    Raises
    ------
    InputError
        If the installation no longer says which, or CRANE_DATA_DIR names the home of somebody unknown (``~nobody``).
    """
    asked = os.environ.get("CRANE_DATA_DIR")
    if asked:
        try:
            return Path(asked).expanduser().absolute()
        except RuntimeError as error:
            raise InputError("settings.data_dir_unwritable", folder=asked, reason=technical(error)) from error
    return shared_data_dir() or Path(platformdirs.user_data_dir(_APP, appauthor=False, roaming=False))


@dataclass(frozen=True, slots=True)
class DataDir:
    """Layout of a data folder. Making one touches nothing; `prepare` does.

    Attributes
    ----------
    root
        The folder itself.
    """

    root: Path

    @property
    def settings_file(self) -> Path:
        """The program's settings."""
        return self.root / "settings.json"

    @property
    def session_file(self) -> Path:
        """When the window was opened last, and whether it was closed."""
        return self.root / "session.json"

    @property
    def proofs_file(self) -> Path:
        """Under which circumstances each pack gave its golden scores the last time."""
        return self.root / "self-test.json"

    @property
    def recipes(self) -> Path:
        """Recipes, each a folder of versions; and memories of good parts."""
        return self.root / "recipes"

    @property
    def references(self) -> Path:
        """Reference pictures of cameras: dark and bright fields."""
        return self.root / "references"

    @property
    def packs(self) -> Path:
        """Installed model packs."""
        return self.root / "packs"

    @property
    def records(self) -> Path:
        """The log with its pictures."""
        return self.root / "records"

    @property
    def log_file(self) -> Path:
        """The log's database (SQLite)."""
        return self.records / "log.sqlite3"

    @property
    def images(self) -> Path:
        """Archived pictures, in folders by UTC day."""
        return self.records / "images"

    @property
    def anchor_file(self) -> Path:
        """How far the log had come, kept outside the database."""
        return self.records / ANCHOR

    @property
    def quarantine(self) -> Path:
        """Pictures that a crash or a refused batch left without a record, for a while, in folders by day."""
        return self.records / QUARANTINE

    @property
    def set_aside(self) -> Path:
        """What somebody decided to keep apart from the log; the program never removes it."""
        return self.records / "set-aside"

    @property
    def logs(self) -> Path:
        """What happened to the program."""
        return self.root / "logs"

    def prepare(self) -> None:
        """Make the folders and prove that they can be written.

        Raises
        ------
        InputError
            If one cannot be made or written: names it and says what to do.
        """
        for folder in (self.root, self.recipes, self.references, self.packs, self.records, self.images, self.logs):
            try:
                folder.mkdir(parents=True, exist_ok=True)
                # Permission bits do not tell (network shares, Windows): only writing proves it.
                with tempfile.TemporaryFile(dir=folder) as trial:
                    trial.write(b"x")
            except OSError as error:
                reason = technical(error)
                raise InputError("settings.data_dir_unwritable", folder=folder, reason=reason) from error

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the data folder for this program alone; the system lets go when the process dies.

        Reading needs no lock.

        Raises
        ------
        InputError
            If another program holds it, or the folder cannot be locked.
        """
        lock = FileLock(self.root / ".lock", timeout=0, thread_local=False)
        try:
            lock.acquire()
        except Timeout:
            raise InputError("settings.data_dir_in_use", folder=self.root) from None
        except (OSError, NotImplementedError) as error:  # NotImplementedError: a file system without locks
            raise InputError("settings.data_dir_unwritable", folder=self.root, reason=technical(error)) from error
        try:
            yield
        finally:
            lock.release()
