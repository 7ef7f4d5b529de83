"""Which of the "good" parts stand far off the others: too far for a good part, so that a person must look.

Scores and peaks are compared as log odds, which keep their order and do not end at 1. Good parts of real lines have
long tails there, some exponential; a rule made for the bell curve would call every tenth set wrong. So a part counts as
an outlier only where a *gap* lies between it and the rest that an exponential tail hardly ever shows: with the spacings
below it as the measure, ``k`` times the gap over them follows an F distribution (Renyi's representation), and
``(1 + k gap / sum)^-m`` is its tail. Below the middle spacings count double, since good parts crowd there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from crane_desktop.decision.calibrate import GoodPart, log_odds

Measure: TypeAlias = Literal["score", "peak"]
MEASURES: Final[tuple[Measure, ...]] = ("score", "peak")

_CHANCE = 0.01
"""That a set of good parts shows such a gap, for each of the two measures; less where it has tails of the bell curve.

Of the good parts of four real sets and 24 simulated kinds none is called an outlier."""
_LEAST_GAP = 1.0
"""In log odds: less than a factor of 2.7 says nothing, however alike the others are."""
_MOST_SHARE = 0.25
"""Of the parts may be outliers: more are another kind of part, or the set is no set of good parts."""
_LOWER_COUNTS = 2.0
"""See above."""
_USUAL, _USUAL_COUNTS = 0.5, 3
"""How far good parts scatter, in log odds, as if so many more spacings had shown it: a few parts cannot tell."""


@dataclass(frozen=True, slots=True)
class Outlier:
    """A part that stands far off the others.

    Attributes
    ----------
    index
        Of the part, as it was given.
    measure
        In which number it does; the worse one where in both.
    value
        That number.
    usual
        The median of all parts.
    highest_other
        The highest of the parts that are no outliers in it.
    times
        Its odds over those of `highest_other`.
    """

    index: int
    measure: Measure
    value: float
    usual: float
    highest_other: float
    times: float


def find_outliers(parts: Sequence[GoodPart]) -> tuple[Outlier, ...]:
    """Find the parts that stand far above the others in score or region peak, the farthest first.

    Parameters
    ----------
    parts
        Any number, all finite; of fewer than three nothing can be said.
    """
    found: dict[int, Outlier] = {}
    for measure in MEASURES:
        values = np.array([getattr(part, measure) for part in parts], np.float64)
        for one in _far_off(values, measure):
            known = found.get(one.index)
            if known is None or one.times > known.times:
                found[one.index] = one
    return tuple(sorted(found.values(), key=lambda one: (-one.times, one.index)))


def _far_off(values: NDArray[np.float64], measure: Measure) -> list[Outlier]:
    if len(values) < 3:
        return []
    order = np.argsort(values, kind="stable")
    odds = log_odds(values)[order]
    most = max(1, math.floor(_MOST_SHARE * len(values)))
    above = max((k for k in range(1, most + 1) if _is_a_gap(odds, k, most)), default=0)
    usual, highest = float(np.median(values)), float(values[order[len(order) - above - 1]])
    return [
        Outlier(int(i), measure, float(values[i]), usual, highest, _times(float(values[i]), highest))
        for i in order[len(order) - above :]
    ]


def _is_a_gap(odds: NDArray[np.float64], k: int, most: int) -> bool:
    """Return whether the highest `k` of the ordered log odds stand off the rest farther than chance puts them."""
    gap = float(odds[-k] - odds[-k - 1])
    if gap < _LEAST_GAP:
        return False
    rest = odds[:-k]
    middle = len(odds) // 2
    # Spacing number j from the top counts j times: only so do all mean the same.
    spacings = np.diff(rest)
    weights = np.arange(len(odds) - 1, k, -1, dtype=np.float64)
    upper = (spacings * weights)[middle:] if len(spacings) > middle else np.empty(0)
    lower = np.diff(odds[: middle + 1]) * np.arange(1, middle + 1)
    measured = float(upper.sum() + _LOWER_COUNTS * lower.sum()) + _USUAL * _USUAL_COUNTS
    count = len(upper) + len(lower) + _USUAL_COUNTS
    chance = math.exp(-count * math.log1p(k * gap / measured))
    return chance < _CHANCE / most


def _times(value: float, other: float) -> float:
    return float(np.exp(np.subtract(*log_odds(np.array([value, other])))))
