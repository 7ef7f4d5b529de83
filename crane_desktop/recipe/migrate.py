"""Recipes of format 1, ``recipes/NAME.json``, one file overwritten in place: taken into the store, and kept.

Also what lies there because somebody put an old backup back.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from crane_desktop.recipe.json_text import read_recipe_file
from crane_desktop.recipe.model import Recipe, checked_name
from crane_desktop.recipe.names import clean_name
from crane_desktop.settings.atomic import sync_folder
from crane_desktop.settings.regular_file import read_regular

OLD_FOLDER = "format-1"
"""In ``recipes``: where files of format 1 stay once they are taken in. No recipe's folder is called so."""
_LARGEST_FILE = 4_000_000


@dataclass(frozen=True, slots=True)
class OldFile:
    """A file of format 1.

    Attributes
    ----------
    name
        The recipe's name: the file's, whatever stands in it.
    """

    path: Path
    name: str


def old_files(recipes: Path) -> list[OldFile]:
    """Return the files of format 1 that lie among the recipes, sorted by name."""
    found = (OldFile(path, clean_name(path.stem) or path.stem) for path in recipes.glob("*.json"))
    return sorted(found, key=lambda file: file.name)


def read_old(file: OldFile) -> Recipe:
    """Return the recipe that a file of format 1 holds, under the file's name.

    Raises
    ------
    InputError
        If it cannot be read, is damaged, or its name is no recipe's.
    """
    return read_recipe_file(file.path).changed(name=checked_name(file.name))


def put_away(file: OldFile) -> Path:
    """Move a file of format 1 to the old ones, where it stays; return where.

    Raises
    ------
    OSError
        If it cannot be moved.
    """
    folder = file.path.parent / OLD_FOLDER
    folder.mkdir(exist_ok=True)
    target = folder / file.path.name
    if target.exists():
        content = hashlib.sha256(read_regular(file.path, _LARGEST_FILE)).hexdigest()
        target = folder / f"{file.path.stem}-{content[:16]}.json"  # the same content may as well be replaced
    file.path.replace(target)
    sync_folder(folder)
    sync_folder(file.path.parent)
    return target
