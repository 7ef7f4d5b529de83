"""The balance: frames triggered = verdicts + losses, each loss with its cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crane_desktop.domain.frames import LossCause
from crane_desktop.domain.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Balance:
    """An immutable count of what became of the frames of one run.

    Attributes
    ----------
    frames
        All frames that the source produced, the lost ones included.
    verdicts
        Frames by verdict.
    losses
        Frames without a verdict, by cause.
    """

    frames: int = 0
    verdicts: Mapping[Verdict, int] = field(default_factory=dict)
    losses: Mapping[LossCause, int] = field(default_factory=dict)

    @property
    def judged(self) -> int:
        """Number of frames that got a verdict, NONE included."""
        return sum(self.verdicts.values())

    @property
    def lost(self) -> int:
        """Number of frames that got none, the skipped ones included."""
        return sum(self.losses.values())

    @property
    def skipped(self) -> int:
        """Frames that a newer one replaced: how a free-running camera is meant to work, nothing that went wrong."""
        return self.losses.get(LossCause.SKIPPED, 0)

    @property
    def missing(self) -> Mapping[LossCause, int]:
        """Frames that ought to have got a verdict and did not, by cause: what people call lost."""
        return {cause: count for cause, count in self.losses.items() if count and cause is not LossCause.SKIPPED}

    @property
    def pending(self) -> int:
        """Frames still on their way; 0 once the line has stopped."""
        return self.frames - self.judged - self.lost

    @property
    def yield_ratio(self) -> float | None:
        """OK / (OK + NG + REVIEW), or None while nothing was judged. NONE is no part of it."""
        return _yield_ratio(self.verdicts)


@dataclass(frozen=True, slots=True)
class Counts:
    """Verdicts counted over runs, starts and stops, until somebody has them begin anew.

    Attributes
    ----------
    since
        UTC; None while there was nothing to count.
    """

    since: datetime | None = None
    verdicts: Mapping[Verdict, int] = field(default_factory=dict)

    @property
    def judged(self) -> int:
        """Number of parts that got a verdict, NONE included."""
        return sum(self.verdicts.values())

    @property
    def yield_ratio(self) -> float | None:
        """OK / (OK + NG + REVIEW), or None while nothing was judged. NONE is no part of it."""
        return _yield_ratio(self.verdicts)


def _yield_ratio(verdicts: Mapping[Verdict, int]) -> float | None:
    decided = sum(verdicts.get(v, 0) for v in (Verdict.OK, Verdict.NG, Verdict.REVIEW))
    return verdicts.get(Verdict.OK, 0) / decided if decided else None
