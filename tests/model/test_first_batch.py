"""Parts of a batch are scored against each other: the odd ones stand out, whoever they are."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from crane_desktop.domain.jobs import CancelledError
from crane_desktop.model.first_batch import SUSPECT_FROM, judge_batch, shown
from crane_desktop.model.first_batch import _others as others_of

CHANNELS, SIDE = 8, 6


def batch(count: int, odd: tuple[int, ...] = (), seed: int = 0) -> list[tuple[torch.Tensor, ...]]:
    """Features of parts that share ten kinds of place, wherever each lies; an odd one shows a kind of its own."""
    draw = torch.Generator().manual_seed(seed)
    kinds = torch.randn(10, CHANNELS, generator=draw)
    parts = []
    for number in range(count):
        chosen = kinds[torch.randint(10, (SIDE * SIDE,), generator=draw)]
        part = chosen + 0.2 * torch.randn(chosen.shape, generator=draw)
        if number in odd:
            part[7:15] = 2.5 * torch.randn(CHANNELS, generator=draw)
        seen = part.T.reshape(CHANNELS, SIDE, SIDE).half()
        parts.append((seen, seen))
    return parts


def quiet(_done: int, _of: int) -> None:
    """Tell nobody."""


def test_odd_parts_come_first_and_show_where() -> None:
    judged = judge_batch(batch(24, odd=(5, 17)), quiet)
    assert set(np.argsort(-judged.oddness)[:2]) == {5, 17}
    assert list(np.flatnonzero(judged.suspects)) == [5, 17]
    assert judged.maps.shape == (24, SIDE, SIDE)
    for odd in (5, 17):
        assert set(np.argsort(-judged.maps[odd].ravel())[:8]) == set(range(7, 15))


def test_a_batch_of_good_parts_has_hardly_a_suspect() -> None:
    named = [int(judge_batch(batch(24, seed=seed), quiet).suspects.sum()) for seed in range(20)]
    assert sum(named) <= 10


def test_the_usual_part_stands_at_0_in_widths_of_the_batch() -> None:
    oddness = judge_batch(batch(30), quiet).oddness
    assert np.median(oddness) == pytest.approx(0, abs=1e-9)
    assert np.median(np.abs(oddness)) == pytest.approx(1 / 1.4826, rel=1e-3)


def test_the_order_of_the_parts_does_not_matter_where_all_are_compared() -> None:
    parts = batch(20, odd=(3,))
    there = judge_batch(parts, quiet).oddness
    back = judge_batch(parts[::-1], quiet).oddness[::-1]
    np.testing.assert_allclose(there, back, rtol=1e-3, atol=1e-3)


def test_where_the_first_look_only_tells_simple_parts_from_busy_ones_the_fine_look_judges() -> None:
    draw = torch.Generator().manual_seed(4)
    kinds = torch.randn(10, CHANNELS, generator=draw)
    parts = []
    for number, (whole, fine) in enumerate(batch(24, odd=(9,))):
        busy = kinds[torch.randint(1 if number < 6 else 10, (SIDE * SIDE,), generator=draw)]
        noise = torch.randn(busy.shape, generator=draw) * (0.01 if number < 6 else 0.3)
        parts.append(((busy + noise).T.reshape(whole.shape).half(), fine))
    assert int(np.argmax(judge_batch(parts, quiet).oddness)) == 9


def test_parts_that_are_all_the_same_are_all_usual() -> None:
    judged = judge_batch(batch(1) * 21, quiet)
    assert np.isfinite(judged.maps).all()
    assert not judged.suspects.any()


@given(st.integers(3, 200))
@settings(max_examples=30, deadline=None)
def test_each_part_is_compared_with_as_many_others_and_asked_as_often(count: int) -> None:
    others = others_of(count, 9_600)
    asked = torch.stack(others)
    assert asked.shape == (count, min(count - 1, 9_600 // count))
    assert all(number not in some and len(set(some.tolist())) == len(some) for number, some in enumerate(others))
    assert set(torch.bincount(asked.flatten(), minlength=count).tolist()) == {asked.shape[1]}


@given(st.lists(st.floats(-1e4, 1e4), min_size=1))
def test_what_is_shown_lies_on_0_to_1_and_keeps_the_order(oddness: list[float]) -> None:
    values = shown(np.sort(np.array(oddness)))
    assert ((values >= 0) & (values <= 1)).all()
    assert (np.diff(values) >= 0).all()
    assert float(shown(np.array([SUSPECT_FROM]))[0]) == 0.5


def test_whoever_cancels_ends_it() -> None:
    def cancel(done: int, of: int) -> None:
        assert of == 20
        if done == 3:
            raise CancelledError

    with pytest.raises(CancelledError):
        judge_batch(batch(20), cancel)
