"""The whole program at full rate for a long time: viky through Harvesters, the demo pack, every picture kept.

``python tests/soak_line.py [--minutes 60] [--csv FILE] [--data-dir DIR]``. A line of figures every five seconds; at
the end a sum as JSON. Exit code 0 where memory stayed flat after the warm-up, the balance closed and the log proved
itself.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from crane_desktop.camera.genicam.discover import bundled_viky

COLUMNS = ("seconds", "verdicts", "per_s", "line_rss_mb", "camera_rss_mb", "threads", "files")
MOST_GROWTH = 0.02
"""What memory may grow from the end of the warm-up to the end, as a share."""

_EVERY_S = 5.0
_WARM_UP = 0.15
"""Share of the time before which memory is not compared: pools fill, pages of the log come in."""

_END_WITHIN_S = 120.0
_MIB = 2**20


def run(minutes: float, file: Path, data_dir: Path) -> dict[str, Any]:
    """Run the program, watch it, end it as a person would; return the sum."""
    data_dir.mkdir(parents=True, exist_ok=True)
    (data_dir / "settings.json").write_text('{"keep_images": "all", "reserve_mb": 1000}', encoding="utf-8")
    program = _program("inspect", "--json", "--source", "genicam", "--cti", bundled_viky(), "--data-dir", data_dir)
    process = subprocess.Popen(program, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    lines = _Lines(process)
    rows: list[tuple[float, ...]] = []
    with file.open("w", newline="", encoding="utf-8") as out:
        table = csv.writer(out)
        table.writerow(COLUMNS)
        began_s, before = time.monotonic(), 0
        while process.poll() is None and time.monotonic() - began_s < minutes * 60:
            time.sleep(_EVERY_S)
            count = lines.count
            row = (round(time.monotonic() - began_s), count, (count - before) / _EVERY_S, *_figures(process.pid))
            rows.append(row)
            table.writerow(row)
            out.flush()
            before = count
    process.terminate()  # a shell in the background has its children ignore Ctrl-C
    code = process.wait(_END_WITHIN_S)
    lines.end()
    summary = json.loads(lines.last)["summary"]
    verify = subprocess.run(
        _program("records", "verify", "--json", "--data-dir", data_dir), capture_output=True, text=True, check=False
    )
    return {
        "exit_code": code,
        "minutes": round(rows[-1][0] / 60, 1),
        "verdicts": summary["verdicts"],
        "per_s": round(statistics.median(row[2] for row in rows), 1),
        "balance": summary["frames"] == summary["verdicts"] + summary["losses"],
        "line_growth": _growth([row[3] for row in rows]),
        "camera_growth": _growth([row[4] for row in rows]),
        "verify": verify.returncode == 0,
    }


class _Lines:
    """Counts what the program prints; a pipe that nobody empties would stop it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.count, self.last = 0, "{}"
        self._process = process
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._thread.join(_END_WITHIN_S)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.count, self.last = self.count + 1, line


def _program(*words: str | Path | None) -> list[str]:
    return [sys.executable, "-m", "crane_desktop", *map(str, words)]


def _figures(pid: int) -> tuple[float, ...]:
    try:
        line = psutil.Process(pid)
        cameras = sum(child.memory_info().rss for child in line.children(recursive=True))
        return line.memory_info().rss / _MIB, cameras / _MIB, line.num_threads(), line.num_fds()
    except psutil.NoSuchProcess:
        return (0.0, 0.0, 0, 0)


def _growth(values: Sequence[float]) -> float:
    """Return by what share the last twentieth lies above the first one after the warm-up (medians)."""
    steady = values[round(len(values) * _WARM_UP) :]
    part = max(1, len(steady) // 20)
    return round(statistics.median(steady[-part:]) / statistics.median(steady[:part]) - 1, 4)


def main() -> None:
    """Run for so many minutes and judge."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=60.0)
    options.add_argument("--csv", type=Path, default=Path("soak_line.csv"))
    options.add_argument("--data-dir", type=Path)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        done = run(given.minutes, given.csv, given.data_dir or Path(folder))
    sys.stdout.write(json.dumps(done) + "\n")
    flat = max(done["line_growth"], done["camera_growth"]) < MOST_GROWTH
    sys.exit(0 if flat and done["balance"] and done["verify"] and done["exit_code"] == 0 else 1)


if __name__ == "__main__":
    main()
