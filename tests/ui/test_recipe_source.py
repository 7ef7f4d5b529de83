"""A recipe brings its source along: once, as it is taken into use; by hand it can be changed afterwards."""

from __future__ import annotations

from collections.abc import Callable

from fake_station import FakeStation
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.packs import Offer
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import StationState, StationView
from crane_desktop.ui.run_page.recipe_source import RecipeSource
from crane_desktop.ui.shell.preferences import Preferences
from crane_desktop.ui.shell.situation import BUSY
from crane_desktop.ui.shell.window import MainWindow

CAMERA = SourceChoice(kind="genicam", cti="/opt/a.cti", device="camera-2", trigger="hardware")
FOLDER = SourceChoice(kind="folder", path="/parts", rate_hz=2.0)
DEMO = SourceChoice(kind="demo", device="wood", rate_hz=3.0)
Open = Callable[..., MainWindow]


def change_over(window: MainWindow, station: FakeStation, recipe: str, source: SourceChoice | None) -> None:
    """Choose a recipe as a person does, and have the station load it."""
    window.run.load("", recipe)
    station.say(state=StationState.INITIALIZED)
    window.tick()
    station.say(state=StationState.READY, recipe=recipe, recipe_source=source)
    window.tick()


def test_a_recipe_brings_source_camera_and_trigger_and_start_uses_them(
    window: MainWindow, station: FakeStation
) -> None:
    change_over(window, station, "gear", CAMERA)
    assert window.run.source.choice() == CAMERA
    assert window.preferences().source == CAMERA
    window.run.start()
    assert station.asked("start") == [("start", CAMERA)]


def test_by_hand_it_can_be_changed_afterwards(window: MainWindow, station: FakeStation) -> None:
    change_over(window, station, "gear", CAMERA)
    window.run.source.fill(DEMO)
    for _ in range(3):
        window.tick()
    window.run.start()
    assert station.asked("start") == [("start", DEMO)]
    window.tick()
    station.say(state=StationState.READY)
    window.tick()
    assert window.run.source.choice() == DEMO


def test_a_recipe_without_a_source_leaves_the_panel_alone(window: MainWindow, station: FakeStation) -> None:
    window.run.source.fill(FOLDER)
    change_over(window, station, "bracket", None)
    assert window.run.source.choice() == FOLDER


def test_choosing_the_same_recipe_again_brings_its_source_again(window: MainWindow, station: FakeStation) -> None:
    change_over(window, station, "gear", CAMERA)
    window.run.source.fill(DEMO)
    change_over(window, station, "gear", CAMERA)
    assert window.run.source.choice() == CAMERA


def test_a_change_over_that_fails_changes_no_source(window: MainWindow, station: FakeStation) -> None:
    change_over(window, station, "gear", CAMERA)
    window.run.source.fill(DEMO)
    window.run.load("", "broken")
    station.say(state=StationState.INITIALIZED)
    window.tick()
    station.say(state=StationState.READY)  # the last good one stays
    window.tick()
    assert window.run.source.choice() == DEMO


def test_while_it_loads_nothing_is_filled_in(window: MainWindow, station: FakeStation) -> None:
    before = window.run.source.choice()
    station.say(state=StationState.INITIALIZED, recipe="gear", recipe_source=CAMERA)
    window.tick()
    assert window.run.source.choice() == before


def test_what_was_last_used_with_a_recipe_comes_back_with_it(station: FakeStation, open_window: Open) -> None:
    station.say(recipe="gear", recipe_source=CAMERA)
    window = open_window(station, preferences=Preferences(recipe="gear", source=FOLDER))
    assert window.run.source.choice() == FOLDER
    change_over(window, station, "bracket", DEMO)
    assert window.run.source.choice() == DEMO


def test_another_recipe_than_the_last_one_brings_its_source_at_the_start(
    station: FakeStation, open_window: Open
) -> None:
    station.say(recipe="gear", recipe_source=CAMERA)
    window = open_window(station, preferences=Preferences(recipe=None, source=FOLDER))
    assert window.run.source.choice() == CAMERA


def test_an_imported_recipe_brings_its_source(window: MainWindow, station: FakeStation) -> None:
    offer = Offer("recipe", "gear", "3", "/usb/gear.cranerecipe")
    change_over(window, station, "gear", None)
    window.opening._taken(offer)
    station.say(recipe_source=CAMERA)  # the same name, another content
    window.tick()
    assert window.run.source.choice() == CAMERA
    assert window.opening.box is not None
    window.opening.box.reject()


VIEWS = st.lists(
    st.builds(
        StationView,
        state=st.sampled_from(list(StationState)),
        recipe=st.sampled_from([None, "a", "b"]),
        recipe_source=st.sampled_from([None, CAMERA, FOLDER]),
    ),
    max_size=10,
)


@given(VIEWS)
def test_nothing_is_filled_in_twice_and_only_what_the_loaded_recipe_says(views: list[StationView]) -> None:
    follower = RecipeSource(None)
    before: object = None
    for view in views:
        wanted = follower.newly_wanted(view)
        assert follower.newly_wanted(view) is None
        if view.recipe is None or view.state in BUSY:
            assert wanted is None
            continue
        now = (view.recipe, view.recipe_source)
        assert wanted == (None if now == before else view.recipe_source)
        before = now


def test_relisting_after_an_import_loads_nothing(window: MainWindow, station: FakeStation) -> None:
    station.recipes.listed.append("new")
    window.run.relist()
    window.tick()
    assert window.run.commands.recipes.findData("new") > 0
    assert station.asked("load") == [("load", None, None)]
