"""The one rule that says which change makes a calibration stale."""

from __future__ import annotations

from collections.abc import Mapping

from crane_desktop.domain.camera_names import standard_name
from crane_desktop.domain.camera_setup import FeatureValue
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.picture_features import comparable, picture_features
from crane_desktop.recipe.source import FolderChoice
from crane_desktop.recipe.thresholds import CalibrationBasis


def basis_of(recipe: Recipe) -> CalibrationBasis:
    """Return what a calibration of this recipe stands on.

    The model itself and its picture size are proven where the model is loaded: a recipe knows its pack by name.
    """
    return CalibrationBasis(
        pack=recipe.pack,
        source=None if recipe.source is None else recipe.source.kind,
        significant_bits=recipe.source.significant_bits if isinstance(recipe.source, FolderChoice) else None,
        camera_features=picture_features(recipe.camera_features),
        corrections=recipe.corrections,
        good_parts_sha256=None if recipe.good_parts is None else recipe.good_parts.sha256,
        smallest_area_px=recipe.smallest_area_px,
    )


def what_differs(made_on: CalibrationBasis, now: CalibrationBasis) -> tuple[str, ...]:
    """Return the recipe's fields in which the two differ; of camera features, each by its name."""
    found = [
        field
        for field in ("pack", "source", "significant_bits", "corrections", "good_parts_sha256", "smallest_area_px")
        if getattr(made_on, field) != getattr(now, field)
    ]
    return (*found, *_features_that_differ(made_on.camera_features, now.camera_features))


def too_old_for(recipe: Recipe, tiles: int) -> bool:
    """Return whether the recipe was calibrated when a picture that is judged in so many tiles was judged whole.

    Only the picture tells: a recipe does not know how long its pictures are.
    """
    return tiles > 1 and recipe.calibration is not None and recipe.calibration.long_pictures is None


def without_stale_thresholds(recipe: Recipe, before: Recipe) -> Recipe:
    """Return the recipe as it may be kept: thresholds that were found on something else are dropped.

    It then only shows, until it is calibrated again.

    Parameters
    ----------
    before
        What the recipe was made of. Thresholds that nobody calibrated were meant for that, unless the change set them.
    """
    if recipe.thresholds is None:
        return recipe if recipe.calibration is None else recipe.changed(calibration=None)
    made = recipe.calibration
    made_on = made.basis if made is not None else None
    if made_on is None:
        made_on = basis_of(before if recipe.thresholds == before.thresholds else recipe)
    if not what_differs(made_on, basis_of(recipe)):
        return recipe
    return recipe.changed(thresholds=None, calibration=None)


def _features_that_differ(before: Mapping[str, FeatureValue], after: Mapping[str, FeatureValue]) -> list[str]:
    # A calibration of an older program may stand on features that are known by now to leave a picture alone.
    before, after = picture_features(before), picture_features(after)
    made_on, now = comparable(before, after), comparable(after, before)
    names = [*made_on, *(name for name in now if name not in made_on)]
    found = [name for name in names if name not in made_on or name not in now or made_on[name] != now[name]]
    # A bare selector says which value the features after it mean: there, and only there, the order counts.
    if not found and any(name.endswith("Selector") for name in now) and list(made_on) != list(now):
        found = [name for name in now if name.endswith("Selector")]
    return [f"camera_features.{_name_in(name, after, before)}" for name in found]


def _name_in(name: str, *features: Mapping[str, FeatureValue]) -> str:
    """Return what a person called a feature that goes by its name of today."""
    return next((key for one in features for key in one if name in (key, standard_name(key))), name)
