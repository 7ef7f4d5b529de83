"""The simulated line on a clock that the test turns: pace, ends, truth, and what each frame says of itself."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from camera_fakes import Clock
from hypothesis import given, settings
from hypothesis import strategies as st

from crane_desktop.domain.frames import EndOfFrames, Frame
from crane_desktop.simulation import source as source_module
from crane_desktop.simulation.source import PARTS_PER_BATCH, SHOWN_KINDS, DemoSource


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock().rules(monkeypatch, source_module)


@pytest.fixture(autouse=True)
def blank(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Draw nothing: what is drawn is of no matter here. Returns what was asked for."""
    asked: list[tuple[str, int]] = []

    def draw(kind: str, seed: int, **options: Any) -> SimpleNamespace:
        asked.append((kind, seed))
        return SimpleNamespace(pixels=np.zeros((4, 4, 3), np.uint8), options=options)

    monkeypatch.setattr(source_module, "draw_part", draw)
    return asked


def opened(**options: Any) -> DemoSource:
    source = DemoSource("wood", **options)
    source.open()
    return source


class TestPace:
    def test_parts_come_at_their_rate(self, clock: Clock) -> None:
        source = opened(rate_hz=4.0)
        came = []
        for step in range(100):
            if isinstance(source.next_event(0.0), Frame):
                came.append(step)
            clock.go_on(1 / 16)
        assert came[:4] == [0, 4, 8, 12]
        assert len(came) == 25

    def test_without_a_rate_each_call_brings_a_part(self, clock: Clock) -> None:
        source = opened()
        assert all(isinstance(source.next_event(0.0), Frame) for _ in range(5))

    def test_a_line_that_fell_behind_does_not_hurry(self, clock: Clock) -> None:
        source = opened(rate_hz=1.0)
        source.next_event(0.0)
        clock.go_on(100.0)
        burst = 0
        while isinstance(source.next_event(0.0), Frame):
            burst += 1
        assert burst <= 2

    def test_a_part_that_is_not_due_is_waited_for_no_longer_than_asked(
        self, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waits: list[float] = []
        source = opened(rate_hz=1.0)
        source.next_event(0.0)

        def wait(seconds: float) -> bool:
            waits.append(seconds)
            clock.go_on(seconds)
            return False

        monkeypatch.setattr(source._closed, "wait", wait)
        assert source.next_event(0.3) is None
        assert isinstance(source.next_event(5.0), Frame)
        assert waits == [pytest.approx(0.3), pytest.approx(0.7)]


class TestEnds:
    @given(frames=st.integers(0, 20))
    @settings(deadline=None)
    def test_it_ends_after_as_many_as_were_asked_for(self, frames: int) -> None:
        source = opened(frames=frames)
        events = [source.next_event(0.0) for _ in range(frames + 2)]
        numbers = [event.origin.frame_id for event in events if isinstance(event, Frame)]
        assert numbers == list(range(1, frames + 1))
        assert [type(event) for event in events[frames:]] == [EndOfFrames] * 2

    def test_closed_it_brings_nothing_and_opened_again_it_begins_anew(self) -> None:
        source = opened()
        source.next_event(0.0)
        source.close()
        source.close()
        assert source.next_event(10.0) is None
        source.open()
        frame = source.next_event(0.0)
        assert isinstance(frame, Frame)
        assert frame.origin.frame_id == 1

    def test_closing_wakes_whoever_waits(self) -> None:
        source = opened(rate_hz=0.001)
        source.next_event(0.0)
        found: list[object] = []
        waiter = threading.Thread(target=lambda: found.append(source.next_event(1000.0)))
        waiter.start()
        source.close()
        waiter.join(60)
        assert found == [None]


class TestWhatItSays:
    def test_a_frame_names_its_part_and_when_it_came(self, clock: Clock) -> None:
        source = opened()
        before = datetime.now(UTC)
        frame = source.next_event(0.0)
        assert isinstance(frame, Frame)
        origin = frame.origin
        assert (origin.source_id, origin.file, origin.frame_id) == ("demo:wood", "wood-000001", 1)
        assert origin.arrived_ns == clock.monotonic_ns()
        assert before <= origin.arrived_at <= datetime.now(UTC)
        assert frame.pixel_format == "RGB8"
        assert not frame.pixels.flags.writeable

    @pytest.mark.parametrize(("kind", "name"), [("wood", "wood"), (None, "all")])
    def test_the_source_says_what_it_is(self, kind: str | None, name: str) -> None:
        info = DemoSource(kind).info
        assert (info.source_id, info.kind, info.every_part, info.description) == (f"demo:{name}", "demo", True, name)

    @settings(deadline=None)
    @given(seed=st.integers(0, 10**6), number=st.integers(1, 10**5))
    def test_kinds_change_in_batches_and_come_round_again(self, seed: int, number: int) -> None:
        source = DemoSource(None, seed=seed)
        batch = (number - 1) // PARTS_PER_BATCH
        assert source.kind_of(number) == SHOWN_KINDS[batch % len(SHOWN_KINDS)]
        assert source.kind_of(number + PARTS_PER_BATCH * len(SHOWN_KINDS)) == source.kind_of(number)

    def test_two_lines_never_show_the_same_part_and_share_no_design(self, blank: list[tuple[str, int]]) -> None:
        lines = [DemoSource("wood", seed=seed) for seed in (0, 1)]
        designs = set()
        for line in lines:
            for number in (1, 2, 999_999):
                designs.add(line.drawn(number).options["design"])  # type: ignore[attr-defined]
        assert len(set(blank)) == 6
        assert designs == {0, 1}

    def test_the_share_and_the_size_are_handed_on(self) -> None:
        part: Any = DemoSource("wood", size_px=77, defect_share=0.4).drawn(1)
        assert (part.options["size_px"], part.options["defect_rate"]) == (77, 0.4)
