"""The decision rule: a score, a map and a recipe give a verdict with its reason."""

from __future__ import annotations

import math

from crane_desktop.decision.regions import find_regions, region_peak
from crane_desktop.domain.maps import Scored
from crane_desktop.domain.verdicts import Decision, Reason, ReasonCode, Verdict
from crane_desktop.recipe.model import Recipe, Thresholds
from crane_desktop.recipe.staleness import too_old_for


def decide(scored: Scored, recipe: Recipe) -> Decision:
    """Decide about one scored part.

    NG where the score or a region of at least the smallest area reaches its NG threshold; else REVIEW where
    one reaches its review threshold; else OK. What is no finite number is never judged, and without
    thresholds, or with those that an earlier program found otherwise, nothing is decided.

    Parameters
    ----------
    scored
        What the model says.
    recipe
        Its thresholds and smallest area apply.

    Returns
    -------
    Decision
        With the regions at or over the review level; none where there are no thresholds.
    """
    peak = region_peak(scored.anomaly_map, recipe.smallest_area_px)
    limits = recipe.thresholds
    if not (math.isfinite(scored.score) and math.isfinite(peak)):
        detail = f"score {scored.score}, region peak {peak}"
        return _none(Reason(ReasonCode.NOT_A_NUMBER, detail), limits, peak)
    if limits is None:
        return _none(Reason(ReasonCode.NOT_CALIBRATED), None, peak)
    if too_old_for(recipe, scored.tiles):
        return _none(Reason(ReasonCode.CALIBRATION_STALE), None, peak)
    verdict, code = verdict_at(scored.score, peak, limits)
    # A map has regions at a level where its peak reaches it. Most parts need no search, which costs most of all.
    searched = peak >= limits.map_review
    regions = find_regions(scored.anomaly_map, limits.map_review, recipe.smallest_area_px) if searched else ()
    return Decision(
        verdict,
        Reason(code),
        limits.score_ng,
        limits.map_ng,
        regions,
        peak,
        review_threshold=limits.score_review,
        map_review_threshold=limits.map_review,
    )


def verdict_at(score: float, peak: float, limits: Thresholds) -> tuple[Verdict, ReasonCode]:
    """Return what a finite score and region peak come to, and the rule that decided."""
    if score >= limits.score_ng:
        return Verdict.NG, ReasonCode.SCORE_OVER_THRESHOLD
    if peak >= limits.map_ng:
        return Verdict.NG, ReasonCode.REGION_OVER_THRESHOLD
    if score >= limits.score_review:
        return Verdict.REVIEW, ReasonCode.SCORE_IN_REVIEW_BAND
    if peak >= limits.map_review:
        return Verdict.REVIEW, ReasonCode.REGION_IN_REVIEW_BAND
    return Verdict.OK, ReasonCode.BELOW_THRESHOLD


def _none(reason: Reason, limits: Thresholds | None, peak: float) -> Decision:
    return Decision(
        Verdict.NONE,
        reason,
        threshold=None if limits is None else limits.score_ng,
        map_threshold=None if limits is None else limits.map_ng,
        map_peak=peak if math.isfinite(peak) else None,
        review_threshold=None if limits is None else limits.score_review,
        map_review_threshold=None if limits is None else limits.map_review,
    )
