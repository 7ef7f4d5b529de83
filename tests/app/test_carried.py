"""Counters, latest NG parts and the last picture survive stop, start and a start that fails; a reset ends them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from builders import BEGIN, inspection
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.app.station.carried import Carried
from crane_desktop.domain.balance import Balance, Counts
from crane_desktop.domain.station import Result, StationState
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.pipeline.board import LATEST_NG, LineSnapshot

RUNS = st.lists(st.lists(st.sampled_from(list(Verdict)), max_size=8), min_size=1, max_size=6)
EARLIER = datetime(2026, 1, 1, tzinfo=UTC)


def result(number: int, verdict: Verdict, at: datetime = BEGIN) -> Result:
    return Result(inspection(number, verdict, decided_at=at), number, None, None)


def shot(parts: list[Result]) -> LineSnapshot:
    verdicts = [part.inspection.verdict for part in parts]
    counts = {verdict: verdicts.count(verdict) for verdict in set(verdicts)}
    ng = tuple(reversed([part for part in parts if part.inspection.verdict is Verdict.NG]))[:LATEST_NG]
    newest = parts[-1] if parts else None
    return LineSnapshot(StationState.RUNNING, Balance(len(parts), counts), newest=newest, latest_ng=ng)


@given(RUNS)
def test_over_any_runs_nothing_that_was_judged_is_forgotten(runs: list[list[Verdict]]) -> None:
    numbers = iter(range(1, 1000))
    made = [[result(next(numbers), verdict) for verdict in run] for run in runs]
    carried = Carried(Counts(EARLIER, {Verdict.OK: 5}))
    seen: list[Result] = []
    for parts in made:
        seen += parts
        snapshot = shot(parts)
        shown = carried.shown(snapshot)
        verdicts = [part.inspection.verdict for part in seen]
        assert shown.counts.judged == 5 + len(seen)
        assert shown.counts.verdicts.get(Verdict.NG, 0) == verdicts.count(Verdict.NG)
        assert shown.counts.since == EARLIER
        assert shown.newest is (seen[-1] if seen else None)
        assert shown.carried == (not parts and bool(seen))
        bad = [part for part in reversed(seen) if part.inspection.verdict is Verdict.NG][:LATEST_NG]
        assert [id(part) for part in shown.latest_ng] == [id(part) for part in bad]
        carried = carried.after(snapshot)


@given(RUNS, st.lists(st.sampled_from(list(Verdict)), max_size=5))
def test_a_reset_in_the_middle_of_a_run_counts_what_comes_after_it(
    runs: list[list[Verdict]], later: list[Verdict]
) -> None:
    before = [result(number, verdict) for number, verdict in enumerate(runs[0], 1)]
    at = BEGIN + timedelta(seconds=1)
    carried = Carried(Counts(EARLIER, {Verdict.NG: 3})).reset(shot(before), at)
    shown = carried.shown(shot(before))
    assert (shown.counts.judged, shown.counts.since, shown.newest, shown.latest_ng) == (0, at, None, ())
    after = [result(100 + number, verdict, at) for number, verdict in enumerate(later)]
    shown = carried.shown(shot([*before, *after]))
    assert shown.counts.judged == len(later)
    assert {id(part) for part in shown.latest_ng} <= {id(part) for part in after}
    assert carried.after(shot([*before, *after])).shown(None).counts.judged == len(later)
