"""Pages: one on screen, left before another comes; files handed over; what the window keeps of itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_station import FakeStation, answered
from PySide6.QtCore import Qt

from crane_desktop.domain.packs import Offer
from crane_desktop.domain.station import StationView
from crane_desktop.domain.station_ports import Station
from crane_desktop.settings.texts import Language
from crane_desktop.ui.shell.pages import Page, Pages
from crane_desktop.ui.shell.situation import Situation
from crane_desktop.ui.shell.window import MainWindow

PACK = Offer("pack", "本番", "1.2", "/usb/本番.cranepack")


class Noting(Page):
    """Notes what it is told."""

    title = hint = "ui.page.run"
    icon, shortcut = "page_run", "F2"

    def __init__(self, name: str, told: list[str]) -> None:
        super().__init__()
        self.name = name  # type: ignore[misc]
        self._told = told

    def attach(self, station: Station) -> None:
        self._told.append(f"{self.name} attach")

    def show_view(self, view: StationView) -> None:
        self._told.append(f"{self.name} view")

    def retranslate(self, language: Language) -> None:
        self._told.append(f"{self.name} {language}")

    def entered(self) -> None:
        self._told.append(f"{self.name} entered")

    def left(self) -> None:
        self._told.append(f"{self.name} left")


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def pages(qtbot: Any, told: list[str]) -> Pages:
    made = Pages([Noting("a", told), Noting("b", told)])
    qtbot.addWidget(made)
    return made


def test_a_page_is_left_before_the_next_is_entered(pages: Pages, told: list[str]) -> None:
    assert pages.shown == "a"
    pages.go_to("b")
    pages.go_to("b")
    pages.go_to("a")
    assert told == ["a left", "b entered", "b left", "a entered"]


def test_all_pages_follow_and_only_the_one_on_screen_is_left_at_the_end(
    pages: Pages, told: list[str], station: FakeStation
) -> None:
    pages.attach(station)
    pages.show_view(station.line.view())
    pages.retranslate("en")
    pages.leave()
    assert told == ["a attach", "b attach", "a view", "b view", "a en", "b en", "a left"]


def test_a_page_may_be_entered_unless_it_says_otherwise() -> None:
    assert Noting.refusal(Situation()) is None


# -- files handed over -----------------------------------------------------------------------------------------


def test_a_second_start_without_files_only_brings_the_window_up(window: MainWindow, station: FakeStation) -> None:
    window.showMinimized()
    before = list(station.calls)
    window.open_files()
    assert not window.isMinimized()
    assert window.isVisible()
    assert station.calls == before


def test_coming_to_the_front_keeps_the_full_screen(window: MainWindow) -> None:
    window.full_screen.toggle()
    window.open_files()
    assert window.isFullScreen()


def test_files_handed_over_while_it_runs_are_asked_about(window: MainWindow, station: FakeStation) -> None:
    station.packs.looked = {PACK.file: answered(PACK)}
    window.open_files([Path(PACK.file)])
    window.tick()
    assert window.opening.box is not None
    assert "本番" in window.opening.box.text()
    window.opening.box.reject()
    assert station.asked("take_in") == []


def test_files_that_come_before_the_station_wait_for_it(
    station: FakeStation, open_window: Callable[..., MainWindow]
) -> None:
    window = open_window(None)
    station.packs.looked = {PACK.file: answered(PACK)}
    window.open_files([Path(PACK.file)])
    window.tick()
    assert window.opening.box is None
    window.attach(station)
    window.tick()
    assert station.asked("look_into") == [("look_into", PACK.file)]
    assert window.opening.box is not None
    window.opening.box.reject()


def test_a_closed_window_takes_no_files(window: MainWindow, station: FakeStation) -> None:
    window.close()
    window.open_files([Path(PACK.file)])
    assert not window.isVisible()
    assert station.asked("look_into") == []


def test_the_full_screen_is_left_before_the_camera_page(window: MainWindow, qtbot: Any) -> None:
    window.pages.go_to("camera")
    window.full_screen.toggle()
    qtbot.keyClick(window.camera, Qt.Key.Key_Escape)
    assert not window.isFullScreen()
    assert window.pages.shown == "camera"
    qtbot.keyClick(window.camera, Qt.Key.Key_Escape)
    assert window.pages.shown == "run"
