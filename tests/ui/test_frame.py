"""What all pages share: the rail, the room for alarms, the foot; nothing is clipped and nothing moves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fake_camera import FakeCamera
from fake_station import MOMENT, FakeStation, alarm, answered
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QAbstractButton, QToolButton, QWidget

from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import StationState
from crane_desktop.settings.texts import LANGUAGES, Language
from crane_desktop.ui.shell.frame import SMALLEST_PX
from crane_desktop.ui.shell.preferences import Preferences
from crane_desktop.ui.shell.window import MainWindow

BROKEN = StationFault("pipeline.broken", detail="x")
SIZES = [SMALLEST_PX, (1366, 768), (1920, 1080)]
Open = Callable[..., MainWindow]


def place(widget: QWidget, window: QWidget) -> QRect:
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


def only_drawn(button: QAbstractButton) -> bool:
    """Whether its words are on its tip only."""
    icon_only = Qt.ToolButtonStyle.ToolButtonIconOnly
    return isinstance(button, QToolButton) and button.toolButtonStyle() == icon_only and not button.icon().isNull()


def arranged(window: MainWindow) -> None:
    for widget in (window.centralWidget(), window.alarm, window.run):
        layout = widget.layout()
        assert layout is not None
        layout.activate()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_button_is_too_narrow_for_its_words(
    station: FakeStation, open_window: Open, language: Language, size: tuple[int, int]
) -> None:
    window = open_window(station, preferences=Preferences(language=language, source=SourceChoice(kind="genicam")))
    window.resize(*size)
    station.warn(BROKEN)
    station.warn(BROKEN, "model")
    window.tick()
    arranged(window)
    seen = [b for b in window.findChildren(QAbstractButton) if b.isVisible() and b.text() and not only_drawn(b)]
    assert len(seen) > 10
    clipped = [b.text() for b in seen if b.fontMetrics().horizontalAdvance(b.text()) > b.width() - 4]
    assert clipped == []


@pytest.mark.parametrize("size", SIZES)
def test_all_parts_lie_within_the_window_on_both_pages(
    station: FakeStation, open_window: Open, size: tuple[int, int]
) -> None:
    window = open_window(station, preferences=Preferences(source=SourceChoice(kind="genicam")))
    window.resize(*size)
    station.cameras.opened = answered(FakeCamera())
    for page in ("run", "camera"):
        window.menus.actions[page].trigger()
        window.tick()
        window.camera._show_state()
        arranged(window)
        assert (window.width(), window.height()) == size
        for part in (window.rail, window.alarm, window.pages, window.status, window.rail.language):
            assert part.isVisible()
            assert window.rect().contains(place(part, window)), (page, part)


def test_the_alarms_buttons_stay_where_the_finger_is_from_state_to_state(
    window: MainWindow, station: FakeStation
) -> None:
    window.resize(1366, 768)
    places = set()
    for one in (alarm(BROKEN), alarm(BROKEN, acknowledged=MOMENT), alarm(BROKEN, returned=MOMENT)):
        station.say(alarms=(one,))
        window.tick()
        arranged(window)
        places.add((place(window.alarm.button, window).getRect(), place(window.alarm.more, window).getRect()))
    assert len(places) == 1


def test_the_alarm_is_seen_on_every_page_and_the_line_can_be_stopped_there(
    station: FakeStation, open_window: Open
) -> None:
    window = open_window(station, preferences=Preferences(source=SourceChoice(kind="genicam")))
    window.menus.actions["camera"].trigger()
    station.warn(BROKEN)
    station.say(state=StationState.RUNNING)
    window.tick()
    assert window.alarm.isVisible()
    assert window.alarm.alarm is not None
    window.menus.actions["stop"].trigger()
    assert station.asked("stop") == [("stop",)]
    assert window.pages.shown == "camera"
