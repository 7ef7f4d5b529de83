"""A new pack never takes the old one's place by itself, and there is always a way back: through the command line."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import crane_model, model_pack, picture_file

from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.store import Settings, load_settings, save_settings

Program = Callable[..., Any]
NAME = "試験用"


@pytest.fixture
def make_pack() -> Callable[[Path, int], Path]:
    return lambda path, seed: model_pack(path, crane_model(seed=seed))


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site's labelled frames, without masks, and good ones for calibration."""
    rng = np.random.default_rng(0)
    for number in range(24):
        for label in ("良品", "不良品"):
            part = rng.integers(40, 80, (56, 56), dtype=np.uint8)
            if label == "不良品":
                y, x = rng.integers(0, 28, 2)
                part[y : y + 28, x : x + 28] += 150
            file = tmp_path / "現場" / label / f"{number:02d}.png"
            picture_file(file, part)
    return tmp_path / "現場"


def settings_of(station: Path) -> Settings:
    return load_settings(DataDir(station).settings_file)[0]


def test_from_a_sites_frames_to_a_new_pack_and_back(
    crane: Program, station_dir: Path, site: Path, tmp_path: Path
) -> None:
    own = ("--data-dir", station_dir, "--json")
    assert crane("pack", "use", NAME, *own).code == 0
    assert crane("calibrate", "--recipe", "ねじ", "--images", site / "良品", *own).code == 0
    kept = settings_of(station_dir)
    save_settings(DataDir(station_dir).settings_file, kept.model_copy(update={"recipe": "ねじ"}))
    before = crane("inspect", "--recipe", "ねじ", "--source", "folder", "--path", site / "不良品", *own).verdicts
    files = {file: file.read_bytes() for file in (station_dir / "packs").glob("*.cranepack")}

    # Learning changes nothing on the station, and says on unseen pictures what it is worth.
    out = tmp_path / "new.cranepack"
    done = crane("train", site, "-o", out, "--epochs", "12", *own)
    assert done.code == 0, done.err
    told = done.objects[-1]
    assert (told["images_learned"], told["images_held_out"], told["images_unseen"]) == (28, 10, 10)
    assert told["comparison"]["packs"] == [NAME, "new"]
    assert told["comparison"]["finding"] in {"better", "no_difference", "worse"}
    assert told["comparison"]["figures"]["pixel_auroc"]["difference"] is None
    assert told["comparison"]["verdicts_changed"] is None
    assert Path(told["report"]).read_text(encoding="utf-8").count("<svg") == 1
    assert [Path(file).name for file in told["curve"]] == ["new.learning.csv", "new.learning.svg"]
    assert {file: file.read_bytes() for file in (station_dir / "packs").glob("*.cranepack")} == files
    assert settings_of(station_dir) == kept.model_copy(update={"recipe": "ねじ"})

    # To the new pack: the old recipe does not judge with it, whatever happens.
    assert crane("pack", "install", out, *own).code == 0
    assert crane("pack", "use", "new", *own).code == 0
    now = settings_of(station_dir)
    assert (now.pack, now.recipe) == ("new", None)
    assert now.previous is not None
    assert (now.previous.pack, now.previous.profile, now.previous.recipe) == (NAME, "full", "ねじ")
    refused = crane("inspect", "--recipe", "ねじ", "--pack", "new", "--frames", "1", *own)
    assert refused.code == 2
    assert "another model" in refused.err

    # And back: pack, profile, recipe, and the very same verdicts.
    done = crane("pack", "back", *own)
    assert (done.code, done.objects[0]["pack"], done.objects[0]["recipe"]) == (0, NAME, "ねじ")
    now = settings_of(station_dir)
    assert (now.pack, now.recipe) == (NAME, "ねじ")
    after = crane("inspect", "--recipe", "ねじ", "--source", "folder", "--path", site / "不良品", *own).verdicts
    assert [(v["verdict"], v["score"], v["threshold"]) for v in after] == [
        (v["verdict"], v["score"], v["threshold"]) for v in before
    ]
    assert crane("pack", "back", *own).objects[0]["pack"] == "new"  # once more leads forward again


def test_a_pack_of_the_same_name_is_kept_and_comes_back(
    crane: Program, station_dir: Path, tmp_path: Path, site: Path, make_pack: Callable[[Path, int], Path]
) -> None:
    own = ("--data-dir", station_dir)
    place = station_dir / "packs" / f"{NAME}.cranepack"
    old = place.read_bytes()
    assert crane("pack", "use", NAME, *own).code == 0
    assert crane("calibrate", "--recipe", "ねじ", "--images", site / "良品", *own).code == 0
    other = make_pack(tmp_path / "other" / f"{NAME}.cranepack", 9)
    done = crane("pack", "install", other, *own)
    assert done.code == 0
    assert "kept as" in done.err
    assert place.read_bytes() == other.read_bytes()
    (kept,) = (station_dir / "packs" / "replaced").iterdir()
    assert kept.read_bytes() == old
    assert crane("inspect", "--recipe", "ねじ", "--frames", "1", *own).code == 2
    assert NAME in crane("pack", "back", *own).out
    assert place.read_bytes() == old
    assert crane("inspect", "--recipe", "ねじ", "--frames", "1", *own).code == 0
    crane("pack", "back", *own)
    assert place.read_bytes() == other.read_bytes()


def test_installing_the_same_again_keeps_nothing(crane: Program, station_dir: Path, tiny_pack: Path) -> None:
    done = crane("pack", "install", tiny_pack, "--data-dir", station_dir)
    assert (done.code, done.err) == (0, "")
    assert not (station_dir / "packs" / "replaced").exists()
    assert settings_of(station_dir).previous is None


def test_of_many_replaced_ones_the_newest_stay(
    crane: Program, station_dir: Path, tmp_path: Path, make_pack: Callable[[Path, int], Path]
) -> None:
    for seed in range(11, 15):
        pack = make_pack(tmp_path / str(seed) / f"{NAME}.cranepack", seed)
        assert crane("pack", "install", pack, "--data-dir", station_dir).code == 0
    kept = {file.read_bytes() for file in (station_dir / "packs" / "replaced").iterdir()}
    assert kept == {(tmp_path / str(seed) / f"{NAME}.cranepack").read_bytes() for seed in (12, 13)}
    assert sorted(p.stem for p in (station_dir / "packs").glob("*.cranepack")) == [NAME]


def test_without_a_change_there_is_no_way_back(crane: Program, station_dir: Path) -> None:
    done = crane("pack", "back", "--data-dir", station_dir)
    assert done.code == 2
    assert "no way back" in done.err
    assert crane("pack", "use", NAME, "--data-dir", station_dir).code == 0
    previous = settings_of(station_dir).previous
    assert previous is not None
    assert previous.pack is None  # the default pack
    assert crane("pack", "use", NAME, "--data-dir", station_dir).code == 0
    assert settings_of(station_dir).previous == previous  # choosing the same again is no change


def test_what_is_gone_or_damaged_is_told_and_nothing_changes(
    crane: Program, station_dir: Path, tmp_path: Path, make_pack: Callable[[Path, int], Path]
) -> None:
    own = ("--data-dir", station_dir)
    make_pack(station_dir / "packs" / "b.cranepack", 5)
    for name in (NAME, "b"):
        assert crane("pack", "use", name, *own).code == 0
    kept = settings_of(station_dir)
    place = station_dir / "packs" / f"{NAME}.cranepack"
    other = make_pack(tmp_path / f"{NAME}.cranepack", 9)
    shutil.copy(other, place)  # by hand, past the program
    done = crane("pack", "back", *own)
    assert done.code == 2
    assert "no longer on this station" in done.err
    place.write_bytes(b"x" * 1000)
    assert crane("pack", "back", *own).code == 2
    place.unlink()
    assert crane("pack", "back", *own).code == 2
    assert settings_of(station_dir) == kept


def test_compare_on_the_command_line(
    crane: Program, station_dir: Path, site: Path, tmp_path: Path, make_pack: Callable[[Path, int], Path]
) -> None:
    own = ("--data-dir", station_dir)
    make_pack(station_dir / "packs" / "b.cranepack", 5)
    for recipe, pack in (("ra", NAME), ("rb", "b")):
        made = crane("calibrate", "--recipe", recipe, "--images", site / "良品", "--pack", pack, *own)
        assert made.code == 0, made.err
    page = tmp_path / "r.html"
    words = ("pack", "compare", NAME, "b", site, "--recipe", "ra", "--recipe", "rb")
    done = crane(*words, "--report", page, "--json", *own)
    assert done.code == 0, done.err
    (told,) = done.objects
    assert (told["good"], told["defective"], told["masks"]) == (24, 24, 0)
    assert isinstance(told["verdicts_changed"], int)
    assert {p["verdicts"][0] for p in told["changed"]} <= {"OK", "NG", "REVIEW"}
    assert page.exists()
    lines = crane(*words, *own).out.splitlines()
    assert any(line.startswith("Image AUROC: ") for line in lines)
    assert any("verdicts would change" in line for line in lines)

    assert crane("pack", "compare", NAME, "b", site, "--recipe", "ない", *own).code == 2
    assert crane("calibrate", "--recipe", "ra", "--images", site / "良品", "--pack", "b", *own).code == 0
    neither = crane("pack", "compare", NAME, NAME, site, "--recipe", "ra", *own)
    assert neither.code == 2
    assert "neither" in neither.err
    twice = crane("pack", "compare", NAME, "b", site, "--recipe", "ra", "--recipe", "rb", *own)
    assert twice.code == 2
    assert "one recipe for each pack" in twice.err


def test_a_folder_with_one_label_is_told(crane: Program, station_dir: Path, site: Path, tmp_path: Path) -> None:
    shutil.rmtree(site / "不良品")
    (site / "不良品").mkdir()
    done = crane("train", site, "-o", tmp_path / "n.cranepack", "--pack", NAME, "--data-dir", station_dir)
    assert done.code == 2
    assert "不良品" in done.err
    assert not list(tmp_path.glob("*.cranepack"))
    assert len(done.sentences) == 1
