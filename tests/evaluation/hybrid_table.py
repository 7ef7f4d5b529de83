"""Zero-shot and hybrid figures of the sets in ``../shared/data``, from a seed, as one table.

    python tests/evaluation/hybrid_table.py [--pack FILE] [--seed S] [SET ...]

For each set: zero-shot, then a memory of 1, 4, 16 and all good training parts. Columns: whether the self-check uses the
memory, image AUROC with its 95 % bootstrap interval, pixel AUROC over all and within defective pictures, the memory's
members with their weights, what learning takes and what a look-up adds to a picture.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from crane_desktop.domain.maps import Scored
from crane_desktop.evaluation.datasets.datasets import LabelledClass, read_dataset
from crane_desktop.model.goodparts.members import Look
from crane_desktop.model.scorer import CraneScorer, load_scorer
from crane_desktop.settings.resources import resource_path
from crane_desktop.training.goodparts.learn import learn_good_parts
from crane_desktop.training.goodparts.measure import drawn_parts

SETS = ("deeppcb", "elpv_mono", "toy_figure", "cookie")
DATA = Path(__file__).parents[3] / "shared" / "data"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pack", type=Path, default=resource_path("packs", "demo.cranepack"))
    parser.add_argument("--profile", default="full")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--parts", type=int, nargs="*", default=[1, 4, 16, 0], help="0: all")
    parser.add_argument("sets", nargs="*", default=SETS)
    asked = parser.parse_args()
    scorer = load_scorer(asked.pack, profile=asked.profile)
    print(f"{torch.get_num_threads()} threads; set, good parts, used, image AUROC [95 %], pixel all / defective only")
    for name in asked.sets:
        _table(scorer, read_dataset(DATA / name).classes[0], asked.parts, asked.seed)


def _table(scorer: CraneScorer, labelled: LabelledClass, counts: list[int], seed: int) -> None:
    seen = []
    looking_s = 0.0
    for sample in labelled.test:
        pixels = sample.pixels()
        scored, features = scorer.score_with_features(pixels)
        begun_s = time.perf_counter()
        seen.append((scored, Look(pixels, features)))
        looking_s += time.perf_counter() - begun_s
    print(_row(labelled, 0, "-", [scored for scored, _ in seen]), flush=True)
    by_file = {sample.file: sample for sample in labelled.train_good}
    for count in counts:
        if count > len(by_file):
            continue
        files = drawn_parts(labelled, count or None, seed)
        begun_s = time.perf_counter()
        memory = learn_good_parts(scorer, [by_file[file].pixels() for file in files], seed)
        learnt_s = time.perf_counter() - begun_s
        begun_s = time.perf_counter()
        fused = [memory.fused(scored, look) for scored, look in seen]
        added_ms = 1000 * (time.perf_counter() - begun_s + looking_s) / len(seen)
        weights = " ".join(f"{name} {memory.scales[name].weight:.2f}" for name in memory.members)
        own = memory.check
        check = f"self-check {own.zero_shot:.3f} -> {own.hybrid:.3f} (gain > {own.gain_low:.3f})"
        used = "yes" if own.better else "no"
        cost = f"learn {learnt_s:.1f} s, + {added_ms:.0f} ms"
        tail = f"crane {memory.score_scale.weight:.2f} {weights} | {check} | {cost}"
        print(f"{_row(labelled, len(files), used, fused)} | {tail}", flush=True)


def _row(labelled: LabelledClass, parts: int, used: str, answers: list[Scored]) -> str:
    bad = np.array([not sample.is_good for sample in labelled.test])
    scores = np.array([answer.score for answer in answers])
    draw = np.random.default_rng(0)
    drawn = []
    for _ in range(1000):  # good and defective apart, as in BASELINES.md
        some = np.concatenate([draw.choice(np.flatnonzero(bad == side), (bad == side).sum()) for side in (True, False)])
        drawn.append(roc_auc_score(bad[some], scores[some]))
    low, high = np.quantile(drawn, [0.025, 0.975])
    image = f"{roc_auc_score(bad, scores):.3f} [{low:.3f}, {high:.3f}]"
    return f"{labelled.name:12s} {parts:3d} {used:3s} {image} {_pixels(labelled, answers)}"


def _pixels(labelled: LabelledClass, answers: list[Scored]) -> str:
    if not labelled.has_masks:
        return "    -     -"
    values: list[NDArray[np.float32]] = []
    marks: list[NDArray[np.bool_]] = []
    good: list[bool] = []
    for sample, answer in zip(labelled.test, answers, strict=True):
        mask = sample.mask(sample.pixels().shape[:2])
        assert mask is not None
        large = cv2.resize(answer.anomaly_map.values, mask.shape[::-1], interpolation=cv2.INTER_LINEAR)
        values.append(np.asarray(large, np.float32).ravel())
        marks.append(mask.ravel())
        good.append(sample.is_good)
    broken = [i for i, is_good in enumerate(good) if not is_good]
    whole = roc_auc_score(np.concatenate(marks), np.concatenate(values))
    within = roc_auc_score(np.concatenate([marks[i] for i in broken]), np.concatenate([values[i] for i in broken]))
    return f"{whole:.3f} {within:.3f}"


if __name__ == "__main__":
    main()
