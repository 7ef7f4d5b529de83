"""Measure the pixel figures: time against pixels, beside other ways to the same figures; memory against pictures.

``python tests/evaluation/bench_metrics.py [--repeats 5] [--pictures 1000 10000]``. One thread. A line a measurement, as
JSON. `published` is the computation of the authors' code (200 thresholds, every region at each, `cal_pro_score`),
written anew on numpy; `exact` is scikit-learn's ranking of all pixels. torchmetrics is measured where it is installed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from crane_desktop._preload import guard_torchvision
from crane_desktop.domain.maps import AnomalyMap, Placement, Scored
from crane_desktop.domain.ports import ScorerInfo
from crane_desktop.evaluation.datasets.datasets import Dataset, LabelledClass, Sample
from crane_desktop.evaluation.evaluate import evaluate
from crane_desktop.evaluation.pixel_metrics import PRO_LIMIT, PixelTally

cv2.setNumThreads(1)
_THRESHOLDS = 200


def drawn(side: int, pictures: int) -> tuple[list[NDArray[np.float32]], list[NDArray[np.bool_]]]:
    """Draw maps with a few defects each."""
    rng = np.random.default_rng(0)
    maps, masks = [], []
    for _ in range(pictures):
        mask = np.zeros((side, side), np.uint8)
        for _ in range(4):
            x, y = rng.integers(0, side, 2).tolist()
            cv2.circle(mask, (x, y), side // 12, 1, -1)
        noise = cv2.GaussianBlur(rng.random((side, side), np.float32), (0, 0), 3)
        maps.append(np.clip(noise + 0.1 * mask, 0, 1).astype(np.float32))
        masks.append(mask > 0)
    return maps, masks


def ours(maps: list[NDArray[np.float32]], masks: list[NDArray[np.bool_]]) -> dict[str, float | None]:
    tally = PixelTally()
    for values, mask in zip(maps, masks, strict=True):
        tally.add(values, mask)
    return {"auroc": tally.auroc(), "aupro": tally.aupro()}


def exact(maps: list[NDArray[np.float32]], masks: list[NDArray[np.bool_]]) -> dict[str, float | None]:
    values, truth = np.concatenate([v.ravel() for v in maps]), np.concatenate([m.ravel() for m in masks])
    return {"auroc": float(roc_auc_score(truth, values))}


def published(maps: list[NDArray[np.float32]], masks: list[NDArray[np.bool_]]) -> dict[str, float | None]:
    low, high = min(v.min() for v in maps), max(v.max() for v in maps)
    labels = [cv2.connectedComponents(m.astype(np.uint8), connectivity=8) for m in masks]
    clean = [~m for m in masks]
    total = sum(c.sum() for c in clean)
    rates, overlaps = [], []
    for level in np.arange(low, high, (high - low) / _THRESHOLDS):
        above = [v > level for v in maps]
        share = [
            above[i][regions == number].mean()
            for i, (count, regions) in enumerate(labels)
            for number in range(1, count)
        ]
        overlaps.append(float(np.mean(share)))
        rates.append(sum(int((a & c).sum()) for a, c in zip(above, clean, strict=True)) / total)
    rate, overlap = np.array(rates), np.array(overlaps)
    inside = rate <= PRO_LIMIT
    order = np.argsort(rate[inside])
    scaled = rate[inside][order] / rate[inside].max()
    return {"aupro": float(np.trapezoid(overlap[inside][order], scaled))}


def with_torchmetrics(maps: list[NDArray[np.float32]], masks: list[NDArray[np.bool_]]) -> dict[str, float | None]:
    import torch
    from torchmetrics.functional.classification import binary_auroc

    torch.set_num_threads(1)
    values, truth = np.concatenate([v.ravel() for v in maps]), np.concatenate([m.ravel() for m in masks])
    return {"auroc": float(binary_auroc(torch.from_numpy(values), torch.from_numpy(truth.astype(np.int64))))}


def ways() -> dict[str, Callable[..., dict[str, float | None]]]:
    found = {"ours": ours, "exact": exact, "published": published}
    try:
        guard_torchvision()  # torchmetrics imports it
        import torchmetrics  # noqa: F401
    except ImportError:
        return found
    return {**found, "torchmetrics": with_torchmetrics}


def times(repeats: int) -> None:
    """Tell time against pixels; the ways take turns, so that a busy machine slows all of them alike."""
    for side in (128, 256, 512, 1024):
        maps, masks = drawn(side, 8)
        took: dict[str, list[float]] = {name: [] for name in ways()}
        said: dict[str, dict[str, float | None]] = {}
        for _ in range(repeats):
            for name, way in ways().items():
                start = time.perf_counter()
                said[name] = way(maps, masks)
                took[name].append(time.perf_counter() - start)
        pixels = 8 * side * side
        for name, seconds in took.items():
            middle = statistics.median(seconds)
            against = statistics.median(a / b for a, b in zip(seconds, took["ours"], strict=True))
            line = {"way": name, "pixels": pixels, "ms": round(1e3 * middle, 2), "times_ours": round(against, 2)}
            print(json.dumps({**line, "ns_a_pixel": round(1e9 * middle / pixels, 2), **said[name]}), flush=True)


class Painted(Sample):
    """A picture drawn when it is asked for: 10,000 of them need no disk."""

    def pixels(self) -> NDArray[np.uint8]:
        rng = np.random.default_rng(int(self.file.name))
        return rng.integers(0, 200, (256, 256), dtype=np.uint8)

    def mask(self, shape: tuple[int, int]) -> NDArray[np.bool_] | None:
        mask = np.zeros(shape, bool)
        if not self.is_good:
            mask[40:80, 60:90] = True
        return mask


class Bright:
    """A scorer that costs nothing."""

    info = ScorerInfo("bright", "1", "0" * 64, "crane", "full", 256, "cpu", "float32", False)

    def score(self, pixels: NDArray[np.uint8]) -> Scored:
        grey = cv2.GaussianBlur(pixels.astype(np.float32) / np.float32(255), (0, 0), 1)  # any value, as a model's
        return Scored(float(grey.mean()), AnomalyMap(grey, Placement(0, 0, *grey.shape[::-1])))

    def close(self) -> None:
        pass


def largest_mb() -> int:
    """Return the largest memory so far (Linux); `getrusage` would count the parent's, too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) // 1024


def memory(pictures: int) -> None:
    """Evaluate one class of so many pictures, keeping work; tell the largest memory of this process."""
    samples = tuple(
        Painted(Path(str(i)), "good" if i < pictures // 2 else "odd", None if i < pictures // 2 else Path("m"))
        for i in range(pictures)
    )
    before = largest_mb()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        evaluate(Bright(), Dataset(Path(), (LabelledClass("a", samples),)), work=Path(folder))
        kept = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
    line = {"pictures": pictures, "mb_peak": largest_mb(), "mb_before": before, "mb_disk": kept // 10**6}
    print(json.dumps({**line, "ms_a_picture": round(1e3 * (time.perf_counter() - start) / pictures, 2)}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--pictures", type=int, nargs="*", default=[1000, 10000])
    parser.add_argument("--memory-of", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.memory_of:
        memory(asked.memory_of)
        return
    if asked.repeats:
        times(asked.repeats)
    for count in asked.pictures:  # a process each: the largest memory never goes down again
        subprocess.run([sys.executable, __file__, "--memory-of", str(count)], check=True)


if __name__ == "__main__":
    main()
