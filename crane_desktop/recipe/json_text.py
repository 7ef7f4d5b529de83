"""Recipes as JSON text, of this format and of earlier ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from crane_desktop.domain.errors import InputError
from crane_desktop.recipe.model import FORMAT_VERSION, Recipe, checked_recipe
from crane_desktop.recipe.staleness import basis_of

_LARGEST_FILE = 4_000_000


def parse_recipe(text: str) -> Recipe:
    """Return the recipe that `text` (JSON) holds.

    Raises
    ------
    InputError
        Where it holds none, or one of a later version of the program; names the field.
    """
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError("recipe.not_json", line=getattr(error, "lineno", 1)) from error
    return recipe_of(data)


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
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise InputError("recipe.unreadable", file=path, reason=error.strerror or str(error)) from error
    try:
        if len(content) > _LARGEST_FILE:
            raise InputError("recipe.not_json", line=1)
        return parse_recipe(content.decode("utf-8-sig"))  # editors on Windows leave a mark at the beginning
    except UnicodeDecodeError:
        raise InputError("recipe.not_json", line=1) from None


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
