"""How well scores tell defective from good: AUROC, average precision, F1-max and the bootstrap.

Everything is computed from two arrays: how many defective and how many good things lie at each value, from the
lowest value up. The values may be distinct scores (exact) or the bins of a fine histogram (see `pixel_metrics`). None
stands where a figure has no meaning: nothing defective, or nothing good.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Counts: TypeAlias = NDArray[np.int64] | NDArray[np.float64]

DRAWS = 1000
"""Of the bootstrap."""
_CELLS_AT_ONCE = 1_000_000
"""Of the bootstrap's tables (draws x pictures): each stays below some ten megabytes."""


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


def interval_95(draws: NDArray[np.float64]) -> tuple[float, float] | None:
    """Return the interval of 95 % of the draws (percentile bootstrap, Efron 1979); None where every draw is NaN."""
    known = draws[~np.isnan(draws)]
    if not len(known):
        return None
    low, high = np.quantile(known, (0.025, 0.975))
    return float(low), float(high)


def picture_draws(
    scores: NDArray[np.float64], defective: NDArray[np.bool_], seed: int = 0
) -> dict[str, NDArray[np.float64]]:
    """Draw the pictures anew, good and defective apart, and return the figures of each draw.

    Drawing with replacement is drawing how often each picture counts.

    Returns
    -------
    dict[str, NDArray[np.float64]]
        ``auroc``, ``ap`` and ``f1_max``, ``(DRAWS,)`` each; empty where one label is missing.
    """
    order = np.argsort(scores, kind="stable")
    truth = defective[order]
    if truth.all() or not truth.any():
        return {}
    starts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf) > 0)
    rng = np.random.default_rng(seed)
    at_once = max(1, _CELLS_AT_ONCE // len(truth))
    some = [_drawn(truth, starts, min(at_once, DRAWS - at), rng) for at in range(0, DRAWS, at_once)]
    return {name: np.concatenate([figures[name] for figures in some]) for name in some[0]}


def _drawn(
    truth: NDArray[np.bool_], starts: NDArray[np.intp], draws: int, rng: np.random.Generator
) -> dict[str, NDArray[np.float64]]:
    times = np.zeros((draws, len(truth)))
    for which in (truth, ~truth):
        count = int(which.sum())
        times[:, which] = rng.multinomial(count, np.full(count, 1 / count), size=draws)
    above = np.add.reduceat(times * truth, starts, axis=1)
    below = np.add.reduceat(times * ~truth, starts, axis=1)
    return {"auroc": auroc_rows(above, below), "ap": _ap_rows(above, below), "f1_max": f1_max_rows(above, below)}


def auroc_rows(defective: NDArray[np.float64], good: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `auroc` of every row of two tables ``(R, K)``; NaN where it has no meaning."""
    won = (defective * (good.cumsum(axis=1) - good / 2)).sum(axis=1)
    pairs = defective.sum(axis=1) * good.sum(axis=1)
    shares: NDArray[np.float64] = np.divide(won, pairs, out=np.full(len(won), np.nan), where=pairs > 0)
    return shares


def f1_max_rows(defective: NDArray[np.float64], good: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `f1_max` of every row of two tables ``(R, K)``; NaN where it has no meaning."""
    found = defective[:, ::-1].cumsum(axis=1)
    shown = found + good[:, ::-1].cumsum(axis=1)
    known = (found[:, -1] > 0) & (shown[:, -1] > found[:, -1])
    best = (2 * found / np.maximum(shown + found[:, -1:], 1)).max(axis=1)
    known_best: NDArray[np.float64] = np.where(known, best, np.nan)
    return known_best


def _ap_rows(defective: NDArray[np.float64], good: NDArray[np.float64]) -> NDArray[np.float64]:
    gained = defective[:, ::-1]
    found = gained.cumsum(axis=1)
    shown = found + good[:, ::-1].cumsum(axis=1)
    return np.asarray((gained * found / np.maximum(shown, 1)).sum(axis=1) / found[:, -1], np.float64)


def _from_the_top(counts: Counts) -> NDArray[np.float64]:
    """Return how many lie at or above each value, from the highest value down."""
    return counts[::-1].cumsum(dtype=np.float64)
