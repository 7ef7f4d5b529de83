"""``learn-good`` and what becomes of it: calibrate, inspect, evaluate, and the ways it can go wrong."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import picture_file, picture_folder, pixels
from recipe_fixtures import stored_fields

from crane_desktop.camera.decode import read_image
from crane_desktop.model.goodparts.memory import SelfCheck
from crane_desktop.recipe.store import read_recipe
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.simulation.painting.dataset import write_dataset
from crane_desktop.simulation.painting.draw import draw_part

Crane = Callable[..., Any]
PACK = ("--pack", "試験用")


def _write(folder: Path, numbers: range) -> Path:
    drawn = (draw_part("moulded_plastic", number, size_px=96, defect_rate=0.0, design=3) for number in numbers)
    return picture_folder(folder, [part.pixels for part in drawn], first=numbers.start)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """Good parts to remember."""
    return _write(tmp_path / "良品", range(4))


@pytest.fixture
def others(tmp_path: Path) -> Path:
    """Good parts to calibrate on."""
    return _write(tmp_path / "校正", range(50, 55))


@pytest.fixture
def found_helpful(monkeypatch: pytest.MonkeyPatch) -> None:
    """An untrained pack is chance on either side: here the self-check is taken as passed."""
    monkeypatch.setattr(SelfCheck, "better", property(lambda _self: True))


def _recipe(station: Path) -> dict[str, Any]:
    return read_recipe(DataDir(station), "部品A").model_dump(mode="json")


@pytest.mark.usefixtures("found_helpful")
def test_learn_calibrate_inspect_forget(crane: Crane, station_dir: Path, good: Path, others: Path) -> None:
    station = ("--recipe", "部品A", "--data-dir", station_dir)
    learnt = crane("learn-good", "--json", *station, "--images", good, "--parts", "3", *PACK)
    assert (learnt.code, learnt.err) == (0, "")
    (told,) = learnt.objects
    assert (told["used"], told["good_parts"], told["recipe"]) == (True, 3, "部品A")
    kept = _recipe(station_dir)
    assert kept["thresholds"] is None
    assert (station_dir / "recipes" / kept["good_parts"]["file"]).is_file()

    for file in good.iterdir():
        shutil.copy(file, others)  # three of the four are remembered: they must not count
        noise = np.random.default_rng(int(file.stem)).integers(-3, 4, read_image(file).pixels.shape)
        again = np.clip(read_image(file).pixels + noise, 0, 255).astype(np.uint8)
        picture_file(others / f"again-{file.name}", again)  # taken once more: neither must these
    done = crane("calibrate", "--json", *station, "--images", others)
    (calibrated,) = done.objects
    assert calibrated["calibration"]["n_images"] == 6
    (remembered,) = (line for line in done.sentences if "memory" in line)
    assert sum(f"{file.name}" in remembered for file in good.iterdir()) == 3, remembered
    assert remembered.count("again-") == 3
    for file in others.glob("again-*"):
        file.unlink()
    assert calibrated["calibration"]["good_parts_sha256"] == kept["good_parts"]["sha256"]
    done = crane("inspect", "--json", *station, "--source", "folder", "--path", others)
    assert done.code == 0
    calibrated_on = {line["verdict"] for line in done.verdicts if not (good / Path(line["file"]).name).exists()}
    assert calibrated_on == {"OK"}
    zero_shot = crane("score", "--json", *PACK, "--data-dir", station_dir, *sorted(others.iterdir())).objects
    assert [line["score"] for line in done.verdicts] != [thing["score"] for thing in zero_shot]

    (forgotten,) = crane("learn-good", "--json", "--forget", *station).objects
    assert (forgotten["used"], forgotten["version"]) == (False, calibrated["version"] + 1)
    assert _recipe(station_dir)["good_parts"] is None
    after = crane("inspect", "--json", *station, "--source", "folder", "--path", others)
    wanted = [thing["score"] for thing in zero_shot]
    assert [line["score"] for line in after.verdicts] == pytest.approx(wanted, abs=2e-6)


def test_what_does_not_help_is_not_used(
    crane: Crane, station_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Copies that nothing is done to: no memory can tell them from the good ones.
    monkeypatch.setattr("crane_desktop.training.goodparts.learn.damaged", lambda pixels, _draw: pixels)
    noise = picture_folder(tmp_path / "noise", [pixels(seed, 64, 64, colour=False) for seed in range(3)])
    done = crane("learn-good", "--recipe", "部品A", "--images", noise, *PACK, "--data-dir", station_dir)
    assert done.code == 0
    assert "not used" in done.out
    assert list((station_dir / "recipes").iterdir()) == []


@pytest.mark.usefixtures("found_helpful")
def test_without_its_memory_a_recipe_judges_nothing(crane: Crane, station_dir: Path, good: Path, others: Path) -> None:
    station = ("--recipe", "部品A", "--data-dir", station_dir)
    crane("learn-good", *station, "--images", good, *PACK)
    crane("calibrate", *station, "--images", others)
    file = station_dir / "recipes" / _recipe(station_dir)["good_parts"]["file"]
    content = file.read_bytes()
    inspect = ("inspect", *station, "--source", "folder", "--path", others)
    for damage, word in ((content[:-9], "is not the one"), (None, "missing")):
        file.write_bytes(damage) if damage is not None else file.unlink()
        done = crane(*inspect)
        assert (done.code, done.out) == (2, "")
        assert word in done.err
    file.write_bytes(content)
    other_profile = crane(*inspect, "--profile", "fast")
    assert other_profile.code == 2
    assert "learn the good parts again" in other_profile.err
    assert crane(*inspect).code == 0
    # Another memory under thresholds of this one.
    changed = _recipe(station_dir)
    changed["calibration"]["good_parts_sha256"] = None
    stored_fields(DataDir(station_dir), **changed)
    assert "another memory" in crane(*inspect).err


@pytest.mark.parametrize(
    ("words", "said"),
    [((), "either"), (("--forget", "--images", "."), "either"), (("--images", "nowhere"), "nowhere")],
)
def test_bad_input_is_one_sentence(crane: Crane, station_dir: Path, words: tuple[str, ...], said: str) -> None:
    done = crane("learn-good", "--recipe", "r", *PACK, "--data-dir", station_dir, *words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert len(done.sentences) == 1


def test_too_few_pictures_are_told(crane: Crane, station_dir: Path, good: Path) -> None:
    done = crane("learn-good", "--recipe", "r", "--images", good, "--parts", "9", *PACK, "--data-dir", station_dir)
    assert done.code == 2
    assert "9" in done.err


def test_evaluate_remembers_good_parts(crane: Crane, station_dir: Path, tmp_path: Path) -> None:
    write_dataset(tmp_path / "set", ["cast_surface"], seed=4, good=2, defective=2, size_px=96, train_good=2)
    words = ("evaluate", tmp_path / "set", *PACK, "--data-dir", station_dir)
    plain = crane(*words, "--json").objects[-1]
    done = crane(*words, "--json", "--good-parts", "2")
    assert done.code == 0, done.err
    found = done.objects[-1]
    assert found["good_parts"]["cast_surface"]["parts"] == 2
    assert set(found["classes"]) == set(plain["classes"])
    assert crane(*words, "--json").objects[-1]["mean"] == plain["mean"]  # nothing stays behind
    for given, said in (("3", "train/good"), ("0", "neither"), ("many", "neither")):
        refused = crane(*words, "--good-parts", given)
        assert refused.code == 2
        assert said in refused.err
