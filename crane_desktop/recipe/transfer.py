"""Recipes that travel: out of one station and into another, with the files that they cannot judge without."""

from __future__ import annotations

import hashlib
from pathlib import Path

from crane_desktop.domain.errors import InputError
from crane_desktop.recipe.authorship import Why, system_user
from crane_desktop.recipe.identity import same_content
from crane_desktop.recipe.json_text import dump_recipe, read_recipe_file
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.store import RECIPE_SUFFIX, RecipeStore
from crane_desktop.settings.atomic import write_atomic
from crane_desktop.settings.data_dir import DataDir


def export_recipe(store: RecipeStore, name: str, out: Path) -> list[Path]:
    """Write a recipe into the file `out`, and beside it the reference pictures and memory that it names.

    Returns
    -------
    list of Path
        The files that belong together, the recipe's first.

    Raises
    ------
    InputError
        If there is no such recipe, a file of it is gone, or `out` cannot be written or has another ending.
    """
    if out.suffix.lower() != RECIPE_SUFFIX:
        raise InputError("recipe.suffix", file=out, suffix=RECIPE_SUFFIX)
    recipe = store.head(name)
    beside = {out.parent / place.name: _proven(place, sha256) for place, sha256 in _companions(store.data, recipe)}
    written = []
    for file, content in {out: dump_recipe(recipe).encode(), **beside}.items():
        _write(file, content)
        written.append(file)
    return written


def read_offer(store: RecipeStore, file: Path) -> tuple[Recipe, bool]:
    """Return the recipe in a file, and whether it would replace another one of its name.

    Raises
    ------
    InputError
        If the file is no recipe.
    """
    recipe = read_recipe_file(file)
    return recipe, recipe.name in store.names() and not _same(store, recipe)


def import_recipe(store: RecipeStore, file: Path, *, replace: bool) -> tuple[Recipe, Path | None]:
    """Take a recipe over into the store, with the files beside it that it names.

    Parameters
    ----------
    replace
        Whether it may take the place of another recipe of its name, as that one's next version.

    Returns
    -------
    tuple[Recipe, Path | None]
        The recipe, and where the replaced one is kept.

    Raises
    ------
    InputError
        If the file is no recipe, one of its files is missing or another than it means, or a recipe of its name is
        there and may not be replaced. Nothing has changed then.
    """
    recipe, replaces = read_offer(store, file)
    if replaces and not replace:
        raise InputError("recipe.exists", recipe=recipe.name)
    missing = [(place, sha256) for place, sha256 in _companions(store.data, recipe) if not _holds(place, sha256)]
    brought = {place: _proven(file.parent / place.name, sha256) for place, sha256 in missing}
    for place, content in brought.items():
        _write(place, content)
    why = Why("recipe.why.imported", {"file": file.name})
    made, kept = store.take_over(recipe, who=system_user(), why=why)
    return made.recipe, kept


def _companions(data: DataDir, recipe: Recipe) -> list[tuple[Path, str]]:
    """Return where the files lie that a recipe names, each with its SHA-256."""
    found = []
    if recipe.good_parts is not None:
        found.append((data.recipes / recipe.good_parts.file, recipe.good_parts.sha256))
    for picture in (recipe.corrections.dark, recipe.corrections.bright) if recipe.corrections is not None else ():
        if picture is not None:
            found.append((data.references / picture.file, picture.sha256))
    return found


def _same(store: RecipeStore, recipe: Recipe) -> bool:
    try:
        return same_content(store.head(recipe.name), recipe)
    except InputError:  # damaged: it is another one
        return False


def _holds(place: Path, sha256: str) -> bool:
    try:
        return hashlib.sha256(place.read_bytes()).hexdigest() == sha256
    except OSError:
        return False


def _proven(place: Path, sha256: str) -> bytes:
    try:
        content = place.read_bytes()
    except OSError as error:
        raise InputError("recipe.part_missing", file=place) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise InputError("recipe.part_differs", file=place)
    return content


def _write(file: Path, content: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(file, content)
    except OSError as error:
        raise InputError("settings.unwritable", file=file, reason=error.strerror or str(error)) from error
