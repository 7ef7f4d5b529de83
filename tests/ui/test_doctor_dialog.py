"""The doctor's page: opened from the menu and the camera's form, filled by the station's answer."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest
from fake_station import FakeStation
from PySide6.QtWidgets import QFrame, QLabel

from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.findings import hint, problem, well
from crane_desktop.ui.help.doctor_dialog import DoctorDialog
from crane_desktop.ui.shell.window import MainWindow

FOUND = [
    well("camera.doctor_folder_good", variable="V", folder="/a", count=1),
    hint("camera.doctor_folder_missing", "camera.doctor_folder_missing_do", variable="V", folder="/b"),
    problem("camera.doctor_cti_damaged", "camera.doctor_cti_damaged_do", file="/a/x.cti"),
]


def opened(window: MainWindow) -> DoctorDialog:
    dialog = window.dialogs.doctor
    assert dialog is not None
    return dialog


def rows(dialog: DoctorDialog) -> list[list[str]]:
    inner = dialog._scroll.widget()
    frames = [frame for frame in inner.findChildren(QFrame) if not isinstance(frame, QLabel)]
    return [[label.text() for label in frame.findChildren(QLabel)] for frame in frames]


def test_it_looks_at_once_and_shows_the_worst_first(window: MainWindow, station: FakeStation) -> None:
    window.run.source.camera.cti.path.setText("/a/x.cti")
    window.menus.actions["doctor"].trigger()
    dialog = opened(window)
    assert station.calls[-1] == ("doctor", "/a/x.cti")
    assert not dialog.again.isEnabled()
    assert "調べています" in dialog.summary.text()
    station.cameras.examined.set_result(FOUND)
    window.tick()
    assert [row[0] for row in rows(dialog)] == ["×", "△", "○"]
    assert "壊れている" in rows(dialog)[0][1]
    assert rows(dialog)[0][2].startswith("→ ")
    assert len(rows(dialog)[2]) == 2  # what is well needs no remedy
    assert "1件" in dialog.summary.text()
    window.switch_language()
    assert "damaged" in rows(dialog)[0][1]
    assert dialog.windowTitle() == "Camera doctor"


def test_it_looks_again_when_it_is_told_to(window: MainWindow, station: FakeStation) -> None:
    window.run.source.camera.doctor.click()
    station.cameras.examined.set_result(FOUND[:1])
    window.tick()
    dialog = opened(window)
    assert "ありません" in dialog.summary.text()
    station.cameras.examined = Future()
    dialog.again.click()
    assert [name for name, *_ in station.calls if name == "doctor"] == ["doctor"] * 2
    assert rows(dialog) == []


def test_it_is_there_once_and_closes_with_the_window(window: MainWindow, station: FakeStation) -> None:
    window.menus.actions["doctor"].trigger()
    first = opened(window)
    window.menus.actions["doctor"].trigger()
    assert opened(window) is first
    first.reject()
    assert window.dialogs.doctor is None
    assert station.cameras.examined.cancelled()  # nobody waits for it any more
    window.tick()
    station.cameras.examined = Future()
    window.menus.actions["doctor"].trigger()
    window.close()
    assert window.dialogs.doctor is None


@pytest.mark.usefixtures("logs_allowed")
def test_a_look_that_fails_gives_the_button_back(
    open_window: Callable[..., MainWindow], station: FakeStation, qtbot: Any
) -> None:
    window = open_window(station)
    window.menus.actions["doctor"].trigger()
    station.cameras.examined.set_exception(StationFault("camera.lost", device="x", detail="y"))
    window.tick()
    assert opened(window).again.isEnabled()
    assert window.alarm.alarm is not None
