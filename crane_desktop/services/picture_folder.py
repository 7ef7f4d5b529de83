"""What use cases that read a folder of good parts have in common: how deep its pictures are, what is passed over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crane_desktop.camera.pictures.listing import names_in_short
from crane_desktop.domain.errors import InputError
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.source import FolderChoice
from crane_desktop.settings.texts import Language, error_text


def bits_of(recipe: Recipe, asked: int | None) -> int | None:
    """Return how deep values are where files do not say: as asked, else as the recipe's own folder source has it."""
    own = recipe.source.significant_bits if isinstance(recipe.source, FolderChoice) else None
    return own if asked is None else asked


def passed_over_told(names: Sequence[str]) -> InputError:
    """Return the sentence about what lies in a folder and is no picture that can be read."""
    return InputError("camera.passed_over", count=len(names), names=names_in_short(names))


def passed_over_sentences(names: Sequence[str], language: Language) -> list[str]:
    """Return what is passed over in plain words, one sentence or none."""
    return [error_text(passed_over_told(names), language)] if names else []


def passed_over_dict(names: Sequence[str]) -> dict[str, Any]:
    """Return the same for a program."""
    return {"count": len(names), "names": list(names)}
