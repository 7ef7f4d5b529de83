"""The station's counters, strip and picture over runs, a start that fails, a reset and a restart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from eventually import WITHIN_S, eventually

from crane_desktop.app.open_station import open_workbench
from crane_desktop.app.station.live_station import LiveStation
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import StationState, StationView
from crane_desktop.services.workbench import Workbench


def until(station: LiveStation, reached: Callable[[StationView], bool]) -> StationView:
    view = eventually(lambda: v if reached(v := station.line.view()) else None, what=station.line.view)
    assert view is not None
    return view


def run(station: LiveStation, frames: int) -> StationView:
    run_id = station.line.view().run_id + 1
    station.line.start(SourceChoice(kind="demo", frames=frames, seed=4))
    return until(station, lambda view: view.run_id == run_id and view.state is StationState.READY)


def test_counters_survive_stop_start_a_failed_start_and_a_restart(
    workbench: Workbench, station: LiveStation, station_dir: Path, tmp_path: Path
) -> None:
    station.line.load("試験用")
    first = run(station, 3)
    assert first.counts.judged == 3
    assert first.counts.since is not None
    station.line.start(SourceChoice(kind="folder", path=str(tmp_path / "none")))
    failed = until(station, lambda view: bool(view.alarms) and view.state is StationState.READY)
    assert (failed.counts, failed.latest_ng) == (first.counts, first.latest_ng)
    assert failed.newest is first.newest
    again = run(station, 2)
    assert again.counts.judged == 5
    assert again.counts.since == first.counts.since
    assert not again.carried
    row = station.records.page(None, 1, None).result(WITHIN_S)[0]
    record = station.records.record(row.record_id).result(WITHIN_S)
    newest = again.newest
    assert newest is not None
    assert (record.review, record.map_review) == (
        newest.inspection.review_threshold,
        newest.inspection.map_review_threshold,
    )
    station.line.reset_counts()
    reset = station.line.view()
    assert (reset.counts.judged, reset.latest_ng, reset.newest) == (0, (), None)
    assert run(station, 1).counts.judged == 1
    station.close()

    later = LiveStation(open_workbench(station_dir))
    try:
        later.line.load("試験用")
        view = until(later, lambda view: view.state is StationState.READY)
        assert view.counts.judged == 1
        assert view.counts.since is not None
        assert reset.counts.since is not None
        assert abs((view.counts.since - reset.counts.since).total_seconds()) < 1.0
        assert run(later, 2).counts.judged == 3
    finally:
        later.close()
