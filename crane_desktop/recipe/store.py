"""The recipes of a station: every version stays for ever, the newest one is in use."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from filelock import FileLock, Timeout

from crane_desktop.domain.errors import InputError
from crane_desktop.recipe.authorship import Why, system_user
from crane_desktop.recipe.differences import Difference, differences
from crane_desktop.recipe.identity import recipe_sha256, same_content
from crane_desktop.recipe.json_text import dump_recipe, read_recipe_file
from crane_desktop.recipe.migrate import OldFile, old_files, put_away, read_old
from crane_desktop.recipe.model import Recipe, Thresholds, checked_name
from crane_desktop.recipe.shelf import Shelf
from crane_desktop.recipe.staleness import without_stale_thresholds
from crane_desktop.recipe.version_files import RecipeVersion, read_version
from crane_desktop.settings.atomic import write_atomic
from crane_desktop.settings.data_dir import DataDir

DEFAULT_RECIPE = "default"
RECIPE_SUFFIX = ".cranerecipe"
"""What a recipe's file is called while it travels; inside it is the same JSON."""
UNNAMED_FOLDER = "unnamed"
"""In ``recipes``: what judged without being stored under a name, each by its SHA-256."""

_LOCK_FILE = ".recipes.lock"
_LOCKED_WITHIN_S = 30.0
_POLL_S = 0.01
_SHA256 = re.compile(r"[0-9a-f]{64}")
_log = logging.getLogger(__name__)

Change: TypeAlias = Callable[[Recipe], Recipe]


@dataclass(frozen=True, slots=True)
class UnreadableVersion:
    """A version whose file is damaged, gone, or of a later program."""

    name: str
    version: int
    file: Path
    problem: InputError


@dataclass(frozen=True, slots=True)
class RecipeChange:
    """A version that has just come into use."""

    name: str
    version: int
    sha256: str
    parent_sha256: str | None
    who: str
    when: datetime
    why: Why
    differences: tuple[Difference, ...]


def _tell_nobody(_change: RecipeChange) -> None:
    return


class RecipeStore:
    """Every version of every recipe of a data folder. The only way to write one.

    Reading takes no lock. Writers of several threads and processes take turns.

    Parameters
    ----------
    data
        The station's data folder.
    on_change
        Told every version that comes into use, in their order; called while the store is locked, so it must hand the
        change on and save nothing itself.
    """

    def __init__(self, data: DataDir, *, on_change: Callable[[RecipeChange], None] = _tell_nobody) -> None:
        self.data = data
        self._shelf = Shelf(data.recipes)
        self._on_change = on_change

    def names(self) -> list[str]:
        """Return the names of all recipes, damaged ones too, sorted."""
        self._migrate()
        return sorted({*self._shelf.folders(), *(file.name for file in old_files(self.data.recipes))})

    def head(self, name: str) -> Recipe:
        """Return the version of a recipe that is in use.

        Raises
        ------
        InputError
            If there is no such recipe, or that version is damaged.
        """
        return self._shelf.head(self._known(name)).recipe

    def version(self, name: str, number: int) -> Recipe:
        """Return one version of a recipe.

        Raises
        ------
        InputError
            If there is no such version, or it is damaged.
        """
        return read_version(self._shelf.file_of(self._known(name), number)).recipe

    def by_sha256(self, sha256: str) -> Recipe:
        """Return the recipe that a record names, stored under a name or not.

        Raises
        ------
        InputError
            If it is not here, or damaged.
        """
        self._migrate()
        problem = InputError("recipe.no_such_sha256", sha256=sha256)
        if _SHA256.fullmatch(sha256) is None:
            raise problem
        unnamed = self._unnamed(sha256)
        if unnamed.exists():
            return _proven(unnamed, sha256)
        files = (file for name in self._shelf.folders() for file in self._shelf.files(name))
        for file in files:
            if file.sha16 == sha256[:16]:
                try:
                    return read_version(file).recipe
                except InputError as error:
                    problem = error
        raise problem

    def history(self, name: str) -> list[RecipeVersion | UnreadableVersion]:
        """Return all versions of a recipe, oldest first, each with its differences to its parent.

        Raises
        ------
        InputError
            If there is no such recipe.
        """
        name = self._known(name)
        earlier: dict[str, Recipe] = {}
        told: list[RecipeVersion | UnreadableVersion] = []
        for file in self._shelf.files(name):
            try:
                found = read_version(file)
            except InputError as problem:
                told.append(UnreadableVersion(name, file.version, file.path, problem))
                continue
            told.append(_compared(found, earlier.get(found.parent_sha256 or "")))
            earlier[found.sha256] = found.recipe
        return told

    def save(self, start: str | Recipe, change: Change, *, who: str, why: Why | str) -> RecipeVersion:
        """Change a recipe; the result is its next version. Nothing is written where nothing changes.

        Parameters
        ----------
        start
            The recipe's name; or a recipe, whose name counts, and which is the beginning where none of its name exists.
        change
            Returns the recipe as it should be; its name and version are the store's to say. Thresholds that were
            found on something else than it says now are dropped (`recipe.staleness`).
        who, why
            What its history says.

        Returns
        -------
        RecipeVersion
            The version in use from now on.

        Raises
        ------
        InputError
            If the recipe cannot be read, the change makes none that can be, or it cannot be written. The version in
            use is then the same as before.
        """
        name = checked_name(start if isinstance(start, str) else start.name)
        self._migrate()
        with self._locked():
            if self._is_here(name):
                head = self._shelf.head(name)
                before, number = head.recipe, self._shelf.next_number(name)
            else:
                self._refuse_other_case(name)
                head = None
                before = Recipe(name=name) if isinstance(start, str) else start.changed(name=name)
                number = before.version
            recipe = change(before).changed(name=name, version=number)
            return self._put(without_stale_thresholds(recipe, before), head, who, why)

    def take_over(self, recipe: Recipe, *, who: str, why: Why | str) -> tuple[RecipeVersion, Path | None]:
        """Take a recipe from elsewhere as the next version of its name, even where the one in use is damaged.

        Returns
        -------
        tuple[RecipeVersion, Path | None]
            The version in use from now on, and where the one is kept that it replaced.

        Raises
        ------
        InputError
            If it cannot be written; the version in use is then the same as before.
        """
        self._migrate()
        with self._locked():
            if recipe.name in self._shelf.folders():
                before = self._shelf.file_in_use(recipe.name)
                made = self._append(recipe, who, why)
                return made, None if made.file == before else before
            self._refuse_other_case(recipe.name)
            made, damaged = self._append(recipe, who, why), None
            for file in self._old_files_of(recipe.name):
                with _unwritable_is_told(file.path):
                    damaged = put_away(file)
            return made, damaged

    def roll_back(self, name: str, to: int | None = None, *, who: str, why: Why | str | None = None) -> RecipeVersion:
        """Use an earlier version again: it becomes the next version, and all others stay.

        Parameters
        ----------
        to
            Its number; None: the last one before the version in use that can be read.
        why
            None: that it was gone back.

        Raises
        ------
        InputError
            If there is no such version, or it is damaged.
        """
        name = self._known(name)
        with self._locked():
            shelf = self._shelf
            wanted = shelf.last_but_head(name) if to is None else read_version(shelf.file_of(name, to))
            return self._append(wanted.recipe, who, why or Why("recipe.why.rolled_back", {"version": wanted.version}))

    def keep_unnamed(self, recipe: Recipe) -> str:
        """Keep a recipe that nobody stored, such as a pack's own thresholds, so that its SHA-256 leads back to it.

        Returns
        -------
        str
            Its SHA-256.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        sha256 = recipe_sha256(recipe)
        file = self._unnamed(sha256)
        try:
            _proven(file, sha256)
        except InputError:  # not there yet, or damaged: its name says what belongs there
            with _unwritable_is_told(file):
                file.parent.mkdir(parents=True, exist_ok=True)
                write_atomic(file, dump_recipe(recipe).encode())
        return sha256

    def _unnamed(self, sha256: str) -> Path:
        return self.data.recipes / UNNAMED_FOLDER / f"{sha256}.json"

    def _known(self, name: str) -> str:
        name = checked_name(name)
        self._migrate()
        if not self._is_here(name):
            raise InputError("recipe.not_here", name=name, known=", ".join(self.names()) or "-")
        return name

    def _is_here(self, name: str) -> bool:
        """Return whether a recipe is in the store; a damaged file of format 1 is none, and is told."""
        if name in self._shelf.folders():
            return True
        for file in self._old_files_of(name):
            read_old(file)
        return False

    def _old_files_of(self, name: str) -> list[OldFile]:
        return [file for file in old_files(self.data.recipes) if file.name == name]

    def _refuse_other_case(self, name: str) -> None:
        """A name that a file system may take for another's is no new one, on any system: recipes travel."""
        for other in self._shelf.folders():
            if other.casefold() == name.casefold():
                raise InputError("recipe.name_differs_in_case", name=name, other=other)

    def _append(self, recipe: Recipe, who: str, why: Why | str) -> RecipeVersion:
        """Make a recipe the next version of its name as it is, whatever came before."""
        head = None
        number = recipe.version
        if recipe.name in self._shelf.folders():
            number = self._shelf.next_number(recipe.name)
            try:
                head = self._shelf.head(recipe.name)
            except InputError:
                _log.warning("the version of the recipe %s in use is damaged: %s takes its place", recipe.name, number)
        return self._put(without_stale_thresholds(recipe.changed(version=number), recipe), head, who, why)

    def _put(self, recipe: Recipe, head: RecipeVersion | None, who: str, why: Why | str) -> RecipeVersion:
        if head is not None and same_content(recipe, head.recipe):
            return head
        sha256 = recipe_sha256(recipe)
        made = RecipeVersion(
            recipe=recipe,
            sha256=sha256,
            parent_sha256=self._shelf.head_sha256(recipe.name),
            who=who,
            when=datetime.now(UTC),
            why=Why.said(why) if isinstance(why, str) else why,
            file=self._shelf.path_of(recipe.name, recipe.version, sha256),
        )
        made = _compared(made, None if head is None else head.recipe)
        with _unwritable_is_told(made.file):
            self._shelf.put(made)
        self._tell(made)
        return made

    def _tell(self, made: RecipeVersion) -> None:
        self._on_change(
            RecipeChange(
                name=made.name,
                version=made.version,
                sha256=made.sha256,
                parent_sha256=made.parent_sha256,
                who=made.who,
                when=made.when,
                why=made.why,
                differences=made.differences or (),
            )
        )

    def _migrate(self) -> None:
        """Take in what lies there of format 1; what is damaged stays where it is, and is told when it is asked for."""
        for file in old_files(self.data.recipes):
            try:
                recipe = read_old(file)
            except InputError:
                continue
            with self._locked():
                if file.path.exists():  # else another program was first
                    self._adopt(recipe, file)

    def _adopt(self, recipe: Recipe, file: OldFile) -> None:
        recipe = recipe.changed(name=self._shelf.spelt(recipe.name))
        sha256 = recipe_sha256(recipe)
        if not self._shelf.path_of(recipe.name, recipe.version, sha256).exists():
            self._append(recipe, system_user(), Why("recipe.why.migrated"))
        try:
            put_away(file)
        except OSError as error:  # it is in the store; moving it is tried again
            _log.warning("%s cannot be put with the old ones: %s", file.path, error)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        path = self.data.root / _LOCK_FILE
        with _unwritable_is_told(path):
            self.data.root.mkdir(parents=True, exist_ok=True)
            lock = FileLock(path, timeout=_LOCKED_WITHIN_S, poll_interval=_POLL_S)
            try:
                lock.acquire()
            except Timeout:
                raise InputError("recipe.store_busy", seconds=round(_LOCKED_WITHIN_S)) from None
        try:
            yield
        finally:
            lock.release()


def read_recipe(data: DataDir, name: str) -> Recipe:
    """Return the version of a recipe that is in use.

    Raises
    ------
    InputError
        If there is no such recipe, or that version is damaged.
    """
    return RecipeStore(data).head(name)


def recipe_names(data: DataDir) -> list[str]:
    """Return the names of all recipes, sorted."""
    return RecipeStore(data).names()


def recipe_for_pack(pack: str, thresholds: Thresholds | None) -> Recipe:
    """Return the recipe that applies where the user named none: the pack's own suggested thresholds."""
    return Recipe(name=DEFAULT_RECIPE, pack=pack, thresholds=thresholds)


def _compared(found: RecipeVersion, parent: Recipe | None) -> RecipeVersion:
    if parent is not None:
        return replace(found, differences=differences(parent, found.recipe))
    return replace(found, differences=() if found.parent_sha256 is None else None)


def _proven(file: Path, sha256: str) -> Recipe:
    recipe = read_recipe_file(file)
    if recipe_sha256(recipe) != sha256:
        raise InputError("recipe.unnamed_damaged", file=file)
    return recipe


@contextmanager
def _unwritable_is_told(file: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, NotImplementedError) as error:  # NotImplementedError: a file system without locks
        raise InputError(
            "settings.unwritable", file=file, reason=getattr(error, "strerror", None) or str(error)
        ) from error
