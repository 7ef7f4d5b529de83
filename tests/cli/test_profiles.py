"""How packs are run is the station's choice: made by command, proven first, and part of every record."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from builders import crane_model, model_pack, picture_folder, pixels, thresholds

from crane_desktop.domain.maps import Scored
from crane_desktop.model.packing import ProfileWish
from crane_desktop.model.scorer import CraneScorer
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.store import load_settings

Program = Callable[..., Any]
PUBLISHED = Path(__file__).parents[1] / "model" / "published.py"


@pytest.fixture
def station(station_dir: Path) -> Path:
    """A station with one more pack, which offers a smaller picture."""
    wish = ProfileWish("small", 28, "float32", 1)
    model_pack(station_dir / "packs" / "many.cranepack", crane_model(seed=5), profiles=[wish])
    return station_dir


@pytest.fixture
def good_parts(tmp_path: Path) -> Path:
    return picture_folder(tmp_path / "良品", [pixels(number, 40, 50) for number in range(6)])


def test_the_choice_is_kept_and_used(crane: Program, station: Path) -> None:
    done = crane("pack", "use", "many", "--profile", "small", "--json", "--data-dir", station)
    assert (done.code, done.objects) == (0, [{"pack": "many", "profile": "small", "precision": "float32"}])
    settings, _ = load_settings(DataDir(station).settings_file)
    assert (settings.pack, settings.profile) == ("many", "small")
    run = crane("inspect", "--json", "--frames", "2", "--data-dir", station)
    assert run.code == 0
    from crane_desktop.records.queries import RecordReader

    with RecordReader(DataDir(station)) as reader:
        devices = {reader.record(row.record_id).fields["device"] for row in reader.page(limit=5)}
    assert devices == {"cpu (small: float32, 28 px)"}


def test_a_profile_for_once_is_not_kept(crane: Program, station: Path) -> None:
    assert crane("inspect", "--pack", "many", "--profile", "fast", "--frames", "1", "--data-dir", station).code == 0
    settings, _ = load_settings(DataDir(station).settings_file)
    assert settings.profile == "full"


def test_a_profile_that_fails_its_proof_is_not_chosen(
    crane: Program, station: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = CraneScorer.score

    def score(self: CraneScorer, pixels: Any) -> Scored:
        found = real(self, pixels)
        return Scored(found.score + (3e-3 if self.info.profile == "fast" else 0.0), found.anomaly_map)

    monkeypatch.setattr(CraneScorer, "score", score)
    done = crane("pack", "use", "many", "--profile", "fast", "--data-dir", station)
    assert done.code == 1
    assert "golden scores" in done.err
    settings, _ = load_settings(DataDir(station).settings_file)
    assert (settings.pack, settings.profile) == (None, "full")


@pytest.mark.parametrize("command", ["inspect", "selftest", "pack use many"])
def test_a_profile_that_the_pack_lacks_is_told(crane: Program, station: Path, command: str) -> None:
    pack = () if "use" in command else ("--pack", "many")
    done = crane(*command.split(), *pack, "--profile", "huge", "--data-dir", station)
    assert "full, fast, small" in done.err + done.out
    assert done.code == (1 if command == "selftest" else 2)


def test_thresholds_of_one_size_do_not_judge_another(crane: Program, station: Path, good_parts: Path) -> None:
    own = ("--data-dir", station, "--json")
    made = crane("calibrate", "--recipe", "ねじ", "--images", good_parts, "--pack", "many", "--profile", "small", *own)
    assert made.code == 0, made.err
    other = crane("inspect", "--recipe", "ねじ", "--frames", "1", *own)
    assert other.code == 2
    assert "28 pixels" in other.err
    assert crane("inspect", "--recipe", "ねじ", "--profile", "small", "--frames", "1", *own).code == 0


def test_a_reduced_precision_judges_with_the_same_thresholds(crane: Program, station: Path, good_parts: Path) -> None:
    own = ("--data-dir", station, "--json")
    assert crane("calibrate", "--recipe", "ねじ", "--images", good_parts, "--pack", "many", *own).code == 0
    assert crane("inspect", "--recipe", "ねじ", "--profile", "fast", "--frames", "2", *own).code == 0


def test_thresholds_of_the_pack_are_for_its_own_size(crane: Program, station: Path) -> None:
    small = [ProfileWish("small", 28, "float32", 1)]
    path = station / "packs" / "strict.cranepack"
    model_pack(path, crane_model(seed=5), thresholds=thresholds(0.0, 0.0), profiles=small)
    own = ("--json", "--frames", "1", "--pack", "strict", "--data-dir", station)
    (full,), (other,) = (crane("inspect", *own, "--profile", name).verdicts for name in ("full", "small"))
    assert full["verdict"] == "NG"
    assert other["verdict"] == "NONE"


@pytest.mark.parametrize("words", ["small", "small:", "small:x", "small:28:float8", "small:28:float32:1:2", ""])
def test_a_wish_that_is_none_is_told(crane: Program, tmp_path: Path, words: str) -> None:
    file = tmp_path / "x.pt"
    done = crane("pack", "build", "--clip", file, "--prompts", file, "-o", tmp_path / "o.cranepack", "--profile", words)
    assert done.code == 2
    assert "NAME:PIXELS" in done.err


def test_bench_sets_side_by_side(crane: Program, station: Path) -> None:
    both = ("--profile", "full", "--profile", "small", "--against", PUBLISHED)
    done = crane("bench", "--json", "--pack", "many", *both, "--repeats", "3", "--data-dir", station)
    assert done.code == 0, done.err
    assert [line["contender"] for line in done.objects] == ["published", "full", "small"]
    assert json.loads(done.out.splitlines()[1])["times_faster"] > 0


def test_bench_against_nothing(crane: Program, station: Path) -> None:
    done = crane("bench", "--pack", "many", "--against", station / "none.py", "--data-dir", station)
    assert done.code == 2
    assert "published(crane" in done.err
