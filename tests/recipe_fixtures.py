"""Recipes put into a station's store, as tests of other rooms need them."""

from __future__ import annotations

import json
from typing import Any

from crane_desktop.recipe.json_text import parse_recipe
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.store import RecipeStore
from crane_desktop.recipe.version_files import RecipeVersion
from crane_desktop.settings.data_dir import DataDir


def stored(data: DataDir, recipe: Recipe) -> RecipeVersion:
    """Put a recipe into the store as the next version of its name."""
    return RecipeStore(data).take_over(recipe, who="test", why="made for a test")[0]


def stored_fields(data: DataDir, **fields: Any) -> RecipeVersion:
    """Put a recipe of these plain values into the store."""
    return stored(data, parse_recipe(json.dumps(fields)))
