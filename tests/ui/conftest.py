"""The window under test: built without a camera, a model or a log, and gone without a trace afterwards."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

sys.path.append(str(Path(__file__).parent))  # `fake_station` lies beside the tests

from fake_station import FakeStation

from crane_desktop.domain.station import StationState
from crane_desktop.ui.shell.application import prepare_application
from crane_desktop.ui.shell.preferences import Preferences
from crane_desktop.ui.shell.window import MainWindow

KINDS = ("machined_metal", "wood")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The offscreen platform has no window manager to talk to about sizes and order, and says so."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.qt_log_ignore("^This plugin does not support", extend=True))


@pytest.fixture(scope="session", autouse=True)
def dressed(qapp: QApplication) -> QApplication:
    """The application with the program's style and font: sizes are those of the product."""
    return prepare_application()


def _threads() -> set[threading.Thread]:
    """All threads of Python's; a thread of Qt's that once ran Python leaves a dummy behind for good."""
    return {thread for thread in threading.enumerate() if not isinstance(thread, threading._DummyThread)}


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = _threads()
    yield
    end = time.monotonic() + 5.0
    while (left := _threads() - before) and time.monotonic() < end:
        for thread in left:
            thread.join(0.05)
    assert not left, f"threads left behind: {left}"


@pytest.fixture(autouse=True)
def no_window_is_left(dressed: QApplication) -> Iterator[None]:
    before = set(dressed.topLevelWidgets())
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    left = [widget for widget in dressed.topLevelWidgets() if widget not in before]
    names = [f"{type(widget).__name__} {widget.windowTitle()!r}" for widget in left]
    assert not names, f"windows left behind: {names}"


@pytest.fixture
def logs_allowed() -> None:
    """Ask for this where the program is meant to log a warning or worse."""


@pytest.fixture(autouse=True)
def no_warning_is_logged(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    if "logs_allowed" in request.fixturenames:
        return
    bad = [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.WARNING]
    assert not bad, f"logged: {bad}"


@pytest.fixture
def station() -> FakeStation:
    return FakeStation(records=7)


@pytest.fixture
def open_window(qtbot: Any) -> Callable[..., MainWindow]:
    """Build a window, shown and ticked once; it is closed after the test as if the line stood still."""

    def build(station: FakeStation | None, **arguments: Any) -> MainWindow:
        arguments.setdefault("preferences", Preferences(language="ja"))
        arguments.setdefault("demo_kinds", KINDS)
        window = MainWindow(station, **arguments)

        def stand_still(_widget: QWidget) -> None:
            window._view = replace(window._view, state=StationState.READY)

        qtbot.addWidget(window, before_close_func=stand_still)
        with qtbot.waitExposed(window):
            window.show()
        window.tick()
        return window

    return build


@pytest.fixture
def window(station: FakeStation, open_window: Callable[..., MainWindow]) -> MainWindow:
    return open_window(station)


@pytest.fixture
def colours() -> Callable[[QWidget], Any]:
    """Return what a widget looks like, uint8 ``(H, W, 3)`` RGB."""

    def grab(widget: QWidget) -> Any:
        image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()

    return grab
