"""Files from the desktop: one question each, in the window's language, and nothing happens without a yes."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_station import FakeStation, answered, failed
from PySide6.QtWidgets import QAbstractButton

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.packs import Offer
from crane_desktop.domain.station import StationState
from crane_desktop.ui.shell.opening import Opening
from crane_desktop.ui.shell.window import MainWindow
from crane_desktop.ui.widgets.style import TARGET_PX

PACK = Offer("pack", "本番", "1.2", "/usb/本番.cranepack")
RECIPE = Offer("recipe", "部品A", "3", "/usb/部品A.cranerecipe", replaces=True)


@pytest.fixture
def opening(window: MainWindow, station: FakeStation) -> Opening:
    station.packs.looked = {offer.file: answered(offer) for offer in (PACK, RECIPE)}
    station.calls.clear()
    return window.opening


def buttons(opening: Opening) -> dict[str, QAbstractButton]:
    assert opening.box is not None
    return {button.text(): button for button in opening.box.buttons()}


def test_a_yes_takes_a_pack_in_and_loads_it(opening: Opening, window: MainWindow, station: FakeStation) -> None:
    opening.open([Path(PACK.file)])
    window.tick()
    assert opening.box is not None
    assert "「本番」(版 1.2)" in opening.box.text()
    assert station.asked("take_in", "load") == []
    assert opening.box.defaultButton().text() == "キャンセル"
    assert all(button.minimumHeight() >= TARGET_PX for button in buttons(opening).values())
    buttons(opening)["取り込んで使用"].click()
    assert opening.box is None
    window.tick()
    assert station.asked("take_in", "load") == [("take_in", PACK.file), ("load", "本番", None)]
    assert "本番" in opening.box.text()
    buttons(opening)["閉じる"].click()
    assert opening.box is None


def test_a_recipe_brings_its_own_pack_along(opening: Opening, window: MainWindow, station: FakeStation) -> None:
    window.switch_language()
    opening.open([Path(RECIPE.file)])
    window.tick()
    assert opening.box is not None
    assert "recipe “部品A” (version 3)" in opening.box.text()
    assert "stays in its history" in opening.box.text()
    buttons(opening)["Take in and use"].click()
    window.tick()
    assert station.asked("take_in", "load") == [("take_in", RECIPE.file), ("load", None, "部品A")]
    assert window.preferences().recipe == "部品A"
    buttons(opening)["Close"].click()


@pytest.mark.parametrize("way", ["button", "escape"])
def test_a_no_changes_nothing(way: str, opening: Opening, window: MainWindow, station: FakeStation) -> None:
    opening.open([Path(PACK.file)])
    window.tick()
    assert opening.box is not None
    if way == "button":
        buttons(opening)["キャンセル"].click()
    else:
        opening.box.reject()
    window.tick()
    assert opening.box is None
    assert station.asked("take_in", "load") == []


def test_several_files_are_asked_about_one_by_one(opening: Opening, window: MainWindow, station: FakeStation) -> None:
    opening.open([Path(PACK.file), Path(RECIPE.file)])
    window.tick()
    assert opening.box is not None
    assert "本番" in opening.box.text()
    buttons(opening)["キャンセル"].click()
    assert opening.box is not None
    assert "部品A" in opening.box.text()
    buttons(opening)["キャンセル"].click()
    assert opening.box is None


def test_a_bad_file_is_an_alarm_and_the_good_one_is_asked_about(
    opening: Opening, window: MainWindow, station: FakeStation
) -> None:
    bad = InputError("app.not_openable", file="x.txt", pack=".cranepack", recipe=".cranerecipe")
    station.packs.looked["/usb/x.txt"] = failed(bad)
    opening.open([Path("/usb/x.txt"), Path(PACK.file)])
    window.tick()
    assert "x.txt" in window.alarm.words
    buttons(opening)["キャンセル"].click()


def test_a_pack_that_is_not_whole_is_an_alarm_and_is_not_loaded(
    opening: Opening, window: MainWindow, station: FakeStation
) -> None:
    waiting: Future[Any] = Future()
    station.packs.taken = waiting
    opening.open([Path(PACK.file)])
    window.tick()
    buttons(opening)["取り込んで使用"].click()
    window.tick()
    assert opening.box is None  # it is still being proven
    waiting.set_exception(InputError("app.pack_sum_differs", file=PACK.file))
    window.tick()
    assert "チェックサム" in window.alarm.words
    assert opening.box is None
    assert station.asked("load") == []


def test_while_the_line_runs_the_question_says_that_it_stops(
    opening: Opening, window: MainWindow, station: FakeStation
) -> None:
    station.say(state=StationState.RUNNING)
    opening.open([Path(PACK.file)])
    window.tick()
    assert opening.box is not None
    assert "検査は停止します" in opening.box.text()
    buttons(opening)["キャンセル"].click()


def test_the_window_may_close_over_an_open_question(opening: Opening, window: MainWindow, station: FakeStation) -> None:
    opening.open([Path(PACK.file)])
    window.tick()
    window.close()
    assert opening.box is None  # nothing is left on screen without its window
    assert station.asked("take_in") == []


def test_the_question_says_whose_pack_is_replaced(opening: Opening, window: MainWindow, station: FakeStation) -> None:
    window.switch_language()
    stranger = replace(PACK, replaces=True, signer="ab" * 8, replaced_version="1.1")
    station.packs.looked[PACK.file] = answered(stranger)
    opening.open([Path(PACK.file)])
    window.tick()
    assert opening.box is not None
    assert "1.1 (signed by: nobody)" in opening.box.text()
    assert f"1.2 (signed by: {'ab' * 8})" in opening.box.text()
    buttons(opening)["Cancel"].click()


def test_the_question_says_what_a_recipe_does_not_bring(
    opening: Opening, window: MainWindow, station: FakeStation
) -> None:
    station.packs.looked[RECIPE.file] = answered(replace(RECIPE, dropped=("evil.cti", "本番")))
    opening.open([Path(RECIPE.file)])
    window.tick()
    assert opening.box is not None
    assert "この端末で選んでください:evil.cti, 本番" in opening.box.text()
    buttons(opening)["キャンセル"].click()
