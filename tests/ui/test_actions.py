"""Commands as data: what can be given when, by whom, and that menus, buttons and rail all follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fake_station import FakeStation
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton

from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.people import Role
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import StationState
from crane_desktop.settings.texts import LANGUAGES, catalogue, text
from crane_desktop.ui.camera_page.page import CameraPage
from crane_desktop.ui.run_page.page import RunPage
from crane_desktop.ui.shell.actions import all_actions
from crane_desktop.ui.shell.situation import (
    BUSY,
    Situation,
    always,
    why_no_camera,
    why_not_acknowledge,
    why_not_start,
    why_not_stop,
)
from crane_desktop.ui.shell.window import MainWindow
from crane_desktop.ui.widgets.buttons import press_for

INFOS = all_actions((RunPage, CameraPage))
SITUATIONS = st.builds(
    Situation,
    state=st.sampled_from(list(StationState)),
    attached=st.booleans(),
    role=st.sampled_from(list(Role)),
    page=st.sampled_from(["run", "camera"]),
    unseen_alarm=st.booleans(),
    heatmap=st.booleans(),
    outlines=st.booleans(),
    full_screen=st.booleans(),
)


@given(SITUATIONS)
def test_the_rules(now: Situation) -> None:
    may_start = now.attached and now.state not in (*BUSY, StationState.RUNNING)
    assert (why_not_start(now) is None) == may_start
    assert (why_not_stop(now) is None) == (now.state is StationState.RUNNING)
    assert why_not_start(now) is not None or why_not_stop(now) is not None
    assert (why_not_acknowledge(now) is None) == now.unseen_alarm
    assert (why_no_camera(now) is None) == now.attached
    assert always(now) is None


@given(SITUATIONS)
def test_every_refusal_says_why_in_both_languages(now: Situation) -> None:
    for info in INFOS:
        why = info.refusal(now)
        if why is not None:
            assert why in catalogue()
            assert len({text(why, language) for language in LANGUAGES}) == 2


def test_every_name_is_given_once() -> None:
    assert len({info.name for info in INFOS}) == len(INFOS)


@pytest.mark.parametrize(("role", "needed"), [(r, n) for r in Role for n in Role])
def test_a_role_may_what_those_below_may(role: Role, needed: Role) -> None:
    ladder = [Role.INSPECTOR, Role.ENGINEER, Role.ADMINISTRATOR]
    assert role.may(needed) == (ladder.index(role) >= ladder.index(needed))


def test_an_inspector_sees_no_camera_page(station: FakeStation, open_window: Callable[..., MainWindow]) -> None:
    window = open_window(station, role=Role.INSPECTOR)
    window.run.source.fill(SourceChoice(kind="genicam"))
    window.tick()
    run, camera = window.rail.buttons
    assert run.isVisible()
    assert not camera.isVisible()
    window.menus.actions["camera"].trigger()
    assert window.pages.shown == "run"
    assert window.menus.actions["start"].isEnabled()


@pytest.mark.parametrize("kind", ["demo", "folder", "genicam"])
def test_the_camera_page_opens_on_every_source(window: MainWindow, kind: str) -> None:
    """Where none is a camera it says what can be done, instead of not coming."""
    window.run.source.fill(SourceChoice(kind=kind))
    window.tick()
    action, button = window.menus.actions["camera"], window.rail.buttons[1]
    assert action.isEnabled()
    assert button.isEnabled()
    action.trigger()
    assert window.pages.shown == "camera"
    assert window.camera.pane.choose.isVisible() == (kind != "genicam")


def test_the_rail_shows_where_one_is(window: MainWindow, qtbot: Any) -> None:
    window.run.source.fill(SourceChoice(kind="genicam"))
    window.tick()
    run, camera = window.rail.buttons
    assert [run.text(), camera.text()] == ["運転", "カメラ"]
    qtbot.mouseClick(camera, Qt.MouseButton.LeftButton)
    assert (window.pages.shown, run.isChecked(), camera.isChecked()) == ("camera", False, True)
    qtbot.mouseClick(camera, Qt.MouseButton.LeftButton)
    window.tick()
    assert window.pages.shown == "camera"
    qtbot.keyClick(window, Qt.Key.Key_F2, Qt.KeyboardModifier.ControlModifier)
    assert (window.pages.shown, run.isChecked(), camera.isChecked()) == ("run", True, False)


def test_a_switch_pressed_where_it_is_on_stays_as_the_window_is(window: MainWindow) -> None:
    """Qt ticks and unticks by itself; what the window does is what counts."""
    window.menus.actions["run"].trigger()
    window.tick()
    assert window.menus.actions["run"].isChecked()
    assert window.rail.buttons[0].isChecked()


def test_every_menu_entry_of_old_is_there(window: MainWindow) -> None:
    """Nothing that people have may be lost."""
    wanted = {
        **{"start": "Ctrl+F5", "stop": "Ctrl+F6", "acknowledge": "Ctrl+F8", "camera": "Ctrl+F7", "quit": "Ctrl+Q"},
        **{"heatmap": "Ctrl+H", "outlines": "Ctrl+R", "zoom_in": "Ctrl++", "zoom_out": "Ctrl+-", "reset": "Ctrl+0"},
        **{"full_screen": "Ctrl+F11", "language": "Ctrl+L", "doctor": "Ctrl+F9", "about": "Ctrl+F1"},
    }
    there = {name: window.menus.actions[name].shortcuts()[0].toString() for name in wanted}
    assert there == wanted


def test_commands_follow_the_station_without_a_repaint_of_everything(window: MainWindow, station: FakeStation) -> None:
    changes: list[str] = []
    for name, action in window.menus.actions.items():
        action.changed.connect(lambda name=name: changes.append(name))
    for _ in range(5):
        window.tick()
    assert changes == []
    station.warn(StationFault("pipeline.broken", detail="x"))
    window.tick()
    assert "acknowledge" in changes


def test_zoom_reset_and_version_are_reached_by_their_commands(window: MainWindow) -> None:
    live = window.run.picture.live
    whole = live._box.viewRect().width()
    window.menus.actions["zoom_in"].trigger()
    near = live._box.viewRect().width()
    window.menus.actions["zoom_out"].trigger()
    window.menus.actions["reset"].trigger()
    assert near < whole
    assert live._box.viewRect().width() == pytest.approx(whole)


def test_quit_closes_the_window(window: MainWindow) -> None:
    window.menus.actions["quit"].trigger()
    assert not window.isVisible()


def test_a_button_follows_its_command(qtbot: Any) -> None:
    button, action = QPushButton(), QAction("Go")
    qtbot.addWidget(button)
    given: list[bool] = []
    action.triggered.connect(lambda: given.append(True))
    press_for(button, action)
    button.click()
    assert (button.text(), given) == ("Go", [True])
    action.setText("Los")
    action.setToolTip("tip")
    action.setEnabled(False)
    button.click()
    assert (button.text(), button.toolTip(), button.isEnabled(), given) == ("Los", "tip", False, [True])
    assert button.focusPolicy() == Qt.FocusPolicy.NoFocus


def test_only_what_changes_makes_another_situation() -> None:
    now = Situation()
    assert replace(now, heatmap=True) == now
    assert replace(now, heatmap=False) != now
