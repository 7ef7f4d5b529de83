"""Recipes that judged without being stored under a name, such as a pack's own thresholds: kept by their SHA-256."""

from __future__ import annotations

from pathlib import Path

from crane_desktop.domain.errors import InputError
from crane_desktop.recipe.identity import recipe_sha256
from crane_desktop.recipe.json_text import dump_recipe, read_recipe_file
from crane_desktop.recipe.locking import unwritable_is_told
from crane_desktop.recipe.model import Recipe
from crane_desktop.settings.atomic import write_atomic

UNNAMED_FOLDER = "unnamed"
"""Among the recipes; no recipe's folder is called so."""


def keep_unnamed(recipes: Path, recipe: Recipe) -> str:
    """Keep a recipe below the folder `recipes`, and return its SHA-256; one that is kept already is left alone.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    sha256 = recipe_sha256(recipe)
    try:
        kept = read_unnamed(recipes, sha256) is not None
    except InputError:
        kept = False  # damaged: its name says what belongs there
    if not kept:
        file = _file(recipes, sha256)
        with unwritable_is_told(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(file, dump_recipe(recipe).encode())
    return sha256


def read_unnamed(recipes: Path, sha256: str) -> Recipe | None:
    """Return the recipe with this SHA-256; None where none is kept.

    Raises
    ------
    InputError
        If it is damaged.
    """
    file = _file(recipes, sha256)
    if not file.exists():
        return None
    recipe = read_recipe_file(file)
    if recipe_sha256(recipe) != sha256:
        raise InputError("recipe.unnamed_damaged", file=file)
    return recipe


def _file(recipes: Path, sha256: str) -> Path:
    return recipes / UNNAMED_FOLDER / f"{sha256}.json"
