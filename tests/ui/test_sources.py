"""The source forms: the right choice comes out, incomplete input is refused."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest
from fake_station import FakeStation, answered, failed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog

from crane_desktop.domain.errors import CraneError, InputError, StationFault
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.settings.texts import LANGUAGES, catalogue
from crane_desktop.simulation.source import SHOWN_KINDS
from crane_desktop.ui.shell.inbox import Inbox
from crane_desktop.ui.source.source_panel import SourcePanel


@pytest.fixture
def told() -> list[CraneError]:
    return []


@pytest.fixture
def inbox(told: list[CraneError]) -> Inbox:
    return Inbox(told.append)


@pytest.fixture
def panel(qtbot: Any, inbox: Inbox, station: FakeStation) -> SourcePanel:
    made = SourcePanel("ja", inbox, ("machined_metal", "wood"), QAction(), QAction())
    qtbot.addWidget(made)
    made.attach(station)
    return made


def rates() -> Any:
    return st.none() | st.integers(1, 2000).map(lambda tenths: tenths / 10)


CHOICES = st.one_of(
    st.builds(
        SourceChoice, kind=st.just("demo"), device=st.sampled_from([None, "machined_metal", "wood"]), rate_hz=rates()
    ),
    st.builds(
        SourceChoice,
        kind=st.just("folder"),
        path=st.text(st.characters(categories=["L", "Nd"]), min_size=1).map(lambda name: f"/parts/{name}"),
        rate_hz=rates(),
        significant_bits=st.none() | st.integers(8, 16),
    ),
    st.builds(
        SourceChoice,
        kind=st.just("genicam"),
        cti=st.none() | st.just("/opt/producer.cti"),
        device=st.sampled_from([None, "camera-1", "camera-9"]),
        trigger=st.sampled_from(["free", "software", "hardware"]),
    ),
)


@given(CHOICES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_what_is_filled_in_comes_out_again_in_either_language(panel: SourcePanel, choice: SourceChoice) -> None:
    panel.fill(choice)
    assert panel.choice() == choice
    panel.retranslate("en")
    assert panel.choice() == choice
    panel.retranslate("ja")
    assert panel.choice() == choice


def test_a_folder_source_needs_its_folder(panel: SourcePanel) -> None:
    for path in (None, "", "   "):
        panel.fill(SourceChoice(kind="folder", path=path))
        with pytest.raises(InputError) as caught:
            panel.choice()
        assert caught.value.key == "ui.no_folder"


def test_an_unknown_kind_of_source_or_part_falls_back(panel: SourcePanel) -> None:
    panel.fill(SourceChoice(kind="of_a_later_version"))
    assert panel.choice().kind == "demo"
    panel.fill(SourceChoice(kind="demo", device="unobtainium"))
    assert panel.choice().device is None


def test_the_slowest_rate_is_none_and_means_as_fast_as_possible(panel: SourcePanel) -> None:
    panel.demo.rate.setValue(0.0)
    assert panel.choice().rate_hz is None
    assert panel.demo.rate.text() == "最高速"


@pytest.mark.parametrize("language", LANGUAGES)
def test_rates_are_written_the_same_everywhere(panel: SourcePanel, language: Any) -> None:
    panel.retranslate(language)
    panel.demo.rate.setValue(12.5)
    assert panel.demo.rate.text().startswith("12.5 ")


def test_every_kind_of_part_has_its_name() -> None:
    assert [kind for kind in SHOWN_KINDS if f"ui.kind.{kind}" not in catalogue()] == []


def test_a_kind_without_a_name_shows_its_own(qtbot: Any, inbox: Inbox) -> None:
    panel = SourcePanel("ja", inbox, ("wood", "unobtainium"), QAction(), QAction())
    qtbot.addWidget(panel)
    names = [panel.demo.kinds.itemText(place) for place in range(3)]
    assert names == ["すべての品種", "木材", "unobtainium"]


def test_only_the_chosen_form_is_seen(panel: SourcePanel) -> None:
    panel.show()
    for place, form in enumerate((panel.demo, panel.folder, panel.camera)):
        panel.kinds.setCurrentIndex(place)
        assert [f.isVisible() for f in (panel.demo, panel.folder, panel.camera)] == [
            f is form for f in (panel.demo, panel.folder, panel.camera)
        ]


def test_the_folder_is_chosen_with_qts_chooser(panel: SourcePanel, monkeypatch: pytest.MonkeyPatch, qtbot: Any) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda _parent, title, start: f"/chosen/{title}")
    panel.fill(SourceChoice(kind="folder"))
    qtbot.mouseClick(panel.folder.folder.browse, Qt.MouseButton.LeftButton)
    assert panel.choice().path == "/chosen/画像フォルダの選択"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    qtbot.mouseClick(panel.folder.folder.browse, Qt.MouseButton.LeftButton)
    assert panel.choice().path == "/chosen/画像フォルダの選択"


# -- cameras ---------------------------------------------------------------------------------------------------


def devices(panel: SourcePanel) -> list[str | None]:
    box = panel.camera.devices
    return [box.itemData(place) for place in range(box.count())]


def test_cameras_are_looked_for_when_that_source_is_chosen(
    panel: SourcePanel, station: FakeStation, inbox: Inbox
) -> None:
    panel.kinds.setCurrentIndex(2)
    assert station.calls == [("devices", None)]
    inbox.poll()
    assert devices(panel) == [None, "camera-1", "camera-2"]
    assert panel.camera.devices.itemText(1) == "Red camera"


def test_cameras_are_looked_for_at_the_start_where_one_was_used_last(
    qtbot: Any, inbox: Inbox, station: FakeStation
) -> None:
    panel = SourcePanel("ja", inbox, (), QAction(), QAction())
    qtbot.addWidget(panel)
    panel.fill(SourceChoice(kind="genicam", device="camera-2"))
    assert station.calls == []
    panel.attach(station)
    inbox.poll()
    assert station.calls == [("devices", None)]
    assert panel.choice().device == "camera-2"
    assert panel.camera.devices.currentText() == "Green camera"


def test_the_search_button_waits_for_the_answer(panel: SourcePanel, station: FakeStation, inbox: Inbox) -> None:
    station.cameras.found = Future()
    panel.kinds.setCurrentIndex(2)
    assert not panel.camera.search.isEnabled()
    assert panel.camera.search.text() == "検索中…"
    panel.retranslate("en")
    assert panel.camera.search.text() == "Searching…"
    station.cameras.found.set_result([])
    inbox.poll()
    assert panel.camera.search.isEnabled()
    assert panel.camera.search.text() == "Search"
    assert devices(panel) == [None]


def test_a_failed_search_is_told_and_gives_the_button_back(
    panel: SourcePanel, station: FakeStation, inbox: Inbox, told: list[CraneError]
) -> None:
    station.cameras.found = failed(StationFault("pipeline.source_broken", detail="no transport layer"))
    panel.kinds.setCurrentIndex(2)
    inbox.poll()
    assert [error.key for error in told] == ["pipeline.source_broken"]
    assert panel.camera.search.isEnabled()


def test_the_chosen_camera_stays_chosen_after_a_search_and_a_change_of_language(
    panel: SourcePanel, station: FakeStation, inbox: Inbox
) -> None:
    panel.kinds.setCurrentIndex(2)
    inbox.poll()
    panel.camera.devices.setCurrentIndex(2)
    station.cameras.found = answered([("camera-2", "Green camera"), ("camera-3", "Blue camera")])
    panel.camera.look()
    inbox.poll()
    panel.retranslate("en")
    assert panel.choice().device == "camera-2"
    assert devices(panel) == [None, "camera-2", "camera-3"]


def test_another_producer_is_looked_into_once(panel: SourcePanel, station: FakeStation, inbox: Inbox) -> None:
    panel.kinds.setCurrentIndex(2)
    panel.camera.cti.path.setText("/opt/producer.cti")
    for _ in range(3):
        panel.camera.cti.path.editingFinished.emit()
    assert station.calls == [("devices", None), ("devices", "/opt/producer.cti")]
    assert panel.choice().cti == "/opt/producer.cti"


@pytest.mark.parametrize(("place", "trigger"), [(0, "free"), (1, "software"), (2, "hardware")])
def test_triggers(panel: SourcePanel, place: int, trigger: str) -> None:
    panel.kinds.setCurrentIndex(2)
    panel.camera.triggers.setCurrentIndex(place)
    assert panel.choice().trigger == trigger


def test_a_camera_that_is_filled_in_is_looked_for_with_its_own_driver(panel: SourcePanel, station: FakeStation) -> None:
    """Looking without it would raise an alarm on a station whose only driver is the one that the recipe names."""
    panel.fill(SourceChoice(kind="genicam", cti="/opt/producer.cti", device="camera-2"))
    assert [asked for asked in station.calls if asked[0] == "devices"] == [("devices", "/opt/producer.cti")]


@pytest.mark.parametrize("key", ["camera.no_producer", "camera.no_device", "camera.cti_is_no_producer"])
def test_what_keeps_a_camera_from_being_found_is_a_hint_in_the_form_and_no_alarm(
    panel: SourcePanel, inbox: Inbox, station: FakeStation, told: list[CraneError], key: str
) -> None:
    station.cameras.found = failed(InputError(key, file="x.cti"))
    panel.show_kind("genicam")
    inbox.poll()
    hint = panel.camera.hint
    assert told == []
    assert hint.isVisibleTo(panel)
    assert catalogue()[key]["ja"].format(file="x.cti") in hint.text()
    for language in LANGUAGES:
        panel.retranslate(language)
        assert "--" not in hint.text()  # flags are the command line's
        assert catalogue()[key][language].format(file="x.cti") in hint.text()
    station.cameras.found = answered([("a", "Camera A")])
    panel.camera.look()
    assert not hint.isVisibleTo(panel)


def test_a_driver_that_fails_is_an_alarm(
    panel: SourcePanel, inbox: Inbox, station: FakeStation, told: list[CraneError]
) -> None:
    crashed = StationFault("camera.driver_crashed", file="x.cti")
    station.cameras.found = failed(crashed)
    panel.show_kind("genicam")
    inbox.poll()
    assert told == [crashed]
    assert not panel.camera.hint.isVisibleTo(panel)
