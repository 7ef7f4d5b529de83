"""Labels that never take more room than they have, whatever they are told to say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crane_desktop.ui.widgets.fields import Choice, ClampedLabel, ElidedLabel

WORDS = st.text(st.sampled_from("あ漢a \n"), max_size=120)


@pytest.fixture
def label(qtbot: Any) -> ClampedLabel:
    made = ClampedLabel(2)
    qtbot.addWidget(made)
    made.resize(160, 44)
    made.show()
    return made


@given(WORDS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_never_says_more_than_fits_and_leaves_nothing_out_silently(label: ClampedLabel, words: str) -> None:
    label.set_words(words)
    lines = label.shown_lines()
    assert len(lines) <= 2
    metrics = label.fontMetrics()
    assert all(metrics.horizontalAdvance(line) <= 160 for line in lines)
    squeezed = "".join(words.split())
    shown = "".join("".join(lines).split())
    assert shown == squeezed or lines[-1].endswith("…")
    if lines and lines[-1].endswith("…"):
        assert squeezed.startswith(shown[:-1])
    assert label.toolTip() == words
    label.grab()


def test_words_break_between_words(label: ClampedLabel) -> None:
    label.set_words("inspection line stopped")
    assert " ".join(label.shown_lines()) == "inspection line stopped"


def test_more_room_shows_more(label: ClampedLabel) -> None:
    label.set_words("漢字" * 40)
    narrow = label.shown_lines()
    label.resize(700, 44)
    assert len(label.shown_lines()[0]) > len(narrow[0])


@given(WORDS.map(lambda words: words.replace("\n", " ")))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_line_ends_in_dots_where_it_is_cut(qtbot: Any, words: str) -> None:
    line = ElidedLabel()
    qtbot.addWidget(line)
    line.resize(120, 20)
    line.set_words(words)
    assert line.fontMetrics().horizontalAdvance(line.text()) <= 120
    assert line.text() == words or line.text().endswith("…")
    assert line.words == line.toolTip() == words


def test_relisting_keeps_what_is_chosen_and_tells_nobody(qtbot: Any) -> None:
    choice = Choice()
    qtbot.addWidget(choice)
    choice.relist([("eins", 1), ("zwei", 2)])
    choice.setCurrentIndex(1)
    told: list[int] = []
    choice.currentIndexChanged.connect(told.append)
    choice.relist([("one", 1), ("two", 2), ("three", 3)])
    assert (choice.currentText(), choice.toolTip(), told) == ("two", "two", [])
    choice.relist([("three", 3)])
    assert choice.currentData() == 3
