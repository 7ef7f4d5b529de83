"""What use cases that read a folder of good parts have in common: how deep its pictures are, what is passed over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crane_desktop.camera.pictures.listing import names_in_short
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.jobs import Watch
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.source import FolderChoice


def bits_of(recipe: Recipe, asked: int | None) -> int | None:
    """Return how deep values are where files do not say: as asked, else as the recipe's own folder source has it."""
    own = recipe.source.significant_bits if isinstance(recipe.source, FolderChoice) else None
    return own if asked is None else asked


def passed_over_told(names: Sequence[str]) -> InputError:
    """Return the sentence about what lies in a folder and is no picture that can be read."""
    return InputError("camera.passed_over", count=len(names), names=names_in_short(names))


def warn_of_passed_over(names: Sequence[str], watch: Watch) -> None:
    """Tell what is passed over, if anything is."""
    if names:
        watch.warn(passed_over_told(names))


def passed_over_dict(names: Sequence[str]) -> dict[str, Any]:
    """Return the same for a program."""
    return {"count": len(names), "names": list(names)}
