"""What a learned pack says about its pictures: enough to leave them out of a comparison, and never too much."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crane_desktop.training.learned_pack import _MOST_EPOCHS, _thinned, fingerprint, pictures_behind

PRINT = st.text("0123456789abcdef", min_size=12, max_size=12)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["pictures", "base", "provenance", "x"]), inner, max_size=4)
    ),
    max_leaves=20,
)


def generation(pictures: Any, before: Any) -> dict[str, Any]:
    return {"pictures": pictures, "base": {"pack": "p", "provenance": before}}


@given(st.lists(st.lists(PRINT, max_size=4), max_size=6))
def test_every_generations_pictures_are_found(generations: list[list[str]]) -> None:
    facts: dict[str, Any] = {"origin": "a seed"}
    for pictures in generations:
        facts = generation(pictures, facts)
    assert sorted(pictures_behind(facts)) == sorted(name for pictures in generations for name in pictures)


@given(ANYTHING)
def test_another_makers_facts_are_read_without_trouble(facts: Any) -> None:
    """A manifest's provenance is whatever its maker wrote there."""
    found = list(pictures_behind(facts if isinstance(facts, dict) else {"pictures": facts}))
    assert all(isinstance(name, str) for name in found)


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({}, []),
        ({"pictures": None}, []),
        ({"pictures": "abc"}, []),
        ({"pictures": ["a", 7, None, "b"]}, ["a", "b"]),
        (generation(["a"], None), ["a"]),
        (generation(None, generation(["b"], {})), ["b"]),
        ({"base": {"provenance": {"pictures": ["c"]}}}, ["c"]),
        ({"base": "another form"}, []),
    ],
)
def test_what_was_left_out_hides_no_other_generation(facts: dict[str, Any], found: list[str]) -> None:
    assert list(pictures_behind(facts)) == found


def test_a_fingerprint_tells_a_million_pictures_apart() -> None:
    prints = {fingerprint(hashlib.sha256(str(n).encode()).hexdigest()) for n in range(20_000)}
    assert len(prints) == 20_000
    assert {len(one) for one in prints} == {12}


@settings(max_examples=60)
@given(st.integers(1, 1500), st.data())
def test_a_long_history_keeps_its_best_and_last_epoch(count: int, data: st.DataObject) -> None:
    best = data.draw(st.integers(1, count))
    epochs = [{"epoch": n, "loss": 1 / n} for n in range(1, count + 1)]
    kept = [e["epoch"] for e in _thinned(epochs, best)]
    assert len(kept) <= _MOST_EPOCHS + 1
    assert {best, count} <= set(kept)
    assert kept == sorted(set(kept))
    if count <= _MOST_EPOCHS:
        assert len(kept) == count
    json.dumps(kept)
