"""A log that was moved away, from the first sentence about it to the command that sorts its pictures out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crane_desktop.records.quarantine import held
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.store import Settings, save_settings

Crane = Any


def pictures(data: DataDir) -> list[Path]:
    return sorted(data.images.rglob("*.png"))


@pytest.fixture
def moved(crane: Crane, tmp_path: Path) -> DataDir:
    """A station that inspected three parts, all pictures kept, and whose log somebody moved to a safe place."""
    data = DataDir(tmp_path / "station")
    data.prepare()
    save_settings(data.settings_file, Settings(keep_images="all"))
    done = crane("inspect", "--source", "demo", "--frames", "3", "--json", "--data-dir", data.root)
    assert done.code == 0
    assert "record" not in done.err
    data.log_file.rename(data.root / "safe place.sqlite3")
    return data


def test_a_moved_log_costs_no_picture_and_is_told_and_its_pictures_are_set_aside_and_taken_in(
    crane: Crane, moved: DataDir, tmp_path: Path
) -> None:
    before = pictures(moved)
    done = crane("inspect", "--source", "demo", "--frames", "1", "--json", "--data-dir", moved.root)
    assert done.code == 0, "the line goes on"
    assert "not the one that this station wrote last" in done.err
    assert f"{len(before)} pictures" in done.err
    assert set(before) < set(pictures(moved))
    out = tmp_path / "events.jsonl"
    crane("records", "export", "--what", "events", "--format", "jsonl", "-o", out, "--data-dir", moved.root)
    kinds = [json.loads(line)["kind"] for line in out.read_text(encoding="utf-8").splitlines()]
    assert kinds[:2] == ["log_incomplete", "pictures_unnamed"]
    assert kinds.count("alarm_raised") == 2

    done = crane("records", "verify", "--json", "--data-dir", moved.root)
    (told,) = done.objects
    assert (done.code, told["ok"], [one["finding"] for one in told["findings"]]) == (1, False, ["pictures_unnamed"])
    assert "set-aside" in told["findings"][0]["sentence"]

    done = crane("records", "set-aside", "--data-dir", moved.root)
    assert f"{len(before)} pictures moved to" in done.out
    assert held(moved.set_aside) == len(before)
    (stats,) = crane("records", "stats", "--json", "--data-dir", moved.root).objects
    assert (stats["set_aside"], stats["quarantine"]) == (len(before), 0)
    assert f"{len(before)} set aside" in crane("records", "stats", "--data-dir", moved.root).out
    assert crane("records", "verify", "--data-dir", moved.root).code == 0

    (moved.root / "safe place.sqlite3").replace(moved.log_file)
    (told,) = crane("records", "take-in", "--json", "--data-dir", moved.root).objects
    assert told["pictures"] == len(before)
    assert set(before) <= set(pictures(moved))
    assert "0 pictures put back" in crane("records", "take-in", "--data-dir", moved.root).out
