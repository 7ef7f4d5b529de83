"""A crash leaves a report, and the next start tells it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from eventually import HANG_S, eventually

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Path]:
    made = {"data": tmp_path / "検査 データ", "temporary": tmp_path / "一時"}
    made["temporary"].mkdir()
    return made


def program(code: str, places: dict[str, Path], *words: str) -> subprocess.Popen[str]:
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")},
        "CRANE_LANGUAGE": "en",
        "CRANE_DATA_DIR": str(places["data"]),
        "TMPDIR": str(places["temporary"]),
        "TEMP": str(places["temporary"]),
        "PYTHONUTF8": "1",
    }
    code = f"import sys\n{code}\nfrom crane_desktop.__main__ import main\nmain()"
    return subprocess.Popen(
        [sys.executable, "-c", code, *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def ended(run: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = run.communicate(timeout=HANG_S)
    return run.returncode, out, err


def left(places: dict[str, Path]) -> list[Path]:
    """Every report, of whatever kind."""
    return sorted([*(places["data"] / "logs").glob("CraneInspector-*"), *places["temporary"].glob("CraneInspector-*")])


HANGS = """
import os, time
from pathlib import Path
import crane_desktop.app.open_station as w
w.load_settings = lambda _: (Path(os.environ["TMPDIR"], "hangs").touch(), time.sleep(600))
"""
STATS = ("records", "stats", "--json")


def running_report(places: dict[str, Path]) -> Path:
    return eventually(lambda: list((places["data"] / "logs").glob("CraneInspector-running-*")))[0]


def test_a_program_that_ends_in_order_leaves_nothing(places: dict[str, Path]) -> None:
    code, out, err = ended(program("", places, *STATS))
    assert (code, err) == (0, "")
    assert json.loads(out)["records"] == 0
    assert left(places) == []


@POSIX
def test_a_hard_fault_leaves_its_traceback_and_the_next_start_tells(places: dict[str, Path]) -> None:
    run = program(HANGS, places, *STATS)
    running_report(places)
    eventually((places["temporary"] / "hangs").exists)
    run.send_signal(signal.SIGSEGV)
    assert ended(run)[0] == -signal.SIGSEGV
    code, out, err = ended(program("", places, *STATS))
    assert (code, json.loads(out)["records"]) == (0, 0)
    (report,) = left(places)
    assert report.name.startswith("CraneInspector-crash-")
    words = report.read_text(encoding="utf-8")
    assert words.startswith("CraneInspector ")
    assert "Segmentation fault" in words
    assert "open_station.py" in words
    assert err == f"The program ended unexpectedly the last time. What it left behind is in {report}; " + (
        "please send that file to the support.\n"
    )
    assert "crashed here before" in (places["data"] / "logs" / "crane-inspector.log").read_text(encoding="utf-8")
    assert ended(program("", places, *STATS))[2] == ""  # told once
    assert left(places) == [report]


@POSIX
def test_a_program_that_was_killed_did_not_crash(places: dict[str, Path]) -> None:
    run = program(HANGS, places, *STATS)
    running_report(places)
    run.kill()
    ended(run)
    assert ended(program("", places, *STATS))[2] == ""
    assert left(places) == []


@POSIX
def test_the_report_of_a_program_that_runs_is_left_alone(places: dict[str, Path]) -> None:
    run = program(HANGS, places, *STATS)
    report = running_report(places)
    report.write_bytes(report.read_bytes() + b"something\n")
    assert ended(program("", places, *STATS))[2] == ""
    assert left(places) == [report]
    run.kill()
    ended(run)


@POSIX
def test_a_hard_fault_before_the_data_folder_is_known_is_told_too(places: dict[str, Path]) -> None:
    hangs = "import crane_desktop.app.process.crash_report as w, os, signal\nreal = w.begin\n"
    hangs += "w.begin = lambda: (real(), os.kill(os.getpid(), signal.SIGSEGV))"
    assert ended(program(hangs, places, *STATS))[0] == -signal.SIGSEGV
    assert [path.parent for path in left(places)] == [places["temporary"]]
    err = ended(program("", places, *STATS))[2]
    (report,) = left(places)
    assert report.parent == places["data"] / "logs"
    assert str(report) in err


def test_our_own_failure_is_one_sentence_with_its_report(places: dict[str, Path]) -> None:
    fails = "import crane_desktop.app.open_station as w; w.load_settings = lambda _: 1 / 0"
    code, out, err = ended(program(fails, places, *STATS))
    (report,) = left(places)
    assert (code, out) == (1, "")
    assert err.endswith(f"[{report}]\n")
    assert err.count("\n") == 1
    assert "ZeroDivisionError" in report.read_text(encoding="utf-8")
    assert "Traceback" in report.read_text(encoding="utf-8")
    assert report.parent == places["data"] / "logs"


@pytest.mark.parametrize("texts", [True, False], ids=["texts", "no texts"])
def test_damaged_files_of_the_program_are_told_and_reported(places: dict[str, Path], texts: bool) -> None:
    damage = "sys.modules['cv2'] = None"
    if not texts:
        damage = "import crane_desktop.settings.resources as r\nfrom pathlib import Path\nreal = r.resource_path\n"
        damage += "r.resource_path = lambda *p: Path('/ない') if p[:1] == ('texts',) else real(*p)"
    code, out, err = ended(program(damage, places, *STATS))
    (report,) = left(places)
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert str(report) in err
    assert ("install it again" in err) == texts
    assert report.parent == places["temporary"]
    assert "Traceback" in report.read_text(encoding="utf-8")


def test_only_the_newest_reports_are_kept(places: dict[str, Path]) -> None:
    logs = places["data"] / "logs"
    logs.mkdir(parents=True)
    for second in range(30):
        (logs / f"CraneInspector-crash-20260101-0000{second:02d}-7.txt").write_text("x\n")
    assert ended(program("", places, *STATS))[0] == 0
    assert [path.name[-8:-6] for path in left(places)] == [f"{second:02d}" for second in range(10, 30)]
