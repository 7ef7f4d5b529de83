"""Recipes and packs that travel on a stick: out of one station, into another, and never half."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from recipe_fixtures import stored

from crane_desktop.recipe.corrections import Corrections, ReferencePicture
from crane_desktop.recipe.good_parts import GoodPartsFile
from crane_desktop.recipe.json_text import parse_recipe
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.store import RecipeStore, read_recipe
from crane_desktop.settings.data_dir import DataDir

Crane = Callable[..., Any]
DARK, MEMORY = b"a dark picture", b"what good parts look like"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def whole(station_dir: Path) -> Recipe:
    """A recipe with a reference picture and a memory of good parts, in the station."""
    data = DataDir(station_dir)
    data.prepare()
    memory = f"{sha256(MEMORY)[:16]}.goodparts"
    (data.references / "dark-1.png").write_bytes(DARK)
    (data.recipes / memory).write_bytes(MEMORY)
    recipe = Recipe(
        name="部品A 表",
        version=3,
        pack="試験用",
        corrections=Corrections(dark=ReferencePicture(file="dark-1.png", sha256=sha256(DARK), order="mono")),
        good_parts=GoodPartsFile(file=memory, sha256=sha256(MEMORY), parts=2),
    )
    stored(data, recipe)
    return recipe


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    return tmp_path / "USB スティック"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    return tmp_path / "もう一つの端末"


def exported(crane: Crane, station_dir: Path, whole: Recipe, stick: Path) -> Path:
    out = stick / "部品A.cranerecipe"
    done = crane("recipe", "export", whole.name, "-o", out, "--data-dir", station_dir, "--json")
    assert (done.code, done.err) == (0, "")
    assert done.objects[0]["files"][0] == str(out)
    return out


def refused(done: Any, says: str) -> None:
    assert done.code == 2
    assert len(done.sentences) == 1, done.err
    assert says in done.err


def test_a_recipe_arrives_with_everything_it_needs(
    crane: Crane, station_dir: Path, whole: Recipe, stick: Path, other: Path
) -> None:
    out = exported(crane, station_dir, whole, stick)
    assert parse_recipe(out.read_text(encoding="utf-8")) == whole  # the same JSON as in the data folder
    assert len(list(stick.iterdir())) == 3
    done = crane("recipe", "import", out, "--data-dir", other, "--json")
    assert (done.code, done.objects) == (0, [{"recipe": whole.name, "version": 3, "kept": None, "dropped": {}}])
    data = DataDir(other)
    assert read_recipe(data, whole.name) == whole
    assert (data.references / "dark-1.png").read_bytes() == DARK
    assert (data.recipes / whole.good_parts.file).read_bytes() == MEMORY if whole.good_parts else False
    listed = crane("recipe", "list", "--data-dir", other, "--json")
    assert [thing["name"] for thing in listed.objects] == [whole.name]
    assert whole.name in crane("recipe", "list", "--data-dir", other).out
    # Once more: it is the same one, so nothing is replaced.
    assert crane("recipe", "import", out, "--data-dir", other, "--json").objects[0]["kept"] is None


@pytest.mark.parametrize(("spoil", "says"), [("missing", "is missing"), ("other", "is not the one")])
def test_a_recipe_without_its_files_stays_outside(
    crane: Crane, station_dir: Path, whole: Recipe, stick: Path, other: Path, spoil: str, says: str
) -> None:
    out = exported(crane, station_dir, whole, stick)
    if spoil == "missing":
        (stick / "dark-1.png").unlink()
    else:
        (stick / "dark-1.png").write_bytes(b"another one")
    refused(crane("recipe", "import", out, "--data-dir", other), says)
    assert list(DataDir(other).recipes.iterdir()) == []


def test_another_recipe_of_the_name_is_replaced_only_when_asked_and_kept(
    crane: Crane, station_dir: Path, whole: Recipe, stick: Path, other: Path
) -> None:
    out = exported(crane, station_dir, whole, stick)
    data = DataDir(other)
    data.prepare()
    own = Recipe(name=whole.name, version=9)
    stored(data, own)
    refused(crane("recipe", "import", out, "--data-dir", other), "--replace")
    assert read_recipe(data, whole.name) == own
    done = crane("recipe", "import", out, "--replace", "--data-dir", other, "--json")
    assert done.code == 0
    assert read_recipe(data, whole.name) == whole.changed(version=10)  # versions only count up
    assert json.loads(Path(done.objects[0]["kept"]).read_text(encoding="utf-8"))["version"] == 9
    assert RecipeStore(data).version(whole.name, 9) == own
    assert [thing["name"] for thing in crane("recipe", "list", "--data-dir", other, "--json").objects] == [whole.name]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "damaged"),
        (b"\xff\xfe\x00", "damaged"),
        (b"[1]", "damaged"),
        (b'{"name": "a", "surprise": 1}', "surprise"),
        (json.dumps({"name": "..\\a"}).encode(), "called"),
        (b'{"format_version": 99, "name": "a"}', "99"),
        (b" " * 5_000_000, "larger than 4 MB"),
        (None, "cannot be read"),
    ],
)
def test_a_bad_recipe_file_is_one_plain_sentence(
    crane: Crane, tmp_path: Path, other: Path, content: bytes | None, says: str
) -> None:
    file = tmp_path / "壊れた.cranerecipe"
    if content is not None:
        file.write_bytes(content)
    refused(crane("recipe", "import", file, "--data-dir", other), says)
    assert list(DataDir(other).recipes.iterdir()) == []


def test_an_export_names_its_kind_and_needs_a_recipe(
    crane: Crane, station_dir: Path, whole: Recipe, tmp_path: Path
) -> None:
    own = ("--data-dir", station_dir)
    refused(crane("recipe", "export", whole.name, "-o", tmp_path / "a.json", *own), ".cranerecipe")
    refused(crane("recipe", "export", "ない", "-o", tmp_path / "a.cranerecipe", *own), "ない")
    (DataDir(station_dir).references / "dark-1.png").unlink()
    refused(crane("recipe", "export", whole.name, "-o", tmp_path / "a.cranerecipe", *own), "dark-1.png")
    assert not (tmp_path / "a.cranerecipe").exists()


# -- packs with a checksum beside them -------------------------------------------------------------------------


@pytest.fixture
def travelling(tiny_pack: Path, stick: Path) -> Path:
    stick.mkdir()
    return Path(shutil.copy(tiny_pack, stick))


def test_a_pack_with_the_right_sum_is_installed(crane: Crane, travelling: Path, other: Path) -> None:
    total = sha256(travelling.read_bytes())
    for sums, line in (
        (travelling.with_name(f"{travelling.name}.sha256"), f"{total}  {travelling.name}\n"),
        (travelling.with_name(f"{travelling.name}.sha256"), f"{total.upper()} *{travelling.name}\n"),
        (travelling.with_name(f"{travelling.name}.sha256"), f"{total}\n"),
        (travelling.with_name("SHA256SUMS"), f"{'0' * 64}  other.cranepack\n{total}  {travelling.name}\n"),
        (travelling.with_name("SHA256SUMS"), f"{'0' * 64}  other.cranepack\n"),
    ):
        sums.write_text(line, encoding="utf-8")
        done = crane("pack", "install", travelling, "--data-dir", other)
        assert (done.code, done.err) == (0, ""), line
        sums.unlink()


@pytest.mark.parametrize(
    ("name", "line", "says"),
    [
        ("{pack}.sha256", f"{'0' * 64}  {{pack}}\n", "differs from the checksum"),
        ("{pack}.sha256", f"{'0' * 64}\n", "differs from the checksum"),
        ("SHA256SUMS", f"{'0' * 64}  {{pack}}\n", "differs from the checksum"),
        ("{pack}.sha256", "no sum at all\n", "checksum file"),
        ("{pack}.sha256", "", "checksum file"),
    ],
)
def test_a_pack_with_another_sum_stays_outside(
    crane: Crane, travelling: Path, other: Path, name: str, line: str, says: str
) -> None:
    sums = travelling.with_name(name.format(pack=travelling.name))
    sums.write_text(line.format(pack=travelling.name), encoding="utf-8")
    refused(crane("pack", "install", travelling, "--data-dir", other), says)
    assert list(DataDir(other).packs.iterdir()) == []
