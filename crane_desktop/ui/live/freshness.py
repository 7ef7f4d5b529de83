"""What may be shown: no part of an earlier run, no verdict of a model or recipe that is no longer loaded."""

from __future__ import annotations

from dataclasses import replace

from crane_desktop.domain.station import Result, StationView


def showable(view: StationView, shown: StationView) -> StationView:
    """Return `view` as far as it may follow `shown`.

    A snapshot of an earlier run that comes late is dropped whole; a newest part that another model or recipe
    judged is left out: its counters stay, but its verdict must not stand beside the new model's name.
    """
    if view.run_id < shown.run_id:
        return shown
    if view.newest is not None and not _of_this_judge(view.newest, view):
        return replace(view, newest=None)
    return view


def _of_this_judge(result: Result, view: StationView) -> bool:
    judge, scorer = result.inspection.judged_by, view.scorer
    if scorer is not None and judge.pack_sha256 != scorer.pack_sha256:
        return False
    return view.recipe is None or judge.recipe == view.recipe
