"""The alarm: what happened, since when, in what state, until it is over and somebody has seen it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from fake_station import MOMENT, alarm
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QAction

from crane_desktop.domain.alarms import Alarm, AlarmSeverity, AlarmState, head_line
from crane_desktop.domain.errors import CraneError, InputError, StationFault
from crane_desktop.settings.texts import LANGUAGES, Language, plain_text
from crane_desktop.ui.shell.alarm_bar import AlarmBar
from crane_desktop.ui.shell.alarm_popup import in_order
from crane_desktop.ui.shell.own_alarms import WINDOW, raised, without

BROKEN = StationFault("pipeline.log_broken", detail="disk full")
NO_FOLDER = InputError("ui.no_folder")
GOES_ON = alarm(BROKEN)
SEEN = alarm(BROKEN, acknowledged=MOMENT)
OVER = alarm(BROKEN, returned=MOMENT)


@pytest.fixture
def bar(qtbot: Any) -> AlarmBar:
    made = AlarmBar("ja", QAction())
    qtbot.addWidget(made)
    made.resize(900, made.height())
    made.show()
    return made


# -- the bar ---------------------------------------------------------------------------------------------------


def test_its_room_is_there_while_there_is_nothing_to_tell(bar: AlarmBar) -> None:
    height = bar.height()
    assert bar.words == "アラームはありません"
    assert not bar.button.isVisible()
    assert not bar.more.isVisible()
    bar.show_alarms((GOES_ON,))
    assert bar.height() == bar.minimumHeight() == height
    assert bar.button.isVisible()
    bar.show_alarms(())
    assert bar.alarm is None
    assert bar.height() == height


def test_it_tells_in_the_language_of_the_moment(bar: AlarmBar) -> None:
    bar.show_alarms((GOES_ON,))
    for language in LANGUAGES:
        bar.retranslate(language)
        assert bar.words == plain_text(BROKEN, language)
        assert bar.accessibleName() == bar.words


def test_it_says_since_when_and_how_often(bar: AlarmBar) -> None:
    bar.show_alarms((GOES_ON,))
    title = bar._title.text()
    assert re.fullmatch(r"アラーム \d\d:05:09", title)
    bar.retranslate("en")
    assert bar._title.text() == title.replace("アラーム", "Alarm")
    bar.show_alarms((alarm(BROKEN, count=4),))
    assert bar._title.text().endswith("×4")


def test_each_state_has_its_words_its_rim_and_its_rhythm(bar: AlarmBar) -> None:
    words, rims = [], []
    for one, blinks in ((GOES_ON, True), (SEEN, False), (OVER, False)):
        bar.show_alarms((one,))
        words.append(bar._state.text())
        rims.append(bar.styleSheet())
        assert bar._blink.isActive() == blinks
    assert words == ["継続中・未確認", "継続中・確認済み", "解消・未確認"]
    assert len(set(rims)) == 3
    assert len({re.sub("#[0-9a-f]+", "", rim) for rim in rims}) == 3  # told apart without colour


def test_it_blinks_slowly_and_is_lit_at_the_end(bar: AlarmBar) -> None:
    bar.show_alarms((GOES_ON,))
    assert bar._blink.interval() >= 334  # slower than three a second: no risk for people with epilepsy (WCAG 2.3.1)
    lit = bar.styleSheet()
    bar._toggle()
    assert bar.styleSheet() != lit
    bar.show_alarms((SEEN,))
    assert not bar._blink.isActive()
    bar.show_alarms((GOES_ON,))
    assert bar.styleSheet() == lit


def test_news_of_the_same_alarm_does_not_stop_the_blinking(bar: AlarmBar) -> None:
    bar.show_alarms((GOES_ON,))
    bar._toggle()
    dark = bar.styleSheet()
    bar.show_alarms((alarm(BROKEN, count=2), alarm(NO_FOLDER, acknowledged=MOMENT)))
    assert bar.styleSheet() == dark
    assert bar._blink.isActive()


def test_the_button_gives_the_command_and_follows_it(bar: AlarmBar) -> None:
    given: list[bool] = []
    bar._action.triggered.connect(lambda: given.append(True))
    bar.show_alarms((GOES_ON,))
    bar.button.click()
    assert len(given) == 1
    assert bar.alarm is GOES_ON  # what becomes of it is the station's to say
    bar._action.setEnabled(False)
    assert not bar.button.isEnabled()


def test_a_very_long_alarm_takes_no_more_room(bar: AlarmBar) -> None:
    long = StationFault("camera.hangs", device="x " * 5000, seconds=4)
    height = bar.height()
    bar.show_alarms((alarm(long),))
    assert bar.height() == height
    lines = bar._words.shown_lines()
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert bar._words.toolTip() == plain_text(long, "ja")


def test_what_an_error_says_is_shown_as_it_is(bar: AlarmBar) -> None:
    bar.show_alarms((alarm(StationFault("camera.hangs", device="<b>&amp; {detail} %s", seconds=4)),))
    assert "<b>&amp; {detail} %s" in bar.words


# -- several ---------------------------------------------------------------------------------------------------


def test_it_says_how_many_more_there_are(bar: AlarmBar) -> None:
    bar.show_alarms((GOES_ON,))
    assert bar.more.text() == "詳細"
    bar.show_alarms((SEEN, alarm(NO_FOLDER, minute=3), alarm(NO_FOLDER, "model")))
    assert bar.more.text() == "ほか2件"
    assert bar.words == plain_text(NO_FOLDER, "ja")  # what nobody has seen comes before what is seen
    bar.retranslate("en")
    assert bar.more.text() == "2 more"


def test_a_click_lists_them_all_and_the_list_follows(bar: AlarmBar) -> None:
    bar.show_alarms((SEEN, alarm(NO_FOLDER)))
    bar.more.click()
    assert bar.list.isVisible()
    rows = bar.list.rows()
    assert [row[2:] for row in rows] == [
        ["継続中・未確認", plain_text(NO_FOLDER, "ja")],
        ["継続中・確認済み", plain_text(BROKEN, "ja"), "技術的な詳細：disk full"],
    ]
    bar.show_alarms((SEEN,))
    assert len(bar.list.rows()) == 1
    bar.retranslate("en")
    assert bar.list.rows()[0][2] == "Active, acknowledged"
    bar.show_alarms(())
    assert not bar.list.isVisible()


def test_the_list_shows_the_whole_sentence(bar: AlarmBar) -> None:
    long = StationFault("camera.hangs", device="word " * 300, seconds=4)
    bar.show_alarms((alarm(long),))
    bar.more.click()
    assert bar.list.rows()[0][3] == plain_text(long, "ja")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_driver_said_stands_in_the_list_below_the_sentence(bar: AlarmBar, language: Language) -> None:
    said = "IoException: GenTL exception: Communication error (ID: -1010)"
    bar.retranslate(language)
    bar.show_alarms((alarm(StationFault("camera.lost", device="", detail=said)),))
    assert "GenTL" not in bar.words + bar.accessibleName() + bar._words.toolTip()
    assert "  " not in bar.words  # a camera that never told its name leaves no gap
    bar.more.click()
    *_, sentence, details = bar.list.rows()[0]
    assert "GenTL" not in sentence
    assert details.endswith(said)


ALARMS = st.lists(
    st.builds(
        alarm,
        st.sampled_from([BROKEN, NO_FOLDER]),
        st.sampled_from(["line", "model", "station"]),
        minute=st.integers(0, 5),
        severity=st.sampled_from(list(AlarmSeverity)),
        returned=st.sampled_from([None, MOMENT]),
        acknowledged=st.sampled_from([None, MOMENT]),
    ),
    min_size=1,
    max_size=6,
).map(tuple)


@given(ALARMS)
def test_the_list_holds_all_and_what_is_seen_comes_last(alarms: tuple[Alarm, ...]) -> None:
    listed = in_order(alarms)
    assert sorted(map(id, listed)) == sorted(map(id, alarms))
    seen = [one.state is AlarmState.ACKNOWLEDGED for one in listed]
    assert seen == sorted(seen)
    head = head_line(alarms)
    assert head is not None
    assert listed[0].state is head.state


# -- the window's own ------------------------------------------------------------------------------------------

ERRORS: list[CraneError] = [BROKEN, NO_FOLDER, StationFault("ui.unexpected", error="a")]


@given(st.lists(st.sampled_from(ERRORS), max_size=12))
def test_no_fault_of_the_window_replaces_another(errors: list[CraneError]) -> None:
    alarms: tuple[Alarm, ...] = ()
    for second, error in enumerate(errors):
        alarms = raised(alarms, error, MOMENT + timedelta(seconds=second))
    assert [one.key for one in alarms] == list(dict.fromkeys(error.key for error in errors))
    assert sum(one.count for one in alarms) == len(errors)
    assert all(one.source == WINDOW and one.active for one in alarms)
    assert [one.begun for one in alarms] == sorted(one.begun for one in alarms)
    for one in alarms:
        assert one.severity is (AlarmSeverity.WARNING if one.error is NO_FOLDER else AlarmSeverity.FAULT)
        assert one not in without(alarms, one.key)
        assert len(without(alarms, one.key)) == len(alarms) - 1


def test_the_same_again_shows_its_newest_sentence_and_keeps_its_beginning() -> None:
    first = raised((), StationFault("ui.unexpected", error="one"), MOMENT)
    again = raised(first, StationFault("ui.unexpected", error="two"), MOMENT + timedelta(hours=1))
    assert "two" in str(again[0].error)
    assert again[0].begun == MOMENT
