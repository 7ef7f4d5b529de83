"""The application around the window: the window first, everything slow afterwards."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from fake_station import FakeStation
from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.station import StationState
from crane_desktop.ui.shell.application import prepare_application, run_window
from crane_desktop.ui.shell.confirm import ask_to_close
from crane_desktop.ui.shell.preferences import Preferences
from crane_desktop.ui.shell.qt_words import QtWords
from crane_desktop.ui.shell.window import MainWindow
from crane_desktop.ui.widgets.style import TARGET_PX


def the_window() -> MainWindow:
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow) and w.isVisible()]
    assert len(found) == 1
    return found[0]


def soon(call: Any) -> None:
    """Call on the window's thread as soon as it gives no error, then close the window."""

    def attempt() -> None:
        try:
            call()
        except AssertionError:
            QTimer.singleShot(20, attempt)
        else:
            the_window().close()

    QTimer.singleShot(0, attempt)


@pytest.fixture(autouse=True)
def never_for_ever(qapp: QApplication) -> Any:
    guard = QTimer()
    guard.setSingleShot(True)
    guard.timeout.connect(qapp.closeAllWindows)
    guard.start(20_000)
    yield
    guard.stop()


def test_the_window_is_painted_before_the_station_is_made_and_on_another_thread() -> None:
    seen: list[tuple[bool, bool]] = []
    ready: list[MainWindow] = []
    station = FakeStation(records=2)

    def make() -> FakeStation:
        seen.append((the_window()._painted, threading.current_thread() is threading.main_thread()))
        return station

    def attached() -> None:
        assert ("load", "crane-full", None) in station.calls

    soon(attached)
    code = run_window(make, Preferences(pack="crane-full"), on_ready=ready.append)
    assert code == 0
    assert seen == [(True, False)]
    assert len(ready) == 1
    assert station.closed == 0  # whoever made it closes it, when nothing is on screen any more


def test_the_screen_lives_while_the_station_is_made() -> None:
    ticks: list[int] = []
    release = threading.Event()

    def make() -> FakeStation:
        release.wait(5)
        return FakeStation()

    def alive() -> None:
        ticks.append(the_window()._timer.interval())
        assert len(ticks) > 4
        assert the_window().run.commands.state.text() == "準備中"
        release.set()

    soon(alive)
    assert run_window(make) == 0


def test_a_station_that_cannot_be_made_becomes_an_alarm() -> None:
    def make() -> FakeStation:
        raise InputError("ui.no_folder")

    def told() -> None:
        assert the_window().alarm.alarm is not None
        assert not the_window().run.commands.start.isEnabled()

    soon(told)
    assert run_window(make) == 0


def test_a_bug_while_the_station_is_made_becomes_an_alarm(logs_allowed: None) -> None:
    def make() -> FakeStation:
        raise RuntimeError("a bug of ours")

    def told() -> None:
        assert "a bug of ours" in the_window().alarm.words

    soon(told)
    assert run_window(make) == 0


def test_a_window_closed_while_the_station_is_made_ends_in_good_order() -> None:
    release = threading.Event()
    made: list[FakeStation] = []

    def make() -> FakeStation:
        release.wait(5)
        made.append(FakeStation())
        return made[0]

    def close() -> None:
        assert the_window()._painted
        QTimer.singleShot(0, release.set)

    soon(close)
    assert run_window(make) == 0
    assert made[0].calls == []


def test_what_was_set_up_is_kept_as_it_changes_and_at_the_end() -> None:
    kept: list[Preferences] = []

    def switch() -> None:
        window = the_window()
        assert window.run.commands.start.isEnabled()
        window.switch_language()

    soon(switch)
    run_window(FakeStation, Preferences(language="ja"), kept.append)
    assert [(wanted.language, wanted.geometry is not None) for wanted in kept] == [("en", False), ("en", True)]


def test_a_crash_in_a_slot_is_shown_and_the_program_goes_on(logs_allowed: None) -> None:
    def crash() -> None:
        raise RuntimeError("in a slot")

    QTimer.singleShot(50, crash)

    def told() -> None:
        assert "in a slot" in the_window().alarm.words

    soon(told)
    assert run_window(FakeStation) == 0


def test_the_application_is_light_and_calm(qapp: QApplication, qtbot: Any) -> None:
    assert prepare_application() is qapp
    assert qapp.applicationName() == "CraneInspector"
    assert not qapp.windowIcon().isNull()
    window = MainWindow()
    qtbot.addWidget(window)
    red, green, blue = QColor.fromRgb(window.grab().toImage().pixel(500, 3)).getRgb()[:3]
    assert max(red, green, blue) - min(red, green, blue) <= 8
    assert min(red, green, blue) > 200


def test_qts_own_words_follow_the_language(qapp: QApplication) -> None:
    words = QtWords(qapp)

    def cancel() -> str:
        return QCoreApplication.translate("QPlatformTheme", "Cancel")

    for language, wanted in (("ja", "キャンセル"), ("en", "Cancel"), ("ja", "キャンセル"), ("ja", "キャンセル")):
        words.retranslate(language)  # type: ignore[arg-type]
        assert cancel() == wanted
    words.remove()
    words.remove()
    assert cancel() == "Cancel"


# -- the question before closing -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "words"), [("ja", ("停止して終了", "運転を続ける")), ("en", ("Stop and close", "Keep running"))]
)
@pytest.mark.parametrize("press", [0, 1, None])
def test_the_question_presets_the_safe_answer(
    window: MainWindow, station: FakeStation, qtbot: Any, language: Any, words: tuple[str, str], press: int | None
) -> None:
    seen: list[Any] = []

    def answer() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        buttons = {button.text(): button for button in box.findChildren(QPushButton)}
        seen.append(set(buttons))
        seen.append(box.defaultButton().text())
        seen.append(min(button.height() for button in buttons.values()))
        if press is None:
            box.reject()
        else:
            buttons[words[press]].click()

    QTimer.singleShot(50, answer)
    assert ask_to_close(window, language) == (press == 0)
    assert seen[0] == set(words)
    assert seen[1] == words[1]
    assert seen[2] >= TARGET_PX


def test_the_line_goes_on_behind_the_question(window: MainWindow, station: FakeStation) -> None:
    station.say(state=StationState.RUNNING)
    window.tick()

    def stay() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        box.reject()

    QTimer.singleShot(50, stay)
    window.close()
    assert window.isVisible()
    assert station.closed == 0
