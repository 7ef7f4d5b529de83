"""Recipes: what is refused, in which words, and that nothing is lost on the way to disk."""

from __future__ import annotations

import contextlib
import json
import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.recipe.corrections import Corrections
from crane_desktop.recipe.identity import recipe_sha256, same_content
from crane_desktop.recipe.json_text import dump_recipe, parse_recipe
from crane_desktop.recipe.model import Calibration, Recipe, Thresholds, checked_name
from crane_desktop.recipe.names import clean_name
from crane_desktop.recipe.source import DemoChoice, FolderChoice, GenicamChoice
from crane_desktop.recipe.staleness import basis_of
from crane_desktop.settings.texts import error_text

FULL = Recipe(
    name="基板 A-12",
    version=4,
    description="片面、銅箔の欠けを見る",
    source=GenicamChoice(device="VK-1", trigger="hardware"),
    camera_features={"ExposureTime": 5000.0, "Gain": 2, "ReverseX": True, "PixelFormat": "Mono8"},
    pack="crane-plus",
    thresholds=Thresholds(score_review=0.3, score_ng=0.4, map_review=0.5, map_ng=1.2),
    smallest_area_px=25,
    time_limit_ms=200,
    calibration=Calibration(
        n_images=399, false_reject_rate=0.005, promised_rate=0.005, date=date(2026, 11, 24), pack_sha256="ab" * 32
    ),
)

EMPTY_SHA256 = "2f2d8295d05e6b0febcc79fa69aa6d6a1dc7083816a1a0e5ba7595430559c1a3"
FULL_SHA256 = "d464da9ee7354f544a2db389298d9ae3a5464ba4b4347d6eace84822bbcd0754"


def refused(changes: dict[str, object], drop: str | None = None) -> InputError:
    data = {**json.loads(dump_recipe(FULL)), **changes}
    data.pop(drop or "", None)
    with pytest.raises(InputError) as caught:
        parse_recipe(json.dumps(data))
    for language in ("ja", "en"):
        assert error_text(caught.value, language)
    return caught.value


def test_a_recipe_comes_back_from_its_text_unchanged() -> None:
    assert parse_recipe(dump_recipe(FULL)) == FULL
    assert "基板" in dump_recipe(FULL)
    features = parse_recipe(dump_recipe(FULL)).camera_features
    assert [(k, type(v)) for k, v in features.items()] == [
        ("ExposureTime", float),
        ("Gain", int),
        ("ReverseX", bool),
        ("PixelFormat", str),
    ]


@given(st.lists(st.floats(0, 2), min_size=4, max_size=4))
def test_thresholds_come_back_to_the_last_bit(values: list[float]) -> None:
    low, high = sorted(values[:2]), sorted(values[2:])
    limits = Thresholds(score_review=low[0], score_ng=low[1], map_review=high[0], map_ng=high[1])
    assert parse_recipe(dump_recipe(Recipe(name="r", thresholds=limits))).thresholds == limits


def test_the_least_a_recipe_needs_is_a_name() -> None:
    recipe = parse_recipe('{"name": "new"}')
    assert (recipe.version, recipe.pack, recipe.thresholds, recipe.source) == (1, "demo", None, None)


def test_a_recipe_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValidationError):
        FULL.version = 5  # type: ignore[misc]


@pytest.mark.parametrize(
    ("changes", "key", "field"),
    [
        ({"version": 0}, "recipe.field_wrong", "version"),
        ({"version": "x"}, "recipe.field_wrong", "version"),
        ({"smallest_area_px": -1}, "recipe.field_wrong", "smallest_area_px"),
        ({"time_limit_ms": 0}, "recipe.field_wrong", "time_limit_ms"),
        ({"pack": ""}, "recipe.field_wrong", "pack"),
        ({"colour": "red"}, "recipe.field_unknown", "colour"),
        ({"thresholds": {"score_ng": 0.5}}, "recipe.field_missing", "thresholds.score_review"),
        ({"thresholds": 5}, "recipe.field_wrong", "thresholds"),
        ({"source": {"kind": "tape"}}, "recipe.field_wrong", "source"),
        ({"source": {"path": "/x"}}, "recipe.field_missing", "source"),
        ({"source": {"kind": "folder"}}, "recipe.field_missing", "source.folder.path"),
        ({"camera_features": {"Gain": None}}, "recipe.field_wrong", "camera_features.Gain"),
    ],
)
def test_a_wrong_field_is_named(changes: dict[str, object], key: str, field: str) -> None:
    error = refused(changes)
    assert error.key == key
    assert str(error.params["field"]).startswith(field)


def test_review_above_ng_is_refused_in_its_own_words() -> None:
    crossed = {"score_review": 0.5, "score_ng": 0.4, "map_review": 0.1, "map_ng": 0.2}
    assert refused({"thresholds": crossed}).key == "recipe.thresholds_order"


def test_a_missing_name_and_a_later_format_are_told() -> None:
    assert refused({}, drop="name").params["field"] == "name"
    later = refused({"format_version": 3, "anything": "new"})
    assert (later.key, later.params["found"]) == ("recipe.too_new", 3)
    assert refused({"format_version": 0}).params["field"] == "format_version"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, '{"name": "a"', "\x00"])
def test_what_is_no_recipe_is_refused_in_words(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_recipe(text)
    assert caught.value.key == "recipe.not_json"


def test_a_threshold_that_is_no_number_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        parse_recipe('{"name": "a", "smallest_area_px": NaN}')
    assert caught.value.params["field"] == "smallest_area_px"


@given(st.text(max_size=200))
def test_any_text_is_a_recipe_or_an_input_error(text: str) -> None:
    with contextlib.suppress(InputError):
        assert isinstance(parse_recipe(text), Recipe)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " a",
        "a ",
        ".hidden",
        "a.",
        "..",
        "a/b",
        "a\\b",
        "CON",
        "con",
        "nul.json",
        "COM1",
        "lpt9.x",
        "a\nb",
        "a\u200bb",
        "a:b",
        "a?",
        "x" * 65,
    ],
)
def test_a_name_that_is_no_file_name_everywhere_is_refused(name: str) -> None:
    assert clean_name(name) is None
    assert refused({"name": name}).key == "recipe.name"
    with pytest.raises(InputError):
        checked_name(name)


@pytest.mark.parametrize("name", ["default", "基板 A-12", "ｺﾈｸﾀ", "ガスケット(右)", "v1.2", "console", "あ" * 64])
def test_good_names(name: str) -> None:
    assert checked_name(name) == clean_name(name) == Recipe(name=name).name


def test_a_name_typed_on_a_mac_is_the_same_name() -> None:
    assert Recipe(name="か\u3099").name == "が"


@pytest.mark.parametrize(
    ("own", "choice"),
    [
        (DemoChoice(part="metal", seed=3, frames=9), SourceChoice("demo", device="metal", seed=3, frames=9)),
        (FolderChoice(path="/写真", rate_hz=2), SourceChoice("folder", path="/写真", rate_hz=2)),
        (GenicamChoice(cti="a.cti", device="1"), SourceChoice("genicam", device="1")),
    ],
)
def test_a_source_is_the_stations_choice_but_for_the_native_code(
    own: DemoChoice | FolderChoice | GenicamChoice, choice: SourceChoice
) -> None:
    assert own.choice() == choice
    assert parse_recipe(dump_recipe(Recipe(name="r", source=own))).source == own


def test_new_thresholds_leave_the_old_recipe_as_it_was() -> None:
    limits = Thresholds(score_review=0.1, score_ng=0.2, map_review=0.3, map_ng=0.4)
    changed = FULL.with_thresholds(limits)
    assert (changed.version, changed.thresholds, changed.calibration) == (4, limits, None)
    assert FULL.thresholds != limits


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None, [1]])
def test_a_camera_feature_that_is_no_value_is_refused_by_its_name(value: object) -> None:
    with pytest.raises(InputError) as caught:
        FULL.changed(camera_features={"ExposureTime": 5.0, "Gain[All]": value})
    assert (caught.value.key, caught.value.params["field"]) == ("recipe.field_wrong", "camera_features.Gain[All]")
    for language in ("ja", "en"):
        assert "Gain[All]" in error_text(caught.value, language)


def test_a_change_is_validated_to_the_innermost_field() -> None:
    broken = Corrections().model_copy(update={"gamma": -1.0})  # pydantic copies without a look
    with pytest.raises(InputError) as caught:
        FULL.changed(corrections=broken)
    assert caught.value.params["field"] == "corrections.gamma"
    with pytest.raises(InputError):
        FULL.changed(nonsense=1)
    limits = {"score_review": 0.9, "score_ng": 0.1, "map_review": 0.1, "map_ng": 0.1}
    with pytest.raises(InputError) as crossed:
        FULL.changed(thresholds=limits)
    assert crossed.value.key == "recipe.thresholds_order"


def test_a_change_changes_what_it_says_and_nothing_else() -> None:
    changed = FULL.changed(pack="another")
    assert changed == FULL.changed(pack="another", description=FULL.description)
    assert {**FULL.model_dump(), "pack": "another"} == changed.model_dump()
    assert list(changed.camera_features) == list(FULL.camera_features)


@pytest.mark.parametrize("field", [{"description": "\ud800"}, {"camera_features": {"DeviceVendor": "a\udfff"}}])
def test_half_a_character_is_refused_before_a_file_is_written(field: dict[str, object]) -> None:
    with pytest.raises(InputError) as caught:
        FULL.changed(**field)
    assert caught.value.key == "recipe.not_writable_text"


# -- format 1 ------------------------------------------------------------------------------------------------


def format_1(**changes: object) -> str:
    """A file of format 1 as the program before wrote it."""
    made = {
        "n_images": 9,
        "false_reject_rate": 0.1,
        "promised_rate": 0.1,
        "date": "2026-01-02",
        "pack_sha256": "ab" * 32,
    }
    whole = {
        "format_version": 1,
        "name": "歯車",
        "version": 7,
        "camera_features": {"ExposureTime": 500.0, "TriggerMode": "On"},
        "corrections": {"version": 1, "gamma": 0.8},
        "thresholds": {"score_review": 0.1, "score_ng": 0.2, "map_review": 0.3, "map_ng": 0.4},
        "calibration": {**made, "image_size_px": 56, "good_parts_sha256": None},
        **changes,
    }
    return json.dumps(whole)


def test_a_calibration_of_format_1_stands_on_the_recipe_as_it_is_found() -> None:
    recipe = parse_recipe(format_1())
    assert (recipe.format_version, recipe.version) == (2, 7)
    assert recipe.calibration is not None
    assert recipe.calibration.basis == basis_of(recipe)
    assert dict(recipe.calibration.basis.camera_features) == {"ExposureTime": 500.0}
    assert recipe.calibration.n_images == 9
    assert parse_recipe(dump_recipe(recipe)) == recipe


@pytest.mark.parametrize("drop", ["format_version", "calibration", "thresholds", "corrections", "camera_features"])
def test_every_shape_of_format_1_is_read(drop: str) -> None:
    data = json.loads(format_1())
    del data[drop]
    recipe = parse_recipe(json.dumps(data))
    assert recipe.name == "歯車"
    assert parse_recipe(dump_recipe(recipe)) == recipe


def test_earlier_calibrations_without_size_and_memory_are_read() -> None:
    data = json.loads(format_1())
    del data["calibration"]["image_size_px"], data["calibration"]["good_parts_sha256"]
    made = parse_recipe(json.dumps(data)).calibration
    assert made is not None
    assert (made.image_size_px, made.good_parts_sha256) == (None, None)


# -- identity ------------------------------------------------------------------------------------------------


def test_a_hash_is_the_same_for_ever() -> None:
    # Records name it: if this changes, they lead nowhere.
    assert recipe_sha256(Recipe(name="r")) == EMPTY_SHA256
    assert recipe_sha256(FULL) == FULL_SHA256


def test_a_hash_knows_every_field_and_no_formatting() -> None:
    seen = {recipe_sha256(FULL)}
    for change in (
        {"name": "other"},
        {"version": 5},
        {"description": ""},
        {"source": None},
        {"source": {"kind": "demo"}},
        {"source": {"kind": "genicam"}},
        {"camera_features": {**FULL.camera_features, "Gain": 3}},
        {"camera_features": {**FULL.camera_features, "Gain": 2.0}},
        {"camera_features": dict(reversed(FULL.camera_features.items()))},
        {"corrections": Corrections()},
        {"pack": "demo"},
        {"thresholds": None},
        {"smallest_area_px": 24.5},
        {"time_limit_ms": None},
        {"calibration": None},
    ):
        seen.add(recipe_sha256(FULL.changed(**change)))
    assert len(seen) == 16
    assert recipe_sha256(parse_recipe(dump_recipe(FULL))) == recipe_sha256(FULL)
    assert recipe_sha256(parse_recipe(json.dumps(json.loads(dump_recipe(FULL)), indent=7))) == recipe_sha256(FULL)


def test_the_number_of_a_version_is_no_content() -> None:
    assert same_content(FULL, FULL.changed(version=9))
    assert not same_content(FULL, FULL.changed(description="."))
    assert not same_content(FULL, FULL.changed(camera_features={**FULL.camera_features, "ReverseX": 1}))
