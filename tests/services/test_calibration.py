"""A calibrated recipe: bound to its model, with its promise."""

from __future__ import annotations

from datetime import date

from builders import scorer_info

from crane_desktop.decision.calibrate import GoodPart, calibrate
from crane_desktop.recipe.model import Calibration, Recipe, dump_recipe, parse_recipe
from crane_desktop.services.calibration import with_calibration

FULL = Recipe(name="基板", version=4, pack="another")
MODEL = scorer_info(pack_sha256="cd" * 32, for_demonstration=True)


def test_a_calibrated_recipe_names_its_model_and_promise() -> None:
    outcome = calibrate([GoodPart(0.1, 0.2), GoodPart(0.2, 0.3), GoodPart(0.15, 0.2)], 0.01)
    recipe = with_calibration(FULL, outcome, MODEL, on=date(2026, 1, 2))
    assert (recipe.version, recipe.pack, recipe.thresholds) == (5, "demo", outcome.thresholds)
    assert recipe.calibration == Calibration(
        n_images=3,
        false_reject_rate=0.01,
        promised_rate=0.5,
        date=date(2026, 1, 2),
        pack_sha256="cd" * 32,
        image_size_px=56,
    )
    assert parse_recipe(dump_recipe(recipe)) == recipe
