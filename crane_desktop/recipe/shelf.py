"""The folders in which recipes lie: which are there, which version is in use, and the next one put beside it.

A version takes effect when its file has its name. ``head.json`` follows a moment later: where a kill came in between,
the version that was made of the head is the head all the same, so there is always the old one or the new one.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from crane_desktop.domain.errors import InputError
from crane_desktop.recipe.names import clean_name
from crane_desktop.recipe.version_files import (
    FOLDER_SUFFIX,
    HEAD_FILE,
    RecipeVersion,
    VersionFile,
    dump_head,
    dump_version,
    read_head,
    read_version,
    version_file_name,
    version_files,
)
from crane_desktop.settings.atomic import sync_folder, write_atomic

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shelf:
    """The versions of all recipes, as files below one folder. Decides nothing, and locks nothing."""

    root: Path

    def folders(self) -> dict[str, Path]:
        """Return the recipes' folders by name. One without files is what a kill left of a first save: no recipe yet."""
        return {name: path for name, path in self._spelt_folders().items() if any(path.glob("*.json"))}

    def has(self, name: str) -> bool:
        """Return whether there is a recipe of exactly this name."""
        folder = self._spelt_folders().get(name)
        return folder is not None and any(folder.glob("*.json"))

    def folder(self, name: str) -> Path:
        """Return where a recipe lies, or would."""
        return self._spelt_folders().get(name, self.root / f"{name}{FOLDER_SUFFIX}")

    def _spelt_folders(self) -> dict[str, Path]:
        """Return all folders by name as they are really spelt, whatever the file system takes for the same."""
        found = self.root.glob(f"*{FOLDER_SUFFIX}")
        named = {path: clean_name(path.name.removesuffix(FOLDER_SUFFIX)) for path in found}
        return {name: path for path, name in named.items() if name is not None}

    def spelt(self, name: str) -> str:
        """Return a name as its recipe is called, where the file system does not tell upper and lower case apart."""
        folders = self.folders()
        if name in folders or not self.folder(name).is_dir():
            return name
        return next((other for other in folders if other.casefold() == name.casefold()), name)

    def files(self, name: str) -> list[VersionFile]:
        """Return the files of a recipe's versions, oldest first; the one in use even where it is gone."""
        folder = self.folder(name)
        found = version_files(folder)
        head = read_head(folder)
        if head is not None and head.file not in found:
            found.append(head.file)
        return sorted(found, key=lambda file: (file.version, file.sha16))

    def file_of(self, name: str, number: int) -> VersionFile:
        """Return the file of one version.

        Raises
        ------
        InputError
            If there is no such version.
        """
        files = self.files(name)
        for file in files:
            if file.version == number:
                return file
        known = ", ".join(str(file.version) for file in files)
        raise InputError("recipe.no_such_version", recipe=name, version=number, known=known)

    def head(self, name: str) -> RecipeVersion:
        """Return the version in use.

        Raises
        ------
        InputError
            If it is damaged, or it is not clear which one it is.
        """
        folder = self.folder(name)
        files = version_files(folder)
        head = read_head(folder)
        if head is not None:
            newer = _made_of(head.sha256, [file for file in files if file.version > head.file.version])
            return newer[-1] if newer else read_version(head.file)
        line = [] if (folder / HEAD_FILE).exists() else _made_of(None, files)
        if not line or len(line) != len(files):
            raise InputError("recipe.head_damaged", recipe=name, file=folder / HEAD_FILE)
        return line[-1]

    def head_sha256(self, name: str) -> str | None:
        """Return which version is in use, even where it cannot be read; None where that is not known."""
        try:
            return self.head(name).sha256
        except InputError:
            head = read_head(self.folder(name))
            return None if head is None else head.sha256

    def file_in_use(self, name: str) -> Path:
        """Return where the version in use lies, be it damaged; where it is not known which one, the newest."""
        try:
            return self.head(name).file
        except InputError:
            return self.files(name)[-1].path

    def last_but_head(self, name: str) -> RecipeVersion:
        """Return the newest version that can be read, but for the one in use.

        Raises
        ------
        InputError
            If there is none.
        """
        try:
            in_use = self.head(name).file
        except InputError:
            in_use = None
        for file in reversed(self.files(name)):
            if file.path == in_use:
                continue
            try:
                return read_version(file)
            except InputError:
                continue
        raise InputError("recipe.no_earlier_version", recipe=name)

    def next_number(self, name: str) -> int:
        """Return the number after all that were ever used."""
        return max((file.version for file in self.files(name)), default=0) + 1

    def path_of(self, name: str, version: int, sha256: str) -> Path:
        """Return where a version is to lie."""
        return self.folder(name) / version_file_name(version, sha256)

    def put(self, made: RecipeVersion) -> None:
        """Write a version, which is in use from then on.

        Raises
        ------
        OSError
            If it cannot be written; nothing has changed then.
        """
        folder = made.file.parent
        if not folder.is_dir():
            folder.mkdir(parents=True)
            sync_folder(folder.parent)
        try:
            write_atomic(made.file, dump_version(made))
        except OSError:
            with suppress(OSError):
                made.file.unlink(missing_ok=True)  # the file may have its name, and only the folder be not synced
            raise
        try:
            write_atomic(folder / HEAD_FILE, dump_head(made.version, made.sha256))
        except OSError as error:  # it is in use all the same (`head`), and the next save writes both
            _log.warning("the head of the recipe %s stays behind version %s: %s", made.name, made.version, error)


def _made_of(sha256: str | None, files: list[VersionFile]) -> list[RecipeVersion]:
    """Return the line of versions, each made of the one before, that begins at `sha256`; None: at the beginning."""
    line: list[RecipeVersion] = []
    for file in files:
        try:
            version = read_version(file)
        except InputError:
            continue
        if version.parent_sha256 == (line[-1].sha256 if line else sha256):
            line.append(version)
    return line
