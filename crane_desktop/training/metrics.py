"""How well scores tell defective from good: AUROC, average precision, F1-max and the bootstrap.

Everything is computed from two arrays: how many defective and how many good things lie at each value, from the
lowest value up. The values may be distinct scores (exact) or the bins of a fine histogram (see `pixels`). None stands
where a figure has no meaning: nothing defective, or nothing good.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Counts: TypeAlias = NDArray[np.int64] | NDArray[np.float64]

_DRAWS = 1000
_CELLS_AT_ONCE = 2_000_000
"""Of the bootstrap's table (draws x pictures): it stays below some ten megabytes."""


def counts_by_score(scores: NDArray[np.float64], defective: NDArray[np.bool_]) -> tuple[Counts, Counts]:
    """Return how many defective and good pictures lie at each distinct score, int64 ``(K,)`` each.

    Parameters
    ----------
    scores, defective
        ``(N,)`` finite scores and the truth.
    """
    values, place = np.unique(scores, return_inverse=True)
    return (
        np.bincount(place[defective], minlength=len(values)),
        np.bincount(place[~defective], minlength=len(values)),
    )


def auroc(defective: Counts, good: Counts) -> float | None:
    """Return the chance that a defective one lies above a good one; equal values count half (Mann and Whitney 1947)."""
    above, below = defective.astype(np.float64), good.astype(np.float64)
    pairs = above.sum() * below.sum()
    if pairs == 0:
        return None
    return float((above * (below.cumsum() - below / 2)).sum() / pairs)


def average_precision(defective: Counts, good: Counts) -> float | None:
    """Return the precision averaged over the recall, as a step function (scikit-learn's definition)."""
    found, false = _from_the_top(defective), _from_the_top(good)
    if found[-1] == 0 or false[-1] == 0:
        return None
    gained = np.diff(found, prepend=0.0)
    return float((gained * found / np.maximum(found + false, 1.0)).sum() / found[-1])


def f1_max(defective: Counts, good: Counts) -> float | None:
    """Return the best F1 (harmonic mean of precision and recall) that any threshold reaches."""
    found, false = _from_the_top(defective), _from_the_top(good)
    if found[-1] == 0 or false[-1] == 0:
        return None
    return float((2 * found / (found + false + found[-1])).max())


def area_to_limit(gain: Counts, good: Counts, limit: float) -> float | None:
    """Return the area under `gain` over the false positive rate up to `limit`, divided by `limit`.

    Parameters
    ----------
    gain
        What each value adds to the curve, from the lowest value up; sums to 1.
    good
        Good things at each value.
    limit
        In (0, 1); the curve is straight between its points.
    """
    false = np.concatenate([[0.0], _from_the_top(good)])
    if false[-1] == 0:
        return None
    rate, height = false / false[-1], np.concatenate([[0.0], _from_the_top(gain)])
    inside = int(np.searchsorted(rate, limit, side="right"))
    left, right = (rate[inside - 1], height[inside - 1]), (rate[inside], height[inside])
    end = left[1] + (right[1] - left[1]) * (limit - left[0]) / (right[0] - left[0])
    rates, heights = np.append(rate[:inside], limit), np.append(height[:inside], end)
    return min(1.0, float(np.trapezoid(heights, rates) / limit))  # rounding may end a hair above 1


def auroc_interval_95(
    scores: NDArray[np.float64], defective: NDArray[np.bool_], seed: int = 0
) -> tuple[float, float] | None:
    """Return the 95 % bootstrap interval of the AUROC: 1,000 draws, good and defective pictures apart.

    Percentile bootstrap (Efron 1979). Drawing with replacement is drawing how often each picture counts.
    """
    order = np.argsort(scores, kind="stable")
    truth = defective[order]
    if truth.all() or not truth.any():
        return None
    starts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf) > 0)
    rng = np.random.default_rng(seed)
    at_once = max(1, _CELLS_AT_ONCE // len(truth))
    areas = [_drawn_areas(truth, starts, min(at_once, _DRAWS - at), rng) for at in range(0, _DRAWS, at_once)]
    low, high = np.quantile(np.concatenate(areas), (0.025, 0.975))
    return float(low), float(high)


def _drawn_areas(
    truth: NDArray[np.bool_], starts: NDArray[np.intp], draws: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    times = np.zeros((draws, len(truth)))
    for which in (truth, ~truth):
        count = int(which.sum())
        times[:, which] = rng.multinomial(count, np.full(count, 1 / count), size=draws)
    above = np.add.reduceat(times * truth, starts, axis=1)
    below = np.add.reduceat(times * ~truth, starts, axis=1)
    won = (above * (below.cumsum(axis=1) - below / 2)).sum(axis=1)
    return np.asarray(won / (truth.sum() * (~truth).sum()), np.float64)


def _from_the_top(counts: Counts) -> NDArray[np.float64]:
    """Return how many lie at or above each value, from the highest value down."""
    return counts[::-1].cumsum(dtype=np.float64)
