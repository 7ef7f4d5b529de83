"""Measure how soon the bundle's window is visible and shows its first verdict.

``python packaging/bundle/measure_start.py BUNDLE [--times 5] [--json FILE]``: starts the window on a virtual screen,
each time in a new data folder, as on the very first start. Cold means that the system has forgotten the files; only
root on Linux can make it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from virtual_screen import VirtualScreen  # noqa: E402  # beside this file, wherever it is started from

from crane_desktop.domain.verdicts import Verdict  # noqa: E402
from crane_desktop.overlay.badge import VERDICT_COLOURS  # noqa: E402

WINDOW_GREY = (0xDF, 0xE1, 0xE3)
_CACHES = Path("/proc/sys/vm/drop_caches")
_LOOK_EVERY_S = 0.005
_WITHIN_S = 120.0
_STEP = 4
_ENOUGH_PIXELS = 400


def window_is_there(screen: VirtualScreen) -> bool:
    """Return whether the window is painted: its grey is on screen."""
    return screen.count(WINDOW_GREY, _STEP) > _ENOUGH_PIXELS


def verdict_is_shown(screen: VirtualScreen) -> bool:
    """Return whether a plate has the colour of a verdict that was decided."""
    decided = (Verdict.OK, Verdict.NG, Verdict.REVIEW)
    return any(screen.count(VERDICT_COLOURS[verdict], _STEP) > _ENOUGH_PIXELS for verdict in decided)


def measure_once(bundle: Path) -> dict[str, float]:
    """Start the window once; return the seconds until it was visible and until its first verdict."""
    with VirtualScreen() as screen, tempfile.TemporaryDirectory() as home:
        started_s = time.monotonic()
        program = subprocess.Popen(
            [bundle / "CraneInspector"],
            env={"HOME": home, "DISPLAY": screen.display},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            visible_s = _wait(lambda: window_is_there(screen), program) - started_s
            verdict_s = _wait(lambda: verdict_is_shown(screen), program) - started_s
        finally:
            program.terminate()
            program.wait(30)
    return {"visible_s": visible_s, "verdict_s": verdict_s}


def _wait(seen: Callable[[], bool], program: subprocess.Popen[bytes]) -> float:
    until_s = time.monotonic() + _WITHIN_S
    while not seen():
        if program.poll() is not None or time.monotonic() > until_s:
            raise RuntimeError(f"the program ended with {program.poll()}, or shows nothing for {_WITHIN_S:.0f} s")
        time.sleep(_LOOK_EVERY_S)
    return time.monotonic()


def forget_files() -> bool:
    """Make the system forget what it has read from disk; return whether it could."""
    try:
        os.sync()
        _CACHES.write_text("3\n", encoding="ascii")
    except OSError:
        return False
    return True


def measure(bundle: Path, times: int) -> dict[str, Any]:
    """Return all measurements, and their medians, warm and (where it is possible) cold."""
    found: dict[str, Any] = {"processors": os.cpu_count(), "times": times}
    if forget_files():
        cold = []
        for _ in range(times):
            forget_files()
            cold.append(measure_once(bundle))
        found["cold"] = _summed_up(cold)
    measure_once(bundle)
    found["warm"] = _summed_up([measure_once(bundle) for _ in range(times)])
    return found


def _summed_up(runs: list[dict[str, float]]) -> dict[str, Any]:
    medians = {f"median_{name}": round(statistics.median(run[name] for run in runs), 3) for name in runs[0]}
    return {**medians, "runs": [{name: round(value, 3) for name, value in run.items()} for run in runs]}


def main() -> None:
    """Read the command line, measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path, help="the bundle's folder")
    parser.add_argument("--times", type=int, default=5, help="starts of each kind")
    parser.add_argument("--json", type=Path, help="write everything into this file too")
    asked = parser.parse_args()
    found = measure(asked.bundle.resolve(), asked.times)
    if asked.json is not None:
        asked.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print("| start | window visible | first verdict |")
    print("|---|---|---|")
    for kind in ("cold", "warm"):
        if kind in found:
            print(f"| {kind} | {found[kind]['median_visible_s']:.2f} s | {found[kind]['median_verdict_s']:.2f} s |")


if __name__ == "__main__":
    main()
