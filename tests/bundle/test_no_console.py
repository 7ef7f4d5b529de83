"""No console flashes up on Windows: the program starts no other program but its own processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from eventually import HANG_S

_WATCHED = """
import sys
def watch(event, args):
    if args[:1] == ("uname",):  # Python's own, on POSIX only
        return
    if event in ("subprocess.Popen", "os.system", "os.startfile", "os.posix_spawn", "os.exec"):
        print("STARTED", event, args[:2], file=sys.stderr, flush=True)
sys.addaudithook(watch)
from crane_desktop.__main__ import main
if __name__ == "__main__":
    main()
"""


def watched(tmp_path: Path, *words: str, code: str = _WATCHED) -> subprocess.CompletedProcess[str]:
    script = tmp_path / "watched.py"
    script.write_text(code, encoding="utf-8")
    environment = {**os.environ, "CRANE_DATA_DIR": str(tmp_path / "station"), "CRANE_LANGUAGE": "en"}
    return subprocess.run(
        [sys.executable, script, *words], env=environment, capture_output=True, text=True, timeout=HANG_S, check=False
    )


@pytest.mark.parametrize(
    "words", [("selftest", "--json"), ("cameras", "doctor", "--json")], ids=["self-test", "camera doctor"]
)
def test_nothing_else_is_started(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = watched(tmp_path, *words)
    assert done.stdout
    assert "STARTED" not in done.stderr


def test_the_watch_sees_a_program_that_is_started(tmp_path: Path) -> None:
    code = _WATCHED.replace("from crane_desktop", "import subprocess; subprocess.run(['true'])\nfrom crane_desktop")
    assert "STARTED subprocess.Popen" in watched(tmp_path, "--version", code=code).stderr
