"""Maps, their place in the frame, and regions."""

from __future__ import annotations

import math
import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from crane_desktop.domain.maps import AnomalyMap, Placement, Region, Scored

PLACE = Placement(10.0, 20.0, 300.0, 200.0)
UNIT = st.floats(0, 1, width=32)
MAPS = hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=7), elements=UNIT)


@given(MAPS)
def test_the_peak_is_reached_and_never_passed(values: np.ndarray) -> None:
    peak = AnomalyMap(values, PLACE).peak
    assert type(peak) is float
    assert (values <= peak).all()
    assert (values == np.float32(peak)).any()


@given(MAPS, UNIT)
def test_the_peak_is_on_the_absolute_scale_whatever_else_is_in_the_map(values: np.ndarray, level: float) -> None:
    values[0, 0] = level
    rest = values.copy()
    rest[0, 0] = 0
    assert AnomalyMap(values, PLACE).peak == max(float(np.float32(level)), AnomalyMap(rest, PLACE).peak)


@given(MAPS, st.integers(0, 48))
def test_one_value_that_is_no_number_spoils_the_peak(values: np.ndarray, spot: int) -> None:
    """It must not be skipped: a part of the map that nobody knows is no good part."""
    values.flat[spot % values.size] = math.nan
    assert math.isnan(AnomalyMap(values, PLACE).peak)


def test_the_place_is_kept_beside_the_values_and_not_in_them() -> None:
    shown = AnomalyMap(np.zeros((3, 4), np.float32), PLACE)
    assert shown.values.shape == (3, 4)
    assert (shown.placement.width_px, shown.placement.height_px) == (300.0, 200.0)


@given(st.tuples(*[st.floats(-1e6, 1e6)] * 4))
def test_two_places_are_the_same_where_their_numbers_are(numbers: tuple[float, float, float, float]) -> None:
    one, other = Placement(*numbers), Placement(*numbers)
    assert one == other
    assert hash(one) == hash(other)
    assert Placement(numbers[0] + 1, *numbers[1:]) != one


def test_maps_are_told_apart_by_identity_so_that_no_comparison_walks_over_pixels() -> None:
    values = np.zeros((2, 2), np.float32)
    one, other = AnomalyMap(values, PLACE), AnomalyMap(values, PLACE)
    assert one != other
    assert len({one, other}) == 2
    assert Scored(0.5, one) != Scored(0.5, one)


@pytest.mark.parametrize("made", [PLACE, AnomalyMap(np.zeros((1, 1), np.float32), PLACE), Region(1.0, 0.5, PLACE)])
def test_none_of_them_can_be_moved_afterwards(made: object) -> None:
    name = next(iter(made.__slots__))  # type: ignore[attr-defined]
    with pytest.raises(FrozenInstanceError):
        setattr(made, name, None)


def test_a_region_without_an_outline_is_one_with_none() -> None:
    region = Region(4.0, 0.9, PLACE)
    assert region.outline == ()
    assert pickle.loads(pickle.dumps(region)) == region
    assert Region(4.0, 0.9, PLACE, ((1.0, 2.0), (3.0, 4.0))) != region
