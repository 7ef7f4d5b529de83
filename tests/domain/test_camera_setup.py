"""Features of a camera: what can be done with them, and when two values are the same."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.camera_setup import (
    Access,
    Difference,
    NodeChoice,
    NodeInfo,
    NodeKind,
    NodeState,
    Refusal,
    Restored,
    Visibility,
    Written,
    differences,
    same_value,
)
from crane_desktop.domain.errors import InputError

WHOLE = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(allow_nan=False)
VALUES = st.booleans() | WHOLE | FLOATS | st.text(max_size=8)
NAMES = st.sampled_from(["ExposureTime", "Gain", "PixelFormat", "TriggerMode[FrameStart]", "Width"])


@given(VALUES | st.none())
def test_a_value_is_the_same_as_itself(value: object) -> None:
    assert same_value(value, value)  # type: ignore[arg-type]


@given(VALUES | st.none(), VALUES | st.none())
def test_it_does_not_matter_which_of_the_two_comes_first(one: object, other: object) -> None:
    assert same_value(one, other) == same_value(other, one)  # type: ignore[arg-type]


@given(st.floats(width=64, allow_nan=False, min_value=1e-30, max_value=1e30), st.sampled_from([1, -1]))
def test_a_number_that_the_camera_keeps_in_32_bit_is_the_same(number: float, sign: int) -> None:
    kept = struct.unpack("f", struct.pack("f", sign * number))[0]
    assert same_value(sign * number, kept)


@given(st.floats(1e-9, 1e9), st.floats(1e-5, 1e3))
def test_a_number_that_differs_by_more_than_32_bits_lose_is_another(number: float, share: float) -> None:
    assert not same_value(number, number * (1 + share))


@given(WHOLE, st.integers(1, 10**6))
def test_whole_numbers_differ_by_their_last_digit(number: int, more: int) -> None:
    assert not same_value(number, number + more)


def test_two_addresses_of_one_network_are_two_addresses() -> None:
    """GigE cameras keep 192.168.1.1 as a whole number of ten digits."""
    assert not same_value(0xC0A80101, 0xC0A80102)


@given(st.integers(-(10**9), 10**9))
def test_a_whole_number_is_the_same_as_its_floating_point_twin(number: int) -> None:
    assert same_value(number, float(number))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1.0, "1.0"),
        ("On", "on"),
        ("", None),
        (0, None),
        (False, None),
        (0.0, 1e-12),
        (1.0, -1.0),
        (math.inf, -math.inf),
        (math.inf, 1e308),
        (math.nan, math.nan),
        (math.nan, 0.0),
        ("True", True),
    ],
)
def test_values_that_are_not_the_same(one: object, other: object) -> None:
    assert not same_value(one, other)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other"), [(math.inf, math.inf), (0.0, -0.0), (True, 1), (False, 0), (None, None), ("Mono8", "Mono8")]
)
def test_values_that_are_the_same(one: object, other: object) -> None:
    assert same_value(one, other)  # type: ignore[arg-type]


@given(st.dictionaries(NAMES, VALUES))
def test_a_camera_that_took_everything_differs_in_nothing(wanted: dict[str, object]) -> None:
    assert differences(wanted, dict(reversed(wanted.items()))) == ()  # type: ignore[arg-type]


@given(st.dictionaries(NAMES, VALUES), st.dictionaries(NAMES, VALUES | st.none()))
def test_what_differs_is_told_in_the_recipes_order(wanted: dict[str, object], actual: dict[str, object]) -> None:
    found = differences(wanted, actual)  # type: ignore[arg-type]
    names = [one.feature for one in found]
    assert names == [name for name in wanted if name in names]
    for one in found:
        assert one.wanted == wanted[one.feature]
        assert one.actual == actual.get(one.feature)
    for name in set(wanted) - set(names):
        assert same_value(wanted[name], actual[name])  # type: ignore[arg-type]


def test_what_the_camera_lacks_or_cannot_read_is_a_difference() -> None:
    assert differences({"Gain": 0.0, "Width": 640}, {"Gain": None}) == (
        Difference("Gain", 0.0, None),
        Difference("Width", 640, None),
    )


def test_what_the_recipe_does_not_name_is_none_of_its_business() -> None:
    assert differences({}, {"Gain": 3.0, "Width": 640}) == ()


@pytest.mark.parametrize(
    ("access", "readable", "writable"),
    [
        (Access.READ_WRITE, True, True),
        (Access.READ_ONLY, True, False),
        (Access.WRITE_ONLY, False, True),
        (Access.LOCKED, True, True),
        (Access.NOT_AVAILABLE, False, False),
        (Access.NOT_IMPLEMENTED, False, False),
    ],
)
def test_what_can_be_done_with_a_node(access: Access, readable: bool, writable: bool) -> None:
    assert (access.readable, access.writable) == (readable, writable)


def test_every_access_was_thought_of() -> None:
    assert len(Access) == 6


def test_who_knows_more_sees_all_that_a_beginner_sees() -> None:
    assert Visibility.BEGINNER < Visibility.EXPERT < Visibility.GURU < Visibility.INVISIBLE
    shown = [one for one in Visibility if one <= Visibility.EXPERT]
    assert shown == [Visibility.BEGINNER, Visibility.EXPERT]


def test_a_node_of_which_nothing_more_is_known_is_a_beginners_and_is_not_saved() -> None:
    info = NodeInfo("Gain", "AnalogControl", "Gain", "", NodeKind.FLOAT)
    assert (info.visibility, info.selectors, info.streamable) == (Visibility.BEGINNER, (), False)
    state = NodeState("Gain", NodeKind.FLOAT, Access.NOT_AVAILABLE)
    assert (state.value, state.low, state.high, state.step, state.choices) == (None, None, None, None, ())
    assert NodeChoice("Mono8", "Mono 8").available


def test_a_node_that_rounded_a_value_says_what_it_is_now() -> None:
    asked, taken = 1234.567, 1234.5
    written = Written(NodeState("ExposureTime", NodeKind.FLOAT, Access.READ_WRITE, taken))
    assert not same_value(asked, written.state.value)
    assert not written.restarted


def test_a_restored_set_names_what_was_refused() -> None:
    error = InputError("camera.value_refused", feature="Gain")
    done = Restored(3, (Refusal("Gain", error),))
    assert [one.feature for one in done.refused] == ["Gain"]
    assert done.refused[0].error is error
    assert Restored(3).refused == ()
