"""Thresholds from good parts: a split-conformal quantile, with what so many images can promise.

A good part is rejected where its score *or* its region peak reaches the threshold. Both are probabilities of the same
kind, so one level serves both, and a part is as odd as the larger of its two numbers: one test, which keeps the whole
of the allowed rate alpha, where two tests with a level each must share it. With n good parts and one more that is
exchangeable with them, the next part's oddness exceeds the k-th smallest of n with probability at most
``(n + 1 - k) / (n + 1)`` (Vovk, Gammerman and Shafer 2005; Papadopoulos et al. 2002), so
``k = ceil((n + 1) (1 - alpha))``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Context, Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from crane_desktop.decision.regions import region_peak
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.maps import Scored
from crane_desktop.recipe.thresholds import HIGHEST_THRESHOLD, Thresholds

REVIEW_LOOSER = 3
"""REVIEW begins where this many times the allowed rate of good parts would be stopped."""

MARGIN_SHARE = 0.5
"""Where the images are too few for the rate, NG begins this share of (maximum - median) above the maximum."""

FEWEST_PARTS = 3
"""Of fewer, the next good part may come out NG more often than not: a bound that says nothing."""
HIGHEST_REACHED = 0.9999
"""What a part can be relied on to reach: scores and maps end at 1, and come no nearer to it than this in practice."""
HIGHEST_RATE = 0.5
"""Of false rejects: a station that stops more good parts than it lets pass decides nothing."""
_CONFIDENCE = 0.95
_ENDS = 1e-7
"""Scores are float32: nearer to 0 or 1 they do not tell."""


@dataclass(frozen=True, slots=True)
class GoodPart:
    """What the model said about one good part: its score and its region peak."""

    score: float
    peak: float

    @classmethod
    def of(cls, scored: Scored, smallest_area_px: float = 0.0) -> GoodPart:
        """Return the two numbers that the decision rule compares with thresholds."""
        return cls(float(scored.score), region_peak(scored.anomaly_map, smallest_area_px))


@dataclass(frozen=True, slots=True)
class Promise:
    """What a calibration can promise about good parts, whatever their distribution.

    Attributes
    ----------
    n_images
        Good parts it was made on.
    asked
        The rate of false rejects that was asked for.
    promised
        The next good part is rejected (NG) with at most this probability.
    stopped
        The same for NG and REVIEW together.
    upper_95
        With 95 % confidence the long-run share of good parts rejected with these thresholds stays below this.
    images_needed
        Good parts that `asked` needs.
    """

    n_images: int
    asked: float
    promised: float
    stopped: float
    upper_95: float
    images_needed: int

    @property
    def kept(self) -> bool:
        """Whether the images suffice for the rate that was asked for."""
        return self.n_images >= self.images_needed


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Thresholds and what they promise."""

    thresholds: Thresholds
    promise: Promise


def check_rate(false_reject_rate: float) -> None:
    """Raise InputError where nothing can be calibrated to this rate of false rejects."""
    if not 0.0 < false_reject_rate <= HIGHEST_RATE:
        raise InputError("decision.rate_out_of_range", rate=false_reject_rate)


def calibrate(parts: Sequence[GoodPart], false_reject_rate: float) -> Calibrated:
    """Set thresholds from good parts.

    Where the parts are too few for the rate, NG begins above the worst of them (see `MARGIN_SHARE`) and the
    promise says what so few can give.

    Parameters
    ----------
    parts
        At least three different good parts, none of them used for anything else.
    false_reject_rate
        Allowed share of good parts that come out NG, in (0, 0.5].

    Raises
    ------
    InputError
        If the rate is out of range, the parts are too few, one has no finite score, or NG would begin where no part
        can come.
    """
    check_rate(false_reject_rate)
    if len(parts) < FEWEST_PARTS:
        raise InputError("decision.too_few_good_parts", found=len(parts), needed=FEWEST_PARTS)
    values = np.array([(p.score, p.peak) for p in parts], dtype=np.float64)
    finite = np.isfinite(values).all(axis=1)
    if not finite.all():
        raise InputError("decision.good_part_without_score", count=int((~finite).sum()))
    # The rate as it was written (0.005, not its nearest binary fraction): 399 parts shall suffice for 0.5 %.
    rate = Fraction(repr(float(false_reject_rate)))
    over_ng, over_review = _allowed_over(len(parts), rate), _allowed_over(len(parts), REVIEW_LOOSER * rate)
    ordered = np.sort(values.max(axis=1))
    review = _just_above(ordered, over_review)
    ng = _just_above(ordered, over_ng) if over_ng else _above_the_worst(ordered)
    if ng > HIGHEST_REACHED:
        raise InputError("decision.threshold_out_of_reach", value=f"{ng:.4f}")
    thresholds = Thresholds(score_review=review, score_ng=ng, map_review=review, map_ng=ng)
    return Calibrated(thresholds, _promise(len(parts), false_reject_rate, rate, over_ng, over_review))


def beyond(part: GoodPart, thresholds: Thresholds) -> float:
    """Return how far a part lies over NG (under it: negative), in log odds: the larger of its two tests."""
    score, peak, score_ng, map_ng = log_odds(
        np.array([part.score, part.peak, thresholds.score_ng, thresholds.map_ng], np.float64)
    )
    return float(max(score - score_ng, peak - map_ng))


def promise_words(promise: Promise) -> list[tuple[str, dict[str, object]]]:
    """Return the promise as sentences: text keys with their parameters, in reading order."""
    shown: dict[str, object] = {
        "n": promise.n_images,
        "one_in": _one_in(promise.promised),
        "asked": _percent(promise.asked),
        "needed": promise.images_needed,
        "upper": _percent(promise.upper_95),
        "stopped_one_in": _one_in(promise.stopped),
    }
    first = "decision.promise_kept" if promise.kept else "decision.promise_short"
    return [(first, shown), ("decision.promise_bound", shown), ("decision.promise_review", shown)]


def _allowed_over(n: int, rate: Fraction) -> int:
    """Return how many of `n` parts may lie above the threshold, plus one; 0 where n is too small."""
    return min(n, n + 1 - math.ceil((n + 1) * (1 - rate)))


def _just_above(ordered: NDArray[np.float64], over: int) -> float:
    """Return the threshold that only `over` - 1 values reach: the next number above the one before them.

    The rule rejects *at or over* a threshold, the conformal quantile allows *equal*: hence the next number.
    """
    value = float(ordered[len(ordered) - max(over, 1)])
    return min(float(np.nextafter(value, np.inf)), HIGHEST_THRESHOLD)


def _above_the_worst(ordered: NDArray[np.float64]) -> float:
    """Return the maximum and a margin, but no level that an odd part could not reach.

    Near 1 the margin is taken in log odds, where values keep their distance: there is no room for it otherwise.
    """
    worst, middle = float(ordered[-1]), float(np.median(ordered))
    plain = worst + MARGIN_SHARE * (worst - middle)
    high, low = log_odds(np.array([worst, middle]))
    bent = 1 / (1 + math.exp(-(high + MARGIN_SHARE * (high - low))))
    return max(_just_above(ordered, 1), min(plain, bent, HIGHEST_REACHED))


def log_odds(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values in [0, 1] as log odds, which keep their order and do not end at 1; finite at both ends."""
    inside = np.clip(values, _ENDS, 1 - _ENDS)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def _promise(n: int, asked: float, rate: Fraction, over_ng: int, over_review: int) -> Promise:
    from scipy.special import betaincinv  # here: a fifth of a second that the window's start need not wait for

    over = max(over_ng, 1)
    # The share over the j-th largest of n is Beta(j, n + 1 - j) distributed, and less where values are equal.
    return Promise(
        n_images=n,
        asked=asked,
        promised=over / (n + 1),
        stopped=max(over_review, 1) / (n + 1),
        upper_95=float(betaincinv(over, n + 1 - over, _CONFIDENCE)),
        images_needed=math.ceil(1 / rate) - 1,
    )


def _one_in(share: float) -> int:
    """Return the largest whole number m with ``share <= 1 / m``; a share is a fraction that was rounded to a float."""
    return math.floor(round(1 / share, 6))


def _percent(share: float) -> str:
    """Return a share in percent with two digits, never less than it is."""
    percent = Decimal(repr(100 * share)).normalize(Context(prec=9))
    return f"{percent.normalize(Context(prec=2, rounding=ROUND_CEILING)):f}"
