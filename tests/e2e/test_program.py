"""The real program in a process of its own: signals, crashes, streams, languages, no display."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
import pytest
from eventually import HANG_S, eventually

from crane_desktop import __version__
from crane_desktop.domain.history import HistoryRow
from crane_desktop.records.database import connect
from crane_desktop.records.queries import RecordReader
from crane_desktop.settings.data_dir import DataDir

Start = Callable[..., Any]
_SHARED_MEMORY = Path("/dev/shm")


def demo(station_dir: Path, *words: str) -> tuple[str | Path, ...]:
    return ("inspect", "--json", "--pack", "試験用", "--data-dir", station_dir, *words)


def rows_of(station_dir: Path) -> list[HistoryRow]:
    data = DataDir(station_dir)
    data.prepare()
    with RecordReader(data) as reader:
        return reader.page(limit=10**6)[::-1]


def memory_blocks(pid: int) -> set[str]:
    return {block.name for block in _SHARED_MEMORY.glob(f"crane-{pid}-*")} if _SHARED_MEMORY.is_dir() else set()


def alive(pids: list[int]) -> list[int]:
    found: list[int] = []
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            found += [pid] * (psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    return found


def test_a_program_that_is_asked_to_end_ends_in_order(program: Start, station_dir: Path) -> None:
    run = program(*demo(station_dir, "--rate", "20"))
    run.until(lambda lines: len(lines) >= 4)
    run.process.send_signal(signal.SIGTERM)
    assert run.end() == 0
    *verdicts, last = [json.loads(line) for line in run.lines]
    summary = last["summary"]
    assert summary["frames"] == summary["verdicts"] == len(verdicts)
    assert summary["losses"] == 0
    assert [row.record_id for row in rows_of(station_dir)] == [line["record_id"] for line in verdicts]
    assert run.errors == ["Stopping."]


def test_ctrl_c_stops_a_camera_and_leaves_nothing_behind(program: Start, station_dir: Path, viky: Path) -> None:
    run = program(*demo(station_dir, "--source", "genicam", "--cti", str(viky)))
    run.until(lambda lines: len(lines) >= 4)
    children = [child.pid for child in psutil.Process(run.process.pid).children(recursive=True)]
    assert children
    # As a terminal does it: the whole group hears Ctrl-C, the camera's process too.
    for pid in [*children, run.process.pid]:
        os.kill(pid, signal.SIGINT)
    assert run.end() == 0
    summary = json.loads(run.lines[-1])["summary"]
    assert summary["frames"] == summary["verdicts"] + summary["losses"]
    assert len(rows_of(station_dir)) == summary["verdicts"]
    assert run.errors == ["Stopping."]
    eventually(lambda: not alive(children), what=lambda: alive(children))
    assert memory_blocks(run.process.pid) == set()


def test_kill_9_loses_no_verdict_that_was_printed(program: Start, station_dir: Path, viky: Path) -> None:
    data = DataDir(station_dir)
    data.prepare()
    (station_dir / "settings.json").write_text('{"keep_images": "all", "reserve_mb": 100}', encoding="utf-8")
    run = program(*demo(station_dir, "--source", "genicam", "--cti", str(viky)))
    run.until(lambda lines: len(lines) >= 5)
    children = [child.pid for child in psutil.Process(run.process.pid).children(recursive=True)]
    run.process.kill()
    run.end()
    printed = [json.loads(line)["record_id"] for line in run.lines if line.endswith("}")]
    eventually(lambda: not alive(children), what=lambda: alive(children))
    assert memory_blocks(run.process.pid) == set()

    after = program(*demo(station_dir, "--frames", "1"))
    assert after.end() == 0
    connection = connect(data.log_file, "ro")
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        named = [p for row in connection.execute("SELECT image_path, map_path FROM records") for p in row if p]
    finally:
        connection.close()
    rows = rows_of(station_dir)
    assert set(printed) <= {row.record_id for row in rows}
    assert len(named) == 2 * len(rows)
    for name in named:
        assert cv2.imdecode(np.frombuffer((data.records / name).read_bytes(), np.uint8), -1) is not None
    files = {p.relative_to(data.records).as_posix() for p in data.images.rglob("*") if p.is_file()}
    assert files == set(named)


def test_a_second_program_is_refused_and_the_first_goes_on(program: Start, station_dir: Path) -> None:
    first = program(*demo(station_dir, "--rate", "20"))
    first.until(lambda lines: len(lines) >= 1)
    second = program(*demo(station_dir, "--frames", "1"), CRANE_LANGUAGE="ja")
    assert second.end() == 2
    assert second.lines == []
    assert len(second.errors) == 1
    assert "別のプログラムが使用中" in second.errors[0]
    seen = len(first.lines)
    first.until(lambda lines: len(lines) >= seen + 3)
    first.process.send_signal(signal.SIGTERM)
    assert first.end() == 0


def test_a_reader_that_goes_away_ends_the_program_quietly(program: Start, station_dir: Path) -> None:
    run = subprocess.Popen(
        [sys.executable, "-m", "crane_desktop", *map(str, demo(station_dir, "--rate", "50"))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    assert run.stderr is not None
    first = json.loads(run.stdout.readline())
    run.stdout.close()
    assert run.wait(20) == 1
    assert run.stderr.read() == ""
    run.stderr.close()
    assert rows_of(station_dir)[0].record_id == first["record_id"]


def test_a_display_that_does_not_answer_is_none(program: Start, station_dir: Path) -> None:
    """Qt would end the program with a core dump."""
    (station_dir / "settings.json").write_text(json.dumps({"pack": "試験用"}), encoding="utf-8")
    run = program("--data-dir", station_dir, "--frames", "1", QT_QPA_PLATFORM="", DISPLAY=":4711")
    assert run.end() == 0
    assert "in this terminal" in run.errors[0]
    assert len(rows_of(station_dir)) == 1


def test_a_signal_closes_the_window_in_order(program: Start, station_dir: Path) -> None:
    """On the first start the simulated line runs by itself; what it judged is in the log when the program has ended."""
    code = (
        "import crane_desktop.app.window as w; from crane_desktop.domain.station import SourceChoice;"
        "import dataclasses, crane_desktop.settings.store as s;"
        "real = w.preferences_of;"
        "w.preferences_of = lambda bench: dataclasses.replace(real(bench), pack='試験用');"
        "from crane_desktop.__main__ import main; main()"
    )
    run = program("--data-dir", station_dir, python=("-c", code), QT_QPA_PLATFORM="offscreen")
    run.until(lambda _: len(rows_of(station_dir)) >= 3)
    run.process.send_signal(signal.SIGTERM)
    assert run.end() == 0
    assert run.errors == []
    assert len(rows_of(station_dir)) >= 3
    with DataDir(station_dir).lock():  # nobody holds it any more
        pass


def test_a_thread_that_hangs_for_good_does_not_keep_the_process(program: Start, station_dir: Path) -> None:
    code = (
        "import threading, crane_desktop.cli.run_line as r, crane_desktop.model.scorer as m;"
        "r._STOP_WITHIN_S = 1.0;"
        "real = m.CraneScorer.score;"
        "hang = lambda: (print('hangs', flush=True), threading.Event().wait());"
        "m.CraneScorer.score = lambda self, p: hang() if p.shape[0] == 512 else real(self, p);"
        "from crane_desktop.__main__ import main; main()"
    )
    run = program(*demo(station_dir), python=("-c", code))
    run.until(lambda lines: "hangs" in lines)
    run.process.send_signal(signal.SIGTERM)
    assert run.end() == 1
    assert json.loads(run.lines[-1])["summary"]["losses_by_cause"]["late"] >= 1
    assert "The line did not stop in time." in " ".join(run.errors)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_help_speaks_both_languages(program: Start, language: str) -> None:
    pages = [program("--help", CRANE_LANGUAGE=language), program("inspect", "--help", CRANE_LANGUAGE=language)]
    assert [page.end() for page in pages] == [0, 0]
    words = "\n".join(line for page in pages for line in page.lines)
    for command in (
        "inspect",
        "score",
        "pack",
        "evaluate",
        "train",
        "calibrate",
        "cameras",
        "records",
        "selftest",
        "bench",
    ):
        assert f"\n  {command} " in words
    for option in ("--source", "--path", "--cti", "--device", "--trigger", "--recipe", "--pack", "--frames", "--json"):
        assert option in words
    if language == "ja":
        assert "使い方: crane-inspector" in words
        assert "画像ソース" in words
        assert not any(english in words for english in ("Usage", "Options:", "Commands:", "Show this", "default"))
    else:
        assert "Usage: crane-inspector" in words
        assert not any("\u3041" <= letter <= "\u9fff" for letter in words)


def test_the_installed_command_gives_its_version(program: Start) -> None:
    command = Path(sys.executable).with_name("crane-inspector")
    done = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=HANG_S, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{__version__}\n", "")
