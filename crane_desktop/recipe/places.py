"""What a recipe says of places on one machine: of no use on another, and no business of whoever made the file.

A producer is native code that is run, a folder or a pack is read. A recipe from outside may name them; where they lie,
the station's own people say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.names import clean_name, same_to_people
from crane_desktop.recipe.source import FolderChoice, GenicamChoice

NAMELESS = "?"
"""Stands for a place whose name can be none."""
_PACK_SUFFIX = ".cranepack"
_SEPARATORS = re.compile(r"[/\\]")
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class Dropped:
    """A place that was not taken over.

    Attributes
    ----------
    field
        Of the recipe: ``"source.cti"``, ``"source.path"`` or ``"pack"``.
    name
        What is left of it.
    """

    field: str
    name: str


def is_place(text: str) -> bool:
    """Return whether a text is a path, and not only a name."""
    return _SEPARATORS.search(text) is not None or _DRIVE.match(text) is not None or clean_name(text) is None


def name_of(place: str) -> str:
    """Return the last part of a path of any system, as a name; `NAMELESS` where it can be none."""
    last = _SEPARATORS.split(place.rstrip("/\\ "))[-1]
    return clean_name(_DRIVE.sub("", last).strip(" .")) or NAMELESS


def without_places(recipe: Recipe) -> tuple[Recipe, tuple[Dropped, ...]]:
    """Return a recipe that only names what its source and pack are called, and what was dropped for that."""
    places = {field: place for field, place in _said(recipe).items() if is_place(place)}
    names = {field: _left(field, place) for field, place in places.items()}
    return _with(recipe, names), tuple(Dropped(field, name) for field, name in names.items())


def with_places_of(recipe: Recipe, own: Recipe) -> Recipe:
    """Return a recipe from outside with the places that the station's own one gives to the same names."""
    known = _said(own)
    same = {
        field: known[field]
        for field, name in _said(recipe).items()
        if field in known and is_place(known[field]) and same_to_people(_left(field, known[field]), name)
    }
    return _with(recipe, same)


def _said(recipe: Recipe) -> dict[str, str]:
    """Return what may be a place, by field."""
    match recipe.source:
        case GenicamChoice(cti=str(cti)):
            return {"source.cti": cti, "pack": recipe.pack}
        case FolderChoice(path=path):
            return {"source.path": path, "pack": recipe.pack}
        case _:
            return {"pack": recipe.pack}


def _left(field: str, place: str) -> str:
    name = name_of(place)
    return name.removesuffix(_PACK_SUFFIX) if field == "pack" and name != _PACK_SUFFIX else name


def _with(recipe: Recipe, places: dict[str, str]) -> Recipe:
    """Return a recipe with other places; a calibration that names the pack goes by its new name."""
    if not places:
        return recipe
    update: dict[str, object] = {}
    for field, place in places.items():
        if field == "pack":
            update["pack"] = place
            made = recipe.calibration
            if made is not None and made.basis is not None and made.basis.pack == recipe.pack:
                basis = {**made.basis.model_dump(), "pack": place}
                update["calibration"] = {**made.model_dump(), "basis": basis}
        elif recipe.source is not None:
            update["source"] = {**recipe.source.model_dump(), field.removeprefix("source."): place}
    return recipe.changed(**update)
