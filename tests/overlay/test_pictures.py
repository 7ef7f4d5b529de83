"""Pictures, down to the single pixel."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from crane_desktop.domain.maps import AnomalyMap, Placement, Region
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.overlay.badge import PLATE, VERDICT_COLOURS, draw_badge
from crane_desktop.overlay.colour import CLEAR_BELOW, colour_index, colour_table, on_scale, overlay_table
from crane_desktop.overlay.render import annotate, heatmap_rgba, with_heatmap


def placed(values: object, place: Placement | None = None) -> AnomalyMap:
    array = np.asarray(values, dtype=np.float32)
    return AnomalyMap(array, place or Placement(0, 0, array.shape[1], array.shape[0]))


def lightness(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """CIE L* of sRGB."""
    c = rgb / 255.0
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    y = linear @ np.array([0.2126, 0.7152, 0.0722])
    return np.where(y > 0.008856, 116 * np.cbrt(y) - 16, 903.3 * y)


def test_lightness_grows_evenly_with_the_value() -> None:
    steps = np.diff(lightness(colour_table()[::8]))
    assert (steps > 0).all()
    assert steps.max() < 3 * np.median(steps)


def test_the_order_survives_without_red_or_without_green() -> None:
    """A crude worst case of colour blindness: one channel says nothing."""
    for blind in (0, 1):
        table = colour_table().copy()
        table[:, blind] = 0
        seen = table[::32].astype(int)
        distances = np.abs(seen[1:] - seen[:-1]).sum(axis=1)
        assert (distances > 10).all()


def test_the_tables_cannot_be_spoilt() -> None:
    for table, width in ((colour_table(), 3), (overlay_table(), 4)):
        assert table.shape == (256, width)
        assert table.dtype == np.uint8
        with pytest.raises(ValueError, match="read-only"):
            table[0, 0] = 1


def test_low_values_are_clear_high_ones_solid_and_between_it_only_grows() -> None:
    alpha = overlay_table()[:, 3].astype(int)
    assert (alpha[:26] == 0).all()
    assert (alpha[154:] == 255).all()
    assert (np.diff(alpha) >= 0).all()


def test_values_have_one_colour_whatever_else_is_in_the_picture() -> None:
    assert colour_index(np.array([[0.0, 0.5, 1.0]], dtype=np.float32)).tolist() == [[0, 128, 255]]
    assert colour_index(np.array([[0.5]], dtype=np.float32)).tolist() == [[128]]


def test_what_is_beyond_the_scale_gets_its_ends_and_no_number_gets_nothing() -> None:
    odd = np.array([[-3.0, 7.0, math.nan, math.inf, -math.inf]], dtype=np.float32)
    assert colour_index(odd).tolist() == [[0, 255, 0, 255, 0]]


def test_a_heatmap_to_the_pixel() -> None:
    rgba = heatmap_rgba(placed([[0.0, 1.0]]), 0.5)
    assert rgba.shape == (1, 2, 4)
    assert rgba[0, 0].tolist() == [*colour_table()[0].tolist(), 0]
    assert rgba[0, 1].tolist() == [*colour_table()[255].tolist(), 128]


@given(hnp.arrays(np.float32, (4, 3), elements=st.floats(0, 1, width=32)), st.integers(0, 11))
def test_one_places_colour_does_not_depend_on_the_others(values: NDArray[np.float32], spot: int) -> None:
    row, column = divmod(spot, 3)
    alone = heatmap_rgba(placed([[values[row, column]]]))
    assert (heatmap_rgba(placed(values))[row, column] == alone[0, 0]).all()


@pytest.mark.parametrize("opacity", [-0.1, 1.1, math.nan])
def test_an_impossible_opacity_is_refused(opacity: float) -> None:
    with pytest.raises(ValueError, match="opacity"):
        heatmap_rgba(placed([[0.5]]), opacity)


# -- the composed picture -----------------------------------------------------------------------------

GREY = np.full((100, 120), 90, dtype=np.uint8)


def test_without_anything_odd_the_part_stays_as_it_is() -> None:
    picture = annotate(GREY, placed(np.zeros((5, 6)), Placement(0, 0, 120, 100)), (), Verdict.OK)
    assert picture.shape == (100, 120, 3)
    assert picture.dtype == np.uint8
    assert (picture[20:] == 90).all()
    assert (picture[:, 20:] == 90).all()


def test_the_given_picture_is_left_alone() -> None:
    rgb = np.zeros((40, 40, 3), dtype=np.uint8)
    rgb.flags.writeable = False
    annotate(rgb, placed(np.ones((2, 2)), Placement(0, 0, 40, 40)), (), Verdict.NG)
    assert not rgb.any()


def test_the_heat_lies_where_the_map_is_placed() -> None:
    picture = annotate(GREY, placed([[1.0]], Placement(60, 50, 30, 20)), (), Verdict.NG, opacity=1.0)
    hot = (picture == colour_table()[255]).all(axis=2)
    rows, columns = np.nonzero(hot)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (50, 69, 60, 89)
    assert hot.sum() == 30 * 20


def test_half_opacity_mixes_halfway() -> None:
    picture = annotate(GREY, placed([[1.0]], Placement(60, 50, 30, 20)), (), Verdict.OK, opacity=0.5)
    alpha = 128 / 255
    expected = np.rint(90 * (1 - alpha) + colour_table()[255] * alpha)
    assert np.abs(picture[60, 70].astype(float) - expected).max() <= 1


@pytest.mark.parametrize(
    "place",
    [
        Placement(-30, -20, 60, 60),
        Placement(100, 80, 60, 60),
        Placement(500, 500, 10, 10),
        Placement(5, 5, 0, 0),
        Placement(-90, -90, 10, 10),
    ],
)
def test_a_map_that_reaches_beyond_the_picture_is_cut_off(place: Placement) -> None:
    picture = annotate(GREY, placed(np.ones((3, 3)), place), (), Verdict.OK, opacity=1.0)
    hot = (picture[20:, 20:] == colour_table()[255]).all(axis=2).sum()
    overlap = max(0, min(120, place.x_px + place.width_px) - max(20, place.x_px))
    overlap *= max(0, min(100, place.y_px + place.height_px) - max(20, place.y_px))
    assert hot == overlap


def test_a_region_is_outlined_in_the_verdicts_colour_along_its_edge() -> None:
    outline = ((50.0, 40.0), (90.0, 40.0), (90.0, 80.0), (50.0, 80.0))
    region = Region(1600, 0.9, Placement(50, 40, 40, 40), outline)
    picture = annotate(GREY, None, [region], Verdict.NG)
    changed = (picture[20:, 20:] != 90).any(axis=2)
    rows, columns = np.nonzero(changed)
    assert abs(rows.min() + 20 - 40) <= 3
    assert abs(columns.max() + 20 - 90) <= 3
    assert (picture[60, 70] == 90).all(), "the inside stays visible"
    near_edge = picture[58:62, 47:53].reshape(-1, 3).astype(int)
    assert np.abs(near_edge - VERDICT_COLOURS[Verdict.NG]).sum(axis=1).min() < 130
    assert (near_edge.sum(axis=1) < 120).any(), "a dark edge sets it off from any background"


def test_a_region_without_an_outline_or_far_away_does_no_harm() -> None:
    bare = Region(1, 0.9, Placement(0, 0, 1, 1))
    far = Region(1, 0.9, Placement(0, 0, 1, 1), ((1e30, 0.0), (1e30, 5.0), (-1e30, 9.0)))
    assert annotate(GREY, None, [bare, far], Verdict.NG).shape == (100, 120, 3)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_its_own_colour_and_its_own_shape(verdict: Verdict) -> None:
    def shape(which: Verdict) -> NDArray[np.bool_]:
        picture = np.full((400, 400, 3), 90, dtype=np.uint8)
        draw_badge(picture, which)
        assert (picture[0, 0] == PLATE).all()
        assert (picture[:64, :64] == VERDICT_COLOURS[which]).all(axis=2).any()
        assert (picture[64:] == 90).all()
        return np.asarray((picture[:64, :64] != PLATE).any(axis=2))

    mine = shape(verdict)
    for other in set(Verdict) - {verdict}:
        theirs = shape(other)
        assert (mine & theirs).sum() < 0.6 * (mine | theirs).sum(), f"{verdict} looks like {other} without its colour"
        assert VERDICT_COLOURS[verdict] != VERDICT_COLOURS[other]


@pytest.mark.parametrize("size", [(1, 1), (5, 300), (11, 11), (12, 12), (13, 700)])
def test_tiny_pictures_are_no_problem(size: tuple[int, int]) -> None:
    pixels = np.full(size, 90, dtype=np.uint8)
    picture = annotate(pixels, placed(np.ones((2, 2)), Placement(0, 0, size[1], size[0])), (), Verdict.REVIEW)
    assert picture.shape == (*size, 3)


# -- properties ---------------------------------------------------------------------------------------

ANY = st.floats(width=32, allow_nan=True, allow_infinity=True)
ODD_MAPS = hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=5), elements=ANY)
UNIT_MAPS = hnp.arrays(
    np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=5), elements=st.floats(0, 1, width=32)
)
PLACES = st.builds(Placement, st.integers(-40, 140), st.integers(-40, 120), st.integers(0, 90), st.integers(0, 90))


@settings(max_examples=40)
@given(UNIT_MAPS, st.floats(0, 1))
def test_opacity_scales_the_opacity_and_no_colour(values: NDArray[np.float32], opacity: float) -> None:
    full, some = heatmap_rgba(placed(values)), heatmap_rgba(placed(values), opacity)
    assert np.array_equal(full[..., :3], some[..., :3])
    assert np.array_equal(some[..., 3], np.rint(full[..., 3] * opacity))


@settings(max_examples=40)
@given(UNIT_MAPS)
def test_a_higher_value_is_never_fainter_or_darker(values: NDArray[np.float32]) -> None:
    order = np.argsort(values, axis=None)
    shown = heatmap_rgba(placed(values)).reshape(-1, 4)[order]
    assert (np.diff(shown[:, 3].astype(int)) >= 0).all()
    assert (np.diff(lightness(shown[:, :3])) >= -0.6).all()


@given(ODD_MAPS)
def test_any_values_come_to_lie_on_the_scale(values: NDArray[np.float32]) -> None:
    before = values.copy()
    shown = on_scale(values)
    assert ((shown >= 0) & (shown <= 1)).all()
    within = (values >= 0) & (values <= 1)
    assert np.array_equal(shown[within], values[within])
    assert (shown[values > 1] == 1).all()
    assert (shown[~(values > 0)] == 0).all()
    assert np.array_equal(values, before, equal_nan=True)


@settings(max_examples=40)
@given(ODD_MAPS, PLACES, st.floats(0, 1))
def test_an_odd_map_is_laid_over_as_the_one_within_the_scale(
    values: NDArray[np.float32], place: Placement, opacity: float
) -> None:
    """What is beyond the scale must not spread over its neighbours where the map is made larger."""
    odd = with_heatmap(GREY, placed(values, place), opacity)
    assert np.array_equal(odd, with_heatmap(GREY, placed(on_scale(values), place), opacity))


@settings(max_examples=40)
@given(UNIT_MAPS, PLACES, st.floats(0, 1))
def test_outside_of_its_place_a_map_changes_nothing(
    values: NDArray[np.float32], place: Placement, opacity: float
) -> None:
    changed = (with_heatmap(GREY, placed(values, place), opacity) != 90).any(axis=2)
    rows, columns = np.nonzero(changed)
    if rows.size:
        assert rows.min() >= place.y_px
        assert rows.max() < place.y_px + place.height_px
        assert columns.min() >= place.x_px
        assert columns.max() < place.x_px + place.width_px


@settings(max_examples=40)
@given(UNIT_MAPS, PLACES)
def test_without_opacity_and_below_the_clear_level_the_part_is_untouched(
    values: NDArray[np.float32], place: Placement
) -> None:
    assert (with_heatmap(GREY, placed(values, place), 0.0) == 90).all()
    assert (with_heatmap(GREY, placed(values * np.float32(CLEAR_BELOW), place), 1.0) == 90).all()


@settings(max_examples=40)
@given(st.floats(0, 1, width=32), st.floats(0, 1, width=32))
def test_a_second_spot_does_not_change_the_first(first: float, second: float) -> None:
    """An absolute scale: a part never looks better because another place of it is worse."""
    alone = with_heatmap(GREY, placed([[first, 0, 0, 0]], Placement(0, 0, 120, 100)))
    both = with_heatmap(GREY, placed([[first, 0, 0, second]], Placement(0, 0, 120, 100)))
    assert np.array_equal(alone[:, :40], both[:, :40])


def test_a_map_without_values_leaves_the_part_as_it_is() -> None:
    empty = AnomalyMap(np.zeros((0, 0), np.float32), Placement(0, 0, 120, 100))
    assert (with_heatmap(GREY, empty) == 90).all()
    assert heatmap_rgba(empty).shape == (0, 0, 4)
    assert annotate(GREY, empty, (), Verdict.NONE).shape == (100, 120, 3)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_grey_part_and_its_twin_in_colour_are_shown_alike(verdict: Verdict) -> None:
    region = Region(100, 0.9, Placement(50, 40, 10, 10), ((50.0, 40.0), (60.0, 40.0), (60.0, 50.0)))
    shown = placed(np.eye(4), Placement(10, 5, 80, 80))
    colour = np.repeat(GREY[..., None], 3, axis=2)
    assert np.array_equal(annotate(GREY, shown, [region], verdict), annotate(colour, shown, [region], verdict))


@settings(max_examples=40)
@given(st.tuples(st.integers(25, 70), st.integers(25, 60)), st.integers(6, 25), st.integers(6, 25))
def test_an_outline_runs_along_the_pixels_edge_wherever_it_lies(
    corner: tuple[int, int], width: int, height: int
) -> None:
    left, top = corner
    right, bottom = left + width, top + height
    outline = tuple((float(x), float(y)) for x, y in ((left, top), (right, top), (right, bottom), (left, bottom)))
    region = Region(width * height, 0.9, Placement(left, top, width, height), outline)
    picture = annotate(GREY, None, [region], Verdict.NG)
    # Beyond that, a smoothed line fades away over a pixel.
    rows, columns = np.nonzero(np.abs(picture[20:, 20:].astype(int) - 90).max(axis=2) > 30)
    for seen, edge in (
        (rows.min() + 20, top),
        (rows.max() + 21, bottom),
        (columns.min() + 20, left),
        (columns.max() + 21, right),
    ):
        assert abs(seen - edge) <= 3
    assert abs((rows.min() + rows.max() + 41) - (top + bottom)) <= 1, "as far outside as inside"
    assert abs((columns.min() + columns.max() + 41) - (left + right)) <= 1


@pytest.mark.parametrize("side", [12, 40, 75, 300])
@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_sign_keeps_its_corner_and_its_colour_at_every_size(side: int, verdict: Verdict) -> None:
    picture = np.full((side, side, 3), 90, dtype=np.uint8)
    draw_badge(picture, verdict)
    plate = max(12, round(0.16 * side))
    assert (picture[plate:] == 90).all()
    assert (picture[:, plate:] == 90).all()
    on_plate = picture[:plate, :plate].reshape(-1, 3).astype(int)
    assert np.abs(on_plate - VERDICT_COLOURS[verdict]).sum(axis=1).min() <= 60
    assert (on_plate == PLATE).all(axis=1).any()
