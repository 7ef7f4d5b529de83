"""Recipes that travel: out of one station and into another, with the files that they cannot judge without."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from crane_desktop.domain.errors import InputError, technical
from crane_desktop.recipe.authorship import Why, system_user
from crane_desktop.recipe.identity import same_content
from crane_desktop.recipe.json_text import dump_recipe, read_recipe_file
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.places import Dropped, with_places_of, without_places
from crane_desktop.recipe.store import RECIPE_SUFFIX, RecipeStore
from crane_desktop.settings.atomic import write_atomic
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.regular_file import read_regular

_LARGEST_COMPANION = 512 << 20
_HIGHEST_IMPORTED = 1_000_000
"""A version's number is counted on here; one from outside must leave room for that."""


@dataclass(frozen=True, slots=True)
class OfferedRecipe:
    """What a recipe's file would bring.

    Attributes
    ----------
    recipe
        As the station would take it: it names its producer, its folder and its pack, and says of none where it lies.
    dropped
        The places that the file gave and nobody here chose.
    replaces
        Whether another recipe of its name is there.
    """

    recipe: Recipe
    dropped: tuple[Dropped, ...] = ()
    replaces: bool = False


def export_recipe(store: RecipeStore, name: str, out: Path, *, overwrite: bool = False) -> list[Path]:
    """Write a recipe into the file `out`, and beside it the reference pictures and memory that it names.

    Parameters
    ----------
    overwrite
        Whether other files of the same names may be replaced.

    Returns
    -------
    list of Path
        The files that belong together, the recipe's first.

    Raises
    ------
    InputError
        If there is no such recipe, a file of it is gone, or `out` cannot be written, has another ending or is there.
    """
    if out.suffix.lower() != RECIPE_SUFFIX:
        raise InputError("recipe.suffix", file=out, suffix=RECIPE_SUFFIX)
    recipe = store.head(name)
    beside = {out.parent / place.name: _proven(place, sha256) for place, sha256 in _companions(store.data, recipe)}
    written = []
    files = {out: dump_recipe(recipe).encode(), **beside}
    for file, content in files.items():
        if not overwrite and _is_another(file, content):
            raise InputError("recipe.export_exists", file=file)
    for file, content in files.items():
        _write(file, content)
        written.append(file)
    return written


def read_offer(store: RecipeStore, file: Path) -> OfferedRecipe:
    """Return what the recipe in a file would bring; nothing is changed.

    Raises
    ------
    InputError
        If the file is no recipe.
    """
    recipe, dropped = without_places(read_recipe_file(file))
    if recipe.version > _HIGHEST_IMPORTED:
        raise InputError("recipe.field_wrong", field="version", value=recipe.version)
    if recipe.name not in store.names():
        return OfferedRecipe(recipe, dropped)
    try:
        own = store.head(recipe.name)
    except InputError:  # damaged: it is another one
        return OfferedRecipe(recipe, dropped, replaces=True)
    placed = with_places_of(recipe, own)
    here = {one.field for one in without_places(placed)[1]}
    unknown = tuple(one for one in dropped if one.field not in here)
    return OfferedRecipe(placed, unknown, replaces=not same_content(own, placed))


def import_recipe(store: RecipeStore, file: Path, *, replace: bool) -> tuple[OfferedRecipe, Path | None]:
    """Take a recipe over into the store, with the files beside it that it names.

    No path comes in with it: producer, folder of pictures and pack become names, for which the station's people say
    where they lie. Where a recipe of its name is here, the places that this one gives to the same names stay.

    Parameters
    ----------
    replace
        Whether it may take the place of another recipe of its name, as that one's next version.

    Returns
    -------
    tuple[OfferedRecipe, Path | None]
        What was taken, the recipe as it is in use now; and where the replaced one is kept.

    Raises
    ------
    InputError
        If the file is no recipe, one of its files is missing or another than it means, or a recipe of its name is
        there and may not be replaced. Nothing has changed then.
    """
    offer = read_offer(store, file)
    recipe = offer.recipe
    if offer.replaces and not replace:
        raise InputError("recipe.exists", recipe=recipe.name)
    missing = [(place, sha256) for place, sha256 in _companions(store.data, recipe) if not _holds(place, sha256)]
    brought = {place: _proven(file.parent / place.name, sha256) for place, sha256 in missing}
    for place, content in brought.items():
        _write(place, content)
    why = Why("recipe.why.imported", {"file": file.name})
    made, kept = store.take_over(recipe, who=system_user(), why=why)
    return dataclasses.replace(offer, recipe=made.recipe), kept


def _companions(data: DataDir, recipe: Recipe) -> list[tuple[Path, str]]:
    """Return where the files lie that a recipe names, each with its SHA-256."""
    found = []
    if recipe.good_parts is not None:
        found.append((data.recipes / recipe.good_parts.file, recipe.good_parts.sha256))
    for picture in (recipe.corrections.dark, recipe.corrections.bright) if recipe.corrections is not None else ():
        if picture is not None:
            found.append((data.references / picture.file, picture.sha256))
    return found


def _is_another(file: Path, content: bytes) -> bool:
    """Whether something else has the name of a file that is to be written."""
    if not os.path.lexists(file):
        return False
    return not _holds(file, hashlib.sha256(content).hexdigest())


def _holds(place: Path, sha256: str) -> bool:
    try:
        return hashlib.sha256(read_regular(place, _LARGEST_COMPANION)).hexdigest() == sha256
    except (OSError, InputError):
        return False


def _proven(place: Path, sha256: str) -> bytes:
    try:
        content = read_regular(place, _LARGEST_COMPANION)
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
        raise InputError("settings.unwritable", file=file, reason=technical(error)) from error
