"""The camera page's parts without a camera: nodes, differences from the recipe, aids, plots, preview."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fake_camera import INFOS, FakeCamera
from fake_station import drawn_frame
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from crane_desktop.domain.camera_setup import Access, NodeChoice, NodeKind, NodeState, Visibility
from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.domain.frames import sealed_pixels
from crane_desktop.settings.texts import text
from crane_desktop.ui.camera_page.aid_worker import Aids, AidWorker, worked_out
from crane_desktop.ui.camera_page.aids_panel import AidsPanel, PeakBar
from crane_desktop.ui.camera_page.desk import Desk
from crane_desktop.ui.camera_page.node_model import NodeFilter, NodeModel, value_words
from crane_desktop.ui.camera_page.nodes_tab import NodesTab
from crane_desktop.ui.camera_page.plots import Curves, Histogram, round_marks
from crane_desktop.ui.camera_page.preview import Preview
from crane_desktop.ui.camera_page.recipe_tab import RecipeTab
from crane_desktop.ui.shell.inbox import Inbox

TOP = QModelIndex()


def number(name: str, value: float, **more: Any) -> NodeState:
    return NodeState(name, NodeKind.FLOAT, Access.READ_WRITE, value, **more)


@pytest.fixture
def camera() -> FakeCamera:
    return FakeCamera()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox(lambda error: pytest.fail(str(error)))


@pytest.fixture
def desk(camera: FakeCamera, inbox: Inbox) -> Desk:
    return Desk(camera, inbox)


# -- nodes -------------------------------------------------------------------------------------------------------


@pytest.fixture
def model() -> NodeModel:
    made = NodeModel("en")
    made.fill(INFOS)
    return made


def names(rows: NodeFilter, parent: QModelIndex = TOP) -> list[str]:
    found: list[str] = []
    for row in range(rows.rowCount(parent)):
        place = rows.index(row, 0, parent)
        found += [str(place.data()), *names(rows, place)]
    return found


def test_the_tree_is_a_good_model_of_qts(model: NodeModel) -> None:
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show_states([number("Gain", 3.0)])
    model.fill(INFOS[:3])
    model.retranslate("ja")
    assert model.headerData(0, Qt.Orientation.Horizontal) == "機能"
    del tester


def test_a_node_lies_in_its_category_and_shows_what_was_read(model: NodeModel) -> None:
    category = model.index(0, 0)
    assert (model.rowCount(), model.rowCount(category)) == (1, len(INFOS) - 1)
    assert model.parent(model.index(1, 0, category)) == category
    gain = model.index(1, 1, category)
    assert gain.data() == ""
    model.show_states([number("Gain", 3.0, unit="dB"), number("Unknown", 1.0)])
    assert gain.data() == "3 dB"
    assert model.state("Gain") == number("Gain", 3.0, unit="dB")
    assert model.state("Unknown") is None


def test_only_what_changed_is_told(model: NodeModel) -> None:
    told: list[Any] = []
    model.dataChanged.connect(lambda *_: told.append(True))
    for _ in range(3):
        model.show_states([number("Gain", 3.0)])
    assert len(told) == 1


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (None, ""),
        (NodeState("A", NodeKind.COMMAND, Access.READ_WRITE), ""),
        (NodeState("A", NodeKind.FLOAT, Access.NOT_AVAILABLE, 1.0), "－"),
        (NodeState("A", NodeKind.TEXT, Access.READ_ONLY), "－"),
        (NodeState("A", NodeKind.BOOLEAN, Access.READ_WRITE, True), "On"),
        (NodeState("A", NodeKind.INTEGER, Access.READ_WRITE, 0, unit="us"), "0 µs"),
        (NodeState("A", NodeKind.CHOICE, Access.READ_WRITE, "x", choices=(NodeChoice("x", "X ray"),)), "X ray"),
        (NodeState("A", NodeKind.CHOICE, Access.READ_WRITE, "gone"), "gone"),
    ],
)
def test_values_in_words(state: NodeState | None, words: str) -> None:
    assert value_words(state, "en") == words


@given(st.sampled_from(list(Visibility)), st.text(st.sampled_from("gainexpo tr"), max_size=6))
def test_the_filter_shows_all_that_match_and_nothing_else(most: Visibility, words: str) -> None:
    model = NodeModel("en")
    model.fill(INFOS)
    rows = NodeFilter(model)
    rows.narrow(most, words)
    wanted = [
        info.name
        for info in INFOS
        if info.kind is not NodeKind.CATEGORY
        and info.visibility <= most
        and all(w in f"{info.name} {info.description} {info.category}".casefold() for w in words.casefold().split())
    ]
    assert [name for name in names(rows) if name != "Acquisition"] == wanted


@pytest.fixture
def nodes(desk: Desk, inbox: Inbox, qtbot: Any) -> NodesTab:
    made = NodesTab(desk, "en")
    qtbot.addWidget(made)
    made.resize(500, 400)
    made.show()
    desk.poll()
    inbox.poll()
    made.tree.expandAll()
    return made


def test_the_chosen_node_can_be_changed_below(nodes: NodesTab, desk: Desk, inbox: Inbox, camera: FakeCamera) -> None:
    nodes.choose("Gain")
    assert nodes.field is not None
    assert "What Gain does." in nodes.words.text()
    nodes.field.wanted.emit("Gain", 6.0)
    inbox.poll()
    assert camera.calls[-1] == ("write", "Gain", 6.0)
    assert nodes.field.line.text() == "6"
    nodes.choose("Acquisition")
    assert nodes.field is None  # a category has no value
    nodes.choose("TriggerSoftware")
    assert nodes.field is not None
    nodes.field.button.click()
    assert camera.calls[-1] == ("execute", "TriggerSoftware")


def test_only_what_is_on_screen_is_read(nodes: NodesTab, desk: Desk) -> None:
    nodes.watched(shown=True)
    nodes._watch_what_shows()
    assert desk._watched[nodes] == tuple(i.name for i in INFOS if i.kind is not NodeKind.CATEGORY and not i.visibility)
    nodes.search.setText("gain")
    nodes._watch_what_shows()
    assert desk._watched[nodes] == ("Gain",)
    nodes.watched(shown=False)
    assert desk._watched[nodes] == ()


# -- recipe ------------------------------------------------------------------------------------------------------


@pytest.fixture
def tab(desk: Desk, inbox: Inbox, qtbot: Any) -> RecipeTab:
    made = RecipeTab(desk, "en", "bracket")
    qtbot.addWidget(made)
    desk.poll()
    inbox.poll()
    inbox.poll()
    made.show()
    inbox.poll()
    return made


def cells(tab: RecipeTab) -> list[list[str]]:
    return [[tab.table.item(row, column).text() for column in range(3)] for row in range(tab.table.rowCount())]


def test_what_differs_is_listed_and_written_back(tab: RecipeTab, camera: FakeCamera, inbox: Inbox) -> None:
    assert tab.summary.text() == text("ui.camera.all_same", "en", count=1)
    assert not tab.put.isEnabled()
    camera.values_now["ExposureTime"] = 900.0
    camera.recipe["GammaEnable"] = False
    camera.recipe["Lost"] = "x"
    tab.again.click()
    inbox.poll()
    assert cells(tab) == [["ExposureTime", "4000", "900"], ["GammaEnable", "Off", "On"], ["Lost", "x", "none"]]
    tab.put.click()
    assert not tab.take.isEnabled()
    for _ in range(2):
        inbox.poll()
    assert camera.values_now["ExposureTime"] == 4000.0
    assert tab.take.isEnabled()
    assert cells(tab) == []


def test_a_recipe_without_settings_says_what_to_do(tab: RecipeTab, camera: FakeCamera) -> None:
    camera.recipe = {}
    tab.compare()
    assert tab.summary.text() == text("ui.camera.recipe_empty", "en")
    tab.retranslate("ja")
    assert tab.summary.text() == text("ui.camera.recipe_empty", "ja")


def test_saving_needs_a_name(tab: RecipeTab, camera: FakeCamera, inbox: Inbox) -> None:
    tab.name.setText("  ")
    tab.take.click()
    inbox.poll()
    assert camera.kept == {}
    assert tab.note.text() == text("ui.camera.recipe_needed", "en")


def test_a_camera_that_does_not_answer_gives_the_buttons_back(tab: RecipeTab, camera: FakeCamera, inbox: Inbox) -> None:
    camera.hold.add("feature_set")
    tab.take.click()
    assert not tab.take.isEnabled()
    camera.held.pop()[0].set_exception(StationFault("camera.not_open"))
    inbox.poll()
    assert tab.take.isEnabled()
    assert tab.note.text() == text("camera.not_open", "en")


# -- aids --------------------------------------------------------------------------------------------------------


@pytest.fixture
def worker() -> Iterator[AidWorker]:
    made = AidWorker()
    yield made
    made.close()


def until(call: Callable[[], Aids | None], qtbot: Any) -> Aids:
    found: list[Aids] = []

    def came() -> bool:
        found.extend(filter(None, [call()]))
        return bool(found)

    qtbot.waitUntil(came, timeout=3000)
    return found[0]


def test_the_worker_never_waits_and_works_a_frame_once(worker: AidWorker, qtbot: Any) -> None:
    frame = drawn_frame(1)
    assert worker.turn(None, None, None) is None
    first = until(lambda: worker.turn(frame, None, None), qtbot)
    assert first.frame is frame
    assert first.clipping is None
    assert worker.turn(frame, None, None) is None  # nothing new to work out
    other = until(lambda: worker.turn(frame, ((0.0, 0.0), (50.0, 0.0)), 2), qtbot)
    assert other.profile is not None
    assert other.clipping is not None
    assert other.clipping.shape[:2] == (150, 200)


def test_the_panel_shows_the_figures_and_holds_the_peak(qtbot: Any) -> None:
    panel = AidsPanel("en")
    qtbot.addWidget(panel)
    panel.show()
    sharp = worked_out(drawn_frame(1), ((0.0, 150.0), (399.0, 150.0)), None)
    panel.line.setChecked(True)
    panel.show_aids(sharp)
    assert panel.sharpness.text() == text(
        "ui.camera.sharpness", "en", now=f"{sharp.sharpness:.2f}", peak=f"{sharp.sharpness:.2f}"
    )
    assert not panel.exposure.font().bold()
    white = replace(drawn_frame(1), pixels=sealed_pixels(np.full((20, 20), 255, np.uint8)))
    over = worked_out(white, None, None)
    panel.show_aids(over)
    assert panel.bar.peak == sharp.sharpness
    assert panel.bar.value == 0.0
    assert panel.exposure.font().bold()
    assert "100.0%" in panel.exposure.text()
    panel.reset.click()
    assert panel.bar.peak == 0.0
    panel.retranslate("ja")
    assert panel.sharpness.text().startswith("鮮鋭度")


def test_the_bar_reaches_nine_tenths_at_its_best(qtbot: Any, colours: Any) -> None:
    bar = PeakBar()
    qtbot.addWidget(bar)
    bar.resize(200, 22)
    bar.show_value(10.0)
    full = colours(bar)
    bar.show_value(5.0)
    half = colours(bar)
    assert (full[11, 150] != half[11, 150]).any()
    assert (full[11, 60] == half[11, 60]).all()
    assert half[11, 180].mean() < 80  # the mark of the peak


@given(st.floats(0.01, 1e6))
def test_marks_are_few_round_and_within(longest: float) -> None:
    marks = round_marks(longest)
    assert marks[0] == 0.0
    assert 2 <= len(marks) <= 8
    assert marks[-1] <= longest * 1.001
    steps = np.diff(marks)
    assert np.allclose(steps, steps[0])
    assert f"{steps[0]:.0e}"[0] in "125"


@pytest.mark.parametrize("nothing", [0.0, -1.0])
def test_a_plot_of_nothing_has_one_mark(nothing: float) -> None:
    assert round_marks(nothing) == [0.0]


def test_the_histogram_keeps_a_few_clipped_pixels_in_sight(qtbot: Any, colours: Any) -> None:
    plot = Histogram()
    qtbot.addWidget(plot)
    plot.resize(400, 112)
    counts = np.zeros(256, np.int64)
    counts[100] = 1_000_000
    plot.show_counts(counts)
    without = colours(plot)
    counts[255] = 10_000  # one per cent
    plot.show_counts(counts)
    changed = np.argwhere((colours(plot) != without).any(axis=2))
    assert changed[:, 1].min() > 380  # only at the right edge
    assert np.ptp(changed[:, 0]) >= 8  # and a tenth of the height, not a hundredth


def test_a_curve_follows_its_values(qtbot: Any, colours: Any) -> None:
    plot = Curves()
    qtbot.addWidget(plot)
    plot.resize(300, 112)
    empty = colours(plot)
    plot.show_curves(np.arange(100.0), [(np.full(100, 255, np.uint8), "#ff0000")])
    high = np.argwhere((colours(plot) != empty).any(axis=2))[:, 0].min()
    plot.show_curves(np.arange(100.0), [(np.zeros(100, np.uint8), "#ff0000")])
    low = np.argwhere((colours(plot) != empty).any(axis=2))[:, 0].min()
    assert high < 10 < 80 < low


# -- preview -----------------------------------------------------------------------------------------------------


@pytest.fixture
def preview(qtbot: Any) -> Preview:
    made = Preview()
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    return made


def test_the_same_frame_is_painted_once(preview: Preview) -> None:
    frame = drawn_frame(1)
    for one in (frame, frame, None, drawn_frame(2)):
        preview.show_frame(one)
    assert preview.repaints == 2


def test_the_line_lies_across_and_is_known_in_frame_pixels(preview: Preview) -> None:
    preview.show_frame(drawn_frame(1))
    assert preview.line() is None
    preview.set_line_shown(True)
    start, end = preview.line() or ((0, 0), (0, 0))
    assert start == pytest.approx((40.0, 150.0))
    assert end == pytest.approx((360.0, 150.0))
    preview.set_line((10.0, 20.0), (30.0, 40.0))
    preview.show_frame(drawn_frame(2))  # of the same size: the line stays where it was drawn
    assert preview.line() == (pytest.approx((10.0, 20.0)), pytest.approx((30.0, 40.0)))
    preview.show_frame(drawn_frame(3, (30, 40)))
    assert preview.line() == (pytest.approx((4.0, 15.0)), pytest.approx((36.0, 15.0)))
    preview.set_line_shown(False)
    assert preview.line() is None


def test_the_stripes_cover_the_whole_frame(preview: Preview) -> None:
    stripes = np.zeros((30, 40, 4), np.uint8)
    preview.show_clipping(stripes)
    assert preview._clipping.image is None  # without a frame there is nothing to cover
    preview.show_frame(drawn_frame(1))
    preview.show_clipping(stripes)
    rect = preview._clipping.mapRectToParent(preview._clipping.boundingRect())
    assert (rect.width(), rect.height()) == (400.0, 300.0)
    preview.show_clipping(None)
    assert preview._clipping.image is None


def test_a_refusal_of_the_camera_is_the_fields_business(desk: Desk, camera: FakeCamera, inbox: Inbox) -> None:
    refused: list[Any] = []
    desk.refused.connect(lambda name, error: refused.append((name, error.key)))
    desk.write("Nonsense", 1)
    inbox.poll()
    assert refused == [("Nonsense", InputError("ui.camera.recipe_needed").key)]
