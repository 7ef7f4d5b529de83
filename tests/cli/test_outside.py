"""What comes from outside ends with one true sentence and 2, at once, and runs no code of its own."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from builders import pack_members, picture_file, pixels, sealed_pack

from crane_desktop.model.signature import new_key
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.store import load_settings

Crane = Callable[..., Any]


def refused(done: Any, says: str) -> None:
    assert done.code == 2, done.err
    assert len(done.sentences) == 1, done.err
    assert says in done.err


# -- only files are opened -----------------------------------------------------------------------------------------

NO_FILES: dict[str, Callable[[Path], Path]] = {
    "pipe": lambda place: os.mkfifo(place) or place,  # type: ignore[func-returns-value]
    "folder": lambda place: place.mkdir() or place,  # type: ignore[func-returns-value]
    "device": lambda place: place.symlink_to("/dev/zero") or place,  # type: ignore[func-returns-value]
}
COMMANDS: dict[str, tuple[str, Callable[[Path], tuple[object, ...]]]] = {
    "pack install": ("a.cranepack", lambda file: ("pack", "install", file)),
    "pack info": ("a.cranepack", lambda file: ("pack", "info", file)),
    "pack verify": ("a.cranepack", lambda file: ("pack", "verify", file)),
    "score": ("a.cranepack", lambda file: ("score", "--pack", file, file.with_name("p.png"))),
    "recipe import": ("a.cranerecipe", lambda file: ("recipe", "import", file)),
    "weights": ("a.pt", lambda file: ("pack", "build", "--clip", file, "--prompts", file, "-o", "b.cranepack")),
    "safetensors": ("a.safetensors", lambda file: ("pack", "build", "--clip", file, "--prompts", file, "-o", "b")),
    "key": ("a.pem", lambda file: ("pack", "sign", file.with_name("good.cranepack"), "--key", file)),
    "release": ("release-manifest.json", lambda file: ("update", "check", file.parent)),
    "meta": ("meta.json", lambda file: ("evaluate", "--pack", "試験用", file)),
    "split": ("1cls.csv", lambda file: ("evaluate", "--pack", "試験用", file)),
}


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and devices have no place in folders there")
@pytest.mark.parametrize("kind", NO_FILES)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_pipe_a_folder_or_a_device_is_refused_at_once(
    crane: Crane, station_dir: Path, tiny_pack: Path, tmp_path: Path, command: str, kind: str
) -> None:
    name, words = COMMANDS[command]
    place = tmp_path / "USB"
    place.mkdir()
    shutil.copy(tiny_pack, place / "good.cranepack")
    picture_file(place / "p.png", pixels())
    file = NO_FILES[kind](place / name)
    said = "holds no labelled data set" if kind == "folder" and words(file)[0] == "evaluate" else "not an ordinary file"
    refused(crane(*words(file), "--data-dir", station_dir), said)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes have no place in folders there")
@pytest.mark.parametrize("beside", ["{pack}.sha256", "SHA256SUMS"])
def test_a_pipe_beside_a_pack_is_no_checksum(crane: Crane, tmp_path: Path, tiny_pack: Path, beside: str) -> None:
    pack = Path(shutil.copy(tiny_pack, tmp_path))
    os.mkfifo(tmp_path / beside.format(pack=pack.name))
    refused(crane("pack", "install", pack, "--data-dir", tmp_path / "other"), "checksum file")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes have no place in folders there")
@pytest.mark.parametrize("beside", ["dark-1.png", f"{'a' * 16}.goodparts"])
def test_a_pipe_beside_a_recipe_is_none_of_its_files(crane: Crane, tmp_path: Path, beside: str) -> None:
    total = hashlib.sha256(b"").hexdigest()
    told: dict[str, Any] = {"format_version": 2, "name": "a"}
    if beside.endswith(".png"):
        told["corrections"] = {"version": 1, "dark": {"file": beside, "sha256": total, "order": "mono"}}
    else:
        told["good_parts"] = {"file": beside, "sha256": total, "parts": 1}
    file = tmp_path / "a.cranerecipe"
    file.write_text(json.dumps(told), encoding="utf-8")
    os.mkfifo(tmp_path / beside)
    refused(crane("recipe", "import", file, "--data-dir", tmp_path / "other"), "not an ordinary file")


@pytest.mark.parametrize("words", [("evaluate", "~nobody-here/set"), ("pack", "info", "~nobody-here/a.cranepack")])
def test_the_home_of_nobody_is_no_crash(crane: Crane, station_dir: Path, words: tuple[str, ...]) -> None:
    refused(crane(*words, "--data-dir", station_dir), "~nobody-here")


# -- recipes run no code -------------------------------------------------------------------------------------------


@pytest.fixture
def other(tmp_path: Path) -> Path:
    return tmp_path / "もう一つの端末"


@pytest.fixture(autouse=True)
def no_producers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GENICAM_GENTL64_PATH", raising=False)


def recipe_file(place: Path, **fields: Any) -> Path:
    file = place / "部品A.cranerecipe"
    file.write_text(json.dumps({"format_version": 2, "name": "部品A", **fields}), encoding="utf-8")
    return file


def test_a_recipe_from_a_stick_loads_no_driver_that_nobody_chose(crane: Crane, tmp_path: Path, other: Path) -> None:
    evil = tmp_path / "evil.cti"
    evil.write_bytes(b"\x7fELF")
    file = recipe_file(tmp_path, source={"kind": "genicam", "cti": str(evil)})
    done = crane("recipe", "import", file, "--data-dir", other, "--json")
    assert (done.code, done.objects[0]["dropped"]) == (0, {"source.cti": "evil.cti"})
    assert "evil.cti" in done.err
    assert str(evil) not in json.dumps(crane("recipe", "show", "部品A", "--data-dir", other, "--json").objects)
    refused(crane("inspect", "--recipe", "部品A", "--frames", "1", "--data-dir", other), "--cti")
    assert load_settings(DataDir(other).settings_file)[0].producers == ()


def test_a_recipe_that_lies_in_the_store_by_hand_loads_none_either(crane: Crane, tmp_path: Path, other: Path) -> None:
    evil = tmp_path / "evil.cti"
    evil.write_bytes(b"\x7fELF")
    data = DataDir(other)
    data.prepare()
    (data.recipes / "部品A.json").write_bytes(
        recipe_file(tmp_path, source={"kind": "genicam", "cti": str(evil)}).read_bytes()
    )
    refused(crane("inspect", "--recipe", "部品A", "--frames", "1", "--data-dir", other), "--cti")


def test_folder_and_pack_are_asked_for_again(crane: Crane, tmp_path: Path, other: Path) -> None:
    file = recipe_file(tmp_path, source={"kind": "folder", "path": "D:\\絵\\部品"}, pack="D:\\本番.cranepack")
    done = crane("recipe", "import", file, "--data-dir", other, "--json")
    assert done.objects[0]["dropped"] == {"source.path": "部品", "pack": "本番"}
    refused(crane("inspect", "--recipe", "部品A", "--data-dir", other), "--path")
    pictures = tmp_path / "絵"
    pictures.mkdir()
    picture_file(pictures / "1.png", pixels(32, 32))
    refused(crane("inspect", "--recipe", "部品A", "--path", pictures, "--data-dir", other), "本番")


# -- packs that lie ------------------------------------------------------------------------------------------------


def forged(pack: Path, file: Path, changes: dict[str, Any]) -> Path:
    """A pack that agrees with itself though its manifest says something else."""
    members = pack_members(pack)
    members["manifest.json"] = json.dumps({**json.loads(members["manifest.json"]), **changes}).encode()
    return sealed_pack(file, members)


def test_a_pack_with_seventy_thousand_members_is_refused_in_no_time_and_little_room(
    crane: Crane, tmp_path: Path, station_dir: Path
) -> None:
    file = tmp_path / "many.cranepack"
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(70_000):
            archive.writestr(zipfile.ZipInfo(f"golden/{number}.png"), b"")
    tracemalloc.start()
    try:
        done = crane("pack", "install", file, "--data-dir", station_dir)
        assert tracemalloc.get_traced_memory()[1] < 32 << 20
    finally:
        tracemalloc.stop()
    refused(done, "more parts than a model pack ever does (256)")


@pytest.mark.parametrize("number", [257, 5000])
def test_a_few_members_too_many_are_told_too(
    crane: Crane, tmp_path: Path, station_dir: Path, tiny_pack: Path, number: int
) -> None:
    members = pack_members(tiny_pack) | {f"golden/x{one}.png": b"" for one in range(number)}
    refused(crane("pack", "info", sealed_pack(tmp_path / "a.cranepack", members), "--data-dir", station_dir), "256")


def test_a_picture_of_4096_px_is_refused_before_room_is_made(
    crane: Crane, tmp_path: Path, station_dir: Path, tiny_pack: Path
) -> None:
    raw = json.loads(pack_members(tiny_pack)["manifest.json"])
    profile = {"name": "huge", "image_size_px": 4096, "golden": raw["golden"]}
    for changes, field in (
        ({"config": {**raw["config"], "image_size_px": 4096}}, "config.image_size_px"),
        ({"profiles": [profile]}, "profiles.0.image_size_px"),
        ({"profiles": [{**profile, "image_size_px": 1400}]}, "manifest.json"),
    ):
        file = forged(tiny_pack, tmp_path / "a.cranepack", changes)
        refused(crane("pack", "install", file, "--data-dir", station_dir), field)


def test_a_number_of_six_thousand_digits_is_one_sentence(crane: Crane, tmp_path: Path, station_dir: Path) -> None:
    meta = tmp_path / "meta.json"
    meta.write_text('{"test": {"c": [{"img_path": "a", "anomaly": ' + "9" * 6000 + "}]}}", encoding="utf-8")
    for place in (meta, tmp_path):
        refused(crane("evaluate", "--pack", "試験用", place, "--data-dir", station_dir), "meta.json is damaged")


@pytest.mark.parametrize("name", ["demo", "Demo", "ＤＥＭＯ"])
def test_a_stranger_does_not_become_the_pack_of_the_program(
    crane: Crane, tmp_path: Path, other: Path, tiny_pack: Path, name: str
) -> None:
    file = forged(tiny_pack, tmp_path / "a.cranepack", {"name": name})
    refused(crane("pack", "install", file, "--data-dir", other), "came with the program")
    new_key(tmp_path / "key.pem")
    assert crane("pack", "sign", file, "--key", tmp_path / "key.pem", "--data-dir", other).code == 0
    refused(crane("pack", "install", file, "--replace", "--data-dir", other), "came with the program")


def test_replacing_a_signed_pack_shows_whose_it_was_and_needs_a_word(
    crane: Crane, tmp_path: Path, other: Path, tiny_pack: Path
) -> None:
    own, key = Path(shutil.copy(tiny_pack, tmp_path / "own.cranepack")), tmp_path / "key.pem"
    public = new_key(key)
    assert crane("pack", "sign", own, "--key", key, "--data-dir", other).code == 0
    assert crane("pack", "install", own, "--data-dir", other).code == 0
    stranger = forged(tiny_pack, tmp_path / "b.cranepack", {"pack_version": "9"})
    refused(crane("pack", "install", stranger, "--data-dir", other), "--replace")
    done = crane("pack", "install", stranger, "--replace", "--data-dir", other)
    assert done.code == 0
    assert f"signed by: {public[:16]}) → 9 (signed by: nobody)" in done.err
