"""Which number a verdict rests on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.decision.rule import verdict_at
from crane_desktop.domain.measures import Measure, Rule, deciding
from crane_desktop.domain.verdicts import ReasonCode, Verdict
from crane_desktop.recipe.thresholds import Thresholds

LEVELS = st.floats(0, 2)


def part(value: float, review: float, ng: float, rule: Rule) -> Measure:
    return Measure(rule, value, min(review, ng), max(review, ng))


@given(st.floats(0, 1), st.floats(0, 1), LEVELS, LEVELS, LEVELS, LEVELS)
def test_what_is_shown_never_contradicts_the_verdict(
    score: float, peak: float, a: float, b: float, c: float, d: float
) -> None:
    whole, region = part(score, a, b, Rule.SCORE), part(peak, c, d, Rule.REGION)
    limits = Thresholds(score_review=min(a, b), score_ng=max(a, b), map_review=min(c, d), map_ng=max(c, d))
    verdict, code = verdict_at(score, peak, limits)
    shown = deciding(code, whole, region)
    assert shown.value is not None
    assert shown.review is not None
    assert shown.ng is not None
    if verdict is Verdict.NG:
        assert shown.value >= shown.ng
    elif verdict is Verdict.REVIEW:
        assert shown.review <= shown.value < shown.ng
    else:
        assert shown.value < shown.review


def test_of_a_good_part_the_number_that_came_nearer_its_limit_is_shown() -> None:
    score = Measure(Rule.SCORE, 0.2, 0.5, 0.7)
    near, far = Measure(Rule.REGION, 0.6, 0.65, 0.8), Measure(Rule.REGION, 0.1, 0.65, 0.8)
    assert deciding(ReasonCode.BELOW_THRESHOLD, score, near) is near
    assert deciding(ReasonCode.BELOW_THRESHOLD, score, far) is score


def test_a_fault_and_a_reason_of_a_newer_program_show_the_score() -> None:
    score, region = Measure(Rule.SCORE, None, None, 0.7), Measure(Rule.REGION, None, None, None)
    for reason in (ReasonCode.LATE, ReasonCode.NOT_CALIBRATED, "never_heard_of"):
        assert deciding(reason, score, region) is score
