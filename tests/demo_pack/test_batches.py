"""Batches depend on nothing but seed and step, and keep twins together."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from crane_desktop.preprocess.normalise import CLIP_NORMALISATION
from demo_pack import batches as batches_module
from demo_pack.batches import Batch, batch_at, batches
from demo_pack.pool import Pool


@pytest.fixture(scope="module")
def pool() -> Pool:
    """Twins of five parts: the second has a bright square."""
    rng = np.random.default_rng(3)
    good = rng.integers(60, 100, (5, 32, 32, 3), dtype=np.uint8)
    pixels, masks = np.repeat(good, 2, axis=0), np.zeros((10, 32, 32), bool)
    masks[1::2, 4:20, 4:20] = True
    pixels[masks] += 120
    return Pool(pixels, masks)


def same(one: Batch, other: Batch) -> bool:
    return torch.equal(one.images, other.images) and torch.equal(one.masks, other.masks)


def test_shapes_and_scale(pool: Pool) -> None:
    batch = batch_at(pool, size=6, size_px=32, seed=1, step=0)
    assert (batch.images.shape, batch.masks.shape) == ((6, 3, 32, 32), (6, 32, 32))
    assert batch.images.dtype == batch.masks.dtype == torch.float32
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (CLIP_NORMALISATION.mean, CLIP_NORMALISATION.std))
    pictures = batch.images * std + mean
    assert pictures.min() > -1e-5
    assert pictures.max() < 1 + 1e-5


@pytest.mark.parametrize("size_px", [16, 24, 32])
def test_pictures_have_the_size_asked_for(pool: Pool, size_px: int) -> None:
    batch = batch_at(pool, size=6, size_px=size_px, seed=1, step=0)
    assert (batch.images.shape, batch.masks.shape) == ((6, 3, size_px, size_px), (6, size_px, size_px))


def test_every_good_part_is_followed_by_its_damaged_twin(pool: Pool) -> None:
    for step in range(4):
        batch = batch_at(pool, size=6, size_px=32, seed=1, step=step)
        assert not batch.masks[::2].any()
        for good, odd, mask in zip(batch.images[::2], batch.images[1::2], batch.masks[1::2], strict=True):
            apart = (good - odd).abs().mean(0)
            assert apart[mask > 0].mean() > 5 * apart[mask == 0].mean()


def test_seed_and_step_decide(pool: Pool) -> None:
    batch = batch_at(pool, size=4, size_px=32, seed=1, step=7)
    assert same(batch, batch_at(pool, size=4, size_px=32, seed=1, step=7))
    assert not same(batch, batch_at(pool, size=4, size_px=32, seed=1, step=8))
    assert not same(batch, batch_at(pool, size=4, size_px=32, seed=2, step=7))


@pytest.mark.parametrize(("first", "last"), [(0, 6), (4, 6), (5, 6), (6, 6)])
def test_batches_come_in_order_and_all(pool: Pool, first: int, last: int) -> None:
    found = list(batches(pool, size=4, size_px=32, seed=1, first=first, last=last))
    assert len(found) == last - first
    for step, batch in enumerate(found, first):
        assert same(batch, batch_at(pool, size=4, size_px=32, seed=1, step=step))


def test_who_stops_early_leaves_no_thread_behind(pool: Pool) -> None:
    coming = batches(pool, size=4, size_px=32, seed=1, first=0, last=1000)
    next(coming)
    coming.close()  # type: ignore[attr-defined]
    assert [t.name for t in threading.enumerate() if t.name.startswith("crane-batches")] == []


def test_a_failure_in_the_background_reaches_the_foreground(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> Batch:
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr(batches_module, "batch_at", broken)
    with pytest.raises(RuntimeError, match="disk"):
        next(batches(pool, size=4, size_px=32, seed=1, first=0, last=3))
