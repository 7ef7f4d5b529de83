"""The score line: which rule decided, its number and both limits, without a contradiction in any language."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fake_station import FakeStation, result
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.measures import Measure, Rule
from crane_desktop.domain.station import Result
from crane_desktop.domain.verdicts import Reason, ReasonCode, Verdict
from crane_desktop.settings.texts import LANGUAGES
from crane_desktop.ui.live.measure_words import figures, measure_words, value_words
from crane_desktop.ui.shell.window import MainWindow

NUMBERS = st.floats(0, 1)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_what_is_over_a_limit_is_seen_to_be(value: float, a: float, b: float) -> None:
    measure = Measure(Rule.REGION, value, min(a, b), max(a, b))
    shown, review, ng = figures(measure)
    assert review is not None
    assert ng is not None
    for limit, figure in ((min(a, b), review), (max(a, b), ng)):
        if abs(value - limit) > 1e-8:
            assert (float(shown) >= float(figure)) == (value >= limit)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ja", "異常領域 0.863  (要確認 0.790 / 不良 0.859 以上)"),
        ("en", "Region 0.863   (CHECK from 0.790, NG from 0.859)"),
    ],
)
def test_the_measured_case_is_told_by_its_region(language: Any, words: str) -> None:
    assert measure_words(Measure(Rule.REGION, 0.863, 0.790, 0.859), language) == words


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_not_known_is_not_made_up(language: Any) -> None:
    assert "0.859" in measure_words(Measure(Rule.SCORE, 0.5, None, 0.859), language)
    assert measure_words(Measure(Rule.SCORE, 0.5, None, None), language).count("0.") == 1
    assert "2.0" not in measure_words(Measure(Rule.SCORE, 0.5, 2.0, 2.0), language)  # a limit that nothing reaches
    assert value_words(Measure(Rule.SCORE, None, None, 0.5), language) == "－"


def by_region(record_id: int) -> Result:
    part = result(record_id, Verdict.NG, score=0.1)
    reason = Reason(ReasonCode.REGION_OVER_THRESHOLD)
    return replace(part, inspection=replace(part.inspection, reason=reason))


@pytest.mark.parametrize("language", LANGUAGES)
def test_line_strip_scale_list_and_record_name_the_same_rule(
    window: MainWindow, station: FakeStation, qtbot: Any, language: Any
) -> None:
    if language == "en":
        window.switch_language()
    station.finish(by_region(8))
    station.records.rows[-1] = replace(
        station.records.rows[-1], reason=ReasonCode.REGION_OVER_THRESHOLD, map_peak=0.9, score=0.1
    )
    window.tick()
    full = "異常領域 0.900" if language == "ja" else "Region 0.900"
    region = value_words(Measure(Rule.REGION, 0.9, None, None), language)
    run = window.run
    assert run.score.words().startswith(full)
    assert "0.500" in run.score.words()
    assert "0.620" in run.score.words()
    assert full in run.ng_strip.buttons[0].toolTip()
    assert (run.picture.scale.threshold, run.picture.scale.review) == (0.62, 0.5)
    qtbot.waitUntil(lambda: run.history.model.newest_id() == 8, timeout=5_000)
    assert run.history.model.index(0, 2).data() == region
    window.dialogs.open_record(8)
    window.tick()
    dialog = window.dialogs.records[8]
    assert dialog.score.words().startswith(full)
    assert "0.500" in dialog.score.words()
    dialog.close()
