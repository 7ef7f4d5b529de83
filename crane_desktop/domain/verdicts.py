"""What was decided about a part, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from crane_desktop.domain.corrections import Correction
from crane_desktop.domain.frames import FrameOrigin
from crane_desktop.domain.maps import Region


class Verdict(StrEnum):
    """良品 / 不良品 / 要確認 / 判定なし."""

    OK = "OK"
    NG = "NG"
    REVIEW = "REVIEW"
    NONE = "NONE"


class ReasonCode(StrEnum):
    """Why a verdict is what it is. Its text in both languages is ``reason.<code>`` in resources/texts."""

    BELOW_THRESHOLD = "below_threshold"
    SCORE_OVER_THRESHOLD = "score_over_threshold"
    REGION_OVER_THRESHOLD = "region_over_threshold"
    SCORE_IN_REVIEW_BAND = "score_in_review_band"
    REGION_IN_REVIEW_BAND = "region_in_review_band"
    NOT_CALIBRATED = "not_calibrated"
    """The recipe has no thresholds yet: the map is shown, nothing is decided (verdict NONE)."""
    CALIBRATION_STALE = "calibration_stale"
    """The thresholds were found by an earlier program that judged such a picture otherwise: as without any."""
    # From here on: faults. They give NONE and nothing else.
    UNREADABLE_IMAGE = "unreadable_image"
    INCOMPLETE_FRAME = "incomplete_frame"
    CAMERA_FAULT = "camera_fault"
    OVERRUN = "overrun"
    LATE = "late"
    MODEL_FAULT = "model_fault"
    NOT_A_NUMBER = "not_a_number"
    SELF_TEST_FAILED = "self_test_failed"
    NOT_RECORDED = "not_recorded"


_DECIDED = {
    ReasonCode.BELOW_THRESHOLD: Verdict.OK,
    ReasonCode.SCORE_OVER_THRESHOLD: Verdict.NG,
    ReasonCode.REGION_OVER_THRESHOLD: Verdict.NG,
    ReasonCode.SCORE_IN_REVIEW_BAND: Verdict.REVIEW,
    ReasonCode.REGION_IN_REVIEW_BAND: Verdict.REVIEW,
}


def verdict_for(code: ReasonCode) -> Verdict:
    """Return the only verdict that a reason can stand behind: what is no decision is NONE."""
    return _DECIDED.get(code, Verdict.NONE)


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason with an untranslated detail for the log (an exception's text, a driver's message)."""

    code: ReasonCode
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """Outcome of the decision rule for one scored part (pure, `decision` makes it).

    Attributes
    ----------
    threshold, map_threshold
        The NG thresholds that applied, on the score and on a region's peak.
    map_peak
        The number that was compared with `map_threshold`; None where the map holds no finite number.
    review_threshold, map_review_threshold
        Where REVIEW begins on the same two numbers.
    """

    verdict: Verdict
    reason: Reason
    threshold: float | None
    map_threshold: float | None
    regions: tuple[Region, ...] = ()
    map_peak: float | None = None
    review_threshold: float | None = None
    map_review_threshold: float | None = None


@dataclass(frozen=True, slots=True)
class JudgedBy:
    """Which recipe, model and program made a verdict; stored with every record.

    Attributes
    ----------
    recipe_sha256
        Checksum of the recipe's content, which names the exact version whatever its number; None where it was not
        known, as in records from before it was kept.
    """

    recipe: str
    recipe_version: int
    pack: str
    pack_version: str
    pack_sha256: str
    software_version: str
    device: str
    for_demonstration: bool = False
    recipe_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Inspection:
    """One part's verdict with everything that led to it. Without pictures; those travel beside it.

    Attributes
    ----------
    score, map_peak
        None where no model result exists (a fault).
    review_threshold, map_review_threshold
        Where REVIEW begins; a record does not hold them, the version of the recipe that it names does.
    latency_ms
        From the frame's arrival to the decision.
    model_ms
        The model's share of it.
    corrections
        What was done to the camera's values before the model saw them.
    run
        Id of the run that it was judged in (`domain.events.new_run_id`), None in records from before runs were kept.
    """

    origin: FrameOrigin
    verdict: Verdict
    reason: Reason
    judged_by: JudgedBy
    decided_at: datetime
    latency_ms: float
    score: float | None = None
    map_peak: float | None = None
    threshold: float | None = None
    map_threshold: float | None = None
    model_ms: float | None = None
    regions: tuple[Region, ...] = ()
    pixel_format: str | None = None
    corrections: tuple[Correction, ...] = ()
    run: str | None = None
    review_threshold: float | None = None
    map_review_threshold: float | None = None
