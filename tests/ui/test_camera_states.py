"""The camera page with a double of the camera: opening, failed, open, let go; and its questions in the one inbox."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest
from fake_camera import INFOS, FakeCamera
from fake_station import FakeStation, answered, failed
from PySide6.QtCore import Qt

from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import StationState
from crane_desktop.settings.texts import error_text, text
from crane_desktop.ui.camera_page.desk import Desk
from crane_desktop.ui.shell.inbox import Inbox
from crane_desktop.ui.shell.preferences import Preferences
from crane_desktop.ui.shell.window import MainWindow

CAMERA = SourceChoice(kind="genicam", device="camera-1", trigger="software")
NOT_OPEN = StationFault("camera.not_open")


@pytest.fixture
def window(station: FakeStation, open_window: Callable[..., MainWindow]) -> MainWindow:
    return open_window(station, preferences=Preferences(language="ja", source=CAMERA, recipe="bracket"))


def enter(window: MainWindow) -> None:
    window.menus.actions["camera"].trigger()
    turn(window)


def turn(window: MainWindow, times: int = 3) -> None:
    """A few turns of both timers, at once."""
    for _ in range(times):
        if window.camera.panel is not None:
            window.camera.panel.tick()
        window.tick()
        window.camera._show_state()


# -- opening -------------------------------------------------------------------------------------------------


def test_it_asks_for_the_camera_that_is_filled_in_and_says_that_it_opens(
    window: MainWindow, station: FakeStation
) -> None:
    enter(window)
    assert station.asked("camera") == [("camera", CAMERA)]
    pane = window.camera.pane
    assert pane.isVisible()
    assert pane.words.text() == text("ui.camera.opening", "ja")
    assert pane.close_button.isVisible()
    assert not pane.again.isVisible()


def test_a_camera_that_does_not_open_says_why_and_can_be_tried_again(window: MainWindow, station: FakeStation) -> None:
    station.cameras.opened = failed(NOT_OPEN)
    enter(window)
    pane = window.camera.pane
    assert pane.words.text() == error_text(NOT_OPEN, "ja")
    assert window.alarm.alarm is None  # it is said where one looks
    assert pane.doctor.isVisible()
    window.switch_language()
    assert pane.words.text() == error_text(NOT_OPEN, "en")
    camera = FakeCamera()
    station.cameras.opened = answered(camera)
    pane.again.click()
    turn(window)
    assert len(station.asked("camera")) == 2
    assert window.camera.panel is not None
    assert window.camera.panel.isVisible()


def test_a_session_that_finds_no_camera_says_so_until_it_does(window: MainWindow, station: FakeStation) -> None:
    camera = FakeCamera(silent=True)
    station.cameras.opened = answered(camera)
    enter(window)
    assert window.camera.pane.words.text() == text("ui.camera.opening", "ja")
    camera.trouble = NOT_OPEN
    turn(window)
    assert window.camera.pane.words.text() == error_text(NOT_OPEN, "ja")
    camera.trouble, camera.name = None, "Red camera"
    turn(window)
    assert not window.camera.pane.isVisible()
    assert window.camera.panel is not None
    assert window.camera.panel.isVisible()


def test_the_doctor_is_at_hand_where_a_camera_does_not_open(window: MainWindow, station: FakeStation) -> None:
    station.cameras.opened = failed(NOT_OPEN)
    enter(window)
    window.camera.pane.doctor.click()
    assert station.asked("doctor") == [("doctor", None)]
    assert window.dialogs.doctor is not None


@pytest.fixture
def on_demo(station: FakeStation, open_window: Callable[..., MainWindow]) -> MainWindow:
    """The camera's page, while the frames come from the demo line."""
    window = open_window(station)
    enter(window)
    return window


def test_without_a_camera_as_source_nothing_is_opened_and_the_page_says_what_to_do(
    on_demo: MainWindow, station: FakeStation
) -> None:
    pane = on_demo.camera.pane
    assert pane.words.text() == text("ui.camera.none_chosen", "ja")
    assert station.asked("camera") == []
    buttons = (pane.choose, pane.doctor, pane.simulate, pane.close_button)
    assert all(button.isVisible() and button.isEnabled() and button.text() for button in buttons)
    on_demo.switch_language()
    assert pane.words.text() == text("ui.camera.none_chosen", "en")
    station.say(state=StationState.RUNNING)
    turn(on_demo)
    assert [button.isEnabled() for button in buttons] == [False, True, False, True]  # the source is in use


def test_a_camera_can_be_chosen_from_the_page(on_demo: MainWindow, station: FakeStation) -> None:
    on_demo.camera.pane.choose.click()
    turn(on_demo)
    assert on_demo.run.source.kind == "genicam"
    assert len(station.asked("camera")) == 1
    assert on_demo.pages.shown == "camera"
    assert not on_demo.camera.pane.choose.isVisible()


def test_from_a_page_without_a_camera_a_way_leads_to_the_demo_line(window: MainWindow, station: FakeStation) -> None:
    station.cameras.opened = failed(NOT_OPEN)
    enter(window)
    window.camera.pane.simulate.click()
    assert window.pages.shown == "run"
    assert window.run.source.kind == "demo"


# -- letting go ----------------------------------------------------------------------------------------------


@pytest.fixture
def camera(window: MainWindow, station: FakeStation) -> FakeCamera:
    made = FakeCamera()
    station.cameras.opened = answered(made)
    enter(window)
    assert window.camera.panel is not None
    assert window.camera.panel.isVisible()
    return made


@pytest.mark.parametrize("way", ["button", "escape", "rail", "start", "window"])
def test_whoever_leaves_lets_the_camera_go(
    window: MainWindow, station: FakeStation, camera: FakeCamera, way: str, qtbot: Any
) -> None:
    panel = window.camera.panel
    assert panel is not None
    ways: dict[str, Callable[[], object]] = {
        "button": lambda: qtbot.mouseClick(panel.close_button, Qt.MouseButton.LeftButton),
        "escape": lambda: qtbot.keyClick(panel, Qt.Key.Key_Escape),
        "rail": lambda: qtbot.mouseClick(window.rail.buttons[0], Qt.MouseButton.LeftButton),
        "start": lambda: window.menus.actions["start"].trigger(),
        "window": window.close,
    }
    ways[way]()
    qtbot.waitUntil(lambda: camera.closed == 1, timeout=2000)
    assert window.camera.panel is None
    assert way == "window" or window.pages.shown == "run"
    if way == "start":
        assert station.asked("start") == [("start", CAMERA)]


def test_the_camera_is_let_go_before_the_line_starts(
    window: MainWindow, station: FakeStation, camera: FakeCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[int] = []
    monkeypatch.setattr(station.line, "start", lambda _source: closed.append(camera.closed))
    window.menus.actions["start"].trigger()
    assert closed == [1]


def test_opening_again_lets_go_first(window: MainWindow, station: FakeStation, camera: FakeCamera, qtbot: Any) -> None:
    panel = window.camera.panel
    assert panel is not None
    other = FakeCamera()
    station.cameras.opened = answered(other)
    panel.again.click()
    qtbot.waitUntil(lambda: camera.closed == 1, timeout=2000)
    turn(window)
    assert window.camera.panel is not None
    assert window.camera.panel is not panel
    assert other.closed == 0


def test_a_camera_that_comes_after_one_has_left_is_let_go(window: MainWindow, station: FakeStation) -> None:
    late: Future[Any] = Future()
    late.set_running_or_notify_cancel()  # under way: it can no longer be cancelled
    station.cameras.opened = late
    enter(window)
    window.menus.actions["run"].trigger()
    camera = FakeCamera()
    late.set_result(camera)
    turn(window)
    assert camera.closed == 1
    assert window.camera.panel is None


def test_of_two_openings_only_the_last_is_kept(window: MainWindow, station: FakeStation) -> None:
    first: Future[Any] = Future()
    first.set_running_or_notify_cancel()
    station.cameras.opened = first
    enter(window)
    kept, late = FakeCamera(), FakeCamera()
    station.cameras.opened = answered(kept)
    window.menus.actions["run"].trigger()
    enter(window)
    first.set_result(late)
    turn(window)
    assert (kept.closed, late.closed) == (0, 1)


def test_a_late_failure_is_not_told_over_another_camera(window: MainWindow, station: FakeStation) -> None:
    first: Future[Any] = Future()
    first.set_running_or_notify_cancel()
    station.cameras.opened = first
    enter(window)
    station.cameras.opened = Future()
    window.camera.open()
    first.set_exception(NOT_OPEN)
    turn(window)
    assert window.camera.pane.words.text() == text("ui.camera.opening", "ja")
    assert window.alarm.alarm is None


def test_while_the_line_runs_on_it_the_camera_of_the_line_is_shown(window: MainWindow, station: FakeStation) -> None:
    station.say(state=StationState.RUNNING)
    window.tick()
    camera = FakeCamera()
    camera.on_the_line = True
    station.cameras.opened = answered(camera)
    enter(window)
    assert window.camera.panel is not None
    assert window.camera.panel.note.text() == text("ui.camera.on_line", "ja")


# -- the panel -----------------------------------------------------------------------------------------------


def test_values_are_read_and_written_through_the_windows_inbox(window: MainWindow, camera: FakeCamera) -> None:
    panel = window.camera.panel
    assert panel is not None
    panel.desk._read_at_s = 0.0
    turn(window)
    field = panel.basics.fields["ExposureTime"]
    assert field.line.text() == "4000"
    camera.hold.add("write")
    panel.desk.write("ExposureTime", 2500.0)
    asked = len(window.inbox)
    assert asked >= 1
    camera.held.pop()[0].set_exception(InputError("ui.camera.recipe_needed"))
    turn(window)
    assert field.message.isVisible()


def test_settings_are_saved_with_a_recipe_and_the_list_of_recipes_follows(
    window: MainWindow, station: FakeStation, camera: FakeCamera
) -> None:
    panel = window.camera.panel
    assert panel is not None
    assert panel.recipe.name.text() == "bracket"
    panel.recipe.name.setText("new")
    station.recipes.listed.append("new")
    panel.recipe.take_over()
    turn(window)
    assert camera.kept["new"]["ExposureTime"] == 4000.0
    assert window.run.commands.recipes.findData("new") > 0


def test_a_restart_of_the_stream_is_said(window: MainWindow, camera: FakeCamera) -> None:
    panel = window.camera.panel
    assert panel is not None
    panel.desk.write("Gain", 6.0)
    turn(window)
    assert panel.note.text() == text("ui.camera.restarted", "ja", feature="ゲイン")
    camera.trouble = NOT_OPEN
    turn(window)
    assert panel.note.text() == error_text(NOT_OPEN, "ja")
    assert panel.isVisible()  # it was open: its settings stay on screen


def test_it_fits_the_smallest_window_in_both_languages(window: MainWindow, camera: FakeCamera) -> None:
    for _ in range(2):
        turn(window)
        assert window.camera.minimumSizeHint().width() <= 920
        window.switch_language()


# -- the desk ------------------------------------------------------------------------------------------------


def test_the_desk_asks_one_thing_at_a_time_and_forgets_only_its_own() -> None:
    inbox = Inbox(lambda error: pytest.fail(str(error)))
    camera = FakeCamera()
    camera.hold = {"nodes", "read"}
    desk = Desk(camera, inbox)
    listed: list[Any] = []
    desk.listed.connect(listed.append)
    for _ in range(3):
        desk.poll()
    assert camera.calls == [("nodes",)]
    future, value = camera.held.pop()
    future.set_result(value)
    inbox.poll()
    assert listed == [INFOS]
    desk.watch("me", ("Gain",))
    for _ in range(3):
        desk.poll()
    assert len(camera.held) == 1
    other: Future[Any] = Future()
    inbox.ask("record", other, lambda _: None)
    desk.forget()
    assert camera.held[0][0].cancelled()
    assert not other.cancelled()
    assert len(inbox) == 1


def test_nodes_that_cannot_be_listed_yet_are_no_alarm() -> None:
    inbox = Inbox(lambda error: pytest.fail(str(error)))
    camera = FakeCamera()
    camera.hold = {"nodes"}
    desk = Desk(camera, inbox)
    desk.poll()
    camera.held.pop()[0].set_exception(NOT_OPEN)
    inbox.poll()
    desk._listed_at_s = 0.0
    desk.poll()
    assert len(camera.calls) == 2
