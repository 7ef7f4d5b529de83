"""Recipes: what is refused, in which words, and that nothing is lost on the way to disk."""

from __future__ import annotations

import contextlib
import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.recipe.json_text import dump_recipe, parse_recipe
from crane_desktop.recipe.model import Calibration, Recipe, Thresholds, checked_name
from crane_desktop.recipe.names import clean_name
from crane_desktop.recipe.source import DemoChoice, FolderChoice, GenicamChoice
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
    later = refused({"format_version": 2, "anything": "new"})
    assert (later.key, later.params["found"]) == ("recipe.too_new", 2)
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
        (GenicamChoice(cti="a.cti", device="1"), SourceChoice("genicam", cti="a.cti", device="1")),
    ],
)
def test_a_source_is_the_stations_choice(own: DemoChoice | FolderChoice | GenicamChoice, choice: SourceChoice) -> None:
    assert own.choice() == choice
    assert parse_recipe(dump_recipe(Recipe(name="r", source=own))).source == own


def test_new_thresholds_make_a_new_version() -> None:
    limits = Thresholds(score_review=0.1, score_ng=0.2, map_review=0.3, map_ng=0.4)
    changed = FULL.with_thresholds(limits)
    assert (changed.version, changed.thresholds, changed.calibration) == (5, limits, None)
    assert (FULL.version, changed.name) == (4, FULL.name)
