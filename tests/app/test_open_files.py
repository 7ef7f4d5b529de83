"""A file in a command's place: what a double-click gives the program, through the real station and window."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from eventually import WITHIN_S
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox
from station_fixtures import alarm_of

from crane_desktop.app.open_station import open_workbench
from crane_desktop.app.process.logs import stop_logs
from crane_desktop.app.station.live_station import LiveStation
from crane_desktop.app.window import open_window
from crane_desktop.cli import start as starting
from crane_desktop.domain.errors import CraneError, InputError
from crane_desktop.domain.packs import Offer
from crane_desktop.domain.station import StationState
from crane_desktop.recipe.json_text import dump_recipe
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.store import read_recipe
from crane_desktop.services.workbench import Workbench
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.store import load_settings
from crane_desktop.ui.shell.window import MainWindow

Crane = Callable[..., Any]


@pytest.fixture
def workbench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    """A station that has only what came with the program."""
    monkeypatch.setenv("CRANE_LANGUAGE", "ja")
    yield open_workbench(tmp_path / "端末")
    stop_logs()


@pytest.fixture
def recipe_file(tmp_path: Path) -> Path:
    file = tmp_path / "部品A.cranerecipe"
    file.write_text(dump_recipe(Recipe(name="部品A", version=4, pack="試験用")), encoding="utf-8")
    return file


# -- the command line ------------------------------------------------------------------------------------------


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What the program would start its window with."""
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(starting, "start", lambda *words: calls.append(words) or 0)
    return calls


def test_files_in_a_commands_place_are_opened(
    crane: Crane, started: list[tuple[Any, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    one, two = tmp_path / "a b.cranepack", tmp_path / "レシピ.CRANERECIPE"
    (tmp_path / "noending").write_text("x")
    assert crane(one).code == 0
    assert crane(two.name, one.name).code == 0
    assert crane("--data-dir", tmp_path / "d", one).code == 0
    assert crane("open", one).code == 0
    assert crane("noending").code == 0
    own = tmp_path / "noending"
    assert started == [
        (None, None, [one]),
        (None, None, [two, one]),
        (tmp_path / "d", None, [one]),
        (None, None, [one]),
        (None, None, [own]),
    ]


def test_commands_and_typing_errors_stay_what_they_were(crane: Crane, started: list[tuple[Any, ...]]) -> None:
    assert crane().code == 0
    assert started == [(None, None)]
    done = crane("inspekt")
    assert done.code == 2
    assert "inspekt" in done.err
    assert crane("pack", "info", "ない.cranepack").code == 2
    assert len(started) == 1


def test_without_a_display_it_says_which_commands_to_use(
    crane: Crane, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(starting, "why_no_window", lambda: "app.no_display")
    done = crane(tmp_path / "a.cranepack", "--data-dir", tmp_path / "d")
    assert done.code == 2
    assert "pack install" in done.err
    assert len(done.sentences) == 1


def test_a_file_for_a_station_that_a_command_holds_says_what_to_do(
    crane: Crane, tmp_path: Path, recipe_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crane_desktop.app.process.handover._HEARD_WITHIN_S", 0.3)
    data = DataDir(tmp_path / "busy")
    data.prepare()
    with data.lock():
        done = crane("--data-dir", data.root, recipe_file)
    assert done.code == 2
    assert "Wait until it has ended" in done.err
    assert "--" not in done.err


# -- the station -----------------------------------------------------------------------------------------------


def test_the_station_looks_first_and_takes_in_when_told(
    workbench: Workbench, tiny_pack: Path, recipe_file: Path
) -> None:
    station = LiveStation(workbench)
    try:
        offer = station.packs.look_into(str(tiny_pack)).result(WITHIN_S)
        assert (offer.kind, offer.name, offer.replaces, offer.for_demonstration) == ("pack", "試験用", False, True)
        assert list(workbench.data.packs.iterdir()) == []
        assert station.packs.take_in(offer).result(WITHIN_S) == offer
        assert (workbench.data.packs / "試験用.cranepack").is_file()
        assert station.packs.look_into(str(tiny_pack)).result(WITHIN_S).replaces
        assert station.packs.look_into(str(recipe_file)).result(WITHIN_S) == Offer(
            "recipe", "部品A", "4", str(recipe_file)
        )
        assert station.line.view().state is StationState.PREOPERATIONAL
        assert alarm_of(station.line.view()) is None
    finally:
        station.close()


def test_what_cannot_be_taken_in_goes_to_the_one_who_asked(
    workbench: Workbench, tiny_pack: Path, tmp_path: Path
) -> None:
    torn = tmp_path / "torn.cranepack"
    torn.write_bytes(tiny_pack.read_bytes()[:-1000])
    text = tmp_path / "x.txt"
    text.write_text("x")
    station = LiveStation(workbench)
    try:
        for file in (text, tmp_path / "none.cranepack", tmp_path / "none.cranerecipe", torn):
            with pytest.raises(InputError):
                station.packs.look_into(str(file)).result(WITHIN_S)
        whole = station.packs.look_into(str(tiny_pack)).result(WITHIN_S)
        with pytest.raises(CraneError):
            station.packs.take_in(Offer("pack", whole.name, whole.version, str(torn))).result(WITHIN_S)
        assert list(workbench.data.packs.iterdir()) == []
        assert station.line.view().state is StationState.PREOPERATIONAL
    finally:
        station.close()


# -- the window ------------------------------------------------------------------------------------------------


@pytest.mark.qt_log_ignore("^This plugin does not support")
def test_a_double_click_installs_a_pack_and_the_station_judges_with_it(
    workbench: Workbench, tiny_pack: Path, tmp_path: Path, qapp: QApplication, log_of: Callable[[Path], list[Any]]
) -> None:
    stick = Path(shutil.copy(tiny_pack, tmp_path / "usb.cranepack"))
    seen: list[str] = []

    def step() -> None:
        box = next((w for w in qapp.topLevelWidgets() if isinstance(w, QMessageBox) and w.isVisible()), None)
        window = next(w for w in qapp.topLevelWidgets() if isinstance(w, MainWindow))
        if box is not None and box.text() not in seen:
            seen.append(box.text())
            box.buttons()[0].click()
        elif (
            len(seen) == 2
            and window.run.commands.packs.currentData() == "試験用"
            and window.run.commands.start.isEnabled()
        ):
            window.close()

    clock = QTimer()
    clock.timeout.connect(step)
    clock.start(50)
    guard = QTimer(singleShot=True)
    guard.timeout.connect(qapp.closeAllWindows)
    guard.start(60_000)
    try:
        assert open_window(workbench, [stick]) == 0
    finally:
        clock.stop()
        guard.stop()
    assert len(seen) == 2, seen
    assert "検証" in seen[0]
    assert (workbench.data.packs / "試験用.cranepack").is_file()
    assert load_settings(workbench.data.settings_file)[0].pack == "試験用"
    # Nothing was inspected meanwhile: the simulated line of the very first start does not run behind a question.
    assert log_of(workbench.data.root) == []


def test_a_recipe_comes_as_it_was_exported(workbench: Workbench, recipe_file: Path) -> None:
    station = LiveStation(workbench)
    try:
        station.packs.take_in(station.packs.look_into(str(recipe_file)).result(WITHIN_S)).result(WITHIN_S)
    finally:
        station.close()
    assert read_recipe(workbench.data, "部品A") == Recipe(name="部品A", version=4, pack="試験用")
