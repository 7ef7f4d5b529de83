"""When a frame arrived, how fast frames may come, and what to take them from."""

from __future__ import annotations

import math
import time
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain import arrival as clock
from crane_desktop.domain.arrival import arrival, check_pace
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.frames import FrameOrigin
from crane_desktop.domain.sources import FASTEST_HZ, MOST_FRAMES, SLOWEST_HZ, SourceChoice
from crane_desktop.settings.texts import LANGUAGES, error_text

WALL = datetime(2026, 7, 1, 8, tzinfo=UTC)
NOW_NS = 10**15


class FixedTime:
    """A clock that stands still."""

    def __init__(self, monotonic_ns: int = NOW_NS) -> None:
        self._ns = monotonic_ns

    def monotonic_ns(self) -> int:
        return self._ns

    def time(self) -> float:
        return WALL.timestamp()


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "time", FixedTime())


@pytest.mark.usefixtures("still")
def test_a_frame_without_a_moment_arrived_now() -> None:
    origin = arrival(3, "folder:a")
    assert (origin.arrived_at, origin.arrived_ns) == (WALL, NOW_NS)


@pytest.mark.usefixtures("still")
@pytest.mark.parametrize("ago_ms", [0, 1, 40, 5_000])
def test_a_frame_that_waited_keeps_both_its_moments(ago_ms: int) -> None:
    origin = arrival(3, "genicam:a", arrived_ns=NOW_NS - ago_ms * 10**6)
    assert origin.arrived_ns == NOW_NS - ago_ms * 10**6
    assert abs(origin.arrived_at - (WALL - timedelta(milliseconds=ago_ms))) <= timedelta(microseconds=2)


@pytest.mark.usefixtures("still")
def test_no_frame_arrives_in_the_future() -> None:
    """The camera's process reads its own clock; a tick ahead of ours would make a latency negative."""
    origin = arrival(3, "genicam:a", arrived_ns=NOW_NS + 7)
    assert (origin.arrived_at, origin.arrived_ns) == (WALL, NOW_NS)


def test_the_moment_is_utc_and_lies_between_before_and_after() -> None:
    before_ns, before = time.monotonic_ns(), datetime.now(UTC)
    origin = arrival(1, "demo:disc")
    assert before_ns <= origin.arrived_ns <= time.monotonic_ns()
    assert before - timedelta(milliseconds=5) <= origin.arrived_at <= datetime.now(UTC) + timedelta(milliseconds=5)
    assert origin.arrived_at.utcoffset() == timedelta(0)


@given(
    st.builds(
        dict,
        block_id=st.none() | st.integers(0, 2**64),
        device_timestamp_ns=st.none() | st.integers(0, 2**63),
        trigger_id=st.none() | st.integers(1, 10**9),
        file=st.none() | st.text(max_size=10),
    )
)
def test_what_the_camera_says_is_handed_on_and_nothing_else_is_made_up(told: dict[str, object]) -> None:
    origin = arrival(12, "genicam:viky", **told)
    assert (origin.frame_id, origin.source_id) == (12, "genicam:viky")
    known = {one.name for one in fields(FrameOrigin)} - {"frame_id", "source_id", "arrived_at", "arrived_ns"}
    assert {name: getattr(origin, name) for name in known} == told


@given(st.none() | st.floats(SLOWEST_HZ, FASTEST_HZ), st.none() | st.integers(0, MOST_FRAMES))
def test_any_rate_and_any_number_of_frames_within_reason_will_do(rate_hz: float | None, frames: int | None) -> None:
    assert check_pace(rate_hz, frames) is None


@pytest.mark.parametrize("rate_hz", [0, 0.0, -0.0, -1.0, math.inf, -math.inf, math.nan])
def test_an_impossible_rate_is_told(rate_hz: float) -> None:
    with pytest.raises(InputError, match="rate_wrong") as caught:
        check_pace(rate_hz, 3)
    assert all(error_text(caught.value, language) for language in LANGUAGES)


@given(st.integers(max_value=-1), st.none() | st.floats(1, 100))
def test_fewer_frames_than_none_are_told(frames: int, rate_hz: float | None) -> None:
    with pytest.raises(InputError, match="frames_wrong") as caught:
        check_pace(rate_hz, frames)
    assert all(str(frames) in error_text(caught.value, language) for language in LANGUAGES)


def test_without_a_choice_it_is_the_simulated_line_that_never_ends() -> None:
    choice = SourceChoice()
    assert (choice.kind, choice.trigger, choice.seed) == ("demo", "free", 0)
    assert (choice.path, choice.cti, choice.device, choice.rate_hz, choice.frames) == (None,) * 5


@pytest.mark.parametrize("name", [one.name for one in fields(SourceChoice)])
def test_a_choice_that_differs_in_anything_is_another_choice(name: str) -> None:
    """The window asks whether what is chosen still runs: a field left out of the comparison would be ignored."""
    assert replace(SourceChoice(), **{name: "other"}) != SourceChoice()
    assert replace(SourceChoice(), **{name: getattr(SourceChoice(), name)}) == SourceChoice()
    assert len({SourceChoice(), SourceChoice()}) == 1


@pytest.mark.parametrize("rate_hz", [SLOWEST_HZ / 2, FASTEST_HZ * 2, 5e-324, 1e300])
def test_a_rate_that_only_a_typing_error_can_mean_is_told(rate_hz: float) -> None:
    with pytest.raises(InputError, match="rate_wrong") as caught:
        check_pace(rate_hz, None)
    assert all(error_text(caught.value, language) for language in LANGUAGES)


@pytest.mark.parametrize("frames", [MOST_FRAMES + 1, 2**63, 10**400, -1])
def test_a_number_of_frames_that_no_log_could_count_is_told(frames: int) -> None:
    with pytest.raises(InputError, match="frames_wrong"):
        check_pace(None, frames)
