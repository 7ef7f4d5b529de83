"""The self-test: every room does its work, each failure is one finding, and nothing is left afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crane_desktop.domain.balance import Balance
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.frames import EndOfFrames
from crane_desktop.domain.maps import Scored
from crane_desktop.model.scorer import CraneScorer
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.services import selftest as module
from crane_desktop.services.selftest import StationCheck, run_selftest
from crane_desktop.services.workbench import Workbench

Noted = Callable[[Workbench], list[tuple[str, dict[str, Any]]]]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Without the camera and the parts of the line, which have tests of their own; the folder of what is passing."""
    monkeypatch.setattr(module, "_camera", lambda: "viky")
    monkeypatch.setattr(module, "_line", lambda models: str(len(models)))
    folder = tmp_path / "passing"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[CraneScorer]:
    found: list[CraneScorer] = []
    real = CraneScorer.close
    monkeypatch.setattr(CraneScorer, "close", lambda self: (found.append(self), real(self))[1])
    return found


def outcome(checks: list[StationCheck]) -> dict[str, bool]:
    return {check.name: check.ok for check in checks}


def by_name(checks: list[StationCheck]) -> dict[str, StationCheck]:
    return {check.name: check for check in checks}


def test_the_whole_of_it_is_tried_for_real(bench: Workbench, closed: list[CraneScorer], noted: Noted) -> None:
    checks = run_selftest(bench, None)
    assert [check.as_dict()["name"] for check in checks] == ["model", "camera", "log", "line"]
    assert all(check.ok for check in checks), checks
    assert by_name(checks)["model"].detail.startswith("試験用 ")
    assert by_name(checks)["line"].detail == "3/3"
    assert closed
    assert noted(bench) == [], "its parts are in no log of the station"


def test_without_a_pack_the_rest_is_tried(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_camera", lambda: "viky")
    checks = run_selftest(bench, "ない")
    assert outcome(checks) == {"model": False, "camera": True, "log": True, "line": False}
    assert "ない" in by_name(checks)["model"].detail


def test_a_model_that_is_unfit_is_a_finding_with_its_reason(
    bench: Workbench, quick: Path, closed: list[CraneScorer], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = CraneScorer.score
    monkeypatch.setattr(CraneScorer, "score", lambda self, pixels: Scored(0.01, real(self, pixels).anomaly_map))
    checks = run_selftest(bench, None)
    assert outcome(checks) == {"model": False, "camera": True, "log": True, "line": True}
    assert "score off by" in by_name(checks)["model"].detail
    assert len(closed) == 1


def test_a_damaged_log_is_a_finding_in_the_stations_language(bench: Workbench, quick: Path) -> None:
    bench.data.log_file.write_bytes(b"no database, but long enough to be looked at " * 20)
    details = []
    for language in ("en", "ja"):
        check = by_name(run_selftest(replace(bench, language=language), None))["log"]
        assert not check.ok
        details.append(check.detail)
    assert details[0] != details[1]


def test_what_nobody_foresaw_is_a_finding_too_and_is_logged_whole(
    bench: Workbench, quick: Path, closed: list[CraneScorer], monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr(module, "_camera", lambda: 1 / 0)
    checks = run_selftest(bench, None)
    assert outcome(checks) == {"model": True, "camera": False, "log": True, "line": True}
    assert by_name(checks)["camera"].detail.startswith("This check itself failed")
    assert "ZeroDivisionError" in caplog.text
    assert "Traceback" in caplog.text
    assert len(closed) == 1


def test_without_the_test_producer_the_camera_layer_is_not_proven(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_line", lambda _models: "3/3")
    monkeypatch.setattr("crane_desktop.camera.genicam.discover.bundled_viky", lambda: None)
    check = by_name(run_selftest(bench, None))["camera"]
    assert (check.ok, check.detail) == (False, "viky.cti")


def test_a_camera_that_ends_without_a_frame_is_a_finding_and_is_released(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    class Empty:
        def open(self) -> None:
            calls.append("open")

        def next_event(self, _timeout_s: float) -> EndOfFrames:
            return EndOfFrames()

        def close(self) -> None:
            calls.append("close")

    monkeypatch.setattr(module, "make_source", lambda _choice: Empty())
    monkeypatch.setattr(module, "_line", lambda _models: "3/3")
    check = by_name(run_selftest(bench, None))["camera"]
    assert (check.ok, calls) == (False, ["open", "close"])
    assert "EndOfFrames" in check.detail


class TestLine:
    def test_parts_that_are_not_all_recorded_are_a_finding(
        self, bench: Workbench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_camera", lambda: "viky")
        monkeypatch.setattr(module, "_run_parts", lambda _model, data: (_empty_log(data), Balance())[1])
        check = by_name(run_selftest(bench, None))["line"]
        assert (check.ok, check.detail) == (False, "0/3 verdicts, 0 records")

    def test_a_run_that_cannot_be_prepared_closes_its_log_and_leaves_no_folder(
        self, bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        logs: list[str] = []
        real = SqliteInspectionLog.close

        def close(self: SqliteInspectionLog, timeout_s: float = 10.0) -> None:
            logs.append("closed")
            real(self, timeout_s)

        def fail(*_words: object, **_more: object) -> None:
            raise InputError("camera.source_unknown", kind="x")

        monkeypatch.setattr(SqliteInspectionLog, "close", close)
        monkeypatch.setattr(module, "prepare_run", fail)
        monkeypatch.setattr(module, "_camera", lambda: "viky")
        folder = tmp_path / "passing"
        folder.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        assert not by_name(run_selftest(bench, None))["line"].ok
        assert (logs, list(folder.iterdir())) == (["closed"], [])


def _empty_log(data: Any) -> None:
    SqliteInspectionLog(data, reserve_mb=0).close()
