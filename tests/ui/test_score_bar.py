"""Score against threshold, on the absolute scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fake_station import result
from PySide6.QtGui import QColor

from crane_desktop.domain.station import Result
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.settings.texts import LANGUAGES
from crane_desktop.ui.live.score_bar import ScoreBar
from crane_desktop.ui.widgets import palette


def part(score: float | None, threshold: float | None, review: float | None = None) -> Result:
    made = result(1, Verdict.OK)
    changes = {"score": score, "threshold": threshold, "review_threshold": review, "map_peak": None}
    return replace(made, inspection=replace(made.inspection, **changes))


@pytest.fixture
def bar(qtbot: Any) -> ScoreBar:
    made = ScoreBar("ja")
    qtbot.addWidget(made)
    made.resize(401, 46)
    return made


def filled(bar: ScoreBar, colours: Callable[..., Any]) -> int:
    """How many pixels of the bar's row have the fill's colour; the threshold's mark covers up to four."""
    wanted = np.array(QColor(palette.GREY_BUTTON).getRgb()[:3])
    return int(np.all(np.abs(colours(bar)[34].astype(int) - wanted) <= 2, axis=1).sum())


@pytest.mark.parametrize("score", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_the_bar_is_filled_to_the_score(bar: ScoreBar, colours: Callable[..., Any], score: float) -> None:
    bar.show_result(part(score, 0.55))
    assert filled(bar, colours) == pytest.approx(400 * score, abs=6)


@pytest.mark.parametrize("score", [-0.5, None, float("nan")])
def test_what_is_no_score_fills_nothing(bar: ScoreBar, colours: Callable[..., Any], score: float | None) -> None:
    bar.show_result(part(score, 0.55))
    assert filled(bar, colours) <= 3


def test_the_marks_stand_at_both_limits(bar: ScoreBar, colours: Callable[..., Any]) -> None:
    bar.show_result(part(None, None))
    bare = colours(bar)[27]
    bar.show_result(part(None, 0.75, 0.25))
    marked = np.flatnonzero(np.any(colours(bar)[27] != bare, axis=1))
    assert marked[marked < 200].mean() == pytest.approx(100, abs=3)
    assert marked[marked > 200].mean() == pytest.approx(300, abs=3)
    bar.show_result(part(0.5, 2.0, 2.0))  # a limit that nothing reaches has no mark
    assert np.array_equal(colours(bar)[27], bare)


def test_the_mark_stands_at_the_threshold(bar: ScoreBar, colours: Callable[..., Any]) -> None:
    bar.show_result(part(None, None))
    bare = colours(bar)[27]
    bar.show_result(part(None, 0.25))
    marked = np.flatnonzero(np.any(colours(bar)[27] != bare, axis=1))
    assert marked.mean() == pytest.approx(100, abs=3)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_figures(bar: ScoreBar, language: Any) -> None:
    bar.retranslate(language)
    bar.show_result(part(0.71349, 0.55))
    assert "0.713" in bar.words()
    assert "0.550" in bar.words()
    assert bar.accessibleName() == bar.words()
    bar.show_result(None)
    assert bar.words().count("－") == 1
