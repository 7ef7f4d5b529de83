"""Everything can be reached with a finger in a glove and with the keyboard alone."""

from __future__ import annotations

from typing import Any

import pytest
from fake_station import FakeStation, result
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPushButton,
    QSlider,
    QToolButton,
    QWidget,
)

from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.station import StationState
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.ui.shell.actions import ACTIONS, MENUS, PAGES, all_actions
from crane_desktop.ui.shell.window import _PAGES, MainWindow
from crane_desktop.ui.widgets.icons import icon
from crane_desktop.ui.widgets.style import TARGET_PX


def chain(window: MainWindow) -> list[QWidget]:
    """The widgets that the tab key goes through, in order."""
    found, widget = [], window.nextInFocusChain()
    while widget is not window:
        tab = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        if tab and widget.isVisible() and widget.isEnabled() and widget.focusProxy() is None:
            found.append(widget)
        widget = widget.nextInFocusChain()
    return found


@pytest.fixture
def shown(window: MainWindow, station: FakeStation) -> MainWindow:
    station.finish(result(8, Verdict.NG))
    station.say(state=StationState.READY)
    station.warn(StationFault("pipeline.broken", detail="x"))
    window.tick()
    window.centralWidget().layout().activate()
    return window


@pytest.mark.parametrize("kind", range(3))
def test_what_is_pressed_is_large_enough(shown: MainWindow, kind: int) -> None:
    shown.run.source.kinds.setCurrentIndex(kind)
    shown.tick()
    fields = (QPushButton, QToolButton, QComboBox, QSlider, QLineEdit, QAbstractSpinBox)
    small = [
        (type(widget).__name__, widget.accessibleName(), widget.size())
        for widget in shown.findChildren(QWidget)
        if isinstance(widget, fields)
        and widget.isVisible()
        and not isinstance(widget.parent(), QComboBox | QAbstractSpinBox | QLineEdit)  # a part of a larger field
        and min(widget.width(), widget.height()) < TARGET_PX
    ]
    assert small == []


def test_the_tab_key_goes_from_top_to_bottom_and_reaches_everything(shown: MainWindow) -> None:
    order = chain(shown)
    run = shown.run
    commands, source, picture, history = run.commands, run.source, run.picture, run.history
    wanted = [
        commands.packs,
        commands.recipes,
        source.kinds,
        source.demo.kinds,
        source.demo.rate,
        picture.opacity,
        run.ng_strip.buttons[0],
        history.filter,
        history.table,
    ]
    places = [order.index(widget) for widget in wanted]
    assert places == sorted(places)


def test_what_has_no_words_has_a_name_and_a_tip(shown: MainWindow) -> None:
    nameless = [
        type(widget).__name__
        for widget in chain(shown)
        if not (widget.accessibleName() or getattr(widget, "text", lambda: "")() or widget.toolTip())
    ]
    assert nameless == []


def test_what_the_tab_key_leaves_out_has_a_key_of_its_own(shown: MainWindow) -> None:
    """A barcode reader's blank presses the button that has the focus, so these never have it."""
    told = {
        action.toolTip() for info in all_actions(_PAGES) if (action := shown.menus.actions[info.name]) if info.shortcuts
    }
    silent = [
        button
        for button in shown.findChildren(QAbstractButton)
        if button.isVisible() and button.focusPolicy() == Qt.FocusPolicy.NoFocus and button.window() is shown
    ]
    assert len(silent) >= 10
    assert [button.text() for button in silent if button.toolTip() not in told and button is not shown.alarm.more] == []


def test_every_key_is_given_once_and_none_comes_without_a_modifier() -> None:
    keys = [key for action in all_actions(_PAGES) for key in action.shortcuts]
    sequences = [QKeySequence(key) for key in keys]
    assert len({s.toString() for s in sequences}) == len(keys)
    for sequence in sequences:
        assert sequence[0].keyboardModifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    assert all(not sequence.isEmpty() for sequence in sequences)


def test_every_action_is_handled_named_and_drawn(window: MainWindow) -> None:
    for info in all_actions(_PAGES):
        action = window.menus.actions[info.name]
        assert action.text()
        assert not info.icon or not action.icon().isNull()


def test_every_action_is_in_one_menu(window: MainWindow) -> None:
    listed = [entry for menu in MENUS for entry in menu.entries if entry is not None]
    assert len(listed) == len(set(listed))
    assert set(listed) - {PAGES} == {info.name for info in ACTIONS}
    shown = [action for menu in window.menuBar().actions() for action in menu.menu().actions() if action.text()]
    assert sorted(action.text() for action in shown) == sorted(a.text() for a in window.menus.actions.values())


def test_a_missing_drawing_is_a_bug() -> None:
    with pytest.raises(FileNotFoundError):
        icon("never_drawn")


def test_switches_are_seen_to_be_on_without_colour(shown: MainWindow, colours: Any) -> None:
    """The rim of a switch that is on is darker, not only bluer."""
    button = next(b for b in shown.run.picture.findChildren(QToolButton) if b.isCheckable())
    on = colours(button).astype(int).mean(axis=2)
    shown.menus.actions["heatmap"].trigger()
    off = colours(button).astype(int).mean(axis=2)
    assert abs(on[20, 0] - off[20, 0]) > 40
