"""In what two versions of a recipe differ, as plain data and in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from crane_desktop.domain.events import Plain
from crane_desktop.recipe.model import Recipe
from crane_desktop.settings.texts import Language, catalogue, text

_SILENT = ("version", "format_version", "calibration.basis", "calibration.long_pictures")
"""What follows from the rest."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that changed.

    Attributes
    ----------
    field
        Path in the recipe: ``thresholds.score_ng``, ``camera_features.Gain[DigitalAll]``. ``camera_features`` itself
        means their order.
    old, new
        Plain values; None: there was or is none.
    """

    field: str
    old: Plain
    new: Plain


def differences(old: Recipe, new: Recipe) -> tuple[Difference, ...]:
    """Return what is different in `new`, in the order of its fields."""
    found = tuple(_walk("", old.model_dump(mode="json"), new.model_dump(mode="json")))
    before, after = list(old.camera_features), list(new.camera_features)
    if before != after and sorted(before) == sorted(after):
        return (*found, Difference("camera_features", [*before], [*after]))
    return found


def difference_text(difference: Difference, language: Language) -> str:
    """Return a difference as one line for people."""
    return text(
        "recipe.difference",
        language,
        field=_field_words(difference.field, language),
        old=_value_words(difference.field, difference.old, language),
        new=_value_words(difference.field, difference.new, language),
    )


def recipe_lines(recipe: Recipe, language: Language) -> list[str]:
    """Return what a recipe says, a line a field; what it leaves open is left out."""
    return [
        text(
            "recipe.field_line",
            language,
            field=_field_words(field, language),
            value=_value_words(field, value, language),
        )
        for field, value in recipe.model_dump(mode="json").items()
        if field not in (*_SILENT, "name") and value not in (None, "", {})
    ]


def _walk(path: str, old: Any, new: Any) -> Iterator[Difference]:
    if path in _SILENT:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for name in [*old, *(name for name in new if name not in old)]:
            yield from _walk(f"{path}.{name}" if path else name, old.get(name), new.get(name))
    elif json.dumps(old, sort_keys=True) != json.dumps(new, sort_keys=True):  # 1 and 1.0 are other values for a camera
        yield Difference(path, old, new)


def _field_words(field: str, language: Language) -> str:
    top, _, rest = field.partition(".")
    if top == "camera_features" and rest:
        return text("recipe.field.camera_feature", language, feature=rest)
    key = f"recipe.field.{field}"
    return text(key, language) if key in catalogue() else field


def _value_words(field: str, value: Plain, language: Language) -> str:
    match value:
        case None:
            return text("recipe.value.none", language)
        case bool():
            return text("recipe.value.on", language) if value else text("recipe.value.off", language)
        case dict():
            told = {name: one for name, one in value.items() if one is not None and f"{field}.{name}" not in _SILENT}
            parts = (
                f"{_field_words(f'{field}.{name}', language)} {_value_words(f'{field}.{name}', one, language)}"
                for name, one in told.items()
            )
            return ", ".join(parts) or text("recipe.value.set", language)
        case list():
            return ", ".join(str(one) for one in value)
        case _:
            return str(value) or text("recipe.value.empty", language)
