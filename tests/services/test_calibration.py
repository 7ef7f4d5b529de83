"""A calibrated recipe: bound to its model, with its promise."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from builders import grey_parts, scorer_info

from crane_desktop.decision.calibrate import GoodPart, calibrate
from crane_desktop.recipe.json_text import dump_recipe, parse_recipe
from crane_desktop.recipe.model import Calibration, Recipe
from crane_desktop.recipe.store import RecipeStore
from crane_desktop.recipe.thresholds import CalibrationBasis
from crane_desktop.services.calibration import with_calibration
from crane_desktop.services.good_set import ScoredPicture
from crane_desktop.settings.data_dir import DataDir

FULL = Recipe(name="基板", version=4, pack="another")
MODEL = scorer_info(pack_sha256="cd" * 32, for_demonstration=True)


def test_a_calibrated_recipe_names_its_model_and_promise() -> None:
    outcome = calibrate([GoodPart(0.1, 0.2), GoodPart(0.2, 0.3), GoodPart(0.15, 0.2)], 0.01)
    recipe = with_calibration(FULL, outcome, MODEL, on=date(2026, 1, 2))
    assert (recipe.version, recipe.pack, recipe.thresholds) == (4, "demo", outcome.thresholds)
    assert recipe.calibration == Calibration(
        n_images=3,
        false_reject_rate=0.01,
        promised_rate=0.25,
        date=date(2026, 1, 2),
        pack_sha256="cd" * 32,
        image_size_px=56,
        long_pictures="tiles",
        basis=CalibrationBasis(pack="demo"),
    )
    assert parse_recipe(dump_recipe(recipe)) == recipe


def test_a_recipe_that_is_changed_while_its_parts_are_scored_is_not_calibrated(
    crane: Callable[..., Any], station_dir: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RecipeStore(DataDir(station_dir))
    parts = [ScoredPicture.of(f"{n}.png", picture, GoodPart(0.1, 0.2)) for n, picture in enumerate(grey_parts(3))]
    changes: list[dict[str, object]] = [{"camera_features": {"Gain": 24.0}}, {"description": "meanwhile"}]

    def score(*_: object) -> list[ScoredPicture]:
        change = changes.pop(0)
        store.save("r", lambda now: now.changed(**change), who="another", why="meanwhile")
        return parts

    monkeypatch.setattr("crane_desktop.services.calibration.score_good_parts", score)
    words = (
        "calibrate",
        "--json",
        "--recipe",
        "r",
        "--images",
        pictures,
        "--pack",
        "試験用",
        "--data-dir",
        station_dir,
    )
    refused = crane(*words)
    assert (refused.code, refused.out) == (2, "")
    assert "was changed while" in refused.err
    assert (store.head("r").version, store.head("r").thresholds) == (1, None)
    done = crane(*words)  # words about the recipe change no verdict
    assert done.code == 0, done.err
    assert "basis" not in done.objects[0]["calibration"]
    head = store.head("r")
    assert (head.version, head.description, head.camera_features) == (3, "meanwhile", {"Gain": 24.0})
    assert head.thresholds is not None
    assert head.calibration is not None
    assert head.calibration.basis is not None
    assert dict(head.calibration.basis.camera_features) == {"Gain": 24.0}
