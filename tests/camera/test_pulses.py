"""When an output line is active, on a clock that the test turns."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.camera.genicam.pulses import Pulses
from crane_desktop.domain.signals import LineSetting, SignalCounts

MS = 1_000_000
SETTING = LineSetting(
    line="Line2",
    user_output=None,
    active_high=True,
    pulse_ns=10 * MS,
    delay_ns=100 * MS,
    tolerance_ns=5 * MS,
    good_pulse=False,
    active_at_end=False,
    reject_silent=True,
)


def made(*, every_part: bool = True, **changes: object) -> Pulses:
    return Pulses(replace(SETTING, **changes), every_part=every_part)  # type: ignore[arg-type]


def edges(pulses: Pulses, until_ms: int, from_ms: int = 0, step_ns: int = MS) -> list[tuple[float, bool]]:
    """Turn the clock and return when the level changed, in ms."""
    found, level = [], pulses.active
    for now_ns in range(from_ms * MS, until_ms * MS, step_ns):
        if pulses.advance(now_ns) is not level:
            level = not level
            found.append((now_ns / MS, level))
    return found


class TestPulses:
    def test_a_pulse_begins_after_the_delay_and_lasts_its_time(self) -> None:
        pulses = made()
        pulses.frame(0)
        pulses.verdict(0, pulse=True, now_ns=60 * MS)
        assert pulses.next_ns() == 100 * MS
        assert edges(pulses, 300) == [(100, True), (110, False)]
        assert pulses.counts() == SignalCounts(pulses=1)
        assert pulses.idle

    def test_a_verdict_without_a_pulse_is_silent(self) -> None:
        pulses = made()
        pulses.frame(0)
        pulses.verdict(0, pulse=False, now_ns=60 * MS)
        assert edges(pulses, 300) == []
        assert pulses.counts() == SignalCounts()
        assert pulses.idle

    def test_verdicts_that_come_in_another_order_hit_their_own_parts(self) -> None:
        pulses = made()
        for arrived in (0, 20, 40):
            pulses.frame(arrived * MS)
        pulses.verdict(40 * MS, pulse=True, now_ns=50 * MS)
        pulses.verdict(0, pulse=True, now_ns=60 * MS)
        pulses.verdict(20 * MS, pulse=False, now_ns=70 * MS)
        assert edges(pulses, 300) == [(100, True), (110, False), (140, True), (150, False)]

    def test_a_late_verdict_is_counted_and_never_sent(self) -> None:
        pulses = made(reject_silent=False)
        pulses.frame(0)
        pulses.advance(106 * MS)
        pulses.verdict(0, pulse=True, now_ns=106 * MS)
        assert edges(pulses, 300, 106) == []
        assert pulses.counts() == SignalCounts(silent=1, late=1, late_by_ms=6.0)

    def test_a_part_without_a_verdict_is_rejected_all_the_same(self) -> None:
        pulses = made()
        pulses.frame(0)
        assert edges(pulses, 300) == [(105, True), (115, False)]
        assert pulses.counts() == SignalCounts(pulses=1, silent=1)

    def test_with_good_pulses_silence_stays_silent(self) -> None:
        pulses = made(good_pulse=True)
        pulses.frame(0)
        assert edges(pulses, 300) == []
        assert pulses.counts() == SignalCounts(silent=1)

    def test_where_the_camera_runs_freely_frames_are_no_parts(self) -> None:
        pulses = made(every_part=False)
        pulses.frame(0)
        assert pulses.idle
        assert edges(pulses, 300) == []
        assert pulses.counts() == SignalCounts()

    def test_pulses_that_touch_are_told(self) -> None:
        pulses = made()
        for arrived in (0, 10, 15):
            pulses.frame(arrived * MS)
            pulses.verdict(arrived * MS, pulse=True, now_ns=50 * MS)
        assert edges(pulses, 300) == [(100, True), (125, False)]
        assert pulses.counts() == SignalCounts(pulses=3, merged=2)

    def test_a_loop_that_stood_still_fires_nothing_at_a_later_part(self) -> None:
        pulses = made()
        pulses.frame(0)
        pulses.verdict(0, pulse=True, now_ns=50 * MS)
        assert pulses.advance(200 * MS) is False
        assert pulses.counts() == SignalCounts(late=1, late_by_ms=100.0)

    def test_refusals_are_counted_with_their_words(self) -> None:
        pulses = made()
        pulses.refused("GC_ERR_IO")
        assert pulses.counts() == SignalCounts(failed=1, detail="GC_ERR_IO")

    @given(
        st.lists(st.tuples(st.integers(0, 400), st.one_of(st.none(), st.tuples(st.integers(0, 150), st.booleans()))))
    )
    def test_no_part_is_lost_and_none_is_hit_outside_of_its_time(
        self, parts: list[tuple[int, tuple[int, bool] | None]]
    ) -> None:
        pulses = made()
        parts = list({arrived: (arrived, answer) for arrived, answer in parts}.values())
        for now in range(700):
            for arrived, answer in parts:
                if arrived == now:
                    pulses.frame(arrived * MS)
                if answer is not None and arrived + answer[0] == now:
                    pulses.verdict(arrived * MS, pulse=answer[1], now_ns=now * MS)
            was = pulses.active
            if pulses.advance(now * MS) and not was:
                assert any(100 <= now - arrived <= 110 for arrived, _ in parts)
        counts = pulses.counts()
        in_time = [answer for _, answer in parts if answer is not None and answer[0] <= 105]
        assert counts.silent == len(parts) - len(in_time)
        assert counts.pulses == counts.silent + sum(answer[1] for answer in in_time)
        assert pulses.idle


@pytest.mark.parametrize("count", [1, 3])
def test_counts_add_up(count: int) -> None:
    total = SignalCounts()
    for _ in range(count):
        total = total.plus(SignalCounts(1, 1, 1, 1, 2.5, 1, 1, "x"))
    assert total == SignalCounts(count, count, count, count, 2.5, count, count, "x")
