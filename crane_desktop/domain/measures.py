"""Which number decided about a part, and what it was compared with. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from crane_desktop.domain.verdicts import Inspection, ReasonCode


class Rule(StrEnum):
    """What is compared with limits."""

    SCORE = "score"
    """The model's score of the whole part."""
    REGION = "region"
    """The peak of its strongest anomalous region."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A number with its limits: REVIEW begins at one, NG at the other. None is what is not known or does not exist."""

    rule: Rule
    value: float | None
    review: float | None
    ng: float | None

    @property
    def first_limit(self) -> float | None:
        """The limit that is met first."""
        return self.ng if self.review is None else self.review


def deciding(reason: str, score: Measure, region: Measure) -> Measure:
    """Return the measure that a verdict rests on.

    Of a part that is OK both stay below their limits: the one that came nearer is the one to look at. What was not
    decided shows its score.

    Parameters
    ----------
    reason
        A `ReasonCode`, or the name of one that this program does not know.
    """
    if reason in (ReasonCode.REGION_OVER_THRESHOLD, ReasonCode.REGION_IN_REVIEW_BAND):
        return region
    if reason == ReasonCode.BELOW_THRESHOLD and _room(region) < _room(score):
        return region
    return score


def measure_of(inspection: Inspection) -> Measure:
    """Return what the verdict of an inspection rests on."""
    return deciding(
        inspection.reason.code,
        Measure(Rule.SCORE, inspection.score, inspection.review_threshold, inspection.threshold),
        Measure(Rule.REGION, inspection.map_peak, inspection.map_review_threshold, inspection.map_threshold),
    )


def _room(measure: Measure) -> float:
    """Return how far a number stays below its first limit."""
    if measure.value is None or measure.first_limit is None:
        return float("inf")
    return measure.first_limit - measure.value
