"""Setting a camera up through the station: kept with a recipe, restored by the line, and beside a running line."""

from __future__ import annotations

import threading

import pytest
from eventually import WITHIN_S, eventually
from recipe_fixtures import stored
from virtual_camera import VirtualCamera, VirtualCameras

from crane_desktop.app.station.live_station import LiveStation
from crane_desktop.domain.camera_setup import CameraSetup, differences
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import StationState
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.store import read_recipe
from crane_desktop.services.workbench import Workbench


@pytest.fixture
def camera(virtual_cameras: VirtualCameras) -> VirtualCamera:
    return virtual_cameras.add("VC1", {"Width": 64, "Height": 48, "AcquisitionFrameRate": 20.0})


@pytest.fixture
def choice(camera: VirtualCamera, virtual_cameras: VirtualCameras) -> SourceChoice:
    return SourceChoice(kind="genicam", cti=str(virtual_cameras.cti), device=camera.serial)


def open_setup(station: LiveStation, choice: SourceChoice) -> CameraSetup:
    setup = station.cameras.open(choice).result(WITHIN_S)
    eventually(lambda: setup.newest() is not None)
    return setup


def test_from_the_page_to_the_recipe_to_the_line(
    station: LiveStation, workbench: Workbench, camera: VirtualCamera, choice: SourceChoice
) -> None:
    stored(workbench.data, Recipe(name="治具A", pack="試験用"))
    station.line.load(None, "治具A")
    eventually(lambda: station.line.view().state is StationState.READY)
    setup = open_setup(station, choice)
    assert not setup.on_the_line
    assert setup.wanted() == {}
    for name, value in {"ExposureTime": 1234.5, "Height": 32, "TriggerDelay": 7.0}.items():
        setup.write(name, value).result(WITHIN_S)
    kept = setup.feature_set().result(WITHIN_S)
    assert setup.keep(kept, "治具A").result(WITHIN_S) == "治具A"
    written = read_recipe(workbench.data, "治具A")
    assert (written.version, written.camera_features["TriggerDelay[FrameStart]"]) == (2, 7.0)
    assert list(written.camera_features) == list(kept)
    assert written.pack == "試験用"
    # Somebody turns knobs; the line takes the camera from the page, and sets it as the recipe says.
    setup.write("ExposureTime", 50.0).result(WITHIN_S)
    station.line.start(choice)
    eventually(lambda: station.line.view().newest is not None)
    assert camera.events("set", name="ExposureTime")[-1].values["value"].startswith("1234.5")
    newest = station.line.view().newest
    assert newest is not None
    assert newest.frame is not None
    assert newest.frame.pixels.shape == (32, 64)
    with pytest.raises(Exception, match="not_open"):
        setup.read(["Gain"]).result(WITHIN_S)
    # Beside the running line: look and turn, but nothing that stops its stream.
    beside = open_setup(station, choice)
    assert beside.on_the_line
    assert differences(kept, beside.values(list(kept)).result(WITHIN_S)) == ()
    assert beside.write("Gain", 3.0).result(WITHIN_S).state.value == 3.0
    with pytest.raises(InputError) as error:
        beside.write("Height", 48).result(WITHIN_S)
    assert error.value.key == "camera.node_locked_line"
    beside.close()
    balance = station.line.view().balance
    eventually(lambda: station.line.view().balance.frames > balance.frames)
    station.line.stop()
    eventually(lambda: station.line.view().state is StationState.READY)


def test_a_page_that_is_opened_a_moment_after_the_start_does_not_end_the_line(
    station: LiveStation, choice: SourceChoice
) -> None:
    station.line.load("試験用")
    eventually(lambda: station.line.view().state is StationState.READY)
    for _again in range(3):
        station.line.start(choice)
        page = station.cameras.open(choice).result(WITHIN_S)
        judged = station.line.view().balance.judged
        eventually(lambda judged=judged: station.line.view().balance.judged > judged)
        assert station.line.view().alarms == ()
        page.close()
        station.line.stop()
        eventually(lambda: station.line.view().state is StationState.READY)


def test_saving_waits_for_no_disk_on_the_thread_that_asks(
    station: LiveStation, choice: SourceChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def slow(*_words: object) -> Recipe:
        go_on.wait(WITHIN_S)
        return Recipe(name="遅い")

    monkeypatch.setattr("crane_desktop.app.station.live_station.save_features", slow)
    setup = station.cameras.open(choice).result(WITHIN_S)
    saved = setup.keep({"Gain": 1.0}, "遅い")
    assert not saved.done()
    go_on.set()
    assert saved.result(WITHIN_S) == "遅い"
    setup.close()


def test_a_new_recipe_begins_as_the_one_in_use(
    station: LiveStation, workbench: Workbench, choice: SourceChoice
) -> None:
    setup = open_setup(station, choice)
    assert setup.keep({"Gain": 2.0}, "新しい").result(WITHIN_S) == "新しい"
    assert dict(read_recipe(workbench.data, "新しい").camera_features) == {"Gain": 2.0}
    with pytest.raises(InputError):
        setup.keep({"Gain": 2.0}, "a/b").result(WITHIN_S)
    again = open_setup(station, choice)  # one at a time: the earlier one lets go
    assert again.read(["Gain"]).result(WITHIN_S)
