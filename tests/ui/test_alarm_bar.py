"""The alarm: what happened, since when, until somebody has seen it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.settings.texts import error_text
from crane_desktop.ui.shell.alarm_bar import AlarmBar

BROKEN = StationFault("pipeline.log_broken", detail="disk full")


@pytest.fixture
def bar(qtbot: Any) -> AlarmBar:
    made = AlarmBar("ja")
    qtbot.addWidget(made)
    return made


def test_it_is_away_while_there_is_nothing_to_tell(bar: AlarmBar) -> None:
    assert bar.isHidden()
    bar.show_alarm(BROKEN)
    assert not bar.isHidden()
    bar.show_alarm(None)
    assert bar.isHidden()


def test_it_tells_in_the_language_of_the_moment(bar: AlarmBar) -> None:
    bar.show_alarm(BROKEN)
    assert bar.words == error_text(BROKEN, "ja")
    bar.retranslate("en")
    assert bar.words == error_text(BROKEN, "en")
    assert bar.accessibleName() == bar.words


def test_it_says_since_when(bar: AlarmBar) -> None:
    bar.show_alarm(BROKEN)
    title = bar._title.text()
    assert re.fullmatch(r"アラーム \d\d:\d\d:\d\d", title)
    bar.retranslate("en")
    assert bar._title.text() == title.replace("アラーム", "Alarm")


def test_it_blinks_until_it_is_acknowledged(bar: AlarmBar, qtbot: Any) -> None:
    bar.show_alarm(BROKEN)
    assert bar._blink.isActive()
    assert bar._blink.interval() >= 334  # slower than three a second: no risk for people with epilepsy (WCAG 2.3.1)
    lit = bar.styleSheet()
    bar._toggle()
    assert bar.styleSheet() != lit
    bar.show_alarm(None)
    assert not bar._blink.isActive()
    bar.show_alarm(BROKEN)
    assert bar.styleSheet() == lit


def test_the_button_only_asks(bar: AlarmBar, qtbot: Any) -> None:
    bar.show_alarm(BROKEN)
    with qtbot.waitSignal(bar.acknowledged):
        bar.button.click()
    assert bar.alarm is BROKEN


def test_a_very_long_alarm_does_not_fill_the_window(bar: AlarmBar) -> None:
    long = StationFault("pipeline.broken", detail="x " * 5000)
    bar.show_alarm(long)
    assert len(bar.words) < 400
    assert bar.words.endswith("…")
    assert bar._words.toolTip() == error_text(long, "ja")


def test_what_an_error_says_is_shown_as_it_is(bar: AlarmBar) -> None:
    bar.show_alarm(StationFault("pipeline.broken", detail="<b>&amp; {detail} %s"))
    assert "<b>&amp; {detail} %s" in bar.words


def test_the_same_alarm_keeps_its_time(bar: AlarmBar) -> None:
    bar.show_alarm(BROKEN)
    since = bar._since
    bar.show_alarm(BROKEN)
    assert bar._since == since
    bar.show_alarm(InputError("ui.no_folder"))
    assert bar._since > since
