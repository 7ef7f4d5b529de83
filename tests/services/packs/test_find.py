"""Which pack is meant: the one named, else the one chosen, else the default; a file as well as a name."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from crane_desktop.domain.errors import InputError
from crane_desktop.services.packs.find import DEFAULT_PACK, pack_path
from crane_desktop.services.workbench import Workbench


def place(bench: Workbench, name: str) -> Path:
    return bench.data.packs / f"{name}.cranepack"


@pytest.fixture
def two(bench: Workbench) -> Workbench:
    shutil.copy(place(bench, "試験用"), place(bench, "b"))
    return bench


def test_the_named_one_comes_before_the_chosen_one(two: Workbench) -> None:
    assert pack_path(two, "b") == place(two, "b")
    assert pack_path(two, None) == place(two, "試験用")
    assert pack_path(two, "") == place(two, "試験用")


def test_where_none_is_chosen_the_default_one_is_meant(two: Workbench) -> None:
    unset = replace(two, settings=two.settings.model_copy(update={"pack": None}))
    shutil.copy(place(two, "b"), place(two, DEFAULT_PACK))
    assert pack_path(unset, None) == place(two, DEFAULT_PACK)


def test_a_file_is_taken_as_it_was_named(two: Workbench, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.cranepack"
    shutil.copy(place(two, "b"), elsewhere)
    assert pack_path(two, str(elsewhere)) == elsewhere


def test_one_that_is_not_there_is_told_with_those_that_are(two: Workbench) -> None:
    with pytest.raises(InputError) as caught:
        pack_path(two, "c")
    assert caught.value.key == "model.no_such_pack"
    assert {"b", "試験用"} <= set(str(caught.value.params["known"]).split(", "))
    chosen = replace(two, settings=two.settings.model_copy(update={"pack": "c"}))
    with pytest.raises(InputError):
        pack_path(chosen, None)
    with pytest.raises(InputError) as caught:
        pack_path(two, "nowhere/c.cranepack")
    assert caught.value.key == "model.no_such_pack_file"
