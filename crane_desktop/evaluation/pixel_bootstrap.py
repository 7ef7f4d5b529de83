"""Bootstrap intervals of the pixel figures: pictures are drawn anew, not pixels, whose neighbours say the same.

The pictures' tallies pass by once, a few at a time; what is held are the sums of each draw, in about a thousand bins.
All sums are of whole numbers below 2 ** 53, hence exact, in whatever order they are added.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from crane_desktop.evaluation.metrics import DRAWS, area_to_limit, auroc_rows, f1_max_rows
from crane_desktop.evaluation.pixel_metrics import PRO_LIMIT, UNIT, PictureTally, PixelTally, coarse

_GROUPS = 1024
_AT_ONCE = 64
_ROWS_AT_ONCE = 100

Table: TypeAlias = NDArray[np.float64]


def pixel_draws(
    whole: PixelTally, pictures: Iterable[PictureTally], good: int, defective: int, seed: int = 0
) -> dict[str, Table]:
    """Draw the pictures anew, good and defective apart, and return the pixel figures of each draw.

    Parameters
    ----------
    whole
        The tally of all these pictures: it decides how bins are put together.
    good, defective
        How many pictures there are of each.

    Returns
    -------
    dict[str, Table]
        ``auroc``, ``auroc_within_defective``, ``f1_max`` and ``aupro``, ``(DRAWS,)`` each; empty without defects.
    """
    if not whole.regions:
        return {}
    place = _groups(whole)
    good_ones, odd_ones = _Stratum(good, place, 1, [seed, 0]), _Stratum(defective, place, 3, [seed, 1])
    for picture in pictures:
        if picture.of_a_defective:
            odd_ones.add(picture, picture.good, picture.defective, picture.overlap)
        else:
            good_ones.add(picture, picture.good)
    (clean,) = good_ones.sums()
    beside, inside, overlap = odd_ones.sums()
    clean += beside
    figures = [
        (auroc_rows(inside[r], clean[r]), auroc_rows(inside[r], beside[r]), f1_max_rows(inside[r], clean[r]))
        for r in (slice(at, at + _ROWS_AT_ONCE) for at in range(0, DRAWS, _ROWS_AT_ONCE))
    ]
    area, within, best = (np.concatenate(some) for some in zip(*figures, strict=True))
    aupro = np.array([_aupro(o, c) for o, c in zip(overlap, clean, strict=True)])
    return {"auroc": area, "auroc_within_defective": within, "f1_max": best, "aupro": aupro}


def _groups(whole: PixelTally) -> NDArray[np.intp]:
    """Return the group of each coarse bin: neighbours go together while they hold little of anything.

    A group that is more than one bin holds at most 1/1024 of the sum of the shares of defective pixels, of good ones
    (all, and within defective parts) and of the overlap.
    """
    held = [coarse(counts).astype(np.float64) for counts in (*whole.counts, whole.overlap)]
    shares = [counts / counts.sum() for counts in held if counts.sum() > 0]
    reached = np.cumsum(np.sum(shares, axis=0)) / len(shares)
    group = np.floor(reached * (_GROUPS - 1e-6)).astype(np.intp)
    return np.unique(group, return_inverse=True)[1].astype(np.intp)


def _aupro(overlap: Table, good: Table) -> float:
    regions = overlap.sum() / UNIT
    found = area_to_limit(overlap / UNIT / regions, good, PRO_LIMIT) if regions > 0 else None
    return np.nan if found is None else found


class _Stratum:
    """The pictures of one label: how often each counts in each draw, and the sums of what they hold.

    Drawing `total` pictures is drawing how many come from each block of 64, then how often each picture of the block:
    the table draws x pictures is never there as a whole.
    """

    def __init__(self, total: int, place: NDArray[np.intp], kinds: int, seed: list[int]) -> None:
        self._place = place
        self._width = int(place[-1]) + 1
        self._rng = np.random.default_rng(seed)
        self._left = total
        self._still_to_draw = np.full(DRAWS, total, np.int64)
        self._sums = np.zeros((kinds, DRAWS, self._width))
        self._block = np.zeros((kinds, _AT_ONCE, self._width))
        self._waiting = 0

    def add(self, picture: PictureTally, *values: NDArray[np.int64]) -> None:
        """Take in a picture: for each kind of thing, how much of it lies in each of the picture's bins."""
        groups = self._place[picture.bins]
        for kind, held in enumerate(values):
            self._block[kind, self._waiting] = np.bincount(groups, weights=held, minlength=self._width)
        self._waiting += 1
        if self._waiting == _AT_ONCE:
            self._draw()

    def sums(self) -> Table:
        """Return the sums of each draw, ``(kinds, DRAWS, groups)``."""
        if self._waiting:
            self._draw()
        return self._sums

    def _draw(self) -> None:
        size = self._waiting
        here = self._rng.binomial(self._still_to_draw, min(1.0, size / self._left))
        times = self._rng.multinomial(here, np.full(size, 1 / size)).astype(np.float64)
        for kind, block in enumerate(self._block):
            self._sums[kind] += times @ block[:size]
        self._still_to_draw -= here
        self._left -= size
        self._waiting = 0
