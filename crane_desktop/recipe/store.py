"""The recipes of a station: every version stays for ever, the newest one is in use."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from crane_desktop.domain.errors import InputError
from crane_desktop.recipe.authorship import Why, system_user
from crane_desktop.recipe.changes import RecipeChange, change_of
from crane_desktop.recipe.differences import differences
from crane_desktop.recipe.identity import recipe_sha256, same_content
from crane_desktop.recipe.locking import locked, unwritable_is_told
from crane_desktop.recipe.migrate import OldFile, old_files, put_away, read_old
from crane_desktop.recipe.model import Recipe, Thresholds, checked_name
from crane_desktop.recipe.names import same_to_people
from crane_desktop.recipe.shelf import Shelf
from crane_desktop.recipe.staleness import without_stale_thresholds
from crane_desktop.recipe.unnamed import keep_unnamed, read_unnamed
from crane_desktop.recipe.version_files import RecipeVersion, UnreadableVersion, read_version
from crane_desktop.settings.data_dir import DataDir

__all__ = [
    "DEFAULT_RECIPE",
    "RECIPE_SUFFIX",
    "Change",
    "RecipeChange",
    "RecipeStore",
    "RecipeVersion",
    "UnreadableVersion",
    "read_recipe",
    "recipe_for_pack",
    "recipe_names",
]

DEFAULT_RECIPE = "default"
RECIPE_SUFFIX = ".cranerecipe"
"""What a recipe's file is called while it travels; inside it is the same JSON."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_log = logging.getLogger(__name__)

Change: TypeAlias = Callable[[Recipe], Recipe]


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
        unnamed = read_unnamed(self.data.recipes, sha256)
        if unnamed is not None:
            return unnamed
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
        with locked(self.data.root):
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
        with locked(self.data.root):
            if self._shelf.has(recipe.name):
                before = self._shelf.file_in_use(recipe.name)
                made = self._append(recipe, who, why)
                return made, None if made.file == before else before
            self._refuse_other_case(recipe.name)
            made, damaged = self._append(recipe, who, why), None
            for file in self._old_files_of(recipe.name):
                with unwritable_is_told(file.path):
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
        with locked(self.data.root):
            shelf = self._shelf
            wanted = shelf.last_but_head(name) if to is None else read_version(shelf.file_of(name, to))
            return self._append(wanted.recipe, who, why or Why("recipe.why.rolled_back", {"version": wanted.version}))

    def keep(self, recipe: Recipe) -> str:
        """Make sure that a recipe can be read again by its SHA-256, and return that: what a record names.

        Raises
        ------
        InputError
            If nobody stored it and it cannot be kept now.
        """
        sha256 = recipe_sha256(recipe)
        try:
            self.by_sha256(sha256)
        except InputError:
            return self.keep_unnamed(recipe)
        return sha256

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
        return keep_unnamed(self.data.recipes, recipe)

    def _known(self, name: str) -> str:
        name = checked_name(name)
        self._migrate()
        if not self._is_here(name):
            raise InputError("recipe.not_here", name=name, known=", ".join(self.names()) or "-")
        return name

    def _is_here(self, name: str) -> bool:
        """Return whether a recipe is in the store; a damaged file of format 1 is none, and is told."""
        if self._shelf.has(name):
            return True
        for file in self._old_files_of(name):
            read_old(file)
        return False

    def _old_files_of(self, name: str) -> list[OldFile]:
        return [file for file in old_files(self.data.recipes) if file.name == name]

    def _refuse_other_case(self, name: str) -> None:
        """A name that a file system or a person takes for another's is no new one, on any system: recipes travel."""
        for other in self._shelf.folders():
            if same_to_people(other, name):
                raise InputError("recipe.name_differs_in_case", name=name, other=other)

    def _append(self, recipe: Recipe, who: str, why: Why | str) -> RecipeVersion:
        """Make a recipe the next version of its name as it is, whatever came before."""
        head = None
        number = recipe.version
        if self._shelf.has(recipe.name):
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
        with unwritable_is_told(made.file):
            self._shelf.put(made)
        self._on_change(change_of(made))
        return made

    def _migrate(self) -> None:
        """Take in what lies there of format 1; what is damaged stays where it is, and is told when it is asked for."""
        for file in old_files(self.data.recipes):
            try:
                recipe = read_old(file)
            except InputError:
                continue
            with locked(self.data.root):
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
