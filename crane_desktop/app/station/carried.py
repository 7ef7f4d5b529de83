"""What stays on screen from run to run: counters, the latest NG parts, the last picture. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from crane_desktop.domain.balance import Counts
from crane_desktop.domain.station import Result
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.pipeline.board import LATEST_NG, LineSnapshot


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """Counters and parts as they are on screen; `carried` says that `newest` is of an earlier run."""

    counts: Counts
    newest: Result | None
    carried: bool
    latest_ng: tuple[Result, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """What came before the newest run.

    Attributes
    ----------
    counts
        Of all that came before it; `since` also says from when on parts are shown.
    left_out
        What the newest run had judged as the counters were reset.
    """

    counts: Counts = field(default_factory=Counts)
    newest: Result | None = None
    latest_ng: tuple[Result, ...] = ()
    left_out: Mapping[Verdict, int] = field(default_factory=dict)

    def shown(self, shot: LineSnapshot | None) -> Shown:
        """Return what is on screen while the newest run stands as in `shot`; None: there was none yet."""
        if shot is None:
            return Shown(self.counts, self.newest, self.newest is not None, self.latest_ng)
        ran = {v: count - self.left_out.get(v, 0) for v, count in shot.balance.verdicts.items()}
        kinds = {*self.counts.verdicts, *ran}
        counted = {v: self.counts.verdicts.get(v, 0) + ran.get(v, 0) for v in Verdict if v in kinds}
        own = shot.newest if shot.newest is not None and self._counts(shot.newest) else None
        latest = (*(part for part in shot.latest_ng if self._counts(part)), *self.latest_ng)[:LATEST_NG]
        newest = own if own is not None else self.newest
        return Shown(replace(self.counts, verdicts=counted), newest, own is None and newest is not None, latest)

    def after(self, shot: LineSnapshot | None) -> Carried:
        """Return what is carried on once the newest run is followed by another."""
        shown = self.shown(shot)
        return Carried(shown.counts, shown.newest, shown.latest_ng)

    def reset(self, shot: LineSnapshot | None, at: datetime) -> Carried:
        """Return what is left after a reset at this moment (UTC): nothing but what comes later."""
        return Carried(Counts(at), left_out={} if shot is None else dict(shot.balance.verdicts))

    def _counts(self, part: Result) -> bool:
        return self.counts.since is None or part.inspection.decided_at >= self.counts.since
