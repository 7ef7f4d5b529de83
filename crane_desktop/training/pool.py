"""A pool of drawn parts on disk, in pairs of twins; drawn once by all cores and read as memory maps."""

from __future__ import annotations

import json
import multiprocessing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from crane_desktop.camera.simulated import TRAINING_KINDS, draw_part

_DRAWN_AT_PX = (256, 320, 448)
"""Parts are drawn at several sizes and brought to the model's: what it sees comes from larger frames too."""
_BREADTH = "random_texture"
_BREADTH_SHARE = 0.33
_CHUNK = 200
_MOST_DEFECTS = 3
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
    kinds = [k for k in TRAINING_KINDS if k != _BREADTH]
    for index in range(first, last):
        rng = np.random.default_rng([seed, index // 2])  # the same for both twins
        kind = _BREADTH if rng.random() < _BREADTH_SHARE else kinds[int(rng.integers(len(kinds)))]
        part = draw_part(
            kind,
            int(rng.integers(2**31)),
            size_px=int(rng.choice(_DRAWN_AT_PX)),
            defect_rate=float(index % 2),
            count=int(rng.integers(1, _MOST_DEFECTS + 1)),
        )
        pixels[index], masks[index] = fitted(part.pixels, part.mask, size_px)
    pixels.flush()
    masks.flush()
    (Path(folder) / f"done-{first}").touch()


def fitted(
    pixels: NDArray[np.uint8], mask: NDArray[np.bool_], size_px: int
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Bring a part and its mask to the model's size; a thin defect stays in the mask."""
    if pixels.shape[0] == size_px:
        return pixels, mask
    small = cv2.resize(pixels, (size_px, size_px), interpolation=cv2.INTER_AREA)
    share = cv2.resize(mask.astype(np.float32), (size_px, size_px), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), share > 0.3
