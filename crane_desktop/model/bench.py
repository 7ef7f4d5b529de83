"""How fast a pack runs on this station."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from crane_desktop.model.scorer import CraneScorer

_FRAME_PX = (1500, 2048)
_WARM_UP = 3


def bench_scorer(scorer: CraneScorer, repeats: int) -> list[dict[str, Any]]:
    """Measure `scorer` on a 3-megapixel colour frame.

    Returns
    -------
    list of dict
        One each for ``preprocess``, ``model`` and ``total``: median and 90th percentile in ms over `repeats`, with
        everything that the figure depends on.
    """
    import torch

    runner = scorer.runner
    frame = np.random.default_rng(0).integers(0, 256, (*_FRAME_PX, 3), dtype=np.uint8)
    prepared = runner.prepare(frame)
    jobs: dict[str, Callable[[], object]] = {
        "preprocess": lambda: runner.prepare(frame),
        "model": lambda: runner.answers(prepared),
        "total": lambda: scorer.score(frame),
    }
    setting = {
        "repeats": repeats,
        "pack": scorer.info.pack,
        "variant": scorer.info.variant,
        "image_size_px": scorer.info.image_size_px,
        "frame_px": [_FRAME_PX[1], _FRAME_PX[0]],
        "device": scorer.info.device,
        "precision": scorer.info.precision,
        "threads": torch.get_num_threads(),
    }
    return [{"measure": name, **_percentiles(job, repeats), **setting} for name, job in jobs.items()]


def _percentiles(job: Callable[[], object], repeats: int) -> dict[str, float]:
    for _ in range(_WARM_UP):
        job()
    taken_ms = []
    for _ in range(repeats):
        began_ns = time.perf_counter_ns()
        job()
        taken_ms.append((time.perf_counter_ns() - began_ns) / 1e6)
    median, high = np.percentile(taken_ms, [50, 90])
    return {"median_ms": round(float(median), 3), "p90_ms": round(float(high), 3)}
