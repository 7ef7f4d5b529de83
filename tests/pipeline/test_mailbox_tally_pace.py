"""The small parts of the line, each alone."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from eventually import HANG_S
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.frames import LossCause
from crane_desktop.domain.station import Pace
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.pipeline.mailbox import BoundedQueue, LatestSlot
from crane_desktop.pipeline.pace import PaceMeter
from crane_desktop.pipeline.tally import Tally


def test_a_queue_keeps_order_and_waits_for_a_place() -> None:
    queue: BoundedQueue[int] = BoundedQueue(2)
    assert queue.put(1, 0.0)
    assert queue.put(2, 0.0)
    assert not queue.put(3, 0.02)
    assert queue.take(1, 0.0) == [1]
    assert queue.put(3, 0.0)
    assert queue.take(10, 0.0) == [2, 3]
    assert queue.take(10, 0.02) == []


def test_a_waiting_producer_goes_on_as_soon_as_there_is_a_place() -> None:
    queue: BoundedQueue[int] = BoundedQueue(1)
    queue.put(1, 0.0)
    done: list[bool] = []
    producer = threading.Thread(target=lambda: done.append(queue.put(2, 10.0)))
    producer.start()
    assert queue.take(1, 1.0) == [1]
    assert queue.take(1, 5.0) == [2]
    producer.join(5.0)
    assert done == [True]


@pytest.mark.parametrize("kind", ["queue", "slot"])
def test_closing_ends_waits_and_leaves_what_is_there(kind: str) -> None:
    box: BoundedQueue[int] | LatestSlot[int] = BoundedQueue(1) if kind == "queue" else LatestSlot(lambda _: None)
    taken: list[list[int]] = []
    waiter = threading.Thread(target=lambda: taken.append(box.take(1, HANG_S)))
    waiter.start()
    time.sleep(0.02)
    box.close()
    waiter.join(HANG_S / 2)
    assert not waiter.is_alive()
    assert taken == [[]]
    assert box.exhausted
    assert not box.put(1, 0.0)


@pytest.mark.parametrize("kind", ["queue", "slot"])
def test_a_closed_mailbox_is_exhausted_only_when_it_is_empty(kind: str) -> None:
    box: BoundedQueue[int] | LatestSlot[int] = BoundedQueue(1) if kind == "queue" else LatestSlot(lambda _: None)
    box.put(7, 0.0)
    box.close()
    box.close()
    assert not box.exhausted
    assert box.take(1, 0.0) == [7]
    assert box.exhausted


def test_a_queue_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="place"):
        BoundedQueue(0)


@given(st.lists(st.one_of(st.integers(), st.none())))
def test_in_a_slot_the_newest_wins_and_every_replaced_one_is_told(steps: list[int | None]) -> None:
    replaced: list[int] = []
    slot: LatestSlot[int] = LatestSlot(replaced.append)
    put, taken = [], []
    for step in steps:  # None: take
        if step is None:
            got = slot.take(1, 0.0)
            assert got == [] or got[0] == put[-1]
            taken += got
        else:
            put.append(step)
            slot.put(step)
    taken += slot.take(1, 0.0)
    assert sorted(replaced + taken) == sorted(put)


def test_a_tally_is_exact_under_contention() -> None:
    tally = Tally()

    def work() -> None:
        for number in range(500):
            tally.produced(2)
            tally.judged(Verdict.OK)
            if number % 2:
                tally.lost(LossCause.SKIPPED)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    now = tally.balance()
    assert (now.frames, now.judged, now.lost, now.pending) == (8000, 4000, 2000, 2000)


def test_a_settled_tally_has_nothing_pending_and_never_changes() -> None:
    tally = Tally()
    tally.produced(5)
    assert tally.judged(Verdict.NG)
    assert tally.settle() == 4
    settled = tally.balance()
    assert settled.losses == {LossCause.LATE: 4}
    assert settled.pending == 0
    tally.produced()
    tally.lost(LossCause.LOST)
    assert not tally.judged(Verdict.OK)
    assert tally.settle() == 0
    assert tally.balance() == settled


class Clock:
    def __init__(self) -> None:
        self.now_ns = 10**12

    def __call__(self) -> int:
        return self.now_ns


def test_a_line_that_has_judged_nothing_has_no_pace() -> None:
    assert PaceMeter().recent() == PaceMeter().whole_run() == Pace()


def test_the_rate_is_that_of_the_last_seconds_and_falls_when_nothing_comes() -> None:
    clock = Clock()
    meter = PaceMeter(clock)
    for step_ms in [100] * 100 + [20] * 500:
        meter.add(clock.now_ns, 5.0)
        clock.now_ns += step_ms * 10**6
    assert meter.recent().verdicts_per_s == pytest.approx(50, rel=0.02)
    clock.now_ns += int(2.5e9)
    assert 20 < meter.recent().verdicts_per_s < 30
    clock.now_ns += int(10e9)
    assert meter.recent() == Pace()


def test_the_whole_run_counts_from_the_first_arrival_to_the_last_verdict() -> None:
    clock = Clock()
    meter = PaceMeter(clock)
    start = clock.now_ns
    for _ in range(10):
        clock.now_ns += 10**9
        meter.add(start, 1.0)
    clock.now_ns += 10**12
    assert meter.whole_run().verdicts_per_s == pytest.approx(1.0)


@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=300))
def test_percentiles_of_the_whole_run_are_right_to_one_percent(latencies: list[float]) -> None:
    meter = PaceMeter(Clock())
    for latency in latencies:
        meter.add(0, latency)
    pace = meter.whole_run()
    exact50, exact99 = np.percentile(latencies, [50, 99], method="inverted_cdf")
    assert pace.latency_p50_ms == pytest.approx(exact50, rel=0.0101)
    assert pace.latency_p99_ms == pytest.approx(exact99, rel=0.0101)
