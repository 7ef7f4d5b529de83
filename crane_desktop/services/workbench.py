"""What every use case stands on: data folder, settings, language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from crane_desktop.domain.errors import CraneError
from crane_desktop.recipe.store import RecipeChange, RecipeStore
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.store import Settings
from crane_desktop.settings.texts import Language


@dataclass(frozen=True, slots=True)
class Workbench:
    """An opened data folder with what lies in it.

    Attributes
    ----------
    notes
        What was found on opening that people should be told.
    crash_report
        What a program that crashed here left behind, if that was not told before.
    on_recipe_change
        Told every recipe's version that comes into use; must hand it on and save no recipe itself.
    """

    data: DataDir
    settings: Settings
    language: Language
    notes: tuple[CraneError, ...] = ()
    crash_report: Path | None = None
    on_recipe_change: Callable[[RecipeChange], None] = lambda _change: None

    @property
    def recipes(self) -> RecipeStore:
        """The station's recipes, with all their versions."""
        return RecipeStore(self.data, on_change=self.on_recipe_change)
