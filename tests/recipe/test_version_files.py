"""Versions as files: what goes in comes out, strange files are left alone, and which one is in use is never guessed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crane_desktop.domain.errors import InputError
from crane_desktop.recipe.authorship import Why
from crane_desktop.recipe.identity import recipe_sha256
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.shelf import Shelf
from crane_desktop.recipe.version_files import (
    HEAD_FILE,
    RecipeVersion,
    VersionFile,
    dump_head,
    dump_version,
    read_head,
    read_version,
    version_file_name,
    version_files,
)

NOW = datetime(2026, 11, 30, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "recipes")


def made_of(shelf: Shelf, parent: RecipeVersion | None, number: int = 0, **fields: Any) -> RecipeVersion:
    """Return a version that is not written yet."""
    version = number or (1 if parent is None else parent.version + 1)
    recipe = Recipe(name="r", version=version, **fields)
    sha256 = recipe_sha256(recipe)
    return RecipeVersion(
        recipe=recipe,
        sha256=sha256,
        parent_sha256=None if parent is None else parent.sha256,
        who="検査員",
        when=NOW,
        why=Why.said("."),
        file=shelf.path_of("r", version, sha256),
    )


def put(shelf: Shelf, count: int) -> list[RecipeVersion]:
    """Write so many versions, each made of the one before."""
    line: list[RecipeVersion] = []
    for _ in range(count):
        line.append(made_of(shelf, line[-1] if line else None))
        shelf.put(line[-1])
    return line


def write(made: RecipeVersion) -> RecipeVersion:
    """Write a version's file and not the head, as a kill in between leaves it."""
    made.file.parent.mkdir(parents=True, exist_ok=True)
    made.file.write_bytes(dump_version(made))
    return made


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_NUMBER = st.floats(allow_nan=False, allow_infinity=False)
_PARAMS = st.dictionaries(_TEXT, st.one_of(st.none(), st.booleans(), st.integers(), _NUMBER, _TEXT))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(who=_TEXT, key=_TEXT, params=_PARAMS, words=_TEXT, offset_h=st.integers(-12, 12))
def test_whatever_is_said_comes_back(
    shelf: Shelf, who: str, key: str, params: dict[str, Any], words: str, offset_h: int
) -> None:
    when = NOW.astimezone(timezone(timedelta(hours=offset_h)))
    made = write(replace(made_of(shelf, None, description=words), who=who, why=Why(key, params), when=when))
    (file,) = version_files(made.file.parent)
    read = read_version(file)
    file.path.unlink()
    assert read == made
    assert read.when == NOW


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(place=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_no_changed_byte_goes_unnoticed(shelf: Shelf, place: int, byte: int) -> None:
    made = write(made_of(shelf, None, description="words", camera_features={"Gain": 2.0}))
    content = bytearray(made.file.read_bytes())
    content[place % len(content)] = byte
    made.file.write_bytes(content)
    try:
        read = read_version(VersionFile(made.file, 1, made.sha256[:16]))
    except InputError as error:
        assert error.key in ("recipe.version_damaged", "recipe.version_too_new")  # noqa: PT017 - either is a refusal
    else:
        assert read == made  # only the space between two words of JSON was another one


def test_files_that_are_no_versions_are_left_out_and_the_rest_is_in_order(tmp_path: Path) -> None:
    names = [version_file_name(number, "ab" * 32) for number in (1_000_000, 2, 10, 1)]
    strange = [
        "head.json",
        "v1-abababababababab.json",
        "v000001-ABABABABABABABAB.json",
        "v000001-ab.json",
        "x",
        ".v000003",
    ]
    for name in [*names, *strange, f"{names[0]}.part", f".{names[0]}"]:
        (tmp_path / name).touch()
    assert [file.version for file in version_files(tmp_path)] == [1, 2, 10, 1_000_000]
    assert version_files(tmp_path / "none") == []


@pytest.mark.parametrize("content", [b"", b"null", b"[1]", b'{"version": 1}', b'{"format_version": 2, "version": "x"}'])
def test_a_head_that_makes_no_sense_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / HEAD_FILE).write_bytes(content)
    assert read_head(tmp_path) is None
    (tmp_path / HEAD_FILE).write_bytes(dump_head(7, "ab" * 32))
    head = read_head(tmp_path)
    assert head is not None
    assert (head.file.version, head.file.path.name) == (7, f"v000007-{'ab' * 8}.json")


# -- which one is in use ---------------------------------------------------------------------------------------


def test_a_head_that_stayed_behind_is_followed_to_the_end(shelf: Shelf) -> None:
    line = put(shelf, 2)
    third = write(made_of(shelf, line[-1]))
    fourth = write(made_of(shelf, third))
    assert shelf.head("r").sha256 == fourth.sha256
    assert shelf.next_number("r") == 5


def test_only_what_was_made_of_the_head_takes_its_place(shelf: Shelf) -> None:
    line = put(shelf, 2)
    write(made_of(shelf, line[0], number=3, description="made of an older one"))
    write(made_of(shelf, None, number=4, description="made of none"))
    assert shelf.head("r").sha256 == line[-1].sha256
    assert shelf.next_number("r") == 5  # a number that was ever used is used once


def test_a_damaged_version_beyond_the_head_does_not_count(shelf: Shelf) -> None:
    line = put(shelf, 2)
    write(made_of(shelf, line[-1])).file.write_bytes(b"{")
    assert shelf.head("r").sha256 == line[-1].sha256
    assert shelf.next_number("r") == 4


def test_without_its_file_the_head_is_the_end_of_an_unbroken_line(shelf: Shelf) -> None:
    line = put(shelf, 3)
    (line[0].file.parent / HEAD_FILE).unlink()
    assert shelf.head("r").sha256 == line[-1].sha256
    write(made_of(shelf, line[0], number=4))
    with pytest.raises(InputError) as caught:
        shelf.head("r")
    assert caught.value.key == "recipe.head_damaged"
    assert shelf.head_sha256("r") is None


def test_a_version_in_use_that_is_gone_is_told_and_still_counts(shelf: Shelf) -> None:
    line = put(shelf, 3)
    line[-1].file.unlink()
    with pytest.raises(InputError) as caught:
        shelf.head("r")
    assert (caught.value.key, caught.value.params["version"]) == ("recipe.version_damaged", 3)
    assert [file.version for file in shelf.files("r")] == [1, 2, 3]
    assert (shelf.head_sha256("r"), shelf.next_number("r")) == (line[-1].sha256, 4)
    assert shelf.file_in_use("r") == line[-1].file
    assert shelf.last_but_head("r") == replace(line[1], differences=None)


def test_a_folder_without_versions_is_no_recipe(shelf: Shelf) -> None:
    (shelf.root / "r.versions").mkdir(parents=True)
    (shelf.root / ".hidden.versions").mkdir()
    (shelf.root / "file.versions").write_bytes(b"")
    assert (shelf.folders(), shelf.has("r"), shelf.next_number("r")) == ({}, False, 1)
    put(shelf, 1)
    assert list(shelf.folders()) == ["r"]
    assert shelf.has("r")
    assert not shelf.has("R")


def test_a_version_file_is_json_that_people_can_read(shelf: Shelf) -> None:
    (made,) = put(shelf, 1)
    text = made.file.read_text(encoding="utf-8")
    assert "検査員" in text
    assert json.loads(text)["recipe"]["name"] == "r"
    assert text.count("\n") > 20
