"""The pool is drawn once, taken up where it was cut off, and half of it is defective."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from crane_desktop.training import pool as pool_module
from crane_desktop.training.pool import draw_pool, fitted


class _SameProcess:
    """Stands for a pool of processes; counts the chunks that were drawn."""

    chunks: ClassVar[list[int]] = []

    def __init__(self, _processes: int) -> None:
        pass

    def __enter__(self) -> _SameProcess:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def starmap(self, work: object, jobs: list[tuple[str, int, int, int, int]], chunksize: int) -> None:
        for job in jobs:
            self.chunks.append(job[1])
            work(*job)  # type: ignore[operator]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """First part of each chunk that was drawn; chunks of three parts, drawn in this process."""
    context = type("Context", (), {"Pool": _SameProcess})
    monkeypatch.setattr(pool_module.multiprocessing, "get_context", lambda _kind: context)
    monkeypatch.setattr(pool_module, "_CHUNK", 3)
    monkeypatch.setattr(_SameProcess, "chunks", [])
    return _SameProcess.chunks


def draw(folder: Path, count: int = 8, seed: int = 4) -> pool_module.Pool:
    return draw_pool(folder, count=count, size_px=48, seed=seed, processes=1)


def test_every_other_part_is_defective(tmp_path: Path, drawn: list[int]) -> None:
    pool = draw(tmp_path)
    assert (pool.pixels.shape, pool.pixels.dtype) == ((8, 48, 48, 3), np.uint8)
    assert (pool.masks.shape, pool.masks.dtype) == ((8, 48, 48), np.bool_)
    assert [bool(m.any()) for m in pool.masks] == [False, True] * 4
    assert pool.pixels.std(axis=(1, 2, 3)).min() > 1
    assert drawn == [0, 3, 6]


def test_twins_differ_in_the_defect(tmp_path: Path, drawn: list[int]) -> None:
    pool = draw(tmp_path)
    for at in range(0, 8, 2):
        apart = np.abs(pool.pixels[at].astype(int) - pool.pixels[at + 1]).mean(axis=-1)
        mask = pool.masks[at + 1]
        assert apart[mask].mean() > 2 * apart[~mask].mean()


def test_a_finished_pool_is_not_drawn_again(tmp_path: Path, drawn: list[int]) -> None:
    first = np.array(draw(tmp_path).pixels)
    drawn.clear()
    assert np.array_equal(draw(tmp_path).pixels, first)
    assert drawn == []


def test_a_cut_off_pool_is_completed(tmp_path: Path, drawn: list[int]) -> None:
    first = np.array(draw(tmp_path).pixels)
    (tmp_path / "done-3").unlink()
    half = np.load(tmp_path / "pixels.npy", mmap_mode="r+")
    half[3:6] = 0
    half.flush()
    drawn.clear()
    assert np.array_equal(draw(tmp_path).pixels, first)
    assert drawn == [3]


def test_another_wish_is_another_pool(tmp_path: Path, drawn: list[int]) -> None:
    first = np.array(draw(tmp_path).pixels)
    drawn.clear()
    assert not np.array_equal(draw(tmp_path, seed=5).pixels, first)
    assert drawn == [0, 3, 6]
    assert len(draw(tmp_path, count=2, seed=5).pixels) == 2


def test_parts_are_brought_to_the_models_size() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    mask = np.zeros((64, 64), bool)
    mask[10, :] = True  # as thin as can be: half a pixel at the model's size
    small, truth = fitted(pixels, mask, 32)
    assert (small.shape, small.dtype, truth.shape) == ((32, 32, 3), np.uint8, (32, 32))
    assert truth[5].all()
    assert truth.sum() == 32
    assert fitted(pixels, mask, 64)[0] is pixels
