"""Errors that a person must be told: their sentence, and their way into another process."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from datetime import UTC, datetime
from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.errors import CraneError, InputError, StationFault

KINDS = [CraneError, InputError, StationFault]
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
NAMES = st.sampled_from(["key", "self", "params", "cls", "func", "language", "args", "日本語"]) | st.text(max_size=8)


@pytest.mark.parametrize("kind", KINDS)
@given(key=st.text(max_size=20), params=st.dictionaries(NAMES, PLAIN | st.lists(PLAIN, max_size=3), max_size=4))
def test_an_error_reaches_another_process_whole(kind: type[CraneError], key: str, params: dict[str, object]) -> None:
    sent = kind(key, **params)
    received = pickle.loads(pickle.dumps(sent))
    assert type(received) is kind
    assert (received.key, received.params) == (sent.key, sent.params)
    assert str(received) == str(sent)


@pytest.mark.parametrize(
    "value",
    [
        Path("/データ/%1"),
        PureWindowsPath(r"C:\検査\a.json"),
        datetime(2026, 1, 2, tzinfo=UTC),
        b"\x00\xff",
        "\udc83",
        ValueError("inside"),
        {"deep": [1, {"deeper": None}]},
    ],
)
def test_odd_parameters_travel_too(value: object) -> None:
    received = pickle.loads(pickle.dumps(StationFault("camera.lost", what=value)))
    assert repr(received.params["what"]) == repr(value)


def test_an_error_goes_through_a_pipe_of_processes() -> None:
    ours, theirs = multiprocessing.Pipe()
    with ours, theirs:
        theirs.send(InputError("camera.no_device", device="カメラ1", known=3))
        received = ours.recv()
    assert isinstance(received, InputError)
    assert received.params == {"device": "カメラ1", "known": 3}


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_says_the_same_and_shares_no_parameters(copied: object) -> None:
    error = InputError("settings.damaged", file="a")
    again = copied(error)  # type: ignore[operator]
    assert (type(again), again.key, again.params) == (InputError, error.key, error.params)
    again.params["file"] = "b"
    assert error.params == {"file": "a"}


def test_a_subclass_keeps_its_type_on_the_way() -> None:
    received = pickle.loads(pickle.dumps(_Narrower("camera.lost", at=1)))
    assert type(received) is _Narrower
    assert isinstance(received, StationFault)


class _Narrower(StationFault):
    """A kind of fault that a room might have for itself."""


def test_whose_fault_it_is_decides_who_catches_it() -> None:
    assert not issubclass(InputError, StationFault)
    assert not issubclass(StationFault, InputError)
    for kind in (InputError, StationFault):
        with pytest.raises(CraneError):
            raise kind("a.b")


def test_for_the_log_an_error_names_its_key_and_its_details() -> None:
    assert str(InputError("a.b")) == "a.b"
    assert str(InputError("a.b", one=1, two="zwei")) == "a.b (one=1, two=zwei)"


def test_the_key_has_its_own_place_beside_a_parameter_of_that_name() -> None:
    error = InputError("recipe.field_unknown", key="gain", self="itself")
    assert error.key == "recipe.field_unknown"
    assert error.params == {"key": "gain", "self": "itself"}
