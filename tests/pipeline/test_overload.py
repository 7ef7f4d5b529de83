"""When a line is too slow: by the takt where parts have one, by a bound elsewhere, and never for a moment."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.ports import SourceInfo
from crane_desktop.pipeline.overload import BOUND_S, LASTING_S, Overload, OverloadWatch, limit_s

PACED = SourceInfo("demo:a", "demo", True, "a", takt_s=0.125)
TRIGGERED = SourceInfo("genicam:a", "genicam", True, "a")
FREE = replace(TRIGGERED, every_part=False)
WAITS = replace(PACED, takt_s=None, waits_for_line=True)


class Line:
    """A watch with a clock of its own; parts are judged at given moments."""

    def __init__(self, source: SourceInfo) -> None:
        self.now_s = 100.0
        self.watch = OverloadWatch(source, lambda: self.now_s)

    def run(self, seconds: float, *, every_s: float, latency_s: float) -> Overload | None:
        """Judge a part each `every_s`, and look ten times as often."""
        found = None
        for step in range(round(seconds / every_s * 10)):
            self.now_s += every_s / 10
            if step % 10 == 9:
                self.watch.judged(round((self.now_s - latency_s) * 1e9), latency_s * 1e3)
            found = self.watch.look(waiting=True)
        return found

    def idle(self, seconds: float, *, waiting: bool = False) -> Overload | None:
        found = None
        for _ in range(round(seconds * 10)):
            self.now_s += 0.1
            found = self.watch.look(waiting=waiting)
        return found


def test_an_answer_slower_than_the_takt_is_an_overload_after_five_seconds() -> None:
    line = Line(PACED)
    assert line.run(LASTING_S - 0.5, every_s=0.25, latency_s=0.5) is None
    found = line.run(1.5, every_s=0.25, latency_s=0.5)
    assert found == Overload(0.5, 0.125)


def test_one_that_keeps_up_is_none_however_long_it_runs() -> None:
    assert Line(PACED).run(60.0, every_s=0.125, latency_s=0.11) is None


def test_a_single_slow_part_is_no_overload_and_no_end_of_one() -> None:
    line = Line(PACED)
    for _ in range(10):
        assert line.run(1.0, every_s=0.125, latency_s=0.1) is None
        assert line.run(0.125, every_s=0.125, latency_s=3.0) is None
    assert line.run(10.0, every_s=0.25, latency_s=0.5) is not None
    line.run(0.25, every_s=0.25, latency_s=0.01)
    assert line.run(1.0, every_s=0.25, latency_s=0.5) is not None


def test_it_is_over_when_the_line_has_kept_up_for_as_long() -> None:
    line = Line(PACED)
    begun = line.run(10.0, every_s=0.25, latency_s=0.5)
    assert begun is not None
    assert line.run(3.0, every_s=0.125, latency_s=0.1) == begun  # the same one: it is told once
    assert line.run(4.0, every_s=0.125, latency_s=0.1) is None


def test_it_is_over_when_nothing_comes_any_more() -> None:
    line = Line(PACED)
    assert line.run(10.0, every_s=0.25, latency_s=0.5) is not None
    assert line.idle(2 * LASTING_S + 1.0) is None


def test_an_answer_that_does_not_come_at_all_is_too_slow() -> None:
    line = Line(FREE)
    assert line.idle(30.0) is None  # nothing waits
    assert line.idle(LASTING_S, waiting=True) is None
    assert line.idle(LASTING_S + 1.0, waiting=True) is not None


@pytest.mark.parametrize(("latency_s", "slow"), [(BOUND_S * 0.9, False), (BOUND_S * 1.1, True)])
def test_where_the_newest_frame_wins_only_the_bound_counts(latency_s: float, slow: bool) -> None:
    """Skipping is how a free-running camera is meant to work: it is no overload."""
    found = Line(FREE).run(20.0, every_s=1.0, latency_s=latency_s)
    assert (found is not None) is slow


def test_the_takt_of_a_triggered_camera_is_measured() -> None:
    found = Line(TRIGGERED).run(20.0, every_s=0.2, latency_s=0.6)
    assert found is not None
    assert found.limit_s == pytest.approx(0.2)
    assert Line(TRIGGERED).run(20.0, every_s=0.2, latency_s=0.15) is None


def test_a_source_that_waits_for_the_line_cannot_overload_it() -> None:
    assert Line(WAITS).run(60.0, every_s=5.0, latency_s=15.0) is None


@given(st.floats(0.01, 100.0), st.one_of(st.none(), st.floats(0.01, 100.0)))
def test_a_known_takt_goes_before_a_measured_one(known_s: float, measured_s: float | None) -> None:
    assert limit_s(replace(PACED, takt_s=known_s), measured_s) == known_s
    assert limit_s(TRIGGERED, measured_s) == (measured_s or BOUND_S)
    assert limit_s(FREE, measured_s) == BOUND_S
