"""What the station's small ports promise the window, run over every station there is.

A station under test has a log of some parts, a recipe or more, and a pack that can be loaded.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1] / "ui"))  # the doubles lie beside the window's tests

from fake_station import FakeStation

from crane_desktop.domain.alarms import AlarmState
from crane_desktop.domain.errors import CraneError, InputError, StationFault
from crane_desktop.domain.findings import Finding, well
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import StationState, StationView
from crane_desktop.domain.station_ports import Station
from crane_desktop.domain.verdicts import Verdict

WITHIN_S = 60.0
DEMO = SourceChoice(kind="demo", rate_hz=20.0)
AT_REST = (StationState.READY, StationState.PREOPERATIONAL, StationState.ERROR)


def fake() -> Station:
    station = FakeStation(records=9)
    station.cameras.examined = Future()
    station.cameras.examined.set_result([well("camera.doctor_folder_good", variable="V", folder="/a", count=1)])
    station.warn(StationFault("pipeline.broken", detail="x"))
    station.warn(InputError("ui.no_folder"), "model")
    return station


def live(folder: Path) -> Station:
    """The real one, on a data folder with a small pack, a recipe and a few records."""
    from recipe_fixtures import stored_fields

    from crane_desktop.app.open_station import open_workbench
    from crane_desktop.app.station.live_station import LiveStation
    from crane_desktop.settings.store import save_settings

    opened = open_workbench(folder)
    stored_fields(opened.data, name="部品A", pack="試験用")
    save_settings(opened.data.settings_file, opened.settings.model_copy(update={"pack": "試験用"}))
    station = LiveStation(open_workbench(folder))
    station.line.load()
    station.line.start(SourceChoice(kind="demo", frames=5))
    eventually(station.line.view, lambda now: now.run_id == 1 and now.state is StationState.READY)
    station.line.start(SourceChoice(kind="folder", path="/nowhere"))
    eventually(station.line.view, lambda now: bool(now.alarms) and now.state is StationState.READY)
    return station


@pytest.fixture(params=["fake", "live"])
def station(request: pytest.FixtureRequest) -> Iterator[Station]:
    """Every station there is."""
    made = fake() if request.param == "fake" else live(request.getfixturevalue("station_dir"))
    yield made
    made.close()
    made.close()  # idempotent


def eventually(view: Callable[[], StationView], wanted: Callable[[StationView], bool]) -> StationView:
    """Return the first view that is as wanted."""
    end = time.monotonic() + WITHIN_S
    while not wanted(now := view()):
        assert time.monotonic() < end, f"still {now.state}"
        time.sleep(0.01)
    return now


def answer(future: Future[Any]) -> Any:
    return future.result(WITHIN_S)


def loaded(station: Station) -> StationView:
    station.line.load()
    return eventually(station.line.view, lambda now: now.state in AT_REST and now.scorer is not None)


class TestLine:
    def test_a_load_ends_with_a_model_and_its_recipe(self, station: Station) -> None:
        now = loaded(station)
        assert now.state is StationState.READY
        assert now.recipe is not None

    def test_it_runs_from_start_to_stop(self, station: Station) -> None:
        loaded(station)
        station.line.start(DEMO)
        assert station.line.view().state is not StationState.READY  # at once: two quick presses start once
        eventually(station.line.view, lambda now: now.state is StationState.RUNNING)
        station.line.stop()
        now = eventually(station.line.view, lambda now: now.state is StationState.READY)
        assert now.balance.frames == now.balance.judged + now.balance.lost + now.balance.pending

    def test_each_run_has_a_greater_number(self, station: Station) -> None:
        loaded(station)
        numbers = [station.line.view().run_id]
        for _ in range(2):
            station.line.start(DEMO)
            numbers.append(eventually(station.line.view, lambda now: now.state is StationState.RUNNING).run_id)
            station.line.stop()
            eventually(station.line.view, lambda now: now.state is StationState.READY)
        assert numbers == sorted(set(numbers))

    def test_a_stop_at_rest_is_no_harm(self, station: Station) -> None:
        loaded(station)
        station.line.stop()
        assert eventually(station.line.view, lambda now: now.state in AT_REST).state is StationState.READY


class TestAlarms:
    def test_what_goes_on_stays_and_what_is_over_goes(self, station: Station) -> None:
        before = station.line.view().alarms
        station.alarms.acknowledge()
        now = eventually(station.line.view, lambda n: all(a.state is AlarmState.ACKNOWLEDGED for a in n.alarms))
        assert {(a.key, a.source) for a in before if a.active} <= {(a.key, a.source) for a in now.alarms}

    def test_only_the_one_that_is_meant_is_acknowledged(self, station: Station) -> None:
        before = station.line.view().alarms
        for meant in before[:1]:
            station.alarms.acknowledge(meant.key, meant.source)
            left = station.line.view().alarms
            others = [a for a in left if (a.key, a.source) != (meant.key, meant.source)]
            assert others == [a for a in before if (a.key, a.source) != (meant.key, meant.source)]

    def test_an_unknown_one_is_no_error(self, station: Station) -> None:
        before = station.line.view().alarms
        station.alarms.acknowledge("never.heard_of", "nowhere")
        assert station.line.view().alarms == before

    def test_the_oldest_come_first_and_each_is_there_once(self, station: Station) -> None:
        alarms = station.line.view().alarms
        assert [a.begun for a in alarms] == sorted(a.begun for a in alarms)
        assert len({(a.key, a.source) for a in alarms}) == len(alarms)


class TestRecipes:
    def test_names_are_words_each_once(self, station: Station) -> None:
        names = answer(station.recipes.names())
        assert all(isinstance(name, str) and name for name in names)
        assert len(set(names)) == len(names)


class TestPacks:
    def test_names_are_words_each_once(self, station: Station) -> None:
        names = answer(station.packs.names())
        assert all(isinstance(name, str) and name for name in names)
        assert len(set(names)) == len(names)

    def test_what_cannot_be_taken_in_is_said_and_changes_nothing(self, station: Station, tmp_path: Path) -> None:
        before = answer(station.packs.names())
        with pytest.raises(InputError):
            answer(station.packs.look_into(str(tmp_path / "nothing.cranepack")))
        assert answer(station.packs.names()) == before


class TestCameras:
    def test_devices_are_pairs_or_a_reason(self, station: Station) -> None:
        try:
            found = answer(station.cameras.devices())
        except CraneError:
            return  # no driver is installed here
        assert all(len(one) == 2 and all(isinstance(words, str) for words in one) for one in found)

    def test_the_doctor_has_findings(self, station: Station) -> None:
        found = answer(station.cameras.doctor())
        assert found
        assert all(isinstance(one, Finding) for one in found)


class TestRecords:
    def test_a_page_is_newest_first_and_no_longer_than_asked(self, station: Station) -> None:
        page = answer(station.records.page(None, 3, None))
        ids = [row.record_id for row in page]
        assert len(ids) == 3
        assert ids == sorted(ids, reverse=True)

    def test_pages_follow_each_other_without_gap_or_overlap(self, station: Station) -> None:
        whole = [row.record_id for row in answer(station.records.page(None, 1000, None))]
        pieces: list[int] = []
        before: int | None = None
        while page := answer(station.records.page(before, 2, None)):
            pieces += [row.record_id for row in page]
            before = pieces[-1]
        assert pieces == whole

    @pytest.mark.parametrize("verdict", list(Verdict))
    def test_a_filter_shows_all_of_one_verdict_and_no_other(self, station: Station, verdict: Verdict) -> None:
        everything = answer(station.records.page(None, 1000, None))
        some = answer(station.records.page(None, 1000, verdict))
        assert [row.record_id for row in some] == [row.record_id for row in everything if row.verdict is verdict]

    def test_a_record_is_the_row_that_was_listed(self, station: Station) -> None:
        row = answer(station.records.page(None, 1, None))[0]
        record = answer(station.records.record(row.record_id))
        assert (record.row.record_id, record.row.verdict) == (row.record_id, row.verdict)

    def test_an_unknown_record_is_said(self, station: Station) -> None:
        with pytest.raises(CraneError):
            answer(station.records.record(10**9))
