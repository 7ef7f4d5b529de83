"""A record that is read back says which rule decided, with the limits as far as they are known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.history import HistoryRecord, HistoryRow
from crane_desktop.domain.measures import Rule
from crane_desktop.domain.verdicts import ReasonCode, Verdict

ROW = HistoryRow(
    record_id=7,
    decided_at=datetime(2026, 3, 31, 12, tzinfo=UTC),
    verdict=Verdict.NG,
    reason=ReasonCode.SCORE_OVER_THRESHOLD.value,
    score=0.91,
    threshold=0.87,
    source_id="demo:1",
    file="部品.png",
    latency_ms=12.5,
    map_peak=0.4,
    map_threshold=0.6,
)


def opened(row: HistoryRow, review: float | None = None, map_review: float | None = None) -> HistoryRecord:
    return HistoryRecord(row, {}, (), None, None, review, map_review)


def test_a_record_of_the_list_knows_the_limit_of_ng_only() -> None:
    measure = ROW.measure()
    assert (measure.rule, measure.value, measure.review, measure.ng) == (Rule.SCORE, 0.91, None, 0.87)


def test_a_record_that_was_opened_knows_both() -> None:
    measure = opened(ROW, 0.8, 0.5).measure()
    assert (measure.rule, measure.value, measure.review, measure.ng) == (Rule.SCORE, 0.91, 0.8, 0.87)


def test_a_region_that_decided_is_shown_with_its_own_limits() -> None:
    by_region = replace(ROW, reason=ReasonCode.REGION_OVER_THRESHOLD.value, score=0.2, map_peak=0.7)
    measure = opened(by_region, 0.8, 0.5).measure()
    assert (measure.rule, measure.value, measure.review, measure.ng) == (Rule.REGION, 0.7, 0.5, 0.6)


def test_a_record_without_a_map_is_measured_by_its_score() -> None:
    older = replace(ROW, reason=ReasonCode.BELOW_THRESHOLD.value, map_peak=None, map_threshold=None)
    assert older.measure().rule is Rule.SCORE


@pytest.mark.parametrize("reason", list(ReasonCode))
def test_whatever_the_reason_the_values_are_those_of_one_rule(reason: ReasonCode) -> None:
    measure = opened(replace(ROW, reason=reason.value), 0.8, 0.5).measure()
    one_rule = {Rule.SCORE: (0.91, 0.8, 0.87), Rule.REGION: (0.4, 0.5, 0.6)}
    assert (measure.value, measure.review, measure.ng) == one_rule[measure.rule]


@given(st.text(max_size=30))
def test_a_reason_that_another_version_of_the_program_knew_is_no_error(reason: str) -> None:
    assert replace(ROW, reason=reason).measure().rule in tuple(Rule)


def test_what_was_kept_with_a_record_does_not_make_two_of_them_equal() -> None:
    """A record opened holds pixels: comparing them one by one is nobody's wish."""
    assert opened(ROW) != opened(ROW)
    assert replace(ROW) == ROW
