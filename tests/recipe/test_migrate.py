"""Format 1, one file a recipe: taken in with its number and content, kept, and never in the way of the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crane_desktop.domain.errors import InputError
from crane_desktop.recipe import migrate
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.store import RecipeChange, RecipeStore
from crane_desktop.recipe.version_files import RecipeVersion
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.texts import error_text

OLD = {
    "format_version": 1,
    "name": "部品A",
    "version": 7,
    "camera_features": {"Gain": 2.0},
    "pack": "試験用",
    "thresholds": {"score_review": 0.1, "score_ng": 0.2, "map_review": 0.3, "map_ng": 0.4},
}


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    made = DataDir(tmp_path)
    made.prepare()
    return made


def put(data: DataDir, file: str = "部品A.json", content: bytes | None = None, **changes: object) -> Path:
    path = data.recipes / file
    path.write_bytes(json.dumps({**OLD, **changes}).encode() if content is None else content)
    return path


def test_a_recipe_keeps_its_number_and_content_and_its_file(data: DataDir) -> None:
    old = put(data)
    content = old.read_bytes()
    told: list[RecipeChange] = []
    store = RecipeStore(data, on_change=told.append)
    recipe = store.head("部品A")
    assert recipe.model_dump(mode="json") == {**Recipe(name="r").model_dump(mode="json"), **OLD, "format_version": 2}
    assert not old.exists()
    assert (data.recipes / migrate.OLD_FOLDER / "部品A.json").read_bytes() == content
    (version,) = store.history("部品A")
    assert isinstance(version, RecipeVersion)
    assert (version.version, version.parent_sha256, version.why.key) == (7, None, "recipe.why.migrated")
    assert [change.sha256 for change in told] == [version.sha256]
    saved = store.save("部品A", lambda now: now.changed(description="x"), who="a", why="b")
    assert (saved.version, saved.parent_sha256) == (8, version.sha256)
    assert store.names() == ["部品A"]


@pytest.mark.parametrize(
    "content",
    [b'{"name": "x"}', "\ufeff".encode() + b'{"name": "x"}', b'{"name": "x", "version": 3, "format_version": 1}'],
)
def test_hand_written_files_are_taken_in_under_the_files_name(data: DataDir, content: bytes) -> None:
    put(data, content=content)
    assert RecipeStore(data).head("部品A").name == "部品A"


def test_a_name_from_a_mac_is_the_same_name(data: DataDir) -> None:
    put(data, "か\u3099.json")
    store = RecipeStore(data)
    assert store.names() == ["が"]
    assert store.head("か\u3099").name == "が"


@pytest.mark.parametrize(
    "content", [b"{", b"\xff\xfe\x00", b"[]", b'{"name": "a", "colour": 1}', b'{"format_version": 9}']
)
def test_a_damaged_file_stays_is_told_and_costs_no_other(data: DataDir, content: bytes) -> None:
    damaged = put(data, "壊れた.json", content)
    put(data)
    store = RecipeStore(data)
    assert store.names() == sorted(["壊れた", "部品A"])
    for ask in (
        lambda: store.head("壊れた"),
        lambda: store.history("壊れた"),
        lambda: store.save("壊れた", lambda now: now, who="a", why="b"),
        lambda: store.roll_back("壊れた", who="a"),
    ):
        with pytest.raises(InputError) as caught:
            ask()
        assert error_text(caught.value, "ja")
        assert caught.value.key != "recipe.not_here"
    assert damaged.read_bytes() == content
    assert store.head("部品A").version == 7


def test_a_damaged_file_makes_room_for_a_recipe_that_is_taken_over(data: DataDir) -> None:
    content = put(data, content=b"{").read_bytes()
    store = RecipeStore(data)
    made, kept = store.take_over(Recipe(name="部品A", version=3), who="a", why="b")
    assert (made.version, store.names()) == (3, ["部品A"])
    assert kept is not None
    assert kept.read_bytes() == content


def test_a_name_that_is_none_stays_and_is_told(data: DataDir) -> None:
    odd = put(data, "con.json")
    store = RecipeStore(data)
    assert store.names() == ["con"]
    with pytest.raises(InputError) as caught:
        store.head("con")
    assert caught.value.key == "recipe.name"
    assert odd.exists()


def test_an_old_backup_that_is_put_back_is_the_next_version(data: DataDir) -> None:
    store = RecipeStore(data)
    put(data)
    store.save("部品A", lambda now: now.changed(description="newer"), who="a", why="b")
    put(data, pack="another", version=3)
    assert (store.head("部品A").version, store.head("部品A").pack) == (9, "another")
    put(data, pack="another", version=3)
    assert store.head("部品A").version == 9  # it says the same
    old = sorted(file.name for file in (data.recipes / migrate.OLD_FOLDER).iterdir())
    assert len(old) == 2, old
    assert store.version("部品A", 7).pack == "試験用"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_on_the_way_loses_nothing_and_takes_in_nothing_twice(
    data: DataDir, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    class Killed(BaseException):
        pass

    def kill(*_: object) -> None:
        raise Killed

    old = put(data)
    with monkeypatch.context() as patch:
        patch.setattr(f"crane_desktop.recipe.store.{'recipe_sha256' if when == 'before' else 'put_away'}", kill)
        with pytest.raises(Killed):
            RecipeStore(data).names()
    assert old.exists()
    store = RecipeStore(data)
    assert store.head("部品A").version == 7
    assert len(store.history("部品A")) == 1
    assert not old.exists()


def test_a_file_that_cannot_be_moved_is_not_taken_in_again_after_a_change(
    data: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_file: migrate.OldFile) -> Path:
        raise PermissionError(13, "in use by another program")

    put(data)
    store = RecipeStore(data)
    monkeypatch.setattr("crane_desktop.recipe.store.put_away", refuse)
    store.save("部品A", lambda now: now.changed(description="newer"), who="a", why="b")
    assert store.head("部品A").description == "newer"
    assert store.head("部品A").version == 8
    assert store.names() == ["部品A"]


def test_two_names_that_differ_in_case_both_stay_where_the_file_system_tells_them_apart(data: DataDir) -> None:
    put(data, "Gear.json")
    put(data, "gear.json", pack="another")
    if len(list(data.recipes.glob("*.json"))) == 1:
        pytest.skip("this file system does not tell them apart")
    store = RecipeStore(data)
    assert store.names() == ["Gear", "gear"]
    assert (store.head("Gear").pack, store.head("gear").pack) == ("試験用", "another")
