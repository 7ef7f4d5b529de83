"""No path comes in with a recipe: what it names, the station's own people say where it lies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.errors import InputError
from crane_desktop.recipe.model import LARGEST_VERSION, Recipe
from crane_desktop.recipe.places import NAMELESS, Dropped, is_place, name_of, with_places_of, without_places
from crane_desktop.recipe.store import RecipeStore
from crane_desktop.recipe.transfer import OfferedRecipe, export_recipe, import_recipe, read_offer
from crane_desktop.settings.data_dir import DataDir

CAMERA = {"kind": "genicam", "cti": "/media/usb/evil.cti", "device": "SN1"}
FOLDER = {"kind": "folder", "path": "D:\\写真\\部品A"}


@pytest.fixture
def store(tmp_path: Path) -> RecipeStore:
    data = DataDir(tmp_path / "station")
    data.prepare()
    return RecipeStore(data)


def brought(place: Path, **fields: Any) -> Path:
    file = place / "部品A.cranerecipe"
    file.write_text(json.dumps({"format_version": 2, "name": "部品A", **fields}), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("fields", "field", "place", "name"),
    [
        ({"source": CAMERA}, "source.cti", ("source", "cti"), "evil.cti"),
        ({"source": {**CAMERA, "cti": "\\\\host\\share\\evil.cti"}}, "source.cti", ("source", "cti"), "evil.cti"),
        ({"source": {**CAMERA, "cti": "C:evil.cti"}}, "source.cti", ("source", "cti"), "evil.cti"),
        ({"source": {**CAMERA, "cti": "../evil.cti"}}, "source.cti", ("source", "cti"), "evil.cti"),
        ({"source": FOLDER}, "source.path", ("source", "path"), "部品A"),
        ({"source": {**FOLDER, "path": "/"}}, "source.path", ("source", "path"), NAMELESS),
        ({"source": {**FOLDER, "path": "~/a/.."}}, "source.path", ("source", "path"), NAMELESS),
        ({"pack": "/media/usb/other.cranepack"}, "pack", ("pack",), "other"),
        ({"pack": "E:\\other.cranepack"}, "pack", ("pack",), "other"),
    ],
)
def test_a_path_is_dropped_to_a_name_and_told(
    store: RecipeStore, tmp_path: Path, fields: dict[str, Any], field: str, place: tuple[str, ...], name: str
) -> None:
    taken, _kept = import_recipe(store, brought(tmp_path, **fields), replace=False)
    assert taken.dropped == (Dropped(field, name),)
    value: Any = json.loads(store.head("部品A").model_dump_json())
    for step in place:
        value = value[step]
    assert value == name
    assert taken.recipe == store.head("部品A")


def test_names_are_no_places_and_stay(store: RecipeStore, tmp_path: Path) -> None:
    file = brought(tmp_path, source={**CAMERA, "cti": "producer.cti"}, pack="本番")
    taken, _kept = import_recipe(store, file, replace=False)
    assert (taken.dropped, taken.recipe.pack) == ((), "本番")


def test_what_the_station_knows_by_that_name_stays_where_it_lies(store: RecipeStore, tmp_path: Path) -> None:
    own = Recipe.model_validate({"name": "部品A", "source": {**CAMERA, "cti": "/opt/vendor/Evil.cti"}})
    store.take_over(own, who="a", why="b")
    taken, kept = import_recipe(store, brought(tmp_path, source=CAMERA, description="new"), replace=True)
    assert taken.dropped == ()
    assert kept is not None
    assert store.head("部品A").model_dump()["source"]["cti"] == "/opt/vendor/Evil.cti"


def test_a_stations_own_export_changes_nothing_there(store: RecipeStore, tmp_path: Path) -> None:
    own = Recipe.model_validate({"name": "部品A", "source": FOLDER, "pack": "/opt/x.cranepack"})
    head = store.take_over(own, who="a", why="b")[0].recipe
    (file,) = export_recipe(store, "部品A", tmp_path / "stick" / "部品A.cranerecipe")
    assert read_offer(store, file) == OfferedRecipe(head)
    import_recipe(store, file, replace=False)
    assert len(store.history("部品A")) == 1


def test_a_calibration_goes_by_the_packs_new_name(store: RecipeStore, tmp_path: Path) -> None:
    limits = {"score_review": 0.1, "score_ng": 0.2, "map_review": 0.3, "map_ng": 0.4}
    made = {
        "n_images": 9,
        "false_reject_rate": 0.1,
        "promised_rate": 0.1,
        "date": "2026-01-02",
        "pack_sha256": "ab" * 32,
        "basis": {"pack": "/media/usb/x.cranepack"},
    }
    file = brought(tmp_path, pack="/media/usb/x.cranepack", thresholds=limits, calibration=made)
    recipe = import_recipe(store, file, replace=False)[0].recipe
    assert (recipe.pack, recipe.thresholds is not None, recipe.calibration is not None) == ("x", True, True)


@given(st.text(min_size=1, max_size=30))
def test_whatever_stands_there_what_is_left_is_no_place(place: str) -> None:
    name = name_of(place)
    assert name == NAMELESS or not is_place(name)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30), st.sampled_from(["cti", "path"]))
def test_dropping_twice_drops_nothing_more(place: str, kind: str) -> None:
    source = {"kind": "genicam", "cti": place} if kind == "cti" else {"kind": "folder", "path": place}
    recipe, _dropped = without_places(Recipe.model_validate({"name": "a", "source": source, "pack": place}))
    again, dropped = without_places(recipe)
    assert again == recipe
    assert all(one.name == NAMELESS for one in dropped)
    assert with_places_of(recipe, recipe) == recipe


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", 2**63),
        ("version", LARGEST_VERSION),
        ("version", 10**200),
        ("source", {"kind": "demo", "seed": -1}),
        ("source", {"kind": "demo", "seed": 2**63}),
        ("source", {"kind": "demo", "rate_hz": 1e-300}),
        ("source", {"kind": "demo", "frames": 2**63}),
        ("source", {"kind": "folder", "path": "x" * 5000}),
        ("camera_features", {"Width": 2**63}),
        ("camera_features", {"Width": -(2**63) - 1}),
        ("camera_features", {"A": "x" * 20_000}),
        ("camera_features", {str(number): 1 for number in range(20_000)}),
        ("smallest_area_px", 1e300),
        ("time_limit_ms", 1e300),
        ("description", "x" * 20_000),
        ("pack", "x" * 5000),
        ("smallest_area_px", float("nan")),
        ("time_limit_ms", float("inf")),
    ],
)
def test_a_number_that_no_record_holds_is_refused_by_its_field(
    store: RecipeStore, tmp_path: Path, field: str, value: object
) -> None:
    with pytest.raises(InputError) as caught:
        import_recipe(store, brought(tmp_path, **{field: value}), replace=True)
    assert caught.value.key == "recipe.field_wrong"
    assert str(caught.value.params["field"]).startswith(field)
    assert store.names() == []


def test_a_camera_keeps_all_its_64_bits(store: RecipeStore, tmp_path: Path) -> None:
    features = {"A": 2**63 - 1, "B": -(2**63), "C": True}
    import_recipe(store, brought(tmp_path, camera_features=features), replace=True)
    assert dict(store.head("部品A").camera_features) == features
