"""A reader's burst is told from a hand, wherever it goes; and no key without Ctrl or Alt presses anything."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from fake_station import FakeStation, answered, result
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction, QKeyEvent, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from crane_desktop.domain.events import EventKind
from crane_desktop.domain.packs import Offer
from crane_desktop.domain.scans import MOST_LETTERS
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import Progress, StationState
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.ui.keys import guard as guard_module
from crane_desktop.ui.keys.burst import GAP_MS, Burst
from crane_desktop.ui.keys.guard import KeyGuard
from crane_desktop.ui.shell.window import MainWindow
from crane_desktop.ui.widgets.fields import Choice

COMMANDS = ("start", "stop", "load", "take_in", "camera", "acknowledge", "reset_counts")
NONE, CTRL, ALT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)
BARE = [
    *(Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space, Qt.Key.Key_S, Qt.Key.Key_Y, Qt.Key.Key_1),
    *(getattr(Qt.Key, f"Key_F{number}") for number in range(1, 13)),
]


_TYPED_INTO = QLineEdit | QAbstractSpinBox


class Clock:
    """Time as a test has it go by: a key a millisecond, however slow the machine is."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(guard_module, "now_ms", made)
    monkeypatch.setattr(guard_module, "_moment", lambda _event: made())
    return made


def scan(widget: QWidget, words: str, end: Qt.Key = Qt.Key.Key_Return) -> None:
    QTest.keyClicks(widget, words)
    QTest.keyClick(widget, end)


def slowly(widget: QWidget, words: str, clock: Clock, window: MainWindow) -> None:
    """What a hand types, or a reader with a pause after each letter."""
    for letter in words:
        QTest.keyClicks(widget, letter)
        window.keys._give_back()  # as the timer does once nothing has followed
        clock.now += 200.0


def scans(station: FakeStation) -> list[str]:
    return [call[1].details["text"] for call in station.asked("note") if call[1].kind is EventKind.SCANNED]


def focusable(window: QWidget) -> list[QWidget]:
    return [
        widget
        for widget in window.findChildren(QWidget)
        if widget.isVisible() and widget.isEnabled() and widget.focusPolicy() != Qt.FocusPolicy.NoFocus
    ]


# -- the burst ------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from("ab1 -"), st.floats(0, GAP_MS - 0.1)), min_size=3, max_size=40))
def test_letters_without_a_pause_and_an_end_are_a_scan(keys: list[tuple[str, float]]) -> None:
    burst, at = Burst(100), 5.0
    for letter, gap in keys:
        at += gap
        burst.add(letter, at)
    assert burst.end(at + 1) == "".join(letter for letter, _gap in keys)
    assert burst.follows_an_end(at + 2)
    assert burst.end(at + 3) is None


@given(st.lists(st.floats(GAP_MS + 0.1, 1e5), min_size=1, max_size=20), st.floats(0, 1e5))
def test_a_hand_never_makes_a_scan(gaps: list[float], last: float) -> None:
    burst, at = Burst(100), 0.0
    for gap in gaps:
        at += gap
        burst.add("x", at)
    assert burst.end(at + last) is None


@given(st.integers(0, 300))
def test_what_is_kept_is_bounded_and_tells_that_it_was_too_long(letters: int) -> None:
    burst = Burst(100)
    for place in range(letters):
        burst.add("x", float(place))
    scanned = burst.end(float(letters))
    assert (scanned is None) == (letters < 3)
    assert len(scanned or "") == (0 if letters < 3 else min(letters, 101))


# -- wherever the focus is ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["demo", "folder", "genicam"])
@pytest.mark.parametrize("state", [StationState.READY, StationState.RUNNING])
def test_from_any_widget_a_scan_goes_to_its_field_and_nowhere_else(
    window: MainWindow, station: FakeStation, kind: str, state: StationState
) -> None:
    window.run.source.fill(SourceChoice(kind=kind, path="/parts"))
    station.finish(result(8, Verdict.NG))
    station.say(state=state)
    window.tick()
    before, asked = window.run.source.filled_in(), station.asked(*COMMANDS)
    places = [window, *focusable(window)]
    assert len(places) > 4
    for number, widget in enumerate(places):
        widget.setFocus()
        scan(widget, f"LOT {number} demo")
        assert window.run.commands.scan.text() == f"LOT {number} demo", widget
    assert scans(station) == [f"LOT {number} demo" for number in range(len(places))]
    assert window.run.source.filled_in() == before
    assert station.asked(*COMMANDS) == asked


@pytest.mark.parametrize("end", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab])
def test_every_end_of_a_reader_is_heard_once(window: MainWindow, station: FakeStation, end: Qt.Key) -> None:
    focus = window.run.history.table
    focus.setFocus()
    scan(focus, "From12", end)
    QTest.keyClick(focus, Qt.Key.Key_Enter)  # CR and LF
    scan(focus, "G4711", end)  # back to back
    assert scans(station) == ["From12", "G4711"]
    assert window.focusWidget() is focus
    assert station.asked("record") == []


def test_what_the_code_says_reaches_the_log_with_its_separators(window: MainWindow, station: FakeStation) -> None:
    target = window.run.history.table
    QTest.keyClicks(target, "]d2010491234")
    QTest.keyClick(target, Qt.Key.Key_BracketRight, CTRL)  # GS, as a keyboard types it
    QTest.keyClicks(target, "10AB")
    QTest.keyClick(target, Qt.Key.Key_Q, CTRL)  # DC1: no code means this, and the program must not end by it
    QTest.keyClick(target, Qt.Key.Key_M, CTRL)  # CR
    (event,) = [call[1] for call in station.asked("note")]
    assert event.details == {"text": "010491234\x1d10AB", "symbology": "]d2"}
    assert window.isVisible()
    assert window.run.commands.scan.text() == "010491234<GS>10AB"


def test_shifted_and_full_width_letters_come_as_they_are_meant(window: MainWindow, station: FakeStation) -> None:
    target = window.run.commands.packs
    for letter in "Lot-Ａ１":
        QTest.keyPress(target, Qt.Key.Key_Shift)
        QTest.sendKeyEvent(QTest.KeyAction.Click, target, Qt.Key.Key_unknown, letter, Qt.KeyboardModifier.ShiftModifier)
        QTest.keyRelease(target, Qt.Key.Key_Shift)
    QTest.keyClick(target, Qt.Key.Key_Return)
    assert scans(station) == ["Lot-A1"]


def test_a_very_long_scan_is_refused_and_told(window: MainWindow, station: FakeStation) -> None:
    for _ in range(MOST_LETTERS + 20):
        QApplication.sendEvent(window.run, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_7, NONE, "7"))
    QTest.keyClick(window.run, Qt.Key.Key_Return)
    window.tick()
    assert scans(station) == []
    assert window.alarm.alarm is not None
    assert window.alarm.alarm.key == "domain.scan_too_long"
    assert len(window.keys._held) == 0


def test_a_scan_before_the_station_is_there_is_kept_for_it(open_window: Callable[..., MainWindow]) -> None:
    window, station = open_window(None), FakeStation()
    scan(window, "SN 1")
    window.attach(station)
    assert scans(station) == ["SN 1"]


# -- a hand -----------------------------------------------------------------------------------------------------


def test_a_hand_types_into_fields_and_into_nothing_else(window: MainWindow, station: FakeStation, clock: Clock) -> None:
    field = window.run.commands.scan
    assert window.focusWidget() is field  # from the start
    slowly(field, "SN 77", clock, window)
    assert field.text() == "SN 77"
    assert scans(station) == []
    QTest.keyClick(field, Qt.Key.Key_Return)
    QTest.keyClick(field, Qt.Key.Key_Return)  # not twice the same
    assert scans(station) == ["SN 77"]
    clock.now += 200
    slowly(field, "8", clock, window)
    assert field.text() == "8"
    window.run.source.fill(SourceChoice(kind="folder"))
    path = window.run.source.folder.folder.path
    path.clear()
    slowly(path, "/a b", clock, window)
    assert path.text() == "/a b"
    slowly(window, "4711", clock, window)
    QTest.keyClick(window, Qt.Key.Key_Return)
    assert scans(station) == ["SN 77"]


def test_keys_that_are_given_back_keep_their_order_and_their_release(
    window: MainWindow, clock: Clock, qtbot: Any
) -> None:
    seen: list[tuple[QEvent.Type, int]] = []

    class Noting(QLineEdit):
        def event(self, event: QEvent) -> bool:
            if isinstance(event, QKeyEvent) and event.type() != QEvent.Type.ShortcutOverride:
                seen.append((event.type(), event.key()))
            return super().event(event)

    line = Noting()
    qtbot.addWidget(line)
    line.show()
    QTest.keyClicks(line, "ab")
    assert seen == []
    qtbot.waitUntil(lambda: len(seen) == 4, timeout=5_000)  # by the guard's own timer
    press, release = QEvent.Type.KeyPress, QEvent.Type.KeyRelease
    keys = [(press, Qt.Key.Key_A), (release, Qt.Key.Key_A), (press, Qt.Key.Key_B), (release, Qt.Key.Key_B)]
    assert seen == [(kind, key.value) for kind, key in keys] or seen == keys
    assert line.text() == "ab"


# -- nothing is pressed by a bare key, however slow it comes ----------------------------------------------------


@pytest.mark.parametrize("state", [StationState.READY, StationState.RUNNING])
def test_no_bare_key_gives_a_command(
    window: MainWindow, station: FakeStation, clock: Clock, state: StationState
) -> None:
    station.finish(result(8, Verdict.NG))
    station.say(state=state)
    window.tick()
    asked = station.asked(*COMMANDS)
    shown = window.pages.shown
    places = [w for w in (window, window.menuBar(), *focusable(window)) if not isinstance(w, _TYPED_INTO)]
    for key, widget in product(BARE, places):
        clock.now += 1000
        widget.setFocus()
        QTest.keyClick(widget, key)
        window.keys._give_back()
        window.tick()
        assert station.asked(*COMMANDS) == asked, (key, widget)
        assert window.pages.shown == shown
        assert window.isVisible()
    opened = [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()]
    records = list(window.dialogs.records.values())
    assert [one for one in opened if one not in records] == []  # Enter opens a row of the history: that changes nothing
    window.dialogs.close()


def test_in_an_open_menu_a_bare_key_gives_no_command(window: MainWindow, station: FakeStation, clock: Clock) -> None:
    for action in window.menuBar().actions():
        menu: Any = action.menu()
        menu.popup(window.mapToGlobal(window.rect().center()))
        for key, entry in product(BARE, menu.actions()):
            menu.setActiveAction(entry)
            clock.now += 1000
            QTest.keyClick(menu, key)
            window.keys._give_back()
            assert menu.isVisible()
        menu.hide()
    assert station.asked(*COMMANDS) == [("load", None, None)]
    assert window.isVisible()


def test_a_menu_is_still_used_by_keys_with_a_modifier(window: MainWindow, station: FakeStation) -> None:
    menu: Any = window.menuBar().actions()[0].menu()
    menu.popup(window.mapToGlobal(window.rect().center()))
    menu.setActiveAction(window.menus.actions["start"])
    QTest.keyClick(menu, Qt.Key.Key_Return, CTRL)
    assert len(station.asked("start")) == 1


def test_in_an_open_list_a_bare_key_chooses_nothing(window: MainWindow, station: FakeStation, clock: Clock) -> None:
    boxes = (window.run.commands.recipes, window.run.commands.packs, window.run.source.kinds)
    for key, box in product(BARE, boxes):
        before = box.currentIndex()
        box.showPopup()
        QTest.keyClick(box.view(), Qt.Key.Key_Down)
        clock.now += 1000
        QTest.keyClick(box.view(), key)
        window.keys._give_back()
        assert box.currentIndex() == before
        box.hidePopup()
    assert len(station.asked("load")) == 1


def test_an_open_list_is_still_used_by_keys_with_a_modifier(window: MainWindow, station: FakeStation) -> None:
    box = window.run.commands.recipes
    QTest.keyClick(box, Qt.Key.Key_Down, ALT)
    assert box.view().isVisible()
    QTest.keyClick(box.view(), Qt.Key.Key_End)
    QTest.keyClick(box.view(), Qt.Key.Key_Return, CTRL)
    assert station.calls[-1] == ("load", None, "gear")


def test_a_question_is_not_answered_by_a_bare_key(window: MainWindow, station: FakeStation, clock: Clock) -> None:
    station.packs.looked = {"/usb/a.cranepack": answered(Offer("pack", "本番", "1.2", "/usb/a.cranepack"))}
    window.open_files([Path("/usb/a.cranepack")])
    window.tick()
    box = window.opening.box
    assert isinstance(box, QMessageBox)
    for key, widget in product(BARE, [box, *box.findChildren(QPushButton)]):
        widget.setFocus()
        clock.now += 1000
        QTest.keyClick(widget, key)
        window.keys._give_back()
        scan(widget, "LOT 4711")
        assert window.opening.box is box
    assert station.asked("take_in") == []
    QTest.keyClick(box, Qt.Key.Key_Escape)
    assert window.opening.box is None


def test_ctrl_enter_presses_what_has_the_focus_or_is_preset(window: MainWindow, qtbot: Any) -> None:
    dialog = QDialog(window)
    qtbot.addWidget(dialog)
    pressed: list[str] = []
    lines = QVBoxLayout(dialog)
    for name in ("one", "two"):
        button = QPushButton(name)
        button.clicked.connect(lambda _=False, name=name: pressed.append(name))
        lines.addWidget(button)
    buttons = dialog.findChildren(QPushButton)
    buttons[1].setDefault(True)
    dialog.show()
    QTest.keyClick(buttons[0], Qt.Key.Key_Return, CTRL)
    QTest.keyClick(dialog, Qt.Key.Key_Return, CTRL)
    QTest.keyClick(buttons[0], Qt.Key.Key_Return)
    QTest.keyClick(buttons[0], Qt.Key.Key_Space)
    window.keys._give_back()
    assert pressed == ["one", "two"]


def test_every_key_of_every_command_has_ctrl_or_alt(window: MainWindow) -> None:
    """Over whatever there is in the window: a new action, shortcut or button with a bare key fails here."""
    window.dialogs.show_about()
    sequences = [keys for action in window.findChildren(QAction) for keys in action.shortcuts()]
    sequences += [shortcut.key() for shortcut in window.findChildren(QShortcut)]
    buttons = window.findChildren(QAbstractButton)
    sequences += [button.shortcut() for button in buttons if not button.shortcut().isEmpty()]
    assert len(sequences) >= 14
    assert len(buttons) > 10
    for keys in sequences:
        for place in range(keys.count()):
            assert keys[place].keyboardModifiers() & (CTRL | ALT), keys.toString()
    window.dialogs.close()


def test_every_list_of_the_program_is_one_that_keys_leave_alone(window: MainWindow) -> None:
    boxes = window.findChildren(QComboBox)
    assert len(boxes) >= 6
    assert [box for box in boxes if not isinstance(box, Choice)] == []


def test_after_its_end_the_guard_lets_every_key_go(qtbot: Any) -> None:
    line = QLineEdit()
    qtbot.addWidget(line)
    watching = KeyGuard()
    watching.stop()
    watching.stop()
    QTest.keyClicks(line, "abc")
    assert line.text() == "abc"


def test_progress_takes_the_place_of_the_field_and_gives_the_focus_back(
    window: MainWindow, station: FakeStation
) -> None:
    field = window.run.commands.scan
    station.say(progress=Progress("progress.weights", 0.5))
    window.tick()
    assert not field.isVisible()
    assert not isinstance(window.focusWidget(), QComboBox)
    scan(window.run.commands, "SN 5")
    station.say(progress=None)
    window.tick()
    assert field.isVisible()
    assert window.focusWidget() is field
    assert field.text() == "SN 5"
