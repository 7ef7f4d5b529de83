"""A recipe's corrections on the whole way: from a camera's file of pixels to the record that tells of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from recipe_fixtures import stored_fields
from virtual_camera import VirtualCameras
from virtual_scene import View, expected_rows

from crane_desktop.camera.decode import read_image
from crane_desktop.camera.genicam.source import GenicamSource
from crane_desktop.domain.frames import Frame
from crane_desktop.recipe.store import read_recipe
from crane_desktop.records.queries import RecordReader
from crane_desktop.services.corrections import keep_reference
from crane_desktop.settings.data_dir import DataDir

Crane = Callable[..., Any]


def chosen(data: DataDir, producer: Path) -> None:
    """Let the station's people have chosen this driver."""
    settings = json.loads(data.settings_file.read_text("utf-8")) if data.settings_file.exists() else {}
    data.settings_file.write_text(json.dumps({**settings, "producers": [str(producer)]}), "utf-8")


def test_a_record_tells_what_was_done_and_keeps_what_the_camera_sent(
    crane: Crane, station_dir: Path, virtual_cameras: VirtualCameras
) -> None:
    data = DataDir(station_dir)
    data.prepare()
    features = {"PixelFormat": "Mono12p", "ExposureTime": 500.0, "AcquisitionFrameRate": 50.0}
    virtual_cameras.add("VC1", features, scene="checker", reference_exposure_us=500, sensor_width=64, sensor_height=48)
    camera = {"cti": str(virtual_cameras.cti), "device": "VC1"}
    source = GenicamSource(**camera, frames=2)
    source.open()
    frames = [event for _ in range(9) if isinstance(event := source.next_event(1.0), Frame)]
    source.close()
    bright = keep_reference(data, frames, "bright")  # two frames of a checker board make an even one
    corrections = {"bright": bright.model_dump(), "black_level_percent": 1.0, "gamma": 0.8}
    recipe = {
        "name": "部品A",
        "pack": "試験用",
        "source": {"kind": "genicam", **camera, "trigger": "software"},
        "corrections": corrections,
    }
    stored_fields(data, **recipe)
    (station_dir / "settings.json").write_text('{"keep_images": "all", "reserve_mb": 100}', encoding="utf-8")
    chosen(data, virtual_cameras.cti)
    words = ("inspect", "--json", "--recipe", "部品A", "--data-dir", station_dir, "--frames", "2")
    done = crane(*words)
    assert (done.code, done.summary["verdicts"]) == (0, 2)
    with RecordReader(data) as reader:
        record = reader.record(done.verdicts[0]["record_id"])
    assert [one["step"] for one in json.loads(record.fields["corrections"])] == ["black_level", "flat_field", "gamma"]
    assert json.loads(record.fields["corrections"])[1]["reference_sha256"] == bright.sha256
    sent = read_image(data.records / record.fields["original_path"])
    rows = expected_rows(View(64, 48, sensor_width=64, scene="checker"), int(record.fields["block_id"]) - 1, "Mono12")
    assert sent.original is not None
    assert np.array_equal(sent.original, np.ascontiguousarray(rows).view("<u2"))
    assert record.pixels is not None
    assert not np.array_equal(record.pixels, sent.original >> 4)
    assert record.fields["recipe_version"] == "1"
    (data.references / bright.file).write_bytes(b"other")
    refused = crane(*words)
    assert (refused.code, len(refused.sentences)) == (2, 1)
    assert bright.file in refused.err


def test_references_are_taken_with_the_recipes_own_camera(
    crane: Crane, station_dir: Path, virtual_cameras: VirtualCameras
) -> None:
    data = DataDir(station_dir)
    data.prepare()
    features = {"ExposureTime": 500.0, "AcquisitionFrameRate": 50.0, "BalanceRatio[Red]": 0.5}
    camera = virtual_cameras.add(
        "VC1", features, scene="flat", reference_exposure_us=500, sensor_width=64, sensor_height=48
    )
    source = {"kind": "genicam", "cti": str(virtual_cameras.cti), "device": "VC1"}
    recipe = {"name": "部品A", "pack": "試験用", "source": source, "camera_features": {"PixelFormat": "BayerRG10p"}}
    stored_fields(data, **recipe)
    chosen(data, virtual_cameras.cti)

    def take(kind: str, *more: str) -> Any:
        words = ("cameras", "reference", "--kind", kind, "--recipe", "部品A", "--frames", "3")
        return crane(*words, *more, "--data-dir", station_dir)

    lit = take("dark")  # nobody has covered the lens
    assert (lit.code, len(lit.sentences)) == (2, 1)
    camera.send("light 0")
    dark = take("dark", "--json")
    assert dark.code == 0
    camera.send("light 1")
    assert take("bright").code == 0
    grey = take("grey", "--json")
    told = json.loads(grey.out)
    assert (told["recipe"], told["version"]) == ("部品A", 4)
    kept = read_recipe(data, "部品A").corrections
    assert kept is not None
    assert kept.model_dump() == told["corrections"]
    assert kept.white_balance is not None
    assert kept.white_balance.model_dump() == pytest.approx({"red": 2.0, "green": 1.0, "blue": 1.0}, rel=0.01)
    assert kept.dark is not None
    assert kept.bright is not None
    assert {file.name for file in data.references.iterdir()} == {kept.dark.file, kept.bright.file}
    recipe["source"] = {"kind": "demo"}
    stored_fields(data, **recipe)
    assert take("grey").code == 2
