"""How a source is: what was counted, how long it was gone."""

from __future__ import annotations

import pickle
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.frames import LossCause
from crane_desktop.domain.health import Gap, SourceState, SourceStatus, StreamCounts, WatchedSource
from crane_desktop.settings.texts import LANGUAGES, text

NOW = datetime(2026, 7, 1, 8, tzinfo=UTC)
COUNTED = [one.name for one in fields(StreamCounts) if one.name != "resends"]
COUNTS = st.builds(
    StreamCounts, **{name: st.integers(0, 10**9) for name in COUNTED}, resends=st.none() | st.integers(0, 10**9)
)
MORE = st.dictionaries(st.sampled_from(COUNTED), st.integers(0, 1000))


@given(COUNTS, MORE)
def test_what_is_added_is_added_to_its_own_count_only(counts: StreamCounts, more: dict[str, int]) -> None:
    before, after = counts.as_dict(), counts.plus(**more).as_dict()
    for name in before:
        assert after[name] == (before[name] if name not in more else before[name] + more[name])


@given(COUNTS, MORE, MORE)
def test_the_order_of_adding_does_not_matter(counts: StreamCounts, one: dict[str, int], other: dict[str, int]) -> None:
    assert counts.plus(**one).plus(**other) == counts.plus(**other).plus(**one)


@given(COUNTS)
def test_adding_nothing_changes_nothing_and_the_counts_themselves_never_change(counts: StreamCounts) -> None:
    again = pickle.loads(pickle.dumps(counts))
    assert counts.plus() == counts
    counts.plus(delivered=1)
    assert counts == again


@given(COUNTS)
def test_the_counts_by_name_are_all_counts_and_make_the_same_again(counts: StreamCounts) -> None:
    assert list(counts.as_dict()) == [one.name for one in fields(StreamCounts)]
    assert StreamCounts(**counts.as_dict()) == counts


def test_a_count_that_does_not_exist_is_refused() -> None:
    with pytest.raises(AttributeError):
        StreamCounts().plus(dropped=1)


@pytest.mark.parametrize(
    "cause", [LossCause.LOST, LossCause.INCOMPLETE, LossCause.UNDERRUN, LossCause.OVERRUN, LossCause.GARBAGE]
)
def test_a_loss_is_counted_under_the_name_of_its_cause(cause: LossCause) -> None:
    """The source adds losses by the cause's word: a renamed count would fail only when a frame is lost."""
    assert getattr(StreamCounts().plus(**{cause.value: 2}), cause.value) == 2


def test_a_driver_that_does_not_tell_resends_has_not_told_zero() -> None:
    assert StreamCounts().resends is None
    assert StreamCounts(resends=0).plus(delivered=1).resends == 0


@given(st.floats(0, 10**6), st.integers(1, 100))
def test_a_gap_lasts_from_its_start_to_its_end(seconds: float, attempts: int) -> None:
    gap = Gap(NOW, NOW + timedelta(seconds=seconds), attempts, "camera.lost")
    assert gap.seconds == pytest.approx(seconds, abs=1e-6)


def test_a_gap_over_midnight_and_between_time_zones_is_as_long_as_it_was() -> None:
    tokyo = timezone(timedelta(hours=9))
    start = datetime(2026, 7, 1, 23, 59, 50, tzinfo=UTC)
    assert Gap(start, datetime(2026, 7, 2, 9, 0, 10, tzinfo=tokyo), 1, "").seconds == 20.0


def test_a_source_that_is_well_has_no_cause_and_no_attempt() -> None:
    well = SourceStatus(SourceState.STREAMING, NOW)
    assert (well.attempt, well.cause, well.counts) == (0, None, StreamCounts())
    assert SourceStatus(SourceState.STREAMING, NOW).counts == well.counts


def test_a_status_with_its_cause_crosses_processes() -> None:
    lost = SourceStatus(SourceState.RECONNECTING, NOW, 3, StationFault("camera.lost", device="VC1"))
    received = pickle.loads(pickle.dumps(lost))
    assert (received.state, received.attempt, received.cause.key) == (SourceState.RECONNECTING, 3, "camera.lost")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_reads_differently(language: str) -> None:
    words = [text(f"source.{state}", language) for state in SourceState]  # type: ignore[arg-type]
    assert len(set(words)) == len(SourceState)


def test_a_watched_source_is_known_by_what_it_can_do() -> None:
    class Watched:
        def status(self) -> SourceStatus:
            return SourceStatus(SourceState.CLOSED, NOW)

    assert isinstance(Watched(), WatchedSource)
    assert not isinstance(object(), WatchedSource)
