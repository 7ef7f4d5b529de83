"""Corrections as they are asked for and as every record tells them."""

from __future__ import annotations

import itertools
import pickle
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.corrections import Correction, CorrectionChoice, CorrectionStep, ReferenceFile

FILE = ReferenceFile("dark.png", "ab" * 32, "RG")
EVERY = {
    "dark": FILE,
    "black_level_percent": 2.0,
    "bright": replace(FILE, file="bright.png"),
    "white_balance": (1.5, 1.0, 2.0),
    "gamma": 0.45,
}


def test_nothing_asked_for_is_empty() -> None:
    assert CorrectionChoice().empty


@pytest.mark.parametrize("names", [names for n in range(1, 6) for names in itertools.combinations(EVERY, n)])
def test_anything_asked_for_is_not_empty(names: tuple[str, ...]) -> None:
    assert not CorrectionChoice(**{name: EVERY[name] for name in names}).empty


@pytest.mark.parametrize(("name", "still"), [("black_level_percent", 0.0), ("gamma", 1.0)])
def test_a_step_that_changes_nothing_is_a_step_all_the_same(name: str, still: float) -> None:
    """It is in the record: asked for and done. Only None is left out."""
    assert not CorrectionChoice(**{name: still}).empty


def test_a_choice_knows_one_field_for_each_step() -> None:
    """In the order in which they are done; a step without a choice could never be asked for."""
    asked = {
        CorrectionStep.DARK_FIELD: "dark",
        CorrectionStep.BLACK_LEVEL: "black_level_percent",
        CorrectionStep.FLAT_FIELD: "bright",
        CorrectionStep.WHITE_BALANCE: "white_balance",
        CorrectionStep.GAMMA: "gamma",
    }
    assert list(asked) == list(CorrectionStep)
    assert list(asked.values()) == [one.name for one in fields(CorrectionChoice)]


@given(st.sampled_from(["file", "sha256", "order"]), st.text(max_size=64))
def test_another_file_order_or_content_is_another_reference(name: str, value: str) -> None:
    other = replace(FILE, **{name: value})
    assert (other == FILE) == (getattr(FILE, name) == value)
    assert (CorrectionChoice(dark=other) == CorrectionChoice(dark=FILE)) == (other == FILE)


@given(st.sampled_from(CorrectionStep), st.lists(st.floats(allow_nan=False), max_size=3).map(tuple))
def test_a_done_step_travels_with_its_numbers(step: CorrectionStep, values: tuple[float, ...]) -> None:
    done = Correction(step, values, "cd" * 32)
    received = pickle.loads(pickle.dumps(done))
    assert received == done
    assert received.step is step


def test_the_choice_reaches_the_cameras_process_whole() -> None:
    choice = CorrectionChoice(**EVERY)
    assert pickle.loads(pickle.dumps(choice)) == choice
    assert hash(choice) == hash(CorrectionChoice(**EVERY))
