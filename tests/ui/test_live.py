"""The stage: heatmap on the absolute scale, in its place; outlines; no needless copies of large frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fake_station import FakeStation, drawn_frame, drawn_map, result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

import crane_desktop.ui.live.live_view
from crane_desktop.domain.maps import AnomalyMap, Placement
from crane_desktop.domain.ports import SourceInfo
from crane_desktop.domain.station import StationState, StationView
from crane_desktop.domain.verdicts import Reason, ReasonCode, Verdict
from crane_desktop.overlay.colour import CLEAR_BELOW, colour_table
from crane_desktop.ui.live.display_size import covered, reduced, reduction
from crane_desktop.ui.live.live_panel import part_words, passed_over_words
from crane_desktop.ui.live.live_view import LiveView, Stage

Colours = Callable[..., Any]
SIZE = (300, 400)


def grey(value: int = 90, size: tuple[int, int] = SIZE) -> Any:
    pixels = np.full(size, value, np.uint8)
    pixels.flags.writeable = False
    return pixels


def flat(value: float, place: Placement | None = None) -> AnomalyMap:
    return AnomalyMap(np.full((32, 32), value, np.float32), place or Placement(0, 0, SIZE[1], SIZE[0]))


@pytest.fixture
def stage(qtbot: Any) -> Stage:
    made = Stage()
    qtbot.addWidget(made)
    made.resize(640, 480)
    made.show()
    made.show_picture(grey())
    return made


def at(picture: Any, stage: Stage, x: float, y: float) -> Any:
    column, row = stage.frame_position(x, y)
    return picture[round(row), round(column)].astype(int)


# -- the picture -----------------------------------------------------------------------------------------------


def test_the_whole_frame_is_shown_in_its_proportions(stage: Stage) -> None:
    left, top = stage.frame_position(0, 0)
    right, bottom = stage.frame_position(SIZE[1], SIZE[0])
    assert 0 <= left < right <= 640
    assert 0 <= top < bottom <= 480
    assert (right - left) / (bottom - top) == pytest.approx(SIZE[1] / SIZE[0], rel=0.02)


def test_rows_run_down_and_columns_to_the_right(stage: Stage, colours: Colours) -> None:
    pixels = np.zeros(SIZE, np.uint8)
    pixels[:100, :100] = 250
    stage.show_picture(pixels)
    seen = colours(stage)
    assert at(seen, stage, 40, 40).min() > 240
    for x, y in ((360, 40), (40, 260), (360, 260)):
        assert at(seen, stage, x, y).max() < 10


def test_colours_stay_in_their_order_and_grey_is_not_stretched(stage: Stage, colours: Colours) -> None:
    pixels = np.zeros((*SIZE, 3), np.uint8)
    pixels[:] = (200, 100, 50)
    stage.show_picture(pixels)
    assert np.abs(at(colours(stage), stage, 200, 150) - (200, 100, 50)).max() <= 1
    stage.show_picture(grey(37))
    assert np.abs(at(colours(stage), stage, 200, 150) - 37).max() <= 1


def test_a_part_without_a_picture_leaves_the_stage_empty(stage: Stage, colours: Colours) -> None:
    stage.show_picture(None)
    assert len(np.unique(colours(stage).reshape(-1, 3), axis=0)) == 1
    stage.show_picture(grey())
    assert at(colours(stage), stage, 200, 150).min() > 85


# -- the heatmap -----------------------------------------------------------------------------------------------


def test_a_low_map_stays_cold(stage: Stage, colours: Colours) -> None:
    """Never stretched per picture: what is below the scale's clear end leaves the part as it is."""
    bare = colours(stage)
    for peak in (0.0, 0.03, CLEAR_BELOW - 0.01):
        values = np.linspace(0, peak, 32 * 32, dtype=np.float32).reshape(32, 32)
        stage.show_map(AnomalyMap(values, Placement(0, 0, SIZE[1], SIZE[0])))
        assert np.array_equal(colours(stage), bare)


def test_the_same_value_has_the_same_colour_beside_any_other(stage: Stage, colours: Colours) -> None:
    """An absolute scale: a hotter place elsewhere in the map changes nothing here."""
    seen = []
    for elsewhere in (0.0, 0.4, 1.0):
        values = np.full((32, 32), 0.4, np.float32)
        values[:, 20:] = elsewhere
        stage.show_map(AnomalyMap(values, Placement(0, 0, SIZE[1], SIZE[0])))
        seen.append(at(colours(stage), stage, 100, 150))
    assert np.array_equal(seen[0], seen[1])
    assert np.array_equal(seen[0], seen[2])


def test_the_hottest_place_has_the_scales_hottest_colour(stage: Stage, colours: Colours) -> None:
    stage.set_heat(shown=True, opacity=1.0)
    stage.show_map(flat(1.0))
    assert np.abs(at(colours(stage), stage, 200, 150) - colour_table()[255].astype(int)).max() <= 2


def test_opacity_goes_from_nothing_to_all(stage: Stage, colours: Colours) -> None:
    bare = at(colours(stage), stage, 200, 150)
    stage.show_map(flat(0.9))
    hot = colour_table()[round(0.9 * 255)].astype(int)
    for opacity in (0.0, 0.25, 0.5, 1.0):
        stage.set_heat(shown=True, opacity=opacity)
        wanted = bare + (hot - bare) * opacity
        assert np.abs(at(colours(stage), stage, 200, 150) - wanted).max() <= 3, opacity


def test_the_heatmap_can_be_hidden_and_shown(stage: Stage, colours: Colours) -> None:
    bare = colours(stage)
    stage.show_map(flat(0.9))
    hot = colours(stage)
    stage.set_heat(shown=False, opacity=1.0)
    assert np.array_equal(colours(stage), bare)
    stage.set_heat(shown=True, opacity=1.0)
    assert np.array_equal(colours(stage), hot)


def test_the_last_parts_map_does_not_stay(stage: Stage, colours: Colours) -> None:
    bare = colours(stage)
    stage.show_map(flat(0.9))
    stage.show_map(None)
    assert np.array_equal(colours(stage), bare)


@given(x=st.integers(0, 300), y=st.integers(0, 200), width=st.integers(60, 100), height=st.integers(60, 100))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_map_lies_exactly_on_its_place(
    stage: Stage, colours: Colours, x: int, y: int, width: int, height: int
) -> None:
    stage.show_map(None)
    bare = colours(stage)
    stage.show_map(flat(0.95, Placement(x, y, width, height)))
    changed = np.any(colours(stage) != bare, axis=2)
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    left, top = stage.frame_position(x, y)
    right, bottom = stage.frame_position(x + width, y + height)
    assert abs(columns[0] - left) <= 2
    assert abs(columns[-1] + 1 - right) <= 2
    assert abs(rows[0] - top) <= 2
    assert abs(rows[-1] + 1 - bottom) <= 2


# -- outlines --------------------------------------------------------------------------------------------------


def test_outlines_lie_on_their_frame_pixels_and_can_be_hidden(stage: Stage, colours: Colours) -> None:
    bare = colours(stage)
    stage.show_outlines([((100, 80), (200, 80), (200, 180), (100, 180))])
    seen = colours(stage)
    for x, y in ((150, 80), (200, 130), (150, 180), (100, 130)):
        column, row = (round(v) for v in stage.frame_position(x, y))
        assert seen[row - 2 : row + 3, column - 2 : column + 3].max() > 200, (x, y)
    assert np.array_equal(at(seen, stage, 150, 130), at(bare, stage, 150, 130))
    stage.set_outlines_shown(False)
    assert np.array_equal(colours(stage), bare)
    stage.set_outlines_shown(True)
    stage.show_outlines([])
    assert np.array_equal(colours(stage), bare)


def test_outlines_can_be_seen_on_black_and_on_white(stage: Stage, colours: Colours) -> None:
    for background in (0, 255):
        stage.show_picture(grey(background))
        stage.show_outlines([])
        bare = colours(stage).astype(int)
        stage.show_outlines([((100, 80), (200, 80), (200, 180))])
        assert np.abs(colours(stage).astype(int) - bare).max() > 180


def test_an_outline_of_one_point_is_no_outline(stage: Stage, colours: Colours) -> None:
    bare = colours(stage)
    stage.show_outlines([((100, 80),), ()])
    assert np.array_equal(colours(stage), bare)


# -- zoom ------------------------------------------------------------------------------------------------------


def test_zoom_stays_from_part_to_part_and_a_double_click_ends_it(stage: Stage, qtbot: Any) -> None:
    whole = stage.frame_position(0, 0)
    stage.zoom(4)
    near = stage.frame_position(0, 0)
    assert near != whole
    assert not stage.shown_whole
    stage.show_picture(grey(91))
    assert stage.frame_position(0, 0) == near
    qtbot.mouseDClick(stage.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
    assert stage.frame_position(0, 0) == pytest.approx(whole, abs=1)
    assert stage.shown_whole


def test_another_frame_size_is_shown_whole(stage: Stage) -> None:
    stage.zoom(4)
    stage.show_picture(grey(90, (200, 200)))
    left, top = stage.frame_position(0, 0)
    assert left >= 0
    assert top >= 0
    assert stage.shown_whole


def test_a_larger_window_shows_the_whole_frame_but_keeps_a_zoom(stage: Stage) -> None:
    stage.resize(900, 700)
    right, bottom = stage.frame_position(SIZE[1], SIZE[0])
    assert right > 800 or bottom > 600
    stage.zoom(4)
    stage.resize(640, 480)
    assert not stage.shown_whole


def test_the_part_cannot_be_lost_out_of_sight(stage: Stage) -> None:
    stage.zoom(-40)
    left, top = stage.frame_position(0, 0)
    right, bottom = stage.frame_position(SIZE[1], SIZE[0])
    assert right - left > 100
    assert bottom - top > 80


def test_the_menu_zooms(window: Any, station: FakeStation) -> None:
    station.finish(result(8, Verdict.NG))
    window.tick()
    before = window.run.picture.live.frame_position(0, 0)
    window.menus.actions["zoom_in"].trigger()
    assert window.run.picture.live.frame_position(0, 0) != before
    window.menus.actions["zoom_out"].trigger()
    window.menus.actions["reset"].trigger()
    assert window.run.picture.live.frame_position(0, 0) == pytest.approx(before, abs=1)


# -- large frames ----------------------------------------------------------------------------------------------


@given(st.integers(1, 70), st.integers(1, 70), st.integers(1, 9), st.booleans())
@settings(deadline=None)
def test_reduced_pictures_are_the_means_of_whole_blocks(rows: int, columns: int, factor: int, colour: bool) -> None:
    pixels = np.random.default_rng(rows * 100 + columns).integers(
        0, 256, (rows, columns, 3) if colour else (rows, columns), dtype=np.uint8
    )
    small = reduced(pixels, factor)
    blocks = max(1, min(factor, rows, columns))
    assert small.shape[:2] == (rows // blocks, columns // blocks)
    assert covered(pixels.shape, factor) == (small.shape[0] * blocks, small.shape[1] * blocks)
    assert small.dtype == np.uint8
    assert pixels.min() <= small.min()
    assert small.max() <= pixels.max()
    assert abs(float(small[0, 0].mean()) - float(pixels[:blocks, :blocks].mean())) <= 1
    if factor == 1:
        assert small is pixels


@pytest.mark.parametrize(("ratio", "factor"), [(0.2, 1), (1.0, 1), (1.99, 1), (2.0, 2), (5.7, 5), (float("nan"), 1)])
def test_the_reduction_never_shows_less_than_the_screen_can(ratio: float, factor: int) -> None:
    assert reduction(ratio) == factor


def test_a_frame_that_fits_is_shown_in_place(stage: Stage) -> None:
    pixels = grey(50)
    stage.show_picture(pixels)
    assert stage.shown_factor == 1
    assert np.shares_memory(stage._picture.image, pixels)


def test_five_megapixels_are_reduced_once_a_part_and_never_copied(
    qtbot: Any, monkeypatch: pytest.MonkeyPatch, colours: Colours
) -> None:
    view = LiveView()
    qtbot.addWidget(view)
    calls: list[tuple[tuple[int, ...], int]] = []

    def counted(pixels: Any, factor: int) -> Any:
        calls.append((pixels.shape, factor))
        return reduced(pixels, factor)

    monkeypatch.setattr(crane_desktop.ui.live.live_view, "reduced", counted)
    view.resize(640, 480)
    view.show()
    part = result(1, Verdict.NG, size=(2048, 2448))
    shown = StationView(StationState.RUNNING, newest=part)
    view.show_view(shown)
    colours(view)
    calls.clear()
    another = result(2, Verdict.NG, size=(2048, 2448))
    shown = StationView(StationState.RUNNING, newest=another)
    for _ in range(4):
        view.show_view(shown)
        colours(view)
    view._box.translateBy(x=40, y=0)
    colours(view)
    assert calls == [((2048, 2448, 3), view.shown_factor)]
    assert view.shown_factor >= 3
    assert view._picture.image.nbytes < another.frame.pixels.nbytes / 8
    assert view._pixels is another.frame.pixels
    assert view.repaints == 2


def test_zooming_in_brings_the_full_resolution_back(stage: Stage) -> None:
    big = drawn_frame(1, (2048, 2448)).pixels
    stage.show_picture(big)
    assert stage.shown_factor > 1
    stage.zoom(10)
    assert stage.shown_factor == 1
    assert np.shares_memory(stage._picture.image, big)


def test_the_map_stays_at_the_models_resolution(stage: Stage) -> None:
    frame = drawn_frame(1, (2048, 2448))
    stage.show_picture(frame.pixels)
    stage.show_map(drawn_map(frame, 0.9))
    assert stage._heat.image.shape == (64, 64, 4)


# -- the panel around it ---------------------------------------------------------------------------------------


def test_the_switches_and_the_slider_work_on_the_stage(window: Any, station: FakeStation, colours: Colours) -> None:
    station.finish(result(9, Verdict.NG))
    window.tick()
    stage = window.run.picture.live
    hot = colours(stage)
    window.run.picture.opacity.setValue(10)
    pale = colours(stage)
    window.menus.actions["heatmap"].trigger()
    assert not window.run.picture.opacity.isEnabled()
    bare = colours(stage)
    window.menus.actions["outlines"].trigger()
    clean = colours(stage)
    differences = [np.abs(picture.astype(int) - clean).sum() for picture in (hot, pale, bare, clean)]
    assert differences == sorted(differences, reverse=True)
    assert len(set(differences)) == 4
    window.menus.actions["heatmap"].trigger()
    assert window.run.picture.opacity.isEnabled()
    assert window.run.picture.opacity.value() == 10


def test_the_scale_is_always_there_and_marks_the_threshold(window: Any, station: FakeStation) -> None:
    scale = window.run.picture.scale
    assert scale.isVisible()
    assert scale.threshold is None
    station.finish(result(9, Verdict.OK))
    window.tick()
    assert scale.threshold == 0.62
    window.menus.actions["heatmap"].trigger()
    assert scale.isVisible()


@given(st.floats(-1, 2))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_the_scale_runs_from_nought_below_to_one_on_top(window: Any, value: float) -> None:
    scale = window.run.picture.scale
    assert scale.height_of(1.0) <= scale.height_of(value) <= scale.height_of(0.0)
    if 0.0 <= value <= 1.0:
        share = (scale.height_of(0.0) - scale.height_of(value)) / (scale.height_of(0.0) - scale.height_of(1.0))
        assert share == pytest.approx(value, abs=1e-6)


def test_the_scale_has_the_heatmaps_colours(window: Any, colours: Colours) -> None:
    scale = window.run.picture.scale
    seen = colours(scale)
    for value in (0.1, 0.4, 0.7, 0.9):
        wanted = colour_table()[round(255 * value)].astype(int)
        assert np.abs(seen[round(scale.height_of(value)), 13].astype(int) - wanted).max() <= 12


def test_the_line_below_says_which_part_it_is(window: Any, station: FakeStation) -> None:
    station.finish(result(9, Verdict.OK))
    window.tick()
    assert window.run.picture.part.words == "No. 9   デモライン：すべての品種   part_0009"
    window.switch_language()
    assert window.run.picture.part.words == "No. 9   Demo line: All kinds   part_0009"
    window.run.picture.part.resize(90, 20)
    assert window.run.picture.part.text().endswith("…")
    assert window.run.picture.part.toolTip() == window.run.picture.part.words


def test_other_sources_are_shown_by_their_own_description() -> None:
    part = result(3, Verdict.OK)
    camera = SourceInfo("genicam:viky/red", "genicam", False, "viky red")
    view = StationView(StationState.RUNNING, newest=part, source=camera)
    assert part_words(view, "ja") == "No. 3   viky red   part_0003"
    assert part_words(replace(view, source=None), "ja") == "No. 3   demo:disc   part_0003"


def test_why_a_picture_file_cannot_be_judged_stands_beside_its_name() -> None:
    part = result(3, Verdict.NONE)
    reason = Reason(ReasonCode.UNREADABLE_IMAGE, "画像a.pngは壊れています。")
    part = replace(part, inspection=replace(part.inspection, reason=reason))
    words = part_words(StationView(StationState.RUNNING, newest=part), "ja")
    assert words.endswith("画像a.pngは壊れています。")
    camera = replace(part, inspection=replace(part.inspection, reason=Reason(ReasonCode.CAMERA_FAULT, "-1010")))
    assert "-1010" not in part_words(StationView(StationState.RUNNING, newest=camera), "ja")


def test_what_a_folder_holds_beside_pictures_is_counted_and_named(window: Any) -> None:
    folder = SourceInfo("folder:a", "folder", True, "/a", passed_over=("<b>1</b>.heic", "2.txt"))
    view = StationView(StationState.RUNNING, source=folder)
    assert passed_over_words(replace(view, source=None), "en") == ""
    window.run.picture.show_view(view)
    shown = window.run.picture.note.text()
    assert "2" in shown
    assert "<b>1</b>.heic, 2.txt" in shown


def test_the_pixel_position_is_exact_to_half_a_screen_pixel(stage: Stage) -> None:
    column, row = stage.frame_position(200, 150)
    scene = stage.mapToScene(QPoint(round(column), round(row)))
    back = stage._box.mapSceneToView(QPointF(scene))
    size = stage._box.viewPixelSize()
    assert abs(back.x() - 200) <= size[0]
    assert abs(back.y() - 150) <= size[1]


def test_a_hand_that_drags_moves_the_picture(stage: Stage, qtbot: Any) -> None:
    before = stage.frame_position(0, 0)
    port, left, none = stage.viewport(), Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton

    def send(kind: QEvent.Type, x: int, button: Any, buttons: Any) -> None:
        on_screen = QPointF(port.mapToGlobal(QPoint(x, 200)))
        event = QMouseEvent(kind, QPointF(x, 200), on_screen, button, buttons, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(port, event)
        qtbot.wait(20)

    send(QEvent.Type.MouseButtonPress, 300, left, left)
    for x in range(310, 390, 10):
        send(QEvent.Type.MouseMove, x, none, left)
    send(QEvent.Type.MouseButtonRelease, 380, left, none)
    assert stage.frame_position(0, 0)[0] > before[0] + 30
    assert not stage.shown_whole
