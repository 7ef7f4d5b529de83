"""Saving a camera's settings with a recipe."""

from __future__ import annotations

from collections.abc import Mapping

from crane_desktop.domain.camera_setup import FeatureValue
from crane_desktop.recipe.authorship import Why, system_user
from crane_desktop.recipe.model import Recipe
from crane_desktop.services.workbench import Workbench


def save_features(
    workbench: Workbench, features: Mapping[str, FeatureValue], name: str, based_on: Recipe | None
) -> Recipe:
    """Save the features with the recipe of that name; a new one begins as a copy of the one in use.

    Raises
    ------
    InputError
        If the name or a feature's value cannot be, or the recipe cannot be written.
    """
    saved = workbench.recipes.save(
        name if based_on is None else based_on.changed(name=name, version=1),
        lambda recipe: recipe.changed(camera_features=features),
        who=system_user(),
        why=Why("recipe.why.camera_features"),
    )
    return saved.recipe
