"""What holds for every value that rooms hand to each other: it never changes, and it is told as it is."""

from __future__ import annotations

import inspect
import pkgutil
import re
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from importlib import import_module
from types import ModuleType

import numpy as np
import pytest

import crane_desktop.domain

MODULES: list[ModuleType] = [
    import_module(one.name) for one in pkgutil.iter_modules(crane_desktop.domain.__path__, "crane_desktop.domain.")
]
TYPES: list[type] = [
    kind
    for module in MODULES
    for _, kind in inspect.getmembers(module, lambda thing: isinstance(thing, type) and is_dataclass(thing))
    if kind.__module__ == module.__name__
]
every_type = pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__qualname__)

CHANGING = (list, dict, set, bytearray)
KNOWN_TO_CHANGE = {"Finding.params", "HistoryRecord.fields", "Event.details", "RunRow.begun"}
"""Handed on and read; whoever makes one makes it for this one value."""


def hints(kind: type) -> dict[str, typing.Any]:
    return typing.get_type_hints(kind, vars(inspect.getmodule(kind)))


def inside(hint: object) -> set[object]:
    """Return all types that a hint is made of."""
    found: set[object] = {hint, typing.get_origin(hint)}
    for part in typing.get_args(hint):
        found |= set().union(*map(inside, part)) if isinstance(part, list) else inside(part)
    return found


def holds_an_array(kind: type) -> bool:
    return any(np.ndarray in inside(hint) for hint in hints(kind).values())


def test_there_are_values_to_look_at() -> None:
    assert len(TYPES) > 40


@every_type
def test_a_value_is_frozen_and_takes_no_field_of_anybody_elses(kind: type) -> None:
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__slots__" in vars(kind)
    assert not hasattr(kind, "__dict__") or "__dict__" not in dir(kind)


@every_type
def test_what_holds_an_array_or_a_value_with_one_is_compared_by_identity(kind: type) -> None:
    """``==`` of two arrays is an array: a comparison of such values would raise, or walk over every pixel."""
    with_arrays = {one for one in TYPES if holds_an_array(one)}
    nested = any(with_arrays & inside(hint) for hint in hints(kind).values())  # type: ignore[operator]
    if kind in with_arrays or nested:
        assert kind.__eq__ is object.__eq__
        assert kind.__hash__ is object.__hash__


@every_type
def test_no_value_holds_what_can_be_changed_behind_its_back(kind: type) -> None:
    """Sequences are tuples, and mappings are read as `Mapping`, which has no verb to change it."""
    for name, hint in hints(kind).items():
        if f"{kind.__name__}.{name}" not in KNOWN_TO_CHANGE:
            assert not set(CHANGING) & inside(hint), name  # type: ignore[operator]
            assert Sequence not in inside(hint), f"{name}: a list would pass for it"


@every_type
def test_a_default_is_made_anew_or_cannot_change(kind: type) -> None:
    for one in fields(kind):
        if one.default is not MISSING:
            assert not isinstance(one.default, (*CHANGING, np.ndarray)), one.name
            hash(one.default)
        if one.default_factory is not MISSING:
            first, second = one.default_factory(), one.default_factory()
            assert not isinstance(first, Mapping) or first is not second, one.name


@every_type
def test_what_the_words_tell_of_a_field_is_told_of_one_that_is_there(kind: type) -> None:
    """A renamed field whose description kept the old name tells the reader of something that does not exist."""
    told = _described(inspect.getdoc(kind) or "")
    known = {one.name for one in fields(kind)} | {
        name for name, value in vars(kind).items() if isinstance(value, property)
    }
    assert told <= known


def _described(words: str) -> set[str]:
    """Return the names under ``Attributes`` of a description in numpy's style."""
    _, _, after = words.partition("Attributes\n----------\n")
    section = re.split(r"\n\n?[A-Z]\w+\n-+\n", after)[0]
    heads = [line for line in section.splitlines() if line and not line.startswith(" ")]
    return {name.strip() for head in heads for name in head.split(",")}


@every_type
def test_numbers_with_a_unit_say_which(kind: type) -> None:
    """Time and length go by ``_s``, ``_ms``, ``_ns``, ``_px``; a bare ``latency`` would be guessed at."""
    measured = re.compile(r"^(latency|timeout|delay|duration|age|width|height|area|exposure|free|arrived)$")
    assert [name for name, hint in hints(kind).items() if measured.match(name) and {int, float} & inside(hint)] == []


FUNCTIONS: list[Callable[..., object]] = [
    one
    for module in MODULES
    for name, one in inspect.getmembers(module, inspect.isfunction)
    if one.__module__ == module.__name__ and not name.startswith("_")
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda one: one.__name__)
def test_what_a_function_says_of_itself_resolves_and_is_in_words(function: Callable[..., object]) -> None:
    told = typing.get_type_hints(function)
    assert set(inspect.signature(function).parameters) | {"return"} == set(told)
    assert inspect.getdoc(function)


@pytest.mark.parametrize(
    "kind",
    [one for module in MODULES for _, one in inspect.getmembers(module, inspect.isclass)
     if issubclass(one, Enum) and one.__module__ == module.__name__],
    ids=lambda kind: kind.__qualname__,
)  # fmt: skip
def test_a_word_of_a_set_comes_back_from_what_is_written(kind: type[Enum]) -> None:
    for one in kind:
        assert kind(one.value) is one
        assert not isinstance(one.value, str) or f"{one}" == one.value, "in a file it stands as it is compared"
