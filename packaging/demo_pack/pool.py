"""A pool of drawn parts on disk, in pairs of twins; drawn once by all cores and read as memory maps."""

from __future__ import annotations

import json
import multiprocessing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from crane_desktop.simulation import TRAINING_KINDS, draw_twins
from demo_pack.augment import framed

_DRAWN_AT_PX = (1.0, 1.0, 1.34)
"""Parts are drawn at several sizes and brought to the pool's: what a model sees comes from larger frames too."""
_SHARES = {"random_texture": 0.16, "bare_circuit": 0.2, "moulded_figure": 0.17, "solar_cell": 0.07, "baked_good": 0.05}
"""Of the pool; the other kinds have equal parts of what is left."""
_CHUNK = 200
_MOST_DEFECTS = 4
"""More than a line makes: each one is something to learn from."""


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Parts and their truth: uint8 ``(N, S, S, 3)`` and bool ``(N, S, S)``.

    Part 2 i is good, part 2 i + 1 is the same part damaged: what tells them apart is the defect alone, so that a
    model learns from far fewer of them.
    """

    pixels: NDArray[np.uint8]
    masks: NDArray[np.bool_]


def draw_pool(folder: Path, *, count: int, size_px: int, seed: int, processes: int) -> Pool:
    """Return a pool of `count` parts of the training kinds; drawn now, or taken up where drawing was cut off."""
    folder.mkdir(parents=True, exist_ok=True)
    wish = {"count": count, "size_px": size_px, "seed": seed}
    state = folder / "pool.json"
    if not state.exists() or json.loads(state.read_text()) != wish:
        np.lib.format.open_memmap(folder / "pixels.npy", "w+", np.uint8, (count, size_px, size_px, 3))
        np.lib.format.open_memmap(folder / "masks.npy", "w+", np.bool_, (count, size_px, size_px))
        for done in folder.glob("done-*"):
            done.unlink()
        state.write_text(json.dumps(wish))
    todo = [(str(folder), at, min(at + _CHUNK, count), size_px, seed) for at in range(0, count, _CHUNK)]
    todo = [job for job in todo if not (folder / f"done-{job[1]}").exists()]
    if todo:
        with multiprocessing.get_context("spawn").Pool(processes) as workers:
            workers.starmap(_draw_chunk, todo, chunksize=1)
    return Pool(np.load(folder / "pixels.npy", mmap_mode="r"), np.load(folder / "masks.npy", mmap_mode="r"))


def _draw_chunk(folder: str, first: int, last: int, size_px: int, seed: int) -> None:
    cv2.setNumThreads(1)
    pixels = np.load(Path(folder) / "pixels.npy", mmap_mode="r+")
    masks = np.load(Path(folder) / "masks.npy", mmap_mode="r+")
    for index in range(first, last, 2):
        rng = np.random.default_rng([seed, index // 2])
        twins = draw_twins(
            _kind(rng),
            int(rng.integers(2**31)),
            size_px=round(size_px * float(rng.choice(_DRAWN_AT_PX))),
            count=int(rng.integers(1, _MOST_DEFECTS + 1)),
        )
        for place, part in enumerate(twins, start=index):
            pixels[place], masks[place] = framed(part.pixels, part.mask, (0, 0, len(part.mask)), size_px)
    pixels.flush()
    masks.flush()
    (Path(folder) / f"done-{first}").touch()


def _kind(rng: np.random.Generator) -> str:
    others = [kind for kind in TRAINING_KINDS if kind not in _SHARES]
    names, shares = [*_SHARES, *others], [*_SHARES.values(), *[(1 - sum(_SHARES.values())) / len(others)] * len(others)]
    return str(rng.choice(names, p=shares))
