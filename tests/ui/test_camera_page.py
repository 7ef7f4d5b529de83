"""The camera page on a real virtual camera in its own process: picture, settings, nodes, recipe, aids."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from multiprocessing import active_children
from typing import Any

import numpy as np
import pytest
from fake_station import FakeStation, answered
from PySide6.QtCore import Qt
from virtual_camera import VirtualCamera, VirtualCameras

from crane_desktop.camera.genicam.session import SetupSession
from crane_desktop.domain.camera_setup import FeatureValue
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.settings.texts import text
from crane_desktop.ui.camera_page.numbers import SLIDER_STEPS, Scale, figure, range_words, typed_number
from crane_desktop.ui.camera_page.setup_panel import SetupPanel
from crane_desktop.ui.shell.preferences import Preferences
from crane_desktop.ui.shell.window import MainWindow

Open = Callable[..., MainWindow]

WANTED: dict[str, FeatureValue] = {"ExposureTime": 4000.0, "TriggerMode[FrameStart]": "Off", "NoSuchNode": 1}


@pytest.fixture
def camera(virtual_cameras: VirtualCameras) -> VirtualCamera:
    return virtual_cameras.add(
        "VC1", {"Width": 320, "Height": 240, "AcquisitionFrameRate": 60.0}, reference_exposure_us=4000, scene="bars"
    )


@pytest.fixture
def session(camera: VirtualCamera, virtual_cameras: VirtualCameras) -> Iterator[SetupSession]:
    kept: dict[str, Mapping[str, FeatureValue]] = {}

    def keep(features: Mapping[str, FeatureValue], recipe: str) -> Future[str]:
        kept[recipe] = features
        return answered(recipe)

    made = SetupSession(str(virtual_cameras.cti), "VC1", WANTED, keep)
    made.kept = kept  # type: ignore[attr-defined]
    yield made
    made.close()
    assert made.join()
    assert active_children() == []


@pytest.fixture
def page(session: SetupSession, station: FakeStation, open_window: Open, qtbot: Any) -> SetupPanel:
    """The panel of the open camera, in its window, whose inbox brings the answers."""
    station.cameras.opened = answered(session)
    source = SourceChoice(kind="genicam", device="VC1")
    window = open_window(station, preferences=Preferences(language="en", recipe="bracket", source=source))
    window.resize(1240, 800)
    window.menus.actions["camera"].trigger()
    qtbot.waitUntil(lambda: window.camera.panel is not None, timeout=3_000)
    shown = window.camera.panel
    assert shown is not None
    qtbot.waitUntil(lambda: "Gain" in shown.basics.fields and session.newest() is not None, timeout=20_000)
    qtbot.waitUntil(lambda: shown.basics.fields["Gain"].line.text() != "", timeout=5_000)
    return shown


def typed(field: Any, words: str, qtbot: Any) -> None:
    field.line.setFocus()
    field.line.selectAll()
    field.line.insert(words)  # keys as fast as a test's are a code reader's
    qtbot.keyClick(field.line, Qt.Key.Key_Return)


class TestNumbers:
    def test_an_exposure_slider_is_logarithmic_and_a_gain_slider_is_not(self) -> None:
        exposure, gain = Scale(20.0, 1e6), Scale(0.0, 24.0)
        assert exposure.is_logarithmic
        assert not gain.is_logarithmic
        assert exposure.value(SLIDER_STEPS // 2) == pytest.approx((20.0 * 1e6) ** 0.5, rel=0.01)
        assert gain.value(SLIDER_STEPS // 2) == 12.0
        for scale, ends in ((exposure, (20.0, 1e6)), (gain, (0.0, 24.0))):
            assert (scale.value(0), scale.value(SLIDER_STEPS)) == ends
            assert all(abs(scale.place(scale.value(p)) - p) <= 3 for p in range(0, SLIDER_STEPS + 1, 7))
            assert (scale.place(-1), scale.place(1e9)) == (0, SLIDER_STEPS)
        assert Scale(5.0, 5.0).place(5.0) == 0

    @pytest.mark.parametrize(
        ("words", "number"),
        [
            ("12.5", 12.5),
            (" 1,000 ", 1000.0),
            ("１２．５", 12.5),
            ("1e3", 1000.0),
            ("", None),
            ("x", None),
            ("nan", None),
        ],
    )
    def test_what_a_person_types(self, words: str, number: float | None) -> None:
        assert typed_number(words) == number

    def test_figures(self) -> None:
        assert [figure(v) for v in (5000.0, 0.1, 64, 2**40)] == ["5000", "0.1", "64", "1099511627776"]
        assert range_words(20.0, 1e6, None, "us") == "20 – 1,000,000 µs"
        assert range_words(8, 640, 4, "px") == "8 – 640 px  (±4)"
        assert range_words(None, None, None, "C") == "°C"


class TestOnACamera:
    def test_the_settings_are_plain_controls(
        self, page: SetupPanel, session: SetupSession, camera: VirtualCamera, qtbot: Any
    ) -> None:
        fields = page.basics.fields
        assert fields["ExposureTime"].line.text() == "4000"  # as the recipe says
        assert fields["ExposureTime"].limits.text() == "20 – 1,000,000 µs"
        typed(fields["ExposureTime"], "2500", qtbot)
        qtbot.waitUntil(lambda: bool(camera.events("set", name="ExposureTime", value=2500)), timeout=5_000)
        # Out of range: told beside the field, and the field shows what the camera has.
        typed(fields["ExposureTime"], "5", qtbot)
        qtbot.waitUntil(lambda: fields["ExposureTime"].message.isVisible(), timeout=5_000)
        assert fields["ExposureTime"].message.text() == "Exposure time takes 20 to 1000000 µs; 5 is outside."
        assert fields["ExposureTime"].line.text() == "2500"
        typed(fields["ExposureTime"], "much", qtbot)
        qtbot.waitUntil(lambda: "needs a number" in fields["ExposureTime"].message.text(), timeout=5_000)
        # A good value takes the message away.
        fields["ExposureTime"].slider.setValue(SLIDER_STEPS // 2)
        qtbot.waitUntil(lambda: fields["ExposureTime"].line.text() == "4470", timeout=5_000)
        assert not fields["ExposureTime"].message.isVisible()
        # The camera takes over: the field is for looking only, and why is said.
        box = fields["ExposureAuto"].box
        box.setCurrentIndex(box.findData("Continuous"))
        box.activated.emit(box.currentIndex())
        qtbot.waitUntil(lambda: fields["ExposureTime"].line.isReadOnly(), timeout=5_000)
        assert "display only" in fields["ExposureTime"].limits.text()

    def test_what_stops_the_stream_is_said(self, page: SetupPanel, session: SetupSession, qtbot: Any) -> None:
        assert page.basics.fields["Width"].limits.toolTip() == text("ui.camera.stops", "en")
        typed(page.basics.fields["Width"], "640", qtbot)
        qtbot.waitUntil(lambda: session.newest().pixels.shape == (240, 640), timeout=8_000)  # type: ignore[union-attr]
        qtbot.waitUntil(lambda: page.note.isVisible(), timeout=5_000)
        assert page.note.text() == "For Width the stream was stopped and started again."

    def test_a_software_trigger_gives_one_picture(
        self, page: SetupPanel, session: SetupSession, camera: VirtualCamera, qtbot: Any
    ) -> None:
        page.desk.write("TriggerMode", "On")
        qtbot.waitUntil(lambda: page.basics.fields["TriggerMode"].box.currentData() == "On", timeout=5_000)
        qtbot.wait(200)
        before = session.newest()
        qtbot.mouseClick(page.basics.fields["TriggerSoftware"].button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: session.newest() is not before, timeout=5_000)
        told = text("ui.camera.waiting", "en", camera=session.name)
        qtbot.waitUntil(lambda: page.status.words == told, timeout=5_000)
        assert session.fault() is None

    def test_every_node_by_level_and_search(self, page: SetupPanel, camera: VirtualCamera, qtbot: Any) -> None:
        page.tabs.setCurrentIndex(1)
        nodes = page.nodes

        def count() -> int:
            def under(parent: Any) -> int:
                rows = [nodes.rows.index(row, 0, parent) for row in range(nodes.rows.rowCount(parent))]
                return sum(1 + under(row) for row in rows)

            return under(nodes.tree.rootIndex())

        counts = []
        for level in range(3):
            nodes.level.setCurrentIndex(level)
            counts.append(count())
        assert counts[0] < counts[1] < counts[2]
        nodes.search.setText("trigger delay")
        assert count() == 2  # the node, in its category
        nodes.search.setText("exposure trigger")  # by description: from the trigger to the exposure
        nodes.choose("TriggerDelay")
        qtbot.waitUntil(lambda: nodes.field is not None and nodes.field.line.text() == "0", timeout=5_000)
        assert nodes.field is not None
        assert "Time from the trigger to the exposure" in nodes.words.text()
        assert "TriggerSelector" in nodes.words.text()
        typed(nodes.field, "250", qtbot)
        qtbot.waitUntil(lambda: bool(camera.events("set", name="TriggerDelay", value=250)), timeout=5_000)
        # Values are read lazily: only of what is on screen.
        qtbot.waitUntil(lambda: nodes.model.state("TriggerDelay").value == 250.0, timeout=5_000)
        assert nodes.model.state("DeviceTemperature") is None
        nodes.search.setText("zzz")
        assert nodes.visible_names() == []

    def test_the_recipe_and_the_camera_are_compared_and_taken_over(
        self, page: SetupPanel, session: SetupSession, qtbot: Any
    ) -> None:
        page.tabs.setCurrentIndex(2)
        recipe = page.recipe
        qtbot.waitUntil(lambda: recipe.table.rowCount() == 1, timeout=5_000)
        page.desk.write("ExposureTime", 900.0)
        qtbot.wait(100)
        recipe.again.click()
        qtbot.waitUntil(lambda: recipe.table.rowCount() == 2, timeout=5_000)
        cells = [[recipe.table.item(row, column).text() for column in range(3)] for row in range(2)]
        assert cells == [["ExposureTime", "4000", "900"], ["NoSuchNode", "1", "none"]]
        recipe.put.click()
        qtbot.waitUntil(lambda: recipe.note.isVisible() and recipe.table.rowCount() == 1, timeout=8_000)
        assert "1 were refused" in recipe.note.text()
        assert "NoSuchNode" in recipe.note.text()
        recipe.name.setText("")
        recipe.take.click()
        assert recipe.note.text() == text("ui.camera.recipe_needed", "en")
        recipe.name.setText("bracket")
        with qtbot.waitSignal(recipe.kept, timeout=8_000):
            recipe.take.click()
        kept = session.kept["bracket"]  # type: ignore[attr-defined]
        assert kept["ExposureTime"] == 4000.0
        assert "TriggerSource[FrameBurstStart]" in kept
        qtbot.waitUntil(lambda: recipe.table.rowCount() == 0, timeout=5_000)
        assert recipe.summary.text() == text("ui.camera.all_same", "en", count=len(kept))

    def test_the_aids_follow_the_picture(self, page: SetupPanel, qtbot: Any) -> None:
        page.desk.write("Gain", 6.0)  # three of the four bars are clipped now
        page.aids.zebra.setChecked(True)
        page.aids.line.setChecked(True)
        page.preview.set_line((10.0, 50.0), (110.0, 50.0))
        qtbot.waitUntil(lambda: page.aids._aids is not None and page.aids._aids.profile is not None, timeout=5_000)
        qtbot.waitUntil(lambda: page.aids._aids is not None and page.aids._aids.exposure.over > 0.3, timeout=5_000)
        aids = page.aids._aids
        assert aids is not None
        pixels = aids.frame.pixels
        assert aids.exposure.over == np.count_nonzero(pixels == 255) / pixels.size
        assert aids.profile is not None
        assert np.array_equal(aids.profile.values, pixels[50, 10:111])
        assert aids.clipping is not None
        assert page.aids.exposure.font().bold()
        assert page.aids.bar.peak >= page.aids.bar.value > 0
        page.aids.reset.click()
        assert page.aids.bar.peak == page.aids.bar.value

    def test_the_window_stays_quick_while_registers_are_slow(
        self, page: SetupPanel, camera: VirtualCamera, qtbot: Any
    ) -> None:
        page.aids.zebra.setChecked(True)
        page.aids.line.setChecked(True)
        camera.order("slow GCReadPort 30")
        took_ms: list[float] = []
        plain = page.tick

        def timed() -> None:
            start_s = time.perf_counter()
            plain()
            took_ms.append(1000 * (time.perf_counter() - start_s))

        page._timer.timeout.disconnect()
        page._timer.timeout.connect(timed)
        before, start_s = page.preview.repaints, time.monotonic()
        qtbot.wait(2000)
        repaints = (page.preview.repaints - before) / (time.monotonic() - start_s)
        camera.order("slow GCReadPort 0")
        print(f"repaints {repaints:.1f}/s, tick p50 {np.median(took_ms):.1f} ms, max {max(took_ms):.1f} ms")
        assert np.median(took_ms) < 15
        assert len(took_ms) > 30

    def test_both_languages_and_the_keyboard(self, page: SetupPanel, qtbot: Any) -> None:
        page.retranslate("ja")
        assert page.basics.fields["ExposureTime"].caption.text() == "露光時間"
        assert page.tabs.tabText(1) == "全機能"
        for field in page.basics.fields.values():
            assert field.editor.accessibleName()
            if field.editor.isEnabled():
                assert field.editor.focusPolicy() & Qt.FocusPolicy.TabFocus
        window = page.window()
        qtbot.keyClick(page, Qt.Key.Key_Escape)
        assert window.pages.shown == "run"
        assert window.camera.panel is None


def test_a_missing_camera_is_said_on_the_page(
    virtual_cameras: VirtualCameras, station: FakeStation, open_window: Open, qtbot: Any
) -> None:
    virtual_cameras.add("VC1")
    session = SetupSession(str(virtual_cameras.cti), "no such", {}, lambda _f, name: answered(name))
    station.cameras.opened = answered(session)
    window = open_window(station, preferences=Preferences(language="en", source=SourceChoice(kind="genicam")))
    window.menus.actions["camera"].trigger()
    try:
        qtbot.waitUntil(lambda: "There is no camera" in window.camera.pane.words.text(), timeout=15_000)
        assert window.camera.pane.again.isVisible()
    finally:
        window.close()
        assert session.join()
