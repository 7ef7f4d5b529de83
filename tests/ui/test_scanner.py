"""A barcode reader types a lot's number and Enter into whatever has the focus: nothing starts, stops or changes."""

from __future__ import annotations

from typing import Any

import pytest
from fake_station import FakeStation, result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QLineEdit, QWidget

from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import StationState
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.ui.shell.window import MainWindow
from crane_desktop.ui.widgets.fields import Choice

SCANS = ["LOT 4711", " from12 gear", "G4711", "demo folder"]
COMMANDS = ("start", "stop", "load", "acknowledge", "camera", "take_in", "devices", "doctor")


def scan(widget: QWidget, words: str) -> None:
    QTest.keyClicks(widget, words)
    QTest.keyClick(widget, Qt.Key.Key_Return)
    QTest.keyClick(widget, Qt.Key.Key_Enter)


def everywhere(window: MainWindow) -> list[QWidget]:
    """What can have the focus, the window itself among it; not what is there to be typed into."""
    widgets = [window, *window.findChildren(QWidget)]
    return [
        widget
        for widget in widgets
        if widget.isVisible()
        and widget.isEnabled()
        and (widget is window or widget.focusPolicy() != Qt.FocusPolicy.NoFocus)
        and not isinstance(widget, QLineEdit | QAbstractSpinBox)
    ]


def picture_of(window: MainWindow) -> tuple[Any, ...]:
    """Everything that a scan must not change."""
    choices = [box.currentIndex() for box in window.findChildren(QComboBox)]
    switches = [action.isChecked() for action in window.menus.actions.values()]
    language = window.preferences().language
    return (choices, switches, language, window.run.source.choice(), window.pages.shown, window.isVisible())


@pytest.mark.parametrize("state", [StationState.READY, StationState.RUNNING])
@pytest.mark.parametrize("kind", ["demo", "folder", "genicam"])
def test_a_scan_changes_nothing_wherever_it_goes(
    window: MainWindow, station: FakeStation, state: StationState, kind: str
) -> None:
    window.run.source.fill(SourceChoice(kind=kind, path="/parts"))
    station.finish(result(8, Verdict.NG))
    station.say(state=state)
    station.warn(StationFault("pipeline.broken", detail="x"))
    window.tick()
    before, asked = picture_of(window), station.asked(*COMMANDS)
    places = everywhere(window)
    assert len(places) > 3
    for widget in places:
        widget.setFocus()
        for words in SCANS:
            scan(widget, words)
        window.tick()
        assert picture_of(window) == before, widget
        assert station.asked(*COMMANDS) == asked, widget
    for dialog in [*window.dialogs.records.values()]:
        dialog.close()


@pytest.mark.parametrize("kind", ["demo", "folder", "genicam"])
def test_a_scan_into_a_field_starts_and_loads_nothing(window: MainWindow, station: FakeStation, kind: str) -> None:
    window.run.source.fill(SourceChoice(kind=kind, path="/parts"))
    window.tick()
    fields = [w for w in window.run.findChildren(QLineEdit) if w.isVisible() and w.isEnabled()]
    assert fields
    for field in fields:
        field.setFocus()
        scan(field, "LOT 4711")
        window.tick()
    assert station.asked("start", "stop", "acknowledge", "camera") == []
    assert len(station.asked("load")) == 1  # what was last in use, at the start
    assert window.pages.shown == "run"


def test_start_and_stop_never_have_the_focus(window: MainWindow, station: FakeStation, qtbot: Any) -> None:
    commands = window.run.commands
    for state, button in ((StationState.READY, commands.start), (StationState.RUNNING, commands.stop)):
        station.say(state=state)
        window.tick()
        qtbot.mousePress(button, Qt.MouseButton.LeftButton)
        qtbot.mouseRelease(button, Qt.MouseButton.LeftButton, pos=-button.rect().bottomRight())
        button.setFocus()
        assert not button.isDefault()
        assert button.focusPolicy() == Qt.FocusPolicy.NoFocus


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=12))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_letter_chooses_another_entry(choice: Choice, words: str) -> None:
    chosen: list[int] = []
    choice.activated.connect(chosen.append)
    QTest.keyClicks(choice, words)
    QTest.keyClick(choice, Qt.Key.Key_Return)
    assert choice.currentIndex() == 1
    assert not choice.view().isVisible()
    assert chosen == []
    choice.activated.disconnect(chosen.append)


@pytest.fixture
def choice(qtbot: Any) -> Choice:
    made = Choice()
    qtbot.addWidget(made)
    made.relist([(words, words) for words in ("LOT 4711", "gear", "from", "4711", "a", "b", "X")])
    made.setCurrentIndex(1)
    made.show()
    return made


@pytest.mark.parametrize(
    ("key", "modifier", "opens"),
    [
        (Qt.Key.Key_F4, Qt.KeyboardModifier.NoModifier, False),
        (Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier, True),
        (Qt.Key.Key_Down, Qt.KeyboardModifier.NoModifier, False),
    ],
)
def test_a_list_opens_by_a_key_with_a_modifier_only(
    choice: Choice, key: Qt.Key, modifier: Qt.KeyboardModifier, opens: bool
) -> None:
    QTest.keyClick(choice, key, modifier)
    assert choice.view().isVisible() == opens
    assert choice.currentIndex() == 1
    choice.hidePopup()


def test_the_camera_page_is_not_left_by_a_scan(window: MainWindow, station: FakeStation) -> None:
    window.run.source.fill(SourceChoice(kind="genicam"))
    window.tick()
    window.menus.actions["camera"].trigger()
    scan(window.camera, "LOT 4711")
    assert window.pages.shown == "camera"
