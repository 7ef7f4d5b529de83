"""The pool is drawn once, taken up where it was cut off, and half of it is defective."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from crane_desktop.simulation import TRAINING_KINDS
from demo_pack import pool as pool_module
from demo_pack.pool import draw_pool


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
    """First part of each chunk that was drawn; chunks of four parts, drawn in this process."""
    context = type("Context", (), {"Pool": _SameProcess})
    monkeypatch.setattr(pool_module.multiprocessing, "get_context", lambda _kind: context)
    monkeypatch.setattr(pool_module, "_CHUNK", 4)
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
    assert drawn == [0, 4]


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
    (tmp_path / "done-4").unlink()
    half = np.load(tmp_path / "pixels.npy", mmap_mode="r+")
    half[4:8] = 0
    half.flush()
    drawn.clear()
    assert np.array_equal(draw(tmp_path).pixels, first)
    assert drawn == [4]


def test_another_wish_is_another_pool(tmp_path: Path, drawn: list[int]) -> None:
    first = np.array(draw(tmp_path).pixels)
    drawn.clear()
    assert not np.array_equal(draw(tmp_path, seed=5).pixels, first)
    assert drawn == [0, 4]
    assert len(draw(tmp_path, count=2, seed=5).pixels) == 2


def test_the_pool_is_broad(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = [pool_module._kind(np.random.default_rng([1, number])) for number in range(2000)]
    assert set(kinds) == set(TRAINING_KINDS)
    for kind, share in pool_module._SHARES.items():
        assert kinds.count(kind) / 2000 == pytest.approx(share, abs=0.04)
