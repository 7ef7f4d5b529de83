"""``recipe history|show|back``: what was in use when, and the way back."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crane_desktop.recipe.store import RecipeStore
from crane_desktop.settings.data_dir import DataDir

Crane = Callable[..., Any]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Path]:
    """A station without a pack, with a recipe of three versions."""
    monkeypatch.setattr(getpass, "getuser", lambda: "佐藤")
    store = RecipeStore(DataDir(tmp_path / "端末"))
    for words in ("一", "二", "三"):
        store.save("部品A", lambda now, words=words: now.changed(description=words), who="鈴木", why=f"{words}回目")  # type: ignore[misc]
    return "--data-dir", tmp_path / "端末"


def test_history_is_told_to_people_and_programs(crane: Crane, own: tuple[str, Path]) -> None:
    done = crane("recipe", "history", "部品A", "--json", *own)
    assert (done.code, done.err) == (0, "")
    assert [thing["version"] for thing in done.objects] == [1, 2, 3]
    assert [thing["parent_sha256"] for thing in done.objects] == [None, *(one["sha256"] for one in done.objects[:2])]
    assert done.objects[1]["differences"] == [{"field": "description", "old": "一", "new": "二"}]
    assert (done.objects[1]["who"], done.objects[1]["why"]) == ("鈴木", "二回目")
    shown = crane("recipe", "history", "部品A", *own).out.splitlines()
    assert len(shown) == 5
    assert "鈴木" in shown[1]
    assert "一 → 二" in shown[2]
    assert [("in use" in line) or ("使用中" in line) for line in shown] == [False, False, False, True, False]


def test_any_version_is_shown(crane: Crane, own: tuple[str, Path]) -> None:
    assert crane("recipe", "show", "部品A", "--json", *own).objects[0]["description"] == "三"
    old = crane("recipe", "show", "部品A", "--version", "1", "--json", *own).objects[0]
    assert (old["version"], old["description"]) == (1, "一")
    assert "一" in crane("recipe", "show", "部品A", "--version", "1", *own).out


def test_back_makes_a_new_version_in_the_users_name(crane: Crane, own: tuple[str, Path]) -> None:
    done = crane("recipe", "back", "部品A", "--json", *own)
    assert done.code == 0
    assert (done.objects[0]["version"], done.objects[0]["who"]) == (4, "佐藤")
    assert crane("recipe", "show", "部品A", "--json", *own).objects[0]["description"] == "二"
    assert crane("recipe", "back", "部品A", "--to", "1", *own).code == 0
    listed = crane("recipe", "list", "--json", *own).objects
    assert [(thing["version"], thing["description"]) for thing in listed] == [(5, "一")]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("history", "ない"), "ない"),
        (("show", "部品A", "--version", "9"), "9"),
        (("back", "部品A", "--to", "9"), "9"),
        (("back", "ない"), "ない"),
    ],
)
def test_what_is_not_there_is_one_sentence(
    crane: Crane, own: tuple[str, Path], words: tuple[str, ...], says: str
) -> None:
    done = crane("recipe", *words, *own)
    assert (done.code, done.out, len(done.sentences)) == (2, "", 1)
    assert says in done.err


def test_a_damaged_version_is_told_beside_the_others_and_back_leads_out(crane: Crane, own: tuple[str, Path]) -> None:
    (newest,) = (own[1] / "recipes").glob("*/v000003-*")
    newest.write_bytes(b"{")
    done = crane("recipe", "history", "部品A", "--json", *own)
    assert (done.code, len(done.sentences)) == (2, 1)
    assert [thing["version"] for thing in done.objects] == [1, 2]
    assert crane("recipe", "show", "部品A", *own).code == 2
    back = crane("recipe", "back", "部品A", "--json", *own)
    assert (back.code, back.objects[0]["version"], back.objects[0]["differences"]) == (0, 4, None)
    assert crane("recipe", "show", "部品A", "--json", *own).objects[0]["description"] == "二"


def test_a_recipe_of_format_1_is_listed_and_kept(crane: Crane, own: tuple[str, Path]) -> None:
    (own[1] / "recipes" / "旧.json").write_text('{"name": "旧", "version": 5}', encoding="utf-8")
    listed = crane("recipe", "list", "--json", *own).objects
    assert [(thing["name"], thing["version"]) for thing in listed] == [("旧", 5), ("部品A", 3)]
    assert (own[1] / "recipes" / "format-1" / "旧.json").is_file()
