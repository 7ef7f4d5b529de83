"""Bad input: exit code 2, one plain sentence that says what to do, in both languages, nothing lost."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from recipe_fixtures import stored_fields

from crane_desktop.domain.history import HistoryRow
from crane_desktop.recipe.store import read_recipe
from crane_desktop.settings.data_dir import DataDir

Crane = Callable[..., Any]
LogOf = Callable[[Path], list[HistoryRow]]
INSPECT = ("inspect", "--json", "--pack", "試験用")


def refused(done: Any) -> str:
    """Check the manner of a refusal and return its sentence."""
    assert done.code == 2
    assert done.out == ""
    assert len(done.sentences) == 1, done.err
    assert "Traceback" not in done.err
    assert "Error" not in done.err
    return str(done.sentences[0])


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "空"
    folder.mkdir()
    (folder / "メモ.txt").write_text("x", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--source", "folder"), "--path"),
        (("--source", "folder", "--path", "/存在しない"), "/存在しない does not exist"),
        (("--source", "folder", "--path", "{empty}"), "no images"),
        (("--source", "folder", "--path", "{empty}/メモ.txt"), "is a file, not a folder"),
        (("--source", "folder", "--path", "{empty}", "--rate", "nan"), "rate nan"),
        (("--rate", "0"), "rate 0"),
        (("--rate", "-1"), "rate -1"),
        (("--rate", "inf"), "rate inf"),
        (("--rate", "fast"), "--rate"),
        (("--frames", "0"), "--frames"),
        (("--frames", "many"), "--frames"),
        (("--seed", "-1"), "--seed"),
        (("--source", "webcam"), "--source"),
        (("--trigger", "foot"), "--trigger"),
        (("--device", "unicorn"), "unicorn"),
        (("--path", "/somewhere"), "--source folder"),
        (("--cti", "/x.cti"), "--source genicam"),
        (("--trigger", "software"), "--source genicam"),
        (("--source", "folder", "--path", "{empty}", "--device", "red"), "--device"),
        (("--source", "genicam", "--rate", "5"), "--rate"),
        (("--source", "genicam"), "no camera driver"),
        (("--source", "genicam", "--cti", "/存在しない.cti"), "does not exist"),
        (("--source", "genicam", "--cti", "{empty}/メモ.txt"), "not a GenTL producer"),
        (("--source", "genicam", "--cti", "{viky}", "--device", "VikyTL_DEV_pink"), "VikyTL_DEV_red"),
        (("--source", "genicam", "--cti", "{viky}", "--trigger", "software"), "no software trigger"),
        (("--source", "genicam", "--cti", "{viky}", "--trigger", "hardware"), "no hardware trigger"),
        (("--recipe", "ない"), "ない"),
        (("--recipe", "../etc/passwd"), "../etc/passwd"),
        (("--pack", "ない"), "試験用"),
        (("--pack", "/存在しない.cranepack"), "/存在しない.cranepack"),
        (("--pack", "{empty}/メモ.txt"), "not a model pack"),
        (("--colour", "red"), "--colour"),
        (("extra",), "extra"),
        (("--frames",), "--frames"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_wrong_command_says_what_to_do(
    words: tuple[str, ...],
    says: str,
    language: str,
    crane: Crane,
    station_dir: Path,
    empty: Path,
    viky: Path,
    log_of: LogOf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CRANE_LANGUAGE", language)
    monkeypatch.delenv("GENICAM_GENTL64_PATH", raising=False)
    filled = [word.format(empty=empty, viky=viky) for word in words]
    sentence = refused(crane(*INSPECT, "--data-dir", station_dir, *filled))
    if language == "en":
        assert says in sentence
        assert sentence.isprintable()
    else:
        assert any("\u3041" <= letter <= "\u30ff" for letter in sentence)
    assert log_of(station_dir) == []


def test_no_command_of_that_name(crane: Crane) -> None:
    assert "'inspekt'" in refused(crane("inspekt"))


def test_a_pack_with_one_byte_flipped_may_not_judge(crane: Crane, station_dir: Path, tiny_pack: Path) -> None:
    content = bytearray(tiny_pack.read_bytes())
    content[len(content) // 2] ^= 1
    damaged = station_dir / "packs" / "damaged.cranepack"
    damaged.write_bytes(content)
    for words in (
        ("inspect", "--pack", "damaged", "--frames", "1"),
        ("inspect", "--pack", damaged, "--frames", "1"),
        ("pack", "verify", damaged),
        ("pack", "install", damaged),
        ("bench", "--pack", damaged),
    ):
        assert "damaged" in refused(crane(*words, "--json", "--data-dir", station_dir))
    assert sorted(p.name for p in (station_dir / "packs").iterdir()) == ["damaged.cranepack", "試験用.cranepack"]


def test_a_recipe_of_another_model_is_refused(
    crane: Crane, station_dir: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (
        crane("calibrate", "--recipe", "r", "--images", pictures, "--pack", "試験用", "--data-dir", station_dir).code
        == 0
    )
    data = DataDir(station_dir)
    made = read_recipe(data, "r").model_dump(mode="json")
    stored_fields(data, **{**made, "calibration": {**made["calibration"], "pack_sha256": "0" * 64}})
    sentence = refused(crane("inspect", "--json", "--recipe", "r", "--data-dir", station_dir))
    assert "calibrated with another model" in sentence


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe\x00", b"[]", b'{"name": "r", "colour": 1}'])
def test_a_damaged_recipe_is_refused_and_kept(crane: Crane, station_dir: Path, pictures: Path, content: bytes) -> None:
    DataDir(station_dir).prepare()
    file = station_dir / "recipes" / "r.json"
    file.write_bytes(content)
    refused(crane(*INSPECT, "--recipe", "r", "--data-dir", station_dir))
    refused(crane("calibrate", "--json", "--recipe", "r", "--images", pictures, "--data-dir", station_dir))
    assert file.read_bytes() == content


@pytest.mark.parametrize("folder", ["/dev/null/x", "/proc/crane"])
@pytest.mark.parametrize(
    "words",
    [INSPECT, (), ("records", "stats", "--json"), ("selftest", "--json"), ("pack", "list", "--json")],
    ids=["inspect", "window", "records", "selftest", "pack"],
)
def test_a_data_folder_that_cannot_be_written(crane: Crane, words: tuple[str, ...], folder: str) -> None:
    """Neither of these folders can be made by anybody, root included."""
    sentence = refused(crane(*words, "--data-dir", folder))
    assert folder in sentence
    assert "--data-dir" in sentence


def test_a_second_program_on_the_same_data_folder(
    crane: Crane, station_dir: Path, pictures: Path, tiny_pack: Path, log_of: LogOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this process the lock is another object, so it is as good as another program's."""
    data = DataDir(station_dir)
    data.prepare()
    with data.lock():
        for words in (
            INSPECT,
            ("calibrate", "--recipe", "r", "--images", pictures),
            ("pack", "install", tiny_pack),
        ):
            assert "already using" in refused(crane(*words, "--data-dir", station_dir))
        monkeypatch.setattr("crane_desktop.app.process.handover._HEARD_WITHIN_S", 0.3)
        for words in ((), ("open", pictures / "x.cranerecipe")):
            told = refused(crane(*words, "--data-dir", station_dir))
            assert "at work" in told or "display" in told
        assert crane("records", "stats", "--json", "--data-dir", station_dir).code == 0  # reading needs no lock
    assert crane(*INSPECT, "--frames", "1", "--data-dir", station_dir).code == 0
    assert len(log_of(station_dir)) == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--recipe", "r", "--images", "/存在しない"), "/存在しない"),
        (("--recipe", "r", "--images", "{empty}"), "no images"),
        (("--recipe", "r", "--images", "{pictures}", "--false-reject", "0"), "cannot be 0"),
        (("--recipe", "r", "--images", "{pictures}", "--false-reject", "0.6"), "0.6"),
        (("--recipe", "r", "--images", "{pictures}", "--false-reject", "nan"), "nan"),
        (("--recipe", "a/b", "--images", "{pictures}"), "a/b"),
        (("--images", "{pictures}"), "--recipe"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_a_wrong_calibration_makes_no_recipe(
    words: tuple[str, ...], says: str, crane: Crane, station_dir: Path, pictures: Path, empty: Path
) -> None:
    filled = [word.format(empty=empty, pictures=pictures) for word in words]
    assert says in refused(crane("calibrate", "--json", "--pack", "試験用", "--data-dir", station_dir, *filled))
    assert list((station_dir / "recipes").glob("*")) == []


def test_a_good_picture_that_cannot_be_read_makes_no_recipe(crane: Crane, station_dir: Path, pictures: Path) -> None:
    shutil.copy(pictures / "読んで.txt", pictures / "07-偽.png")
    words = ("--recipe", "r", "--images", pictures, "--pack", "試験用", "--data-dir", station_dir)
    assert "07-偽.png" in refused(crane("calibrate", "--json", *words))
    assert list((station_dir / "recipes").glob("*")) == []


def test_scoring_a_bad_picture_or_into_a_bad_folder(crane: Crane, station_dir: Path, pictures: Path) -> None:
    words = ("score", "--json", "--pack", "試験用", "--data-dir", station_dir)
    assert "/ない.png" in refused(crane(*words, "/ない.png"))
    assert "読んで.txt" in refused(crane(*words, pictures / "読んで.txt"))
    sentence = refused(crane(*words, pictures / "01-部品.png", "--out", "/dev/null/maps"))
    assert "/dev/null/maps" in sentence


def test_settings_that_are_damaged_are_told_and_do_not_stop_the_work(crane: Crane, station_dir: Path) -> None:
    (station_dir / "settings.json").write_text("{", encoding="utf-8")
    done = crane(*INSPECT, "--frames", "1", "--data-dir", station_dir)
    assert (done.code, done.summary["frames"]) == (0, 1)
    assert "damaged" in done.sentences[0]
    assert (station_dir / "settings.damaged.json").read_text(encoding="utf-8") == "{"
