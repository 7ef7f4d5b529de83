"""Packs, recipes, state and progress."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fake_station import FakeStation, scorer
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.station import StationState
from crane_desktop.settings.texts import LANGUAGES, text
from crane_desktop.ui.widgets.style import TARGET_PX


def choose(box: Any, data: str) -> None:
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


def names(box: Any) -> list[str]:
    return [box.itemText(place) for place in range(box.count())]


def test_packs_and_recipes_are_listed(window: Any) -> None:
    assert names(window.run.commands.packs) == ["crane-full", "demo"]
    assert names(window.run.commands.recipes) == ["モデル既定", "bracket", "gear"]


def test_what_is_loaded_is_chosen(window: Any, station: FakeStation) -> None:
    assert window.run.commands.packs.currentText() == "demo"
    assert window.run.commands.recipes.currentText() == "モデル既定"
    station.say(scorer=replace(scorer(), pack="crane-full"), recipe="gear")
    window.tick()
    assert window.run.commands.packs.currentText() == "crane-full"
    assert window.run.commands.recipes.currentText() == "gear"


def test_a_pack_that_is_not_in_the_list_is_added(window: Any, station: FakeStation) -> None:
    station.say(scorer=replace(scorer(), pack="from-a-file"))
    window.tick()
    assert window.run.commands.packs.currentText() == "from-a-file"


def test_a_pack_brings_its_own_recipe_along(window: Any, station: FakeStation) -> None:
    station.say(recipe="gear")
    window.tick()
    choose(window.run.commands.packs, "crane-full")
    assert station.calls[-1] == ("load", "crane-full", None)


def test_a_recipe_brings_its_own_pack_along(window: Any, station: FakeStation) -> None:
    choose(window.run.commands.recipes, "gear")
    assert station.calls[-1] == ("load", None, "gear")
    assert (window.preferences().pack, window.preferences().recipe) == (None, "gear")


def test_without_a_recipe_the_pack_stays(window: Any, station: FakeStation) -> None:
    choose(window.run.commands.recipes, "")
    assert station.calls[-1] == ("load", "demo", None)


def test_a_load_that_fails_shows_the_pack_that_still_runs(window: Any, station: FakeStation) -> None:
    choose(window.run.commands.packs, "crane-full")
    station.say(state=StationState.INITIALIZED)
    window.tick()
    assert window.run.commands.packs.currentText() == "crane-full"
    station.say(state=StationState.READY)
    window.tick()
    assert window.run.commands.packs.currentText() == "demo"


def test_the_wheel_loads_no_other_model(window: Any, station: FakeStation) -> None:
    for box in (
        window.run.commands.packs,
        window.run.commands.recipes,
        window.run.source.kinds,
        window.run.source.demo.rate,
    ):
        before = box.text() if hasattr(box, "text") else box.currentIndex()
        place = QPointF(box.rect().center())
        wheel = QWheelEvent(
            place,
            QPointF(box.mapToGlobal(box.rect().center())),
            QPoint(0, -120),
            QPoint(0, -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        box.setFocus()
        QApplication.sendEvent(box, wheel)
        assert (box.text() if hasattr(box, "text") else box.currentIndex()) == before
    assert [call[0] for call in station.calls].count("load") == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", list(StationState))
def test_the_state_is_told_without_moving_what_is_beside_it(
    window: Any, station: FakeStation, state: StationState, language: Any
) -> None:
    if language == "en":
        window.switch_language()
    window.run.commands.layout().activate()
    before = window.run.commands.packs.x()
    station.say(state=state)
    window.tick()
    window.run.commands.layout().activate()
    assert window.run.commands.state.text() == text(f"state.{state}", language)
    assert window.run.commands.packs.x() == before


def test_run_and_stop_are_neither_red_nor_green(window: Any, station: FakeStation, colours: Any) -> None:
    """Plants disagree whether red means running or stopped; form and word say it here."""
    commands = window.run.commands
    for state, button in ((StationState.READY, commands.start), (StationState.RUNNING, commands.stop)):
        station.say(state=state)
        window.tick()
        red, green, blue = (int(v) for v in colours(button)[10, 60])
        assert blue >= max(red, green)
        assert button.height() >= TARGET_PX
        assert not button.icon().isNull()
        assert button.text()


def test_tips_name_the_keys_and_why_they_do_nothing_now(window: Any, station: FakeStation) -> None:
    assert window.run.commands.start.toolTip() == "運転 (Ctrl+F5)"
    assert window.run.commands.stop.toolTip() == "停止 (Ctrl+F6)\n運転していません。"
    station.warn(StationFault("pipeline.broken", detail="x"))
    window.tick()
    assert window.alarm.button.toolTip() == "アラーム確認 (Ctrl+F8)"
    window.switch_language()
    assert window.run.commands.start.toolTip() == "Run (Ctrl+F5)"
