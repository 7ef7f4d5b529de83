"""Recipes on disk: one JSON file each in the data folder's ``recipes``."""

from __future__ import annotations

from pathlib import Path

from crane_desktop.domain.errors import InputError
from crane_desktop.recipe.model import Recipe, Thresholds, checked_name, dump_recipe, parse_recipe
from crane_desktop.settings.atomic import write_atomic
from crane_desktop.settings.data_dir import DataDir

DEFAULT_RECIPE = "default"
RECIPE_SUFFIX = ".cranerecipe"
"""What a recipe's file is called while it travels; inside it is the same JSON."""
_LARGEST_FILE = 4_000_000


def read_recipe(data: DataDir, name: str) -> Recipe:
    """Read one recipe.

    Raises
    ------
    InputError
        If there is none of that name, or its file is damaged or cannot be read.
    """
    path = data.recipes / f"{checked_name(name)}.json"
    if not path.exists():
        known = ", ".join(recipe_names(data)) or "-"
        raise InputError("app.no_such_recipe", name=name, known=known)
    return read_recipe_file(path)


def read_recipe_file(path: Path) -> Recipe:
    """Read a recipe from any file.

    Raises
    ------
    InputError
        If the file cannot be read, or is no recipe.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise InputError("app.recipe_unreadable", file=path, reason=error.strerror or str(error)) from error
    try:
        if len(content) > _LARGEST_FILE:
            raise InputError("decision.recipe_not_json", line=1)
        return parse_recipe(content.decode("utf-8-sig"))  # editors on Windows leave a mark at the beginning
    except UnicodeDecodeError:
        raise InputError("decision.recipe_not_json", line=1) from None


def write_recipe(data: DataDir, recipe: Recipe) -> None:
    """Keep a recipe; its file is replaced whole or not at all.

    Raises
    ------
    InputError
        If it cannot be written; the old one is untouched.
    """
    path = data.recipes / f"{recipe.name}.json"
    try:
        write_atomic(path, dump_recipe(recipe).encode())
    except OSError as error:
        raise InputError("settings.unwritable", file=path, reason=error.strerror or str(error)) from error


def recipe_names(data: DataDir) -> list[str]:
    """Return the names of all recipes, sorted."""
    return sorted(path.stem for path in data.recipes.glob("*.json"))


def recipe_for_pack(pack: str, thresholds: Thresholds | None) -> Recipe:
    """Return the recipe that applies where the user named none: the pack's own suggested thresholds."""
    return Recipe(name=DEFAULT_RECIPE, pack=pack, thresholds=thresholds)
