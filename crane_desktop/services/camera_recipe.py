"""Saving a camera's settings with a recipe."""

from __future__ import annotations

from collections.abc import Mapping

from crane_desktop.domain.camera_setup import FeatureValue
from crane_desktop.recipe.model import Recipe, checked_name
from crane_desktop.recipe.store import read_recipe, recipe_names, write_recipe
from crane_desktop.settings.data_dir import DataDir


def save_features(data: DataDir, features: Mapping[str, FeatureValue], name: str, based_on: Recipe | None) -> Recipe:
    """Save the features with the recipe of that name; a new one begins as a copy of the one in use.

    Raises
    ------
    InputError
        If the name or a feature's value cannot be, or the recipe cannot be written.
    """
    name = checked_name(name)
    if name in recipe_names(data):
        recipe = read_recipe(data, name)
        recipe = recipe.model_copy(update={"version": recipe.version + 1})
    elif based_on is not None:
        recipe = based_on.model_copy(update={"name": name, "version": 1})
    else:
        recipe = Recipe(name=name)
    recipe = recipe.model_copy(update={"camera_features": dict(features)})
    write_recipe(data, recipe)
    return recipe
