"""Durable verdicts a second through the line's own recording, with every picture and map kept. Not a test.

``python tests/records/bench_durable.py [--seconds 4] [--turns 3] [--json] [--data-dir DIR]``. A source that always has
a part, a model that answers at once, the real log: what is left is the recording. Pictures are a scene with a sensor's
noise, no two in a row alike; the map is smooth and of the embedded pack's size. A verdict counts once it is durable.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.frames import EndOfFrames, Frame, FrameOrigin, SourceEvent, sealed_pixels
from crane_desktop.domain.maps import AnomalyMap, Placement, Scored
from crane_desktop.domain.ports import ScorerInfo, SourceInfo
from crane_desktop.domain.station import Result
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.pipeline.line import Line
from crane_desktop.recipe.model import Recipe, Thresholds
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.verify import verify_log
from crane_desktop.settings.data_dir import DataDir

CASES = {
    "320x240 colour": (240, 320, True, 200.0),
    "5 MP mono": (2048, 2448, False, 30.0),
    "5 MP colour": (2048, 2448, True, 15.0),
}
"""Height, width, colour, and the bar."""

MAP_SIDE = 448
DIFFERENT = 6


def scene(number: int, height: int, width: int, *, colour: bool) -> NDArray[np.uint8]:
    """A lit part with structure and noise of three grey levels, as an 8-bit camera sees it."""
    y, x = np.mgrid[:height, :width]
    base = 110 + 40 * np.sin((x + 7 * number) / 97) + 30 * np.cos(y / 61) + ((x // 200 + y // 200) % 2) * 25
    planes = np.stack([base, base * 0.9 + 8, base * 0.8 + 15], -1) if colour else base
    noise = np.random.default_rng(number).normal(0, 3, planes.shape)
    return np.asarray(np.clip(planes + noise, 0, 255), dtype=np.uint8)


class Source:
    """Always has a part."""

    info = SourceInfo("bench:1", "demo", True, "bench")

    def __init__(self, pictures: list[NDArray[np.uint8]]) -> None:
        self._pictures = itertools.cycle(pictures)
        self._numbers = itertools.count(1)
        self._closed = threading.Event()

    def open(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """End."""
        self._closed.set()

    def next_event(self, timeout_s: float) -> SourceEvent | None:
        """The next part, at once."""
        if self._closed.is_set():
            return EndOfFrames()
        pixels = next(self._pictures)
        origin = FrameOrigin(next(self._numbers), "bench:1", datetime.now(UTC), time.monotonic_ns())
        return Frame(pixels, origin, "Mono8" if pixels.ndim == 2 else "RGB8")


class Model:
    """Answers at once, with a map of its own for each part."""

    info = ScorerInfo("bench", "1", "0" * 64, "crane", "full", MAP_SIDE, "cpu", "float32", for_demonstration=True)

    def __init__(self) -> None:
        rough = np.random.default_rng(3).random((DIFFERENT, 30, 30), dtype=np.float32)
        smooth = [cv2.GaussianBlur(cv2.resize(one, (MAP_SIDE, MAP_SIDE)), (0, 0), 4.0) for one in rough]
        self._maps = itertools.cycle(smooth)

    def score(self, pixels: NDArray[np.uint8]) -> Scored:
        """Some score and map."""
        values = np.asarray(next(self._maps), dtype=np.float32)
        values.flags.writeable = False
        return Scored(0.1, AnomalyMap(values, Placement(0, 0, pixels.shape[1], pixels.shape[0])))

    def close(self) -> None:
        """Nothing to do."""


def measure(folder: Path, pictures: list[NDArray[np.uint8]], seconds: float) -> dict[str, Any]:
    """Run a line for so long and count what became durable in that time."""
    data = DataDir(folder)
    data.prepare()
    told: list[tuple[float, Result]] = []
    most_held = 0
    with closing(SqliteInspectionLog(data, keep_images="all")) as log:
        recipe = Recipe(name="bench", thresholds=Thresholds(score_review=0.9, score_ng=0.95, map_review=2, map_ng=2))
        line = Line(
            Source(pictures),
            Model(),
            recipe,
            log,
            software_version="bench",
            on_result=lambda result: told.append((time.monotonic(), result)),
        )
        cpu_s, begun_s = os.times(), time.monotonic()
        line.start()
        while time.monotonic() - begun_s < seconds:
            most_held = max(most_held, getattr(getattr(line.snapshot(), "backlog", None), "held_bytes", 0))
            time.sleep(0.05)
        until_s, end_cpu = time.monotonic(), os.times()
        line.stop(30.0)
    durable = [result for moment, result in told if moment <= until_s]
    if any(result.record_id is None or result.inspection.verdict is not Verdict.OK for result in durable):
        raise RuntimeError(f"a verdict was lost: {[r.inspection.reason for r in durable if r.record_id is None][:3]}")
    files = [file for file in data.images.rglob("*.png") if "-map" not in file.name]
    if len(files) != len(told) or not verify_log(data).ok:
        raise RuntimeError(f"{len(files)} pictures of {len(told)} verdicts, {verify_log(data).error}")
    stored = sum(file.stat().st_size for file in files)
    return {
        "verdicts_per_s": len(durable) / (until_s - begun_s),
        "bytes_of_values": stored / (len(files) * pictures[0].nbytes),
        "cpu": (end_cpu.user + end_cpu.system - cpu_s.user - cpu_s.system) / (until_s - begun_s),
        "most_held_mib": most_held / 2**20,
    }


def main() -> None:
    """Measure each case in turns and print the medians."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seconds", type=float, default=4.0)
    asked.add_argument("--turns", type=int, default=3)
    asked.add_argument("--json", action="store_true")
    asked.add_argument("--data-dir", help="folder on the disk to be measured; the temporary folder by default")
    args = asked.parse_args()
    pictures = {
        name: [scene(n, height, width, colour=colour) for n in range(DIFFERENT)]
        for name, (height, width, colour, _) in CASES.items()
    }
    sealed = {name: [sealed_pixels(one) for one in some] for name, some in pictures.items()}
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in CASES}
    for _ in range(args.turns):
        for name in CASES:
            with tempfile.TemporaryDirectory(dir=args.data_dir) as folder:
                found[name].append(measure(Path(folder), sealed[name], args.seconds))
    for name, runs in found.items():
        line = {key: round(statistics.median(run[key] for run in runs), 3) for key in runs[0]}
        line |= {"case": name, "bar_per_s": CASES[name][3], "load": os.getloadavg()[0], "cores": os.cpu_count()}
        line["all_per_s"] = [round(run["verdicts_per_s"], 1) for run in runs]
        sys.stdout.write(
            json.dumps(line) + "\n"
            if args.json
            else f"{name:16} {line['verdicts_per_s']:7.1f} verdicts/s "
            f"(bar {line['bar_per_s']:.0f}; {line['all_per_s']}), "
            f"{line['bytes_of_values']:.2f} of the values' bytes, {line['cpu']:.2f} cores, "
            f"{line['most_held_mib']:.0f} MiB waiting, load {line['load']:.1f} on {line['cores']}\n"
        )


if __name__ == "__main__":
    main()
