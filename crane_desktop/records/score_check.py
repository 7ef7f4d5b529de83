"""Whether a verdict's numbers can have led to it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crane_desktop.domain.verdicts import ReasonCode, Verdict

_SLACK = 1e-6
"""A model may compare in single precision what is stored in double."""


def score_problem(row: Mapping[str, Any]) -> str | None:
    """Return what contradicts the verdict in a row's score, map peak and thresholds, None where nothing does.

    The rule is that of `decision.rule`: NG at or over a threshold of NG, everything else below both.
    """
    verdict, code = Verdict(row["verdict"]), ReasonCode(row["reason"])
    if verdict is Verdict.NONE:
        return None
    score, peak = (row["score"], row["threshold"]), (row["map_peak"], row["map_threshold"])
    if (score[0] is None) is not (score[1] is None) and (score[0] is None or verdict is Verdict.OK):
        return f"{verdict} without a score or a threshold"
    must_reach = {ReasonCode.SCORE_OVER_THRESHOLD: score, ReasonCode.REGION_OVER_THRESHOLD: peak}.get(code)
    if must_reach is not None:
        if _below(*must_reach):
            return f"{code} with {must_reach[0]} below the threshold {must_reach[1]}"
        return None if must_reach is score or not _reaches(*score) else f"{code} with the score {score[0]} over it too"
    for value, threshold in (score, peak):
        if _reaches(value, threshold):
            return f"{verdict} with {value} over the threshold {threshold}"
    return None


def _reaches(value: float | None, threshold: float | None) -> bool:
    return value is not None and threshold is not None and value >= threshold + _SLACK


def _below(value: float | None, threshold: float | None) -> bool:
    return value is not None and threshold is not None and value < threshold - _SLACK
