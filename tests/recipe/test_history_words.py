"""What people read of a recipe's history: differences, reasons and authors, in both languages."""

from __future__ import annotations

import getpass
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from crane_desktop.recipe.authorship import Why, system_user, why_text
from crane_desktop.recipe.corrections import Corrections, ReferencePicture, WhiteBalance
from crane_desktop.recipe.differences import Difference, difference_text, differences, recipe_lines
from crane_desktop.recipe.good_parts import GoodPartsFile
from crane_desktop.recipe.model import Calibration, Recipe, Thresholds
from crane_desktop.recipe.reject_signal import RejectSignal
from crane_desktop.recipe.source import DemoChoice, FolderChoice, GenicamChoice
from crane_desktop.settings.texts import LANGUAGES, catalogue

LIMITS = Thresholds(score_review=0.1, score_ng=0.2, map_review=0.3, map_ng=0.4)
OLD = Recipe(name="r", camera_features={"ExposureTime": 500, "Gain[All]": 1.0, "ReverseX": False}, thresholds=LIMITS)


def lines(old: Recipe, new: Recipe, language: Any = "en") -> list[str]:
    return [difference_text(one, language) for one in differences(old, new)]


@pytest.mark.parametrize(
    ("update", "found"),
    [
        ({"description": "x"}, ("description", "", "x")),
        ({"pack": "p"}, ("pack", "demo", "p")),
        ({"thresholds": {**LIMITS.model_dump(), "score_ng": 0.5}}, ("thresholds.score_ng", 0.2, 0.5)),
        ({"thresholds": None}, ("thresholds", LIMITS.model_dump(), None)),
        ({"camera_features": {**OLD.camera_features, "Gain[All]": 24.0}}, ("camera_features.Gain[All]", 1.0, 24.0)),
        ({"camera_features": {**OLD.camera_features, "Gamma": 0.5}}, ("camera_features.Gamma", None, 0.5)),
        (
            {"camera_features": {**OLD.camera_features, "ExposureTime": 500.0}},
            ("camera_features.ExposureTime", 500, 500.0),
        ),
        ({"camera_features": {**OLD.camera_features, "ReverseX": 0}}, ("camera_features.ReverseX", False, 0)),
        (
            {"camera_features": dict(reversed(OLD.camera_features.items()))},
            ("camera_features", ["ExposureTime", "Gain[All]", "ReverseX"], ["ReverseX", "Gain[All]", "ExposureTime"]),
        ),
    ],
)
def test_a_difference_is_plain_data(update: dict[str, Any], found: tuple[Any, ...]) -> None:
    (one,) = differences(OLD, OLD.changed(**update, version=9))
    assert (one.field, one.old, one.new) == found
    assert (type(one.old), type(one.new)) == (type(found[1]), type(found[2]))
    json.dumps([one.old, one.new])


def test_a_difference_reads_as_a_line() -> None:
    new = OLD.changed(
        camera_features={"ExposureTime": 25_000, "Gain[All]": 1.0, "ReverseX": True},
        source=GenicamChoice(device="VC1"),
        thresholds=None,
        description="x",
    )
    assert lines(OLD, new) == [
        "description: empty → x",
        "source: none → kind of source genicam, camera VC1, trigger free",
        "camera setting ExposureTime: 500 → 25000",
        "camera setting ReverseX: off → on",
        "thresholds: score from which parts are checked 0.1, score from which parts are NG 0.2, region peak from which "
        "parts are checked 0.3, region peak from which parts are NG 0.4 → none",
    ]
    assert "カメラ設定 ReverseX:オフ → オン" in lines(OLD, new, "ja")


_FEATURES = st.dictionaries(
    st.sampled_from(["A", "B", "C"]), st.one_of(st.booleans(), st.integers(0, 2), st.text("xy"))
)


@given(_FEATURES, _FEATURES, st.sampled_from(["", "x"]))
def test_differences_are_complete(before: dict[str, Any], after: dict[str, Any], words: str) -> None:
    old = Recipe(name="r", camera_features=before)
    new = old.changed(camera_features=after, description=words)
    found = {one.field: one for one in differences(old, new)}
    assert (found == {}) == (json.dumps([before, ""]) == json.dumps([after, words]))
    for name in "ABC":
        same = json.dumps(before.get(name)) == json.dumps(after.get(name))
        assert (f"camera_features.{name}" in found) != same
    for back in differences(new, old):
        assert (back.old, back.new) == (found[back.field].new, found[back.field].old)
    assert all(difference_text(one, language) for one in found.values() for language in LANGUAGES)


def _leaves(path: str, model: BaseModel) -> set[str]:
    found = set()
    for name in type(model).model_fields:
        field = f"{path}.{name}" if path else name
        found.add(field)
        value = getattr(model, name)
        found |= _leaves(field, value) if isinstance(value, BaseModel) else set()
    return found


def test_every_field_has_a_name_for_people() -> None:
    dark = ReferencePicture(file="a.png", sha256="0" * 64, order="mono")
    whole = Recipe(
        name="r",
        corrections=Corrections(dark=dark, bright=dark, white_balance=WhiteBalance(red=1.0, green=1.0, blue=1.0)),
        good_parts=GoodPartsFile(file="0" * 16 + ".goodparts", sha256="0" * 64, parts=2),
        thresholds=LIMITS,
        reject_signal=RejectSignal(line="Line1", pulse_ms=1, delay_ms=1),
        calibration=Calibration.model_validate(
            {"n_images": 2, "false_reject_rate": 0.1, "promised_rate": 0.1, "date": "2026-01-02", "pack_sha256": "a"}
        ),
    )
    fields = _leaves("", whole)
    for source in (DemoChoice(), FolderChoice(path="/x"), GenicamChoice()):
        fields |= _leaves("source", source)
    fields -= {"version", "format_version", "calibration.basis", "calibration.long_pictures"}
    assert {f"recipe.field.{field}" for field in fields} == {
        key for key in catalogue() if key.startswith("recipe.field.") and key != "recipe.field.camera_feature"
    }
    for language in LANGUAGES:
        shown = recipe_lines(whole, language)
        assert len(shown) == 7  # the others say nothing
        assert not any("_" in line.replace("reject_pulse", "").replace("camera_line", "") for line in shown), shown


def test_a_field_of_a_later_program_is_shown_by_its_own_name() -> None:
    assert difference_text(Difference("regions.0", None, [1, 2]), "en") == "regions.0: none → 1, 2"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reason_reads_in_both_languages(language: Any) -> None:
    assert "30" in why_text(Why("recipe.why.calibrated", {"images": 30}), language)
    assert why_text(Why.said("{odd} {0} words"), language) == "{odd} {0} words"
    assert why_text(Why("recipe.why.of_a_later_program", {}), language) == "recipe.why.of_a_later_program"
    assert why_text(Why("recipe.why.calibrated", {"pictures": 30}), language) == "recipe.why.calibrated"


@pytest.mark.parametrize("error", [OSError, KeyError, ImportError])
def test_a_user_without_a_name_is_somebody_all_the_same(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail() -> str:
        raise error

    monkeypatch.setattr(getpass, "getuser", fail)
    assert system_user().strip()


def test_a_users_name_is_one_harmless_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "検査\n員\x1b[31m" + "x" * 100)
    assert system_user() == ("検査員[31m" + "x" * 100)[:64]
    monkeypatch.setattr(getpass, "getuser", lambda: " \n")
    assert system_user() == "?"
