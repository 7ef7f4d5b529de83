"""What prompt learning costs with a pack: memory by phase, disk a picture, seconds a picture and an epoch.

``python tests/training/learning_cost.py PACK FOLDER [PICTURES] [EPOCHS]``: draws so many labelled parts, learns on them
and prints one JSON object. A pack of the published size: ``python tests/model/full_size.py FOLDER``.
"""

from __future__ import annotations

import json
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

PAGE_BYTES = 4096


class Memory:
    """Peak resident memory in GB by phase, from a sample every 20 ms."""

    def __init__(self) -> None:
        self.phase = "start"
        self.peaks: dict[str, float] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(0.02):
            now_gb = int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES / 1e9
            self.peaks[self.phase] = round(max(self.peaks.get(self.phase, 0.0), now_gb), 3)


def draw_site(folder: Path, pictures: int, side_px: int = 600) -> Path:
    """Write a site's folder of two labels: noise of a texture, with a bright spot where defective."""
    rng = np.random.default_rng(0)
    for index in range(pictures):
        part = rng.integers(60, 120, (side_px, side_px, 3), dtype=np.uint8)
        bad = index % 2 == 1
        if bad:
            y, x = rng.integers(0, side_px - 150, 2)
            part[y : y + 150, x : x + 150] += 100
        place = folder / ("不良品" if bad else "良品")
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{index:04d}.png").write_bytes(cv2.imencode(".png", part)[1].tobytes())
    return folder


def phases(memory: Memory, steps: Iterator[dict[str, Any]], epochs: int) -> tuple[list[float], dict[str, Any]]:
    """Take the steps and say which phase comes next; return when each ended, and the last one."""
    ends, last = [], {}
    for step in steps:
        ends.append(time.monotonic())
        last = step
        memory.phase = "writing" if len(ends) == epochs else "learning"
    return ends, last


def measure(pack: Path, folder: Path, pictures: int, epochs: int) -> dict[str, Any]:
    """Learn, and return what it cost."""
    from crane_desktop.training.prompt_learning import LearningOptions, learn_prompts

    shutil.rmtree(folder, ignore_errors=True)
    site = draw_site(folder / "site", pictures)
    out = folder / "learned.cranepack"
    encoded: list[float] = []
    stored: list[int] = []

    def on_encoding(done: int, of: int) -> None:
        encoded.append(time.monotonic())
        if done == of:
            stored.extend(f.stat().st_size for f in (folder / f".{out.name}.learning" / "features").iterdir())
            memory.phase = "towers going"

    with Memory() as memory:
        memory.phase = "encoding"
        steps = learn_prompts(pack, [site], out, LearningOptions(epochs=epochs), on_encoding)
        ends, last = phases(memory, steps, epochs)
    each = np.diff([encoded[-1], *ends[:-1]])
    return {
        "pack": pack.name,
        "pictures": pictures,
        "encoding_s_each": round(float(np.median(np.diff(encoded))), 2),
        "disk_mb_each": round(max(stored) / 1e6, 3),
        "epoch_s": round(float(np.median(each[1:])), 2),
        "images_learned": last["images_learned"],
        "writing_s": round(ends[-1] - ends[-2], 1),
        "peak_gb": memory.peaks,
    }


if __name__ == "__main__":
    given = [int(words) for words in sys.argv[3:]]
    count, rounds = (given + [12, 3][len(given) :])[:2]
    print(json.dumps(measure(Path(sys.argv[1]), Path(sys.argv[2]), count, rounds)))
