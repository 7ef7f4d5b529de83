"""What verdicts are worth at the threshold that a plant uses: escapes, false rejects and what is left to people.

A ranking may be good and every limit useless: what counts in a plant is how many defective parts are told OK, and how
many good ones NG. One trial is one random split of the good parts into those that are learned, those that are
calibrated on, and those that are judged; figures are means over trials.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.verdicts import Verdict
from crane_desktop.evaluation.metrics import auroc, counts_by_score

FALSE_REJECTS: Final = (0.05, 0.02)
"""Rates of false rejects at which escapes are told beside those at the calibrated thresholds."""
ESCAPES: Final = 0.02
"""Share of escapes at which false rejects are told."""
_TAIL: Final = 0.025


@dataclass(frozen=True, slots=True)
class Share:
    """A share of parts with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One split: what the parts that it judged were told.

    Attributes
    ----------
    verdicts
        Of each judged part; None where no thresholds could be calibrated.
    oddness
        float64 ``(N,)``: one number that the rule orders parts by, larger for odder.
    defective
        The truth, bool ``(N,)``.
    remembers
        Whether a memory of good parts was used.
    """

    verdicts: tuple[Verdict, ...] | None
    oddness: NDArray[np.float64]
    defective: NDArray[np.bool_]
    remembers: bool


@dataclass(frozen=True, slots=True)
class VerdictFigures:
    """What came out over all trials of one plan; None where a figure has no meaning.

    Attributes
    ----------
    learned, calibrated
        Good parts of a trial that were remembered, and that the thresholds come from.
    trials, uncalibrated, remembering
        How many there were; of them without thresholds (what they judged is in no share); with a memory in use.
    good, defective
        Parts that one trial judged.
    escapes
        Of the defective parts, told OK.
    false_rejects
        Of the good parts, told NG.
    review_good, review_defective
        Told REVIEW.
    auroc
        Of the one number that the rule orders parts by.
    escapes_at
        Share of escapes where the limit lets through so many good parts (`FALSE_REJECTS`), by rate.
    false_rejects_at
        Share of false rejects where the limit lets through `ESCAPES` of the defective parts.
    """

    learned: int
    calibrated: int
    trials: int
    uncalibrated: int
    remembering: int
    good: int
    defective: int
    escapes: Share | None
    false_rejects: Share | None
    review_good: Share | None
    review_defective: Share | None
    auroc: float | None
    escapes_at: dict[str, float | None]
    false_rejects_at: float | None


def verdict_figures(trials: Sequence[Trial], learned: int, calibrated: int) -> VerdictFigures:
    """Return the figures of at least one trial of the same plan."""
    told = [trial for trial in trials if trial.verdicts is not None]
    return VerdictFigures(
        learned=learned,
        calibrated=calibrated,
        trials=len(trials),
        uncalibrated=len(trials) - len(told),
        remembering=sum(trial.remembers for trial in trials),
        good=round(_mean((~trial.defective).sum() for trial in trials) or 0),
        defective=round(_mean(trial.defective.sum() for trial in trials) or 0),
        escapes=_share(told, Verdict.OK, of_defective=True),
        false_rejects=_share(told, Verdict.NG, of_defective=False),
        review_good=_share(told, Verdict.REVIEW, of_defective=False),
        review_defective=_share(told, Verdict.REVIEW, of_defective=True),
        auroc=_mean(_auroc(trial) for trial in trials),
        escapes_at={f"{rate:g}": _mean(_escapes_at(trial, rate) for trial in trials) for rate in FALSE_REJECTS},
        false_rejects_at=_mean(_false_rejects_at(trial, ESCAPES) for trial in trials),
    )


def share_of(value: float, count: int) -> Share:
    """Return a mean share with the interval that so many parts allow (Clopper and Pearson 1934).

    Trials judge the same parts again and again, so more trials do not make it narrower.
    """
    from scipy.stats import beta

    hits = value * count
    low = float(beta.ppf(_TAIL, hits, count - hits + 1)) if hits > 0 else 0.0
    high = float(beta.ppf(1 - _TAIL, hits + 1, count - hits)) if hits < count else 1.0
    return Share(value, min(low, value), max(high, value))


def _share(trials: Sequence[Trial], verdict: Verdict, *, of_defective: bool) -> Share | None:
    shares: list[float] = []
    counts: list[int] = []
    for trial in trials:
        asked = trial.defective == of_defective
        told = np.array([given is verdict for given in trial.verdicts or ()], np.bool_)
        if asked.any():
            shares.append(float(told[asked].mean()))
            counts.append(int(asked.sum()))
    return share_of(float(np.mean(shares)), min(counts)) if shares else None


def _auroc(trial: Trial) -> float | None:
    finite = np.isfinite(trial.oddness)
    return auroc(*counts_by_score(trial.oddness[finite], trial.defective[finite]))


def _escapes_at(trial: Trial, rate: float) -> float | None:
    """Return the share of defective parts under the limit that `rate` of the good ones reach at most."""
    good, bad = _sides(trial)
    if not (len(good) and len(bad)):
        return None
    allowed = int(rate * len(good) + 1e-9)
    return float((bad <= good[-1 - allowed]).mean())


def _false_rejects_at(trial: Trial, share: float) -> float | None:
    """Return the share of good parts at or over the limit that all but `share` of the defective ones reach."""
    good, bad = _sides(trial)
    if not (len(good) and len(bad)):
        return None
    return float((good >= bad[int(share * len(bad) + 1e-9)]).mean())


def _sides(trial: Trial) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    finite = np.isfinite(trial.oddness)
    return np.sort(trial.oddness[finite & ~trial.defective]), np.sort(trial.oddness[finite & trial.defective])


def _mean(values: Iterable[float | np.generic | None]) -> float | None:
    known = [float(value) for value in values if value is not None]
    return float(np.mean(known)) if known else None
