"""Recipes between stations: whole or not at all, as the next version where one of the name is there."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crane_desktop.domain.errors import InputError
from crane_desktop.recipe.corrections import Corrections, ReferencePicture
from crane_desktop.recipe.good_parts import GoodPartsFile
from crane_desktop.recipe.model import Calibration, Recipe, Thresholds
from crane_desktop.recipe.staleness import basis_of
from crane_desktop.recipe.store import RecipeStore, RecipeVersion
from crane_desktop.recipe.transfer import OfferedRecipe, export_recipe, import_recipe, read_offer
from crane_desktop.settings.data_dir import DataDir

LIMITS = Thresholds(score_review=0.1, score_ng=0.2, map_review=0.3, map_ng=0.4)
PARTS = {"dark-1.png": b"dark", "bright-1.png": b"bright", f"{'a' * 16}.goodparts": b"good parts"}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def station(folder: Path) -> RecipeStore:
    data = DataDir(folder)
    data.prepare()
    return RecipeStore(data)


@pytest.fixture
def own(tmp_path: Path) -> RecipeStore:
    return station(tmp_path / "own")


@pytest.fixture
def other(tmp_path: Path) -> RecipeStore:
    return station(tmp_path / "other")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "stick" / "部品A.cranerecipe"


def reference(name: str) -> ReferencePicture:
    return ReferencePicture(file=name, sha256=sha256(PARTS[name]), order="mono")


@pytest.fixture
def whole(own: RecipeStore) -> Recipe:
    """A calibrated recipe with everything it can need, as version 3."""
    dark, bright, memory = PARTS
    for name, content in PARTS.items():
        (own.data.recipes if name == memory else own.data.references).joinpath(name).write_bytes(content)
    recipe = Recipe(
        name="部品A",
        version=3,
        camera_features={"Gain": 2.0},
        corrections=Corrections(dark=reference(dark), bright=reference(bright)),
        good_parts=GoodPartsFile(file=memory, sha256=sha256(PARTS[memory]), parts=2),
        thresholds=LIMITS,
    )
    made = {
        "n_images": 9,
        "false_reject_rate": 0.1,
        "promised_rate": 0.1,
        "date": "2026-01-02",
        "pack_sha256": "ab" * 32,
    }
    calibration = Calibration.model_validate(
        {**made, "basis": basis_of(recipe), "good_parts_sha256": sha256(PARTS[memory])}
    )
    return own.take_over(recipe.changed(calibration=calibration), who="a", why="b")[0].recipe


def places(store: RecipeStore) -> dict[str, Path]:
    dark, bright, memory = PARTS
    return {
        dark: store.data.references / dark,
        bright: store.data.references / bright,
        memory: store.data.recipes / memory,
    }


def refused(work: Any, key: str) -> InputError:
    with pytest.raises(InputError) as caught:
        work()
    assert caught.value.key == key
    return caught.value


def test_everything_travels_and_the_calibration_stays_good(
    own: RecipeStore, other: RecipeStore, whole: Recipe, out: Path
) -> None:
    written = export_recipe(own, whole.name, out)
    assert {file.name for file in written} == {out.name, *PARTS}
    assert json.loads(out.read_text(encoding="utf-8"))["name"] == whole.name  # readable JSON
    assert read_offer(other, out) == OfferedRecipe(whole)
    assert import_recipe(other, out, replace=False) == (OfferedRecipe(whole), None)
    assert other.head(whole.name) == whole
    assert {name: place.read_bytes() for name, place in places(other).items()} == PARTS
    (version,) = other.history(whole.name)
    assert isinstance(version, RecipeVersion)
    assert version.why.params == {"file": out.name}


def test_the_same_again_changes_nothing(own: RecipeStore, other: RecipeStore, whole: Recipe, out: Path) -> None:
    export_recipe(own, whole.name, out)
    import_recipe(other, out, replace=False)
    assert read_offer(other, out).replaces is False
    assert import_recipe(other, out, replace=False)[1] is None
    assert len(other.history(whole.name)) == 1


def test_another_one_of_the_name_becomes_the_next_version_when_asked(
    own: RecipeStore, other: RecipeStore, whole: Recipe, out: Path
) -> None:
    export_recipe(own, whole.name, out)
    there = other.take_over(Recipe(name=whole.name, version=9), who="a", why="b")[0]
    assert read_offer(other, out) == OfferedRecipe(whole, replaces=True)
    refused(lambda: import_recipe(other, out, replace=False), "recipe.exists")
    assert other.head(whole.name) == there.recipe
    assert not any(place.exists() for place in places(other).values())
    taken, kept = import_recipe(other, out, replace=True)
    recipe = taken.recipe
    assert (recipe, kept) == (whole.changed(version=10), there.file)
    assert other.version(whole.name, 9) == there.recipe
    # Taken over with the number of here, it is still the same recipe.
    assert read_offer(other, out).replaces is False


def test_a_damaged_one_of_the_name_counts_as_another(
    own: RecipeStore, other: RecipeStore, whole: Recipe, out: Path
) -> None:
    export_recipe(own, whole.name, out)
    damaged = other.take_over(whole, who="a", why="b")[0].file
    damaged.write_bytes(b"{")
    assert read_offer(other, out).replaces is True
    taken, kept = import_recipe(other, out, replace=True)
    recipe = taken.recipe
    assert (recipe.version, kept, other.head(whole.name)) == (4, damaged, recipe)


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("content", [None, b"another one"])
def test_without_a_file_of_its_own_it_stays_outside(
    own: RecipeStore, other: RecipeStore, whole: Recipe, out: Path, name: str, content: bytes | None
) -> None:
    export_recipe(own, whole.name, out)
    beside = out.parent / name
    beside.unlink() if content is None else beside.write_bytes(content)
    key = "recipe.part_missing" if content is None else "recipe.part_differs"
    assert refused(lambda: import_recipe(other, out, replace=True), key).params["file"] == beside
    assert other.names() == []
    assert not any(place.exists() for place in places(other).values())
    # What the station has already need not travel.
    for part, place in places(other).items():
        place.write_bytes(PARTS[part])
    assert import_recipe(other, out, replace=False)[0].recipe == whole


@pytest.mark.parametrize("name", PARTS)
def test_a_recipe_without_its_files_does_not_leave(own: RecipeStore, whole: Recipe, out: Path, name: str) -> None:
    places(own)[name].write_bytes(b"damaged")
    refused(lambda: export_recipe(own, whole.name, out), "recipe.part_differs")
    places(own)[name].unlink()
    refused(lambda: export_recipe(own, whole.name, out), "recipe.part_missing")
    assert not out.exists()
    refused(lambda: export_recipe(own, whole.name, out.with_suffix(".json")), "recipe.suffix")


def test_a_file_of_format_1_comes_with_its_calibration(other: RecipeStore, out: Path) -> None:
    out.parent.mkdir()
    made = {
        "n_images": 9,
        "false_reject_rate": 0.1,
        "promised_rate": 0.1,
        "date": "2026-01-02",
        "pack_sha256": "ab" * 32,
    }
    old = {"format_version": 1, "name": "旧", "version": 5, "thresholds": LIMITS.model_dump(), "calibration": made}
    out.write_text(json.dumps({**old, "camera_features": {"Gain": 2.0}}), encoding="utf-8-sig")
    recipe = import_recipe(other, out, replace=False)[0].recipe
    assert (recipe.version, recipe.thresholds) == (5, LIMITS)
    assert recipe.calibration is not None
    assert recipe.calibration.basis == basis_of(recipe)


def test_a_file_that_was_changed_by_hand_brings_no_calibration_for_other_settings(
    own: RecipeStore, other: RecipeStore, whole: Recipe, out: Path
) -> None:
    export_recipe(own, whole.name, out)
    data = json.loads(out.read_text(encoding="utf-8"))
    data["camera_features"]["Gain"] = 24.0
    out.write_text(json.dumps(data), encoding="utf-8")
    recipe = import_recipe(other, out, replace=False)[0].recipe
    assert (recipe.camera_features["Gain"], recipe.thresholds, recipe.calibration) == (24.0, None, None)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=60))
def test_any_file_is_a_recipe_or_one_sentence(other: RecipeStore, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.cranerecipe"
    file.write_bytes(content)
    with pytest.raises(InputError):
        import_recipe(other, file, replace=True)
    assert other.names() == []
