"""Intervals that admit how few pictures there are.

The percentile bootstrap draws the pictures that it has: from one and one, or where all are told apart, every draw says
the same, and its interval is a point. So

* the image AUROC's is never narrower than Newcombe's score interval (Statistics in Medicine 2006, 25, 559: method 5),
  which knows the counts only: 3 + 3 pictures without an error give 0.50 .. 1,
* every other figure has none where it comes from fewer than five pictures of a label, or where all draws agree, and the
  reason is told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from crane_desktop.evaluation.metrics import interval_95

Interval: TypeAlias = tuple[float, float] | None
Missing: TypeAlias = Literal["too_few_pictures", "all_draws_agree"]

FEWEST: Final = 5
"""Pictures of a label that a bootstrap needs: from fewer, the same few sets are drawn again and again."""
_Z = 1.959964
_STEPS = 60
_SAME = 1e-6


def auroc_bounds(area: float, defective: int, good: int) -> tuple[float, float]:
    """Return Newcombe's 95 % score interval of an AUROC from so many defective and good pictures, at least one each."""

    def is_far(truth: float) -> bool:
        return (area - truth) ** 2 > _Z**2 * _variance(truth, defective, good)

    return _edge(0.0, area, is_far), _edge(1.0, area, is_far)


def figure_interval(
    draws: NDArray[np.float64] | None, counts: Sequence[int], auroc: float | None = None
) -> tuple[Interval, Missing | None]:
    """Return a figure's interval, or why there is none.

    Parameters
    ----------
    draws
        Of the bootstrap; None: the figure has no meaning, and neither has its interval.
    counts
        Pictures of each label that the figure comes from.
    auroc
        The figure, where it is the image AUROC of defective and good pictures (`counts`, in this order).
    """
    if draws is None:
        return None, None
    drawn = interval_95(draws)
    if auroc is not None and drawn is not None:
        low, high = auroc_bounds(auroc, counts[0], counts[1])
        return (min(low, drawn[0]), max(high, drawn[1])), None
    if min(counts) < FEWEST:
        return None, "too_few_pictures"
    if drawn is not None and drawn[1] - drawn[0] < _SAME:
        return None, "all_draws_agree"
    return drawn, None


def mean_interval(
    draws: Sequence[NDArray[np.float64]], points: Sequence[float], bounds: Sequence[Interval]
) -> Interval:
    """Return the interval of the mean over classes; None where one of them has none.

    Never narrower than what the classes' own intervals give (MOVER, Zou and Donner 2008).
    """
    known = [bound for bound in bounds if bound is not None]
    if not draws or len(known) < len(bounds):
        return None
    mean, count = float(np.mean(points)), len(points)
    below = math.sqrt(sum((point - low) ** 2 for point, (low, _) in zip(points, known, strict=True))) / count
    above = math.sqrt(sum((high - point) ** 2 for point, (_, high) in zip(points, known, strict=True))) / count
    drawn = interval_95(np.mean(draws, axis=0))
    if drawn is None:
        return None
    return max(0.0, min(drawn[0], mean - below)), min(1.0, max(drawn[1], mean + above))


def missing_of(found: Mapping[str, tuple[Interval, Missing | None]]) -> dict[str, Missing]:
    """Return the reason of every figure that has no interval although it has a value."""
    return {name: why for name, (_, why) in found.items() if why is not None}


def _variance(area: float, defective: int, good: int) -> float:
    """Return Hanley and McNeil's variance of an AUROC, with the mean of the counts in both terms (Newcombe)."""
    middle = (defective + good) / 2 - 1
    spread = 1 + middle * (1 - area) / (2 - area) + middle * area / (1 + area)
    return area * (1 - area) * spread / (defective * good)


def _edge(outside: float, inside: float, is_far: Callable[[float], bool]) -> float:
    """Return the end of the interval between a value outside of it and one inside, by halving."""
    if not is_far(outside):
        return outside
    for _ in range(_STEPS):
        middle = (outside + inside) / 2
        if is_far(middle):
            outside = middle
        else:
            inside = middle
    return inside
