"""Native code is loaded only where people of the station chose it, whatever a recipe says."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from recipe_fixtures import stored

from crane_desktop.camera.genicam.discover import bundled_viky
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.recipe.model import Recipe
from crane_desktop.services.recipe_source import recipe_choice, remember_producer
from crane_desktop.services.workbench import Workbench
from crane_desktop.settings.store import Settings, load_settings, save_settings, with_producer


def recipe(**source: Any) -> Recipe:
    return Recipe.model_validate({"name": "部品A", "source": source})


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    """A producer that lies somewhere: a file that nobody of the station chose."""
    file = tmp_path / "usb" / "evil.cti"
    file.parent.mkdir()
    file.write_bytes(b"\x7fELF")
    return file


@pytest.fixture(autouse=True)
def no_producers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GENICAM_GENTL64_PATH", raising=False)


def test_a_producer_that_nobody_chose_is_left_open_and_asked_for(bench: Workbench, evil: Path) -> None:
    found = recipe_choice(bench, recipe(kind="genicam", cti=str(evil), device="SN1"))
    assert found is not None
    assert found.choice == SourceChoice(kind="genicam", device="SN1")
    assert found.missing is not None
    assert (found.missing.key, found.missing.params["producer"]) == ("services.recipe_producer_unknown", "evil.cti")


def test_a_recipe_that_a_hand_put_into_the_store_chooses_none_either(bench: Workbench, evil: Path) -> None:
    file = bench.data.recipes / "部品B.json"  # format 1, as a backup brings it
    file.write_text(json.dumps({"name": "部品B", "source": {"kind": "genicam", "cti": str(evil)}}), encoding="utf-8")
    found = recipe_choice(bench, bench.recipes.head("部品B"))
    assert found is not None
    assert (found.choice.cti, found.missing is not None) == (None, True)


@pytest.mark.parametrize("named", ["evil.cti", "/elsewhere/evil.cti", "D:\\x\\EVIL.CTI"])
@pytest.mark.parametrize("way", ["chosen", "last source", "installed"])
def test_the_stations_own_producer_of_that_name_is_meant(
    bench: Workbench, evil: Path, named: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "chosen":
        remember_producer(bench, str(evil))
    elif way == "last source":
        kept = SourceChoice(kind="genicam", cti=str(evil))
        save_settings(bench.data.settings_file, Settings(source=kept))
    else:
        monkeypatch.setenv("GENICAM_GENTL64_PATH", f"{evil.parent}{os.pathsep}/nowhere")
    found = recipe_choice(bench, recipe(kind="genicam", cti=named))
    assert found is not None
    assert (found.choice.cti, found.missing) == (str(evil), None)


def test_the_producer_that_came_with_the_program_may_be_named(bench: Workbench) -> None:
    found = recipe_choice(bench, recipe(kind="genicam", cti="viky.cti"))
    assert found is not None
    assert (found.choice.cti, found.missing) == (str(bundled_viky()), None)


def test_a_folder_by_its_name_alone_is_asked_for(bench: Workbench) -> None:
    found = recipe_choice(bench, recipe(kind="folder", path="写真"))
    assert found is not None
    assert (found.choice.path, found.missing is not None) == (None, True)
    kept = recipe_choice(bench, recipe(kind="folder", path="/写真"))
    assert kept is not None
    assert (kept.choice.path, kept.missing) == ("/写真", None)


def test_a_recipe_that_names_none_asks_for_none(bench: Workbench) -> None:
    for source in ({"kind": "demo"}, {"kind": "genicam", "device": "SN1"}):
        found = recipe_choice(bench, recipe(**source))
        assert found is not None
        assert found.missing is None
    assert recipe_choice(bench, Recipe(name="a")) is None


def test_what_a_person_chose_is_remembered_once_and_not_for_ever(bench: Workbench, evil: Path) -> None:
    for choice in (str(evil), str(evil), None, "/nowhere.cti"):
        remember_producer(bench, choice)
    assert load_settings(bench.data.settings_file)[0].producers == (str(evil),)
    many: tuple[str, ...] = ()
    for number in range(99):
        many = with_producer(many, f"/{number}.cti")
    assert (len(many), many[-1]) == (16, "/98.cti")
    assert with_producer(many, None) == with_producer(many, "/98.cti") == many


def test_no_reference_is_taken_with_a_producer_that_nobody_chose(bench: Workbench, evil: Path) -> None:
    from crane_desktop.services.reference_capture import take_reference

    stored(bench.data, recipe(kind="genicam", cti=str(evil)))
    with pytest.raises(InputError) as caught:
        take_reference(bench, "部品A", "dark", 1)
    assert caught.value.key == "services.recipe_producer_unknown"
