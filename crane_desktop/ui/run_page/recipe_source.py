"""When a recipe's own source goes into the source panel: once, as the recipe is taken into use."""

from __future__ import annotations

from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import StationView
from crane_desktop.ui.shell.situation import BUSY


class RecipeSource:
    """Follows the loaded recipe. What a person fills in by hand afterwards stays until another recipe is loaded.

    Parameters
    ----------
    in_use
        The recipe of the last session: the source that was last used with it has been kept, and stays.
    """

    def __init__(self, in_use: str | None) -> None:
        self._in_use = in_use
        self._recipe: str | None = None
        self._wanted: SourceChoice | None = None

    def chosen(self, recipe: str | None) -> None:
        """A person chose a recipe: be it the same once more, its source counts again."""
        self._in_use = None
        if recipe is not None and recipe == self._recipe:
            self._recipe = None

    def newly_wanted(self, view: StationView) -> SourceChoice | None:
        """Return the source to fill in now, or None: nothing new, or the recipe leaves it open."""
        if view.recipe is None or view.state in BUSY:
            return None
        if (view.recipe, view.recipe_source) == (self._recipe, self._wanted):
            return None
        kept = self._recipe is None and view.recipe == self._in_use
        self._recipe, self._wanted = view.recipe, view.recipe_source
        self._in_use = None
        return None if kept else view.recipe_source
