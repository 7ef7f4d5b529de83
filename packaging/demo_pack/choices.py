"""What choices about the embedded pack bring, measured side by side: picture size, precision, method, the pack before.

``python packaging/demo_pack choices --pack PACK [--before PACK] SET... --out FILE.json --good-parts FILE.json``
prints the tables and keeps them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from crane_desktop.domain.ports import Scorer
from crane_desktop.evaluation.datasets.datasets import Dataset, read_dataset
from crane_desktop.evaluation.evaluate import evaluate
from crane_desktop.model.container import open_pack
from crane_desktop.model.family import CRANE, load_method
from crane_desktop.model.manifest import FAST, FULL
from crane_desktop.model.scorer import CraneScorer, load_scorer
from crane_desktop.settings.atomic import write_atomic
from crane_desktop.training.goodparts.measure import evaluate_with_good_parts

_SIZES_PX = (320, 352, 384, 448)
_METHODS = ("anomalyclip", "clip")
_TIMED = 9
_GOOD_PARTS = (4, None)
"""None: all."""
_FIGURES = ("image_auroc", "pixel_auroc", "pixel_auroc_defective_only", "pixel_aupro")


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to run a pack, and how to get its scorer."""

    name: str
    load: Callable[[], Scorer]


def choices(pack: Path, before: Path | None) -> list[Choice]:
    """Return what is compared."""
    found = [Choice(f"{size} px", partial(_at_size, pack, size)) for size in _SIZES_PX]
    found.append(Choice("bfloat16", partial(load_method, CRANE, pack, device="cpu", profile=FAST)))
    found += [Choice(method, partial(load_method, method, pack, device="cpu")) for method in _METHODS]
    if before is not None:
        found.append(Choice("pack before", partial(load_method, CRANE, before, device="cpu")))
    return found


def measure(choice: Choice, datasets: Sequence[Dataset]) -> dict[str, Any]:
    """Return a choice's figures on each set, and its time for a picture: ``{"choice", "picture_ms", "sets"}``."""
    with closing(choice.load()) as scorer:
        rows = {data.name: evaluate(scorer, data).as_dict()["classes"] for data in datasets}
        sets = {name: _mean(list(classes.values())) for name, classes in rows.items()}
        return {"choice": choice.name, "picture_ms": round(_picture_ms(scorer), 1), "sets": sets}


def measure_good_parts(pack: Path, dataset: Dataset, seed: int) -> list[dict[str, Any]]:
    """Return the figures with some good parts of each class, one row for each number of them that there are."""
    rows: list[dict[str, Any]] = []
    with closing(load_scorer(pack, device="cpu")) as scorer:
        for parts in _GOOD_PARTS:
            figures, told = evaluate_with_good_parts(scorer, dataset, parts, seed, on_progress=_silent)
            for name, row in figures.as_dict()["classes"].items():
                rows.append({"good_parts": told[name].parts, "used": told[name].used, **row})
    return rows


def _silent(_done: int, _of: int) -> None:
    pass


def _mean(classes: Sequence[dict[str, Any]]) -> dict[str, float | None]:
    means: dict[str, float | None] = {}
    for figure in _FIGURES:
        known = [row[figure] for row in classes if row[figure] is not None]
        means[figure] = sum(known) / len(known) if known else None
    return means


def _picture_ms(scorer: Scorer) -> float:
    pixels = np.random.default_rng(0).integers(0, 256, (512, 512, 3), dtype=np.uint8)
    spans = []
    for _ in range(_TIMED):
        began = time.perf_counter()
        scorer.score(pixels)
        spans.append(time.perf_counter() - began)
    return 1000 * statistics.median(spans)


def _at_size(path: Path, image_size_px: int) -> CraneScorer:
    import torch

    from crane_desktop.model.device import settle_numerics
    from crane_desktop.model.runner import Runner
    from crane_desktop.model.weights import load_profile

    settle_numerics()
    with open_pack(path) as pack:
        profile = pack.manifest.profile(FULL).model_copy(update={"image_size_px": image_size_px})
        runner = Runner(load_profile(pack, profile), pack.manifest.preprocessing, torch.device("cpu"))
        return CraneScorer(pack, profile, runner, "cpu")


def main() -> None:
    """Measure, print, keep."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--pack", type=Path, required=True)
    reader.add_argument("--before", type=Path, help="the pack that it follows")
    reader.add_argument("--out", type=Path, required=True)
    reader.add_argument("--good-parts", type=Path, required=True, help="where the figures with good parts go")
    reader.add_argument("sets", type=Path, nargs="+")
    asked = reader.parse_args()
    datasets = [read_dataset(path) for path in asked.sets]
    rows = []
    for choice in choices(asked.pack, asked.before):
        rows.append(measure(choice, datasets))
        print(json.dumps(rows[-1]), flush=True)
    with open_pack(asked.pack) as pack:
        sha256 = pack.sha256
    _keep(asked.out, {"pack_sha256": sha256, "choices": rows})
    remembered = {}
    for data in datasets:
        remembered[data.name] = measure_good_parts(asked.pack, data, seed=0)
        print(json.dumps({data.name: remembered[data.name]}), flush=True)
    _keep(asked.good_parts, {"pack_sha256": sha256, "sets": remembered})


def _keep(path: Path, figures: dict[str, Any]) -> None:
    write_atomic(path, (json.dumps(figures, indent=1) + "\n").encode("ascii"))
