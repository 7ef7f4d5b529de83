"""What the output line says of itself, and the whole way from a frame to the camera's wire."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from recipe_fixtures import stored_fields
from virtual_camera import VirtualCamera, VirtualCameras

from crane_desktop.domain.signals import SignalCounts
from crane_desktop.plant.camera_line import CameraLineOutput
from crane_desktop.recipe.reject_signal import RejectSignal
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.texts import error_text

SIGNAL = RejectSignal(line="Line2", pulse_ms=10, delay_ms=100)
CALM = {"ExposureTime": 80_000.0}  # pulses of 5 ms must not touch


class Desk:
    """A camera that tells what the test says."""

    def __init__(self, *news: SignalCounts) -> None:
        self.news = list(news)

    def signal(self, arrived_ns: int, *, pulse: bool) -> bool:
        return True

    def signal_counts(self) -> SignalCounts:
        return self.news.pop(0) if self.news else SignalCounts()


@pytest.mark.parametrize(
    ("news", "key"),
    [
        (SignalCounts(late=2, late_by_ms=31.4), "outputs.late"),
        (SignalCounts(silent=1), "outputs.silent"),
        (SignalCounts(merged=1), "outputs.merged"),
        (SignalCounts(failed=1, detail="GC_ERR_IO"), "outputs.refused"),
        (SignalCounts(unsent=1), "outputs.unsent"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_trouble_has_its_sentence(news: SignalCounts, key: str) -> None:
    output = CameraLineOutput(Desk(news), SIGNAL)
    try:
        (trouble,) = output.troubles()
        assert trouble.key == key
        assert all("Line2" in error_text(trouble, language) for language in ("ja", "en"))
        assert output.counts == news
    finally:
        output.close()


def test_the_same_again_at_once_is_counted_and_not_told_again() -> None:
    output = CameraLineOutput(Desk(*[SignalCounts(late=1)] * 3), SIGNAL)
    try:
        assert [len(output.troubles()) for _ in range(3)] == [1, 0, 0]
        assert output.counts.late == 3
    finally:
        output.close()


class TestWholeLine:
    @pytest.fixture
    def camera(self, virtual_cameras: VirtualCameras) -> VirtualCamera:
        return virtual_cameras.add("VC1", CALM, sensor_width=64, sensor_height=48)

    def run(
        self, crane: Callable[..., Any], cti: Path, station: Path, signal: dict[str, object], **recipe: object
    ) -> Any:
        whole = {
            "name": "排出",
            "pack": "試験用",
            "thresholds": {"score_review": 0.0, "score_ng": 0.0, "map_review": 0.0, "map_ng": 0.0},
            "reject_signal": {"line": "Line2", "pulse_ms": 5, "delay_ms": 1500, "tolerance_ms": 500, **signal},
        } | recipe
        stored_fields(DataDir(station), **whole)
        words = ("--source", "genicam", "--cti", cti, "--trigger", "software", "--frames", "4", "--recipe", "排出")
        return crane("inspect", "--json", *words, "--data-dir", station)

    def test_ng_parts_are_rejected_one_by_one(
        self, crane: Callable[..., Any], camera: VirtualCamera, virtual_cameras: VirtualCameras, station_dir: Path
    ) -> None:
        done = self.run(crane, virtual_cameras.cti, station_dir, {})
        assert [v["verdict"] for v in done.verdicts] == ["NG"] * 4
        assert (done.code, done.summary["frames"]) == (0, 4), done.err
        rises = camera.events("line", name="Line2", level=1)
        assert len(rises) == 4
        assert not camera.level("Line2")

    def test_a_recipe_that_only_shows_drives_nothing(
        self, crane: Callable[..., Any], camera: VirtualCamera, virtual_cameras: VirtualCameras, station_dir: Path
    ) -> None:
        done = self.run(crane, virtual_cameras.cti, station_dir, {"at_end": "active"}, thresholds=None)
        assert [v["verdict"] for v in done.verdicts] == ["NONE"] * 4
        assert camera.events("line") == []

    def test_answers_that_are_too_slow_are_an_alarm(
        self, crane: Callable[..., Any], camera: VirtualCamera, virtual_cameras: VirtualCameras, station_dir: Path
    ) -> None:
        late = {"delay_ms": 0, "tolerance_ms": 0.001, "on_silence": "pass"}
        done = self.run(crane, virtual_cameras.cti, station_dir, late)
        assert done.code == 1
        assert "too late for the reject signal" in done.err
        assert camera.events("line") == []
