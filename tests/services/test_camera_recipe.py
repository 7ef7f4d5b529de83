"""A camera's settings into a recipe: validated, counted, told, and never under thresholds of other pictures."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import pytest
from recipe_fixtures import stored

from crane_desktop.domain.errors import InputError
from crane_desktop.recipe.model import Calibration, Recipe, Thresholds
from crane_desktop.recipe.staleness import basis_of
from crane_desktop.recipe.store import RecipeChange
from crane_desktop.services.camera_recipe import save_features
from crane_desktop.services.station_log import StationLog
from crane_desktop.services.workbench import Workbench
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.store import Settings
from crane_desktop.settings.texts import error_text

LIMITS = Thresholds(score_review=0.1, score_ng=0.2, map_review=0.3, map_ng=0.4)
FEATURES = {"ExposureTime": 500.0, "Gain": 0.0, "TriggerMode": "On"}


@pytest.fixture
def told() -> list[RecipeChange]:
    return []


@pytest.fixture
def workbench(tmp_path: Path, told: list[RecipeChange], monkeypatch: pytest.MonkeyPatch) -> Workbench:
    data = DataDir(tmp_path)
    data.prepare()
    opened = Workbench(data, Settings(), "ja", StationLog(data, Settings()))
    monkeypatch.setattr(Workbench, "_note_recipe", lambda _self, change: told.append(change))
    return opened


@pytest.fixture
def calibrated(workbench: Workbench) -> Recipe:
    bare = Recipe(name="部品A", camera_features=FEATURES)
    made = Calibration(
        n_images=9,
        false_reject_rate=0.1,
        promised_rate=0.1,
        date=date(2026, 1, 2),
        pack_sha256="ab" * 32,
        basis=basis_of(bare),
    )
    return stored(workbench.data, bare.changed(thresholds=LIMITS, calibration=made)).recipe


@pytest.mark.parametrize(
    "brighter", [{"ExposureTime": 25_000.0}, {"Gain": 24.0}, {"ExposureTime": 25_000.0, "Gain": 24.0}]
)
def test_a_brighter_picture_ends_the_calibration(
    workbench: Workbench, calibrated: Recipe, brighter: dict[str, float], told: list[RecipeChange]
) -> None:
    saved = save_features(workbench, {**FEATURES, **brighter}, "部品A", calibrated)
    assert (saved.version, saved.thresholds, saved.calibration) == (2, None, None)
    assert workbench.recipes.head("部品A") == saved
    (change,) = told
    assert {one.field for one in change.differences} == {
        "thresholds",
        "calibration",
        *(f"camera_features.{name}" for name in brighter),
    }


def test_another_trigger_keeps_it(workbench: Workbench, calibrated: Recipe) -> None:
    saved = save_features(workbench, {**FEATURES, "TriggerMode": "Off"}, "部品A", None)
    assert (saved.version, saved.thresholds) == (2, LIMITS)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_value_that_is_no_number_is_refused_in_words_and_nothing_is_written(
    workbench: Workbench, calibrated: Recipe, value: float, told: list[RecipeChange]
) -> None:
    with pytest.raises(InputError) as caught:
        save_features(workbench, {**FEATURES, "Gain": value}, "部品A", calibrated)
    for language in ("ja", "en"):
        assert "camera_features.Gain" in error_text(caught.value, language)
    assert (workbench.recipes.head("部品A"), told) == (calibrated, [])
    with pytest.raises(InputError):
        save_features(workbench, {"Gain": value}, "新しい", None)
    assert workbench.recipes.names() == ["部品A"]


def test_a_new_recipe_begins_as_the_one_in_use_but_for_its_calibration(
    workbench: Workbench, calibrated: Recipe
) -> None:
    same = save_features(workbench, FEATURES, "写し", calibrated)
    assert (same.name, same.version, same.thresholds) == ("写し", 1, LIMITS)
    other = save_features(workbench, {**FEATURES, "Gain": 6.0}, "明るい", calibrated)
    assert (other.version, other.thresholds, other.pack) == (1, None, calibrated.pack)
    with pytest.raises(InputError):
        save_features(workbench, FEATURES, "a/b", calibrated)
