"""The frozen command line does its work with nothing else on the computer."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from eventually import eventually

from crane_desktop import __version__

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_both_programs_are_of_this_version(computer: Any) -> None:
    for program in ("CraneInspector", "crane-inspector"):
        frozen = computer.start(program, "--version")
        assert (frozen.end(), frozen.out.decode().strip(), frozen.err) == (0, __version__, b"")


def test_the_walls_stand_where_this_system_has_them(computer: Any) -> None:
    """No network, and a program folder that root cannot write either."""
    if not computer.walls:
        pytest.skip("needs Linux and the right to make namespaces (root)")
    connect = "import socket; socket.create_connection(('127.0.0.1', 9), 5)"
    tried = [
        subprocess.run([*computer.walls, *command], capture_output=True, text=True, check=False).stderr
        for command in ([sys.executable, "-c", connect], ["/bin/touch", str(computer.installed / "x")])
    ]
    assert "Network is unreachable" in tried[0]
    assert "Read-only file system" in tried[1]


def test_the_self_test_passes(computer: Any, nothing_unexpected: Callable[..., None]) -> None:
    before = everything_in(computer.installed)
    frozen = computer.run("selftest", "--json")
    assert frozen.process.returncode == 0, (frozen.out, frozen.err)
    (found,) = frozen.objects
    assert found["ok"]
    assert all(check["ok"] for check in found["checks"])
    assert {check["name"] for check in found["checks"]} >= {"model", "camera", "log", "line"}
    nothing_unexpected(computer, frozen)
    assert everything_in(computer.installed) == before
    assert [left for left in (computer.home / "一時").rglob("*") if left.is_file()] == []


def everything_in(folder: Path) -> dict[str, tuple[int, int]]:
    found = {path: path.stat() for path in folder.rglob("*")}
    return {str(path): (seen.st_size, seen.st_mtime_ns) for path, seen in found.items()}


def test_every_frame_of_the_line_is_accounted_for(computer: Any, nothing_unexpected: Callable[..., None]) -> None:
    frozen = computer.run("inspect", "--source", "demo", "--frames", "8", "--json")
    *verdicts, last = frozen.objects
    summary = last["summary"]
    assert summary["frames"] == summary["verdicts"] == len(verdicts) == 8
    assert summary["losses"] == summary["none"] == 0
    assert summary["ok"] + summary["ng"] + summary["review"] == 8
    nothing_unexpected(computer, frozen)
    stats = computer.run("records", "stats", "--json").objects[0]
    assert stats["records"] == 8
    verified = computer.run("records", "verify", "--json")
    assert verified.process.returncode == 0
    assert (verified.objects[-1]["ok"], verified.objects[-1]["records"]) == (True, 8)


@LINUX
def test_a_camera_runs_in_a_process_of_its_own_that_carries_nothing_heavy(computer: Any) -> None:
    """And the program itself comes without Qt: on Windows torch must be there before it."""
    frozen = computer.start("crane-inspector", "inspect", "--source", "genicam", "--cti", viky(computer), "--json")
    program, camera = two_processes(frozen)
    mapped = {pid: Path(f"/proc/{pid}/maps").read_text(encoding="utf-8") for pid in (program, camera)}
    assert "libtorch_cpu" in mapped[program]
    assert "libQt6" not in mapped[program]
    assert "_gentl" in mapped[camera]
    for heavy in ("libtorch", "libQt6", "cv2.abi3"):
        assert heavy not in mapped[camera]
    frozen.process.send_signal(signal.SIGTERM)
    assert frozen.end() == 0
    summary = frozen.objects[-1]["summary"]
    assert summary["frames"] == summary["verdicts"] + summary["losses"]
    assert frozen.sentences == ["Stopping."]


def viky(computer: Any) -> Path:
    found: Path = computer.installed / "_internal" / "genicam" / "viky.cti"
    return found


def two_processes(frozen: Any) -> tuple[int, int]:
    """Wait until program and camera both work; return their process ids."""

    def both() -> tuple[int, int] | None:
        assert frozen.process.poll() is None, frozen.err
        maps = {pid: maps_of(pid) for pid in (frozen.process.pid, *children_of(frozen.process.pid))}
        programs = [pid for pid, words in maps.items() if "libtorch_cpu" in words]
        cameras = [pid for pid, words in maps.items() if "_gentl" in words and pid not in programs]
        return (programs[0], cameras[0]) if programs and cameras else None

    found = eventually(both, within_s=180)
    assert found is not None
    time.sleep(1.0)
    return found


def maps_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/maps").read_text(encoding="utf-8")
    except OSError:
        return ""


def children_of(pid: int) -> list[int]:
    direct: list[str] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):  # each thread has its own
        with contextlib.suppress(OSError):
            direct += task.read_text(encoding="ascii").split()
    return [found for child in map(int, direct) for found in (child, *children_of(child))]


def test_learning_from_good_parts_works(computer: Any, nothing_unexpected: Callable[..., None]) -> None:
    """The rooms of learning stand on libraries that the line itself does not use."""
    parts = computer.home / "良品"
    parts.mkdir()
    draw = np.random.default_rng(5)
    for number in range(4):
        picture = draw.normal(128, 12, (160, 160, 3)).clip(0, 255).astype(np.uint8)
        (parts / f"部品 {number}.png").write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    learned = computer.run("learn-good", "--recipe", "新製品", "--images", parts, "--json")
    assert learned.process.returncode == 0, learned.err
    calibrated = computer.run("calibrate", "--recipe", "新製品", "--images", parts, "--false-reject", "0.5", "--json")
    assert calibrated.process.returncode == 0, calibrated.err
    assert computer.reports() == []


def test_a_second_program_on_the_same_data_is_told_so(computer: Any) -> None:
    first = computer.start("crane-inspector", "inspect", "--source", "demo", "--rate", "5", "--json")
    eventually((computer.data / "records" / "log.sqlite3").exists, within_s=180)
    second = computer.run("inspect", "--source", "demo", "--frames", "1", "--json")
    assert second.process.returncode == 2
    assert second.out == b""
    assert len(second.sentences) == 1
    assert re.search("another program", second.sentences[0], re.IGNORECASE)
    first.process.terminate()
    assert first.end() == (0 if sys.platform != "win32" else 1)


def test_bad_input_is_one_sentence(computer: Any) -> None:
    frozen = computer.run("inspect", "--source", "folder", "--path", computer.home / "ない", CRANE_LANGUAGE="ja")
    assert (frozen.process.returncode, frozen.out) == (2, b"")
    assert len(frozen.sentences) == 1
    assert "ない" in frozen.sentences[0]


@pytest.mark.parametrize(
    "damaged",
    ["crane_desktop/resources/texts/app.json", "numpy/_core/_multiarray_umath*", "crane_desktop/resources/texts"],
    ids=["a text", "a library", "all texts"],
)
def test_damaged_files_are_told_and_reported(own_copy: Any, damaged: str) -> None:
    (target,) = list((own_copy.installed / "_internal").glob(damaged))
    if target.is_dir():
        shutil.rmtree(target)
    else:
        target.unlink()  # a hard link: the bundle's own file stays whole
        target.write_bytes(b"\0" * 64)
    frozen = own_copy.run("selftest", "--json")
    assert frozen.process.returncode == 1
    assert frozen.out == b""
    (report,) = own_copy.reports()
    assert len(frozen.sentences) == 1
    assert str(report) in frozen.sentences[0]
    assert "Traceback" in report.read_text(encoding="utf-8")


@LINUX
def test_a_hard_fault_leaves_a_report_that_the_next_start_tells(computer: Any) -> None:
    frozen = computer.start("crane-inspector", "inspect", "--source", "genicam", "--cti", viky(computer), "--json")
    program, _ = two_processes(frozen)
    subprocess.run(["kill", "-SEGV", str(program)], check=True)
    assert frozen.end() != 0
    after = computer.run("records", "stats", "--json")
    assert after.process.returncode == 0
    (report,) = computer.reports()
    words = report.read_text(encoding="utf-8")
    assert "Segmentation fault" in words
    assert "crane_desktop" in words
    assert len(after.sentences) == 1
    assert str(report) in after.sentences[0]


def test_the_bundle_names_what_it_was_made_from(bundle: Path) -> None:
    made_from = json.loads((bundle / "_internal" / "bundle.json").read_text(encoding="utf-8"))
    assert made_from["program"] == __version__
    assert made_from["torch"]
