"""Batches of drawn twins, made ready in the background."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from crane_desktop.preprocess.normalise import CLIP_NORMALISATION
from demo_pack.augment import chosen_frame, framed, varied
from demo_pack.pool import Pool

_AHEAD = 3


@dataclass(frozen=True, slots=True)
class Batch:
    """CLIP-normalised pictures ``(B, 3, S, S)`` and masks ``(B, S, S)`` in {0, 1}, float32, twins side by side."""

    images: Tensor
    masks: Tensor


def batch_at(pool: Pool, *, size: int, size_px: int, seed: int, step: int) -> Batch:
    """Return the batch of a step, its pictures `size_px` wide; it depends on nothing but the arguments.

    A good part and its damaged twin are turned and recoloured alike: all that differs is the defect (and the noise).
    """
    rng = np.random.default_rng([seed, 1, step])
    pictures, masks = [], []
    for pair in rng.integers(0, len(pool.pixels) // 2, size // 2):
        change = int(rng.integers(2**31))
        frame = chosen_frame(pool.masks[2 * pair + 1], size_px, rng)
        for index in (2 * pair, 2 * pair + 1):
            part = framed(pool.pixels[index], pool.masks[index], frame, size_px)
            picture, mask = varied(*part, np.random.default_rng([seed, 2, change]))
            pictures.append(picture)
            masks.append(mask)
    mean, std = (np.array(v, np.float32) for v in (CLIP_NORMALISATION.mean, CLIP_NORMALISATION.std))
    images = torch.from_numpy((np.stack(pictures) - mean) / std).permute(0, 3, 1, 2).contiguous()
    return Batch(images, torch.from_numpy(np.stack(masks)).float())


def batches(pool: Pool, *, size: int, size_px: int, seed: int, first: int, last: int) -> Iterator[Batch]:
    """Yield the batches of steps `first` to `last` - 1; a thread prepares a few ahead."""
    with ThreadPoolExecutor(1, thread_name_prefix="crane-batches") as worker:
        waiting: list[Future[Batch]] = []
        try:
            for step in range(first, last + _AHEAD):
                if step < last:
                    waiting.append(worker.submit(batch_at, pool, size=size, size_px=size_px, seed=seed, step=step))
                if step >= first + _AHEAD:
                    yield waiting.pop(0).result()
        finally:
            for job in waiting:
                job.cancel()
