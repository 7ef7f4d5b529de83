"""Recipes as JSON text, of this format and of earlier ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from crane_desktop.domain.errors import InputError, technical
from crane_desktop.recipe.model import FORMAT_VERSION, Recipe, checked_recipe
from crane_desktop.recipe.staleness import basis_of
from crane_desktop.settings.plain_json import NoJson, parse_json
from crane_desktop.settings.regular_file import read_regular

_LARGEST_FILE = 4_000_000


def parse_recipe(text: str | bytes) -> Recipe:
    """Return the recipe that `text` (JSON, as bytes in UTF-8) holds.

    Raises
    ------
    InputError
        Where it holds none, or one of a later version of the program; names the field.
    """
    try:
        return recipe_of(parse_json(text))
    except NoJson as error:
        raise InputError("recipe.not_json", line=error.line) from error


def recipe_of(data: Any) -> Recipe:
    """Return the recipe that parsed JSON holds.

    Raises
    ------
    InputError
        As `parse_recipe`.
    """
    if not isinstance(data, dict):
        raise InputError("recipe.not_json", line=1)
    found = data.get("format_version", 1)  # a hand-written one need not say
    if isinstance(found, int) and found > FORMAT_VERSION:
        raise InputError("recipe.too_new", found=found, known=FORMAT_VERSION)
    if found is True or found != 1:
        return checked_recipe(data)
    return _of_format_1(data)


def read_recipe_file(path: Path) -> Recipe:
    """Read a recipe from a file that holds nothing else: of format 1, or on its way between stations.

    Raises
    ------
    InputError
        If the file cannot be read, or is no recipe.
    """
    try:
        content = read_regular(path, _LARGEST_FILE)
    except OSError as error:
        raise InputError("recipe.unreadable", file=path, reason=technical(error)) from error
    return parse_recipe(content)


def dump_recipe(recipe: Recipe) -> str:
    """Return `recipe` as JSON text that `parse_recipe` reads back to an equal recipe."""
    return recipe.model_dump_json(indent=2) + "\n"


def _of_format_1(data: dict[str, Any]) -> Recipe:
    """Return a recipe of format 1, which kept no basis of its calibration: it is taken as the recipe stands."""
    recipe = checked_recipe({**data, "format_version": FORMAT_VERSION})
    made = recipe.calibration
    if made is None or made.basis is not None:
        return recipe
    return recipe.changed(calibration={**made.model_dump(), "basis": basis_of(recipe).model_dump()})
