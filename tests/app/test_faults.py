"""Faults while the line runs: NONE and an alarm, never OK, and the program ends within bounds."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Sequence
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from eventually import Hang, eventually

from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.events import Event
from crane_desktop.domain.history import HistoryRow
from crane_desktop.domain.maps import Scored
from crane_desktop.domain.ports import LogEntry
from crane_desktop.model.scorer import CraneScorer
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.queries import RecordReader
from crane_desktop.settings.data_dir import DataDir

Crane = Callable[..., Any]
LogOf = Callable[[Path], list[HistoryRow]]
PART_PX = 512
"""Side of the simulated line's pictures; a pack's golden pictures are smaller and stay as they are."""


def scores(monkeypatch: pytest.MonkeyPatch, change: Callable[[int, Scored], Scored]) -> None:
    """Let the model's answers on parts pass through `change`, told the number of the part."""
    real, seen = CraneScorer.score, iter(range(1, 1_000_000))

    def changed(self: CraneScorer, pixels: Any) -> Scored:
        found = real(self, pixels)
        return change(next(seen), found) if pixels.shape[0] == PART_PX else found

    monkeypatch.setattr(CraneScorer, "score", changed)


def demo(station_dir: Path, frames: int = 6) -> tuple[str | Path, ...]:
    return ("inspect", "--json", "--pack", "試験用", "--data-dir", station_dir, "--frames", str(frames))


def test_a_model_that_raises_gives_none_and_the_next_part_is_judged(
    crane: Crane, station_dir: Path, monkeypatch: pytest.MonkeyPatch, log_of: LogOf
) -> None:
    def fail(number: int, scored: Scored) -> Scored:
        if number == 2:
            raise RuntimeError("CUDA error: out of memory")
        return scored

    scores(monkeypatch, fail)
    done = crane(*demo(station_dir))
    assert [line["verdict"] == "NONE" for line in done.verdicts] == [False, True, False, False, False, False]
    assert done.verdicts[1]["reason"] == "model_fault"
    assert "out of memory" in done.verdicts[1]["technical"]
    assert "out of memory" not in done.verdicts[1]["detail"]
    assert done.code == 1
    sentence, detail = done.sentences
    assert "out of memory" not in sentence
    assert "out of memory" in detail
    assert done.summary["none"] == 1
    assert [row.verdict for row in log_of(station_dir)] == [line["verdict"] for line in done.verdicts]
    assert "out of memory" in (station_dir / "logs" / "crane-inspector.log").read_text(encoding="utf-8")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_an_answer_that_is_no_number_is_none(
    crane: Crane, station_dir: Path, monkeypatch: pytest.MonkeyPatch, value: float
) -> None:
    scores(monkeypatch, lambda _, scored: Scored(value, scored.anomaly_map))
    done = crane(*demo(station_dir, 3))
    assert {(line["verdict"], line["reason"], line["score"]) for line in done.verdicts} == {
        ("NONE", "not_a_number", None)
    }


def test_a_map_that_is_no_number_is_none(crane: Crane, station_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hole(_: int, scored: Scored) -> Scored:
        values = scored.anomaly_map.values.copy()
        values[0, 0] = np.nan
        return Scored(0.0, type(scored.anomaly_map)(values, scored.anomaly_map.placement))

    scores(monkeypatch, hole)
    done = crane(*demo(station_dir, 3))
    assert {(line["verdict"], line["reason"]) for line in done.verdicts} == {("NONE", "not_a_number")}


def test_a_station_that_fails_its_self_test_decides_nothing(
    crane: Crane, station_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = CraneScorer.score
    monkeypatch.setattr(
        CraneScorer, "score", lambda self, pixels: Scored(0.01, real(self, pixels).anomaly_map)
    )  # every answer would be a fine OK
    done = crane(*demo(station_dir, 3))
    assert done.code == 1
    assert {(line["verdict"], line["reason"]) for line in done.verdicts} == {("NONE", "self_test_failed")}
    assert "golden scores" in done.err
    assert crane("selftest", "--json", "--pack", "試験用", "--data-dir", station_dir).code == 1
    assert crane("pack", "verify", "--json", "試験用", "--data-dir", station_dir).code == 1


def failing_log(monkeypatch: pytest.MonkeyPatch, calls: Callable[[int], Exception | None]) -> None:
    real, count = SqliteInspectionLog.append, iter(range(1, 1_000_000))

    def append(self: SqliteInspectionLog, entries: Sequence[LogEntry | Event], timeout_s: float = 10.0) -> list[int]:
        ids: list[int] = []
        for entry in entries:  # one at a time, so that the test knows which part meets the failure
            error = calls(next(count)) if isinstance(entry, LogEntry) else None
            if error is not None:
                raise error
            ids += real(self, [entry], timeout_s)
        return ids

    monkeypatch.setattr("crane_desktop.pipeline.picture_desk.MOST_AT_ONCE", 1)
    monkeypatch.setattr(SqliteInspectionLog, "append", append)


def test_a_full_disk_makes_none_and_an_alarm_and_the_log_goes_on_when_there_is_room_again(
    crane: Crane, station_dir: Path, monkeypatch: pytest.MonkeyPatch, log_of: LogOf
) -> None:
    failing_log(monkeypatch, lambda n: StationFault("records.disk_full", path="log") if n in (2, 3) else None)
    done = crane(*demo(station_dir))
    assert done.code == 1
    lost = [line for line in done.verdicts if line["record_id"] is None]
    assert [line["frame_id"] for line in lost] == [2, 3]
    assert all((line["verdict"], line["reason"]) == ("NONE", "not_recorded") for line in lost)
    assert [row.record_id for row in log_of(station_dir)] == [
        line["record_id"] for line in done.verdicts if line["record_id"] is not None
    ]
    assert done.sentences == [
        "The disk is full: verdicts can no longer be recorded in log. Free some space; parts get no verdict until then."
    ]


def test_a_log_that_breaks_in_any_way_makes_none(
    crane: Crane, station_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_log(monkeypatch, lambda _: RuntimeError("bits fell off"))
    done = crane(*demo(station_dir, 4))
    assert done.code == 1
    assert {(line["verdict"], line["record_id"]) for line in done.verdicts} == {("NONE", None)}
    assert done.summary["frames"] == done.summary["none"] == 4
    sentence, detail = done.sentences
    assert "bits fell off" not in sentence
    assert "bits fell off" in detail


def test_a_log_locked_by_another_program_makes_none_not_ok(
    crane: Crane, station_dir: Path, monkeypatch: pytest.MonkeyPatch, log_of: LogOf
) -> None:
    """The real database, really locked from outside in the midst of the run."""
    monkeypatch.setattr("crane_desktop.records.database.BUSY_TIMEOUT_S", 0.1)
    over = threading.Event()

    def lock() -> None:
        eventually(lambda: len(log_of(station_dir)) >= 2)
        holder = sqlite3.connect(DataDir(station_dir).log_file, isolation_level=None, timeout=5)
        try:
            holder.execute("BEGIN EXCLUSIVE")
            over.wait(20)
        finally:
            holder.close()

    other = threading.Thread(target=lock, name="other program")
    DataDir(station_dir).prepare()
    other.start()
    try:
        done = crane(*demo(station_dir, 14), "--rate", "10")
    finally:
        over.set()
        other.join(20)
    assert done.code == 1
    assert "locked the log" in done.err
    lost = [line for line in done.verdicts if line["record_id"] is None]
    assert len(lost) >= 3
    assert {(line["verdict"], line["reason"]) for line in lost} == {("NONE", "not_recorded")}
    kept = [line["record_id"] for line in done.verdicts if line["record_id"] is not None]
    assert [row.record_id for row in log_of(station_dir)] == kept


def test_a_log_that_is_damaged_is_refused_before_anything_is_inspected(crane: Crane, station_dir: Path) -> None:
    assert crane(*demo(station_dir, 3)).code == 0
    file = DataDir(station_dir).log_file
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    done = crane(*demo(station_dir, 1))
    assert (done.code, done.out, len(done.sentences)) == (2, "", 1)
    assert "damaged" in done.err
    assert file.read_bytes() == content[: len(content) // 2]


def test_a_camera_process_that_is_killed_is_an_alarm_and_a_new_one_goes_on(
    crane: Crane, station_dir: Path, viky: Path, log_of: LogOf
) -> None:
    killed: list[int] = []

    def kill() -> None:
        eventually(lambda: len(log_of(station_dir)) >= 3)
        (camera,) = eventually(lambda: [child for child in active_children() if child.name == "crane-camera"])
        assert camera.pid is not None
        killed.append(camera.pid)
        os.kill(camera.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill, name="killer")
    killer.start()
    done = crane(
        *("inspect", "--json", "--pack", "試験用", "--data-dir", station_dir, "--source", "genicam", "--cti", viky),
        *("--frames", "60"),
    )
    killer.join(20)
    assert killed
    assert done.code == 1
    (sentence,) = (sentence for sentence in done.sentences if "crashed" in sentence)
    assert "VikyTL_DEV_red" in sentence
    assert "-9" in sentence
    assert done.summary["frames"] == 60
    assert done.summary["frames"] == done.summary["verdicts"] + done.summary["losses"]
    assert [line["verdict"] == "NONE" for line in done.verdicts].count(True) < len(done.verdicts) / 2
    assert [row.record_id for row in log_of(station_dir)] == [line["record_id"] for line in done.verdicts]
    assert active_children() == []


def test_a_model_that_hangs_is_given_up_in_time(
    crane: Crane, station_dir: Path, monkeypatch: pytest.MonkeyPatch, log_of: LogOf
) -> None:
    hang = Hang()
    scores(monkeypatch, lambda number, scored: (hang() if number == 3 else None, scored)[1])
    monkeypatch.setattr("crane_desktop.cli.run_line._STOP_WITHIN_S", 2.0)

    def interrupt() -> None:
        eventually(lambda: hang.holds and len(log_of(station_dir)) == 2)
        os.kill(os.getpid(), signal.SIGTERM)

    asker = threading.Thread(target=interrupt, name="asker")
    asker.start()
    try:
        done = crane(*demo(station_dir))
        assert hang.holds
    finally:
        hang.release()
        asker.join()
    assert done.code == 1
    assert "did not stop" in done.err
    assert done.summary["verdicts"] == 2
    assert done.summary["losses"] == done.summary["losses_by_cause"]["late"] > 0
    assert done.summary["frames"] == done.summary["verdicts"] + done.summary["losses"]


def test_the_log_can_be_read_after_every_fault(crane: Crane, station_dir: Path) -> None:
    assert crane(*demo(station_dir, 2)).code == 0
    with RecordReader(DataDir(station_dir)) as reader:
        assert reader.stats()["records"] == 2
