"""``inspect``: the main job on every source, its lines, its summary, and the log that agrees with both."""

from __future__ import annotations

import io
import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from recipe_fixtures import stored_fields

from crane_desktop.camera.decode import read_image
from crane_desktop.domain.history import HistoryRow
from crane_desktop.model.scorer import CraneScorer
from crane_desktop.settings.data_dir import DataDir

Crane = Callable[..., Any]
LogOf = Callable[[Path], list[HistoryRow]]
PACK = ("--pack", "試験用")
KEYS = {"frame_id", "verdict", "score", "threshold", "reason", "latency_ms", "record_id", "file"}
SUMMARY = {"frames", "verdicts", "ok", "ng", "review", "none", "losses", "fps", "latency_ms"}


def agree(done: Any, rows: list[HistoryRow]) -> None:
    """The lines, the summary and the log tell the same story, to the last frame."""
    lines, summary = done.verdicts, done.summary
    assert summary.keys() >= SUMMARY
    assert all(line.keys() >= KEYS for line in lines)
    assert summary["frames"] == summary["verdicts"] + summary["losses"]
    assert summary["losses"] == sum(summary["losses_by_cause"].values())
    assert summary["verdicts"] == summary["ok"] + summary["ng"] + summary["review"] + summary["none"] == len(lines)
    for name in ("ok", "ng", "review", "none"):
        assert summary[name] == sum(line["verdict"] == name.upper() for line in lines)
    assert [line["record_id"] for line in lines] == [row.record_id for row in rows]
    for line, row in zip(lines, rows, strict=True):
        assert (line["verdict"], line["reason"], line["file"]) == (row.verdict, row.reason, row.file)
        assert line["latency_ms"] == pytest.approx(row.latency_ms, abs=0.01)
        for found, kept in ((line["score"], row.score), (line["threshold"], row.threshold)):
            assert found == (None if kept is None else pytest.approx(kept, abs=1e-6))


def slow(monkeypatch: pytest.MonkeyPatch, by_s: float) -> None:
    real = CraneScorer.score

    def late(self: CraneScorer, pixels: Any) -> Any:
        time.sleep(by_s)
        return real(self, pixels)

    monkeypatch.setattr(CraneScorer, "score", late)


def test_the_simulated_line_gives_all_kinds_of_verdicts(crane: Crane, station_dir: Path, log_of: LogOf) -> None:
    done = crane("inspect", "--json", *PACK, "--data-dir", station_dir, "--frames", "30", "--seed", "4")
    assert (done.code, done.err) == (0, "")
    agree(done, log_of(station_dir))
    assert done.summary["frames"] == done.summary["verdicts"] == 30
    assert {line["verdict"] for line in done.verdicts} == {"OK", "NG", "REVIEW"}
    for line in done.verdicts:
        if line["verdict"] == "OK":
            assert line["score"] < line["threshold"]
            assert line["map_peak"] < line["map_threshold"]
        elif line["verdict"] == "NG":
            assert line["score"] >= line["threshold"] or line["map_peak"] >= line["map_threshold"]
    assert done.summary["fps"] > 0
    assert 0 < done.summary["latency_ms"]["p50"] <= done.summary["latency_ms"]["p99"]


def test_the_same_line_gives_the_same_verdicts(crane: Crane, station_dir: Path) -> None:
    words = ("inspect", "--json", *PACK, "--data-dir", station_dir, "--frames", "6", "--device", "woven")
    runs = [crane(*words) for _ in range(2)]
    told = [[(line["verdict"], line["score"], line["file"]) for line in done.verdicts] for done in runs]
    assert told[0] == told[1]
    assert all(file.startswith("woven-") for _, _, file in told[0])


@pytest.mark.timing
def test_a_rate_is_kept(crane: Crane, station_dir: Path) -> None:
    done = crane("inspect", "--json", *PACK, "--data-dir", station_dir, "--frames", "8", "--rate", "10")
    assert 0.5 <= done.summary["fps"] <= 13  # never faster; a busy machine may well be slower


def test_every_picture_of_a_folder_gets_one_verdict_in_order(
    crane: Crane, station_dir: Path, pictures: Path, log_of: LogOf
) -> None:
    done = crane("inspect", "--json", *PACK, "--data-dir", station_dir, "--source", "folder", "--path", pictures)
    assert (done.code, done.err) == (0, "")
    agree(done, log_of(station_dir))
    assert [line["file"] for line in done.verdicts] == sorted(p.name for p in pictures.iterdir() if p.suffix != ".txt")
    assert done.summary["frames"] == 6
    assert done.summary["none"] == 0


def test_a_slow_model_skips_nothing_where_every_picture_is_a_part(
    crane: Crane, station_dir: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow(monkeypatch, 0.1)
    done = crane("inspect", "--json", *PACK, "--data-dir", station_dir, "--source", "folder", "--path", pictures)
    assert (done.summary["verdicts"], done.summary["losses"]) == (6, 0)


def test_frames_end_a_folder_early(crane: Crane, station_dir: Path, pictures: Path) -> None:
    source = ("--source", "folder", "--path", pictures)
    done = crane("inspect", "--json", *PACK, "--data-dir", station_dir, *source, "--frames", "2")
    assert [line["file"] for line in done.verdicts] == ["01-部品.png", "02-部品.jpg"]


def test_a_truncated_picture_is_none_and_the_run_goes_on(
    crane: Crane, station_dir: Path, pictures: Path, log_of: LogOf
) -> None:
    whole = (pictures / "01-部品.png").read_bytes()
    (pictures / "03-途中.png").write_bytes(whole[: len(whole) // 2])
    (pictures / "04-空.png").write_bytes(b"")
    done = crane("inspect", "--json", *PACK, "--data-dir", station_dir, "--source", "folder", "--path", pictures)
    assert done.code == 0
    agree(done, log_of(station_dir))
    assert done.summary["verdicts"] == 8
    broken = [line for line in done.verdicts if line["verdict"] == "NONE"]
    assert [line["file"] for line in broken] == ["03-途中.png", "04-空.png"]
    assert all(line["reason"] == "unreadable_image" and line["score"] is None for line in broken)
    assert all(line["record_id"] is not None for line in broken)


def test_a_file_name_of_odd_bytes_does_not_end_the_run(crane: Crane, station_dir: Path, pictures: Path) -> None:
    odd = pictures / b"00-\xff\xfe.png".decode("utf-8", "surrogateescape")
    odd.write_bytes((pictures / "01-部品.png").read_bytes())
    done = crane("inspect", "--json", *PACK, "--data-dir", station_dir, "--source", "folder", "--path", pictures)
    assert done.code == 0
    assert done.summary["verdicts"] == 7
    assert done.verdicts[0]["file"] == odd.name


def test_a_camera_is_inspected_through_its_driver(crane: Crane, station_dir: Path, viky: Path, log_of: LogOf) -> None:
    source = ("--source", "genicam", "--cti", viky, "--device", "VikyTL_DEV_green")
    done = crane("inspect", "--json", *PACK, "--data-dir", station_dir, *source, "--frames", "10")
    assert (done.code, done.err) == (0, "")
    rows = log_of(station_dir)
    agree(done, rows)
    assert done.summary["frames"] == 10
    assert {row.source_id for row in rows} == {"genicam:viky/VikyTL_DEV_green"}
    assert {line["file"] for line in done.verdicts} == {None}


def test_the_newest_frame_of_a_running_camera_wins_and_skips_are_counted(
    crane: Crane, station_dir: Path, viky: Path, monkeypatch: pytest.MonkeyPatch, log_of: LogOf
) -> None:
    slow(monkeypatch, 0.25)
    source = ("--source", "genicam", "--cti", viky)
    done = crane("inspect", "--json", *PACK, "--data-dir", station_dir, *source, "--frames", "25")
    assert done.code == 0
    agree(done, log_of(station_dir))
    assert done.summary["frames"] == 25
    assert done.summary["losses_by_cause"]["skipped"] >= 5
    ids = [line["frame_id"] for line in done.verdicts]
    assert ids == sorted(set(ids))
    assert max(b - a for a, b in itertools.pairwise(ids)) > 1


def test_a_headline_says_what_runs_and_the_end_sums_up(crane: Crane, station_dir: Path, viky: Path) -> None:
    source = ("--source", "genicam", "--cti", viky, "--device", "VikyTL_DEV_blue")
    done = crane("inspect", *PACK, "--data-dir", station_dir, *source, "--frames", "2")
    head, first, second, balance, pace = done.out.splitlines()
    assert "Machine Vision Games" in head  # the camera's own name, known once it is open
    assert "試験用" in head
    assert "demonstration" in head
    assert first.split()[0] == "1"
    assert second.split()[0] == "2"
    assert balance.startswith("frames 2 = verdicts 2 + losses 0")
    assert "verdicts/s" in pace


def test_pictures_are_archived_as_the_settings_say(crane: Crane, station_dir: Path, pictures: Path) -> None:
    (station_dir / "settings.json").write_text('{"keep_images": "all", "reserve_mb": 100}', encoding="utf-8")
    done = crane("inspect", "--json", *PACK, "--data-dir", station_dir, "--source", "folder", "--path", pictures)
    assert done.code == 0
    kept = [p for p in (station_dir / "records" / "images").rglob("*.png") if not p.name.endswith("-map.png")]
    assert len(kept) == 6
    assert "pictures_not_kept" not in done.summary
    days = {picture.parent for picture in kept}
    again = [
        line["score"]
        for day in sorted(days)
        for line in crane(
            "inspect", "--json", *PACK, "--data-dir", station_dir, "--source", "folder", "--path", day
        ).verdicts
    ]
    assert again == [line["score"] for line in done.verdicts], "what was archived plays again to the same scores"


def test_the_reserve_of_disk_space_is_the_settings_one(crane: Crane, station_dir: Path, pictures: Path) -> None:
    (station_dir / "settings.json").write_text('{"keep_images": "all", "reserve_mb": 1000000000}', encoding="utf-8")
    done = crane("inspect", "--json", *PACK, "--data-dir", station_dir, "--source", "folder", "--path", pictures)
    assert (done.code, done.summary["verdicts"]) == (0, 6)
    assert list((station_dir / "records" / "images").rglob("*.png")) == []
    assert done.summary["pictures_not_kept"] == {"disk_reserve": 6}
    assert [sentence for sentence in done.sentences if "without their pictures" in sentence] == [
        "Little disk space is left in the data folder: verdicts are still recorded, but without their pictures. "
        "Free some space on that disk."
    ]


def test_options_before_the_command_count(crane: Crane, station_dir: Path, log_of: LogOf) -> None:
    done = crane("--data-dir", station_dir, "--frames", "3", "inspect", "--json", *PACK)
    assert done.code == 0
    agree(done, log_of(station_dir))
    assert done.summary["frames"] == 3


def recipe(station_dir: Path, **fields: Any) -> None:
    stored_fields(DataDir(station_dir), name="部品A", pack="試験用", **fields)


def test_a_recipe_brings_its_source_its_camera_features_and_its_time_limit(
    crane: Crane, station_dir: Path, viky: Path, log_of: LogOf
) -> None:
    source = {"kind": "genicam", "cti": str(viky), "device": "VikyTL_DEV_blue", "frames": 50}
    features = {"PixelFormat": "Mono8", "Width": 200, "Height": 120}
    recipe(station_dir, source=source, camera_features=features, time_limit_ms=0.001)
    (station_dir / "settings.json").write_text('{"keep_images": "all", "reserve_mb": 100}', encoding="utf-8")
    done = crane("inspect", "--json", "--recipe", "部品A", "--data-dir", station_dir, "--frames", "3")
    assert done.code == 0
    rows = log_of(station_dir)
    agree(done, rows)
    assert done.summary["frames"] == 3  # the command line has the last word
    assert {row.source_id for row in rows} == {"genicam:viky/VikyTL_DEV_blue"}
    assert {line["reason"] for line in done.verdicts} == {"late"}
    kept = [p for p in (station_dir / "records" / "images").rglob("*.png") if not p.name.endswith("-map.png")]
    assert {read_image(picture).pixels.shape for picture in kept} == {(120, 200)}


def test_another_source_than_the_recipes_can_be_asked_for(crane: Crane, station_dir: Path) -> None:
    recipe(station_dir, source={"kind": "folder", "path": "/存在しない"})
    words = ("inspect", "--json", "--recipe", "部品A", "--data-dir", station_dir, "--frames", "2")
    assert crane(*words).code == 2
    done = crane(*words, "--source", "demo")
    assert (done.code, done.summary["none"]) == (0, 2)  # a recipe without thresholds shows and decides nothing
    assert {line["reason"] for line in done.verdicts} == {"not_calibrated"}


def test_a_feature_that_the_camera_does_not_take_is_told(crane: Crane, station_dir: Path, viky: Path) -> None:
    recipe(station_dir, camera_features={"ExposureTime": 500.0})
    source = ("--source", "genicam", "--cti", viky, "--frames", "1")
    done = crane("inspect", "--json", "--recipe", "部品A", "--data-dir", station_dir, *source)
    assert (done.code, done.out, len(done.sentences)) == (2, "", 1)
    assert "ExposureTime" in done.err


def test_a_folder_of_pages_halves_and_other_things_is_told_in_full(
    crane: Crane, station_dir: Path, pictures: Path, log_of: LogOf
) -> None:
    first = sorted(pictures.glob("*.png"))[0]
    whole = first.read_bytes()
    for file in pictures.iterdir():
        file.unlink()
    pages = [Image.open(io.BytesIO(whole)).convert("L") for _ in range(2)]
    pages[0].save(pictures / "b.tif", save_all=True, append_images=pages[1:])
    (pictures / "a\n10.png").write_bytes(whole)
    (pictures / "a\n9.png").write_bytes(whole[:-200] + bytes(200))
    (pictures / "写真.heic").touch()
    words = ("inspect", *PACK, "--source", "folder", "--path", pictures, "--data-dir", station_dir)
    told = crane(*words, "--json")
    assert [line["file"] for line in told.verdicts] == ["a\n9.png", "a\n10.png", "b.tif#1", "b.tif#2"]
    assert [line["reason"] == "unreadable_image" for line in told.verdicts] == [True, False, False, False]
    assert told.summary["passed_over"] == {"count": 1, "names": ["写真.heic"]}
    agree(told, log_of(station_dir))
    said = crane(*words)
    assert "写真.heic" in said.out
    assert told.verdicts[0]["detail"].replace("\n", "\\n") in said.out
    assert len([line for line in said.out.splitlines() if "a\\n" in line]) == 2
