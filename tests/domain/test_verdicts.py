"""Verdicts and the reasons that may stand behind them."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, fields, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.corrections import Correction, CorrectionStep
from crane_desktop.domain.frames import FrameOrigin
from crane_desktop.domain.maps import Placement, Region
from crane_desktop.domain.verdicts import (
    Decision,
    Inspection,
    JudgedBy,
    Reason,
    ReasonCode,
    Verdict,
    verdict_for,
)
from crane_desktop.settings.texts import LANGUAGES, text

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
DECIDED = {
    ReasonCode.BELOW_THRESHOLD: Verdict.OK,
    ReasonCode.SCORE_OVER_THRESHOLD: Verdict.NG,
    ReasonCode.REGION_OVER_THRESHOLD: Verdict.NG,
    ReasonCode.SCORE_IN_REVIEW_BAND: Verdict.REVIEW,
    ReasonCode.REGION_IN_REVIEW_BAND: Verdict.REVIEW,
}
JUDGED_BY = JudgedBy("基板", 3, "demo", "1.0", "ab" * 32, "0.1.0", "cpu")


@pytest.mark.parametrize("code", list(ReasonCode))
def test_a_reason_stands_behind_one_verdict_only(code: ReasonCode) -> None:
    assert verdict_for(code) is DECIDED.get(code, Verdict.NONE)


def test_a_single_reason_gives_ok() -> None:
    assert [code for code in ReasonCode if verdict_for(code) is Verdict.OK] == [ReasonCode.BELOW_THRESHOLD]


@pytest.mark.parametrize(
    "fault",
    [
        "not_calibrated",
        "calibration_stale",
        "unreadable_image",
        "incomplete_frame",
        "camera_fault",
        "overrun",
        "late",
        "model_fault",
        "not_a_number",
        "self_test_failed",
        "not_recorded",
    ],
)
def test_no_fault_ever_becomes_a_decision(fault: str) -> None:
    assert verdict_for(ReasonCode(fault)) is Verdict.NONE


@given(st.text(max_size=20))
def test_a_reason_that_nobody_knows_is_no_reason(name: str) -> None:
    if name in {code.value for code in ReasonCode}:
        assert verdict_for(ReasonCode(name)) in Verdict
    else:
        with pytest.raises(ValueError, match="not a valid"):
            ReasonCode(name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_verdict_and_every_reason_has_words_of_its_own(language: str) -> None:
    for kind, codes in (("verdict", list(Verdict)), ("reason", list(ReasonCode))):
        words = [text(f"{kind}.{code}", language) for code in codes]  # type: ignore[arg-type]
        assert len(set(words)) == len(words), f"two of {kind} read the same"


def test_a_verdict_is_its_word_in_records_and_on_the_command_line() -> None:
    assert [f"{verdict}" for verdict in Verdict] == ["OK", "NG", "REVIEW", "NONE"]
    assert Verdict("NG") is Verdict.NG


def _inspection(**changes: object) -> Inspection:
    known: dict[str, object] = {
        "origin": FrameOrigin(1, "folder:a", NOW, 5),
        "verdict": Verdict.NG,
        "reason": Reason(ReasonCode.SCORE_OVER_THRESHOLD),
        "judged_by": JUDGED_BY,
        "decided_at": NOW,
        "latency_ms": 12.5,
        **changes,
    }
    return Inspection(**known)  # type: ignore[arg-type]


def test_an_inspection_without_a_model_result_has_no_numbers() -> None:
    fault = _inspection(verdict=Verdict.NONE, reason=Reason(ReasonCode.CAMERA_FAULT, "link down"))
    numbers = (fault.score, fault.map_peak, fault.threshold, fault.map_threshold, fault.model_ms)
    assert numbers == (None,) * 5
    assert fault.regions == ()
    assert fault.corrections == ()


def test_an_inspection_crosses_to_another_process_with_everything_in_it() -> None:
    full = _inspection(
        score=0.9,
        map_peak=0.8,
        regions=(Region(4.0, 0.9, Placement(1, 2, 3, 4), ((1.0, 2.0), (3.0, 4.0))),),
        corrections=(Correction(CorrectionStep.GAMMA, (0.45,)),),
    )
    received = pickle.loads(pickle.dumps(full))
    assert received == full
    assert received.verdict is Verdict.NG
    assert received.reason.code is ReasonCode.SCORE_OVER_THRESHOLD


@pytest.mark.parametrize("made", [_inspection(), Decision(Verdict.OK, Reason(ReasonCode.LATE), 0.5, 0.6), JUDGED_BY])
def test_what_was_decided_cannot_be_rewritten(made: object) -> None:
    for field in fields(made):  # type: ignore[arg-type]
        with pytest.raises(FrozenInstanceError):
            setattr(made, field.name, getattr(made, field.name))
    with pytest.raises((AttributeError, TypeError)):
        made.note = "by hand"  # type: ignore[attr-defined]


@given(st.sampled_from(["recipe", "pack", "pack_version", "pack_sha256", "software_version", "device"]), st.text())
def test_a_verdict_by_anything_else_is_another_one(field: str, value: str) -> None:
    other = replace(JUDGED_BY, **{field: value})
    assert (other == JUDGED_BY) == (getattr(JUDGED_BY, field) == value)


def test_a_detail_is_for_the_log_and_not_the_code() -> None:
    assert Reason(ReasonCode.LATE, "3 ms") != Reason(ReasonCode.LATE)
    assert Reason(ReasonCode.LATE, "3 ms").code is Reason(ReasonCode.LATE).code
