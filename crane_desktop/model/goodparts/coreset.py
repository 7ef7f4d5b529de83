"""A few patches that stand for many, and how far a patch is from the nearest of them."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_LARGEST_POOL = 30_000
_PROJECTED = 24
_ROWS_AT_ONCE = 512


def coreset(patches: NDArray[np.float32], most: int, seed: int) -> NDArray[np.float32]:
    """Return at most `most` rows that leave no row far from all of them.

    Greedy k-centre selection (Gonzalez 1985; PatchCore, Roth et al. 2022, sec. 3.2): always the row farthest from
    those chosen, in a random projection (Johnson and Lindenstrauss 1984). Beyond `_LARGEST_POOL` rows it chooses from
    a random part of them, which bounds its time.

    Parameters
    ----------
    patches
        ``(N, C)``, N >= 1.
    """
    draw = np.random.default_rng(seed)
    if len(patches) > _LARGEST_POOL:
        patches = patches[np.sort(draw.choice(len(patches), _LARGEST_POOL, replace=False))]
    if len(patches) <= most:
        return patches.copy()
    width = patches.shape[1]
    small = patches
    if width > _PROJECTED:
        small = patches @ (draw.standard_normal((width, _PROJECTED)) / np.sqrt(_PROJECTED)).astype(np.float32)
    squares = np.einsum("nc,nc->n", small, small)
    chosen = [int(draw.integers(len(small)))]
    far = np.full(len(small), np.inf, np.float32)
    while len(chosen) < most:
        last = chosen[-1]
        np.minimum(far, squares + squares[last] - 2 * (small @ small[last]), out=far)
        chosen.append(int(far.argmax()))
    return patches[chosen]


def drawn(patches: NDArray[np.float32], most: int, seed: int) -> NDArray[np.float32]:
    """Return at most `most` rows, drawn at random; common patches come along often, which costs a memory nothing."""
    if len(patches) <= most:
        return patches.copy()
    rows = np.random.default_rng(seed).choice(len(patches), most, replace=False)
    return np.ascontiguousarray(patches[np.sort(rows)])


class Nearest:
    """Distances to the nearest of the kept rows, ``(M, C)``."""

    def __init__(self, kept: NDArray[np.float32]) -> None:
        self._turned = torch.from_numpy(np.ascontiguousarray(kept.T)) * -2
        self._squares = torch.from_numpy(np.einsum("mc,mc->m", kept, kept))

    def __call__(self, patches: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the Euclidean distance ``(N,)`` of each row of ``(N, C)`` to its nearest."""
        with torch.inference_mode():
            rows = torch.from_numpy(np.ascontiguousarray(patches))
            own = (rows * rows).sum(1)
            least: list[Tensor] = [
                torch.addmm(self._squares, part, self._turned).amin(1) for part in torch.split(rows, _ROWS_AT_ONCE)
            ]
            distances: NDArray[np.float32] = (torch.cat(least) + own).clamp(min=0).sqrt().numpy()
            return distances
