"""A camera's parts, archived and played again from the archive's folder, get the scores that they got live."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from virtual_camera import VirtualCameras


@pytest.mark.parametrize("pixel_format", ["Mono10", "BayerRG12p"])
def test_what_a_camera_sent_plays_again_to_the_same_scores(
    crane: Callable[..., Any], station_dir: Path, virtual_cameras: VirtualCameras, pixel_format: str
) -> None:
    features = {"PixelFormat": pixel_format, "ExposureTime": 500.0, "AcquisitionFrameRate": 20.0}
    virtual_cameras.add("VC1", features, scene="noise", sensor_width=96, sensor_height=80, reference_exposure_us=500)
    (station_dir / "settings.json").write_text('{"keep_images": "all", "reserve_mb": 100}', encoding="utf-8")
    words = ("inspect", "--json", "--pack", "試験用", "--data-dir", station_dir, "--source")
    live = crane(*words, "genicam", "--cti", virtual_cameras.cti, "--frames", "3")
    scores = [line["score"] for line in live.verdicts]
    assert len(scores) == 3
    assert None not in scores
    days = sorted({file.parent for file in (station_dir / "records" / "images").rglob("*.png")})
    again = [line["score"] for day in days for line in crane(*words, "folder", "--path", day).verdicts]
    assert again == scores
