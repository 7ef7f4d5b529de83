"""What a line of the camera tells the plant about a part, as the rooms say it to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LineSetting:
    """How a camera's output line is driven.

    Attributes
    ----------
    line, user_output
        Names of the camera's line and of the output value that it shows; None for the camera's first one.
    active_high
        Whether the active level is the high one.
    pulse_ns, delay_ns
        Length of a pulse, and when it begins after the frame's arrival.
    tolerance_ns
        A verdict may come so much after its time; after that, its part has passed.
    good_pulse
        Whether a pulse means "good": then silence rejects. Otherwise a pulse rejects.
    active_at_end
        Whether the line is held active before the start and after the end, in whatever way that comes.
    reject_silent
        Whether a part whose verdict does not come in time is rejected by the camera's process itself.
    """

    line: str
    user_output: str | None
    active_high: bool
    pulse_ns: int
    delay_ns: int
    tolerance_ns: int
    good_pulse: bool
    active_at_end: bool
    reject_silent: bool


@dataclass(frozen=True, slots=True)
class SignalCounts:
    """What became of the parts on the line.

    Attributes
    ----------
    pulses
        Pulses that began, merged ones too.
    merged
        Pulses that began while the one before was still on: the plant sees one for two parts.
    silent
        Parts without a verdict in time.
    late
        Verdicts and pulses whose time was over; not sent.
    late_by_ms
        How late the latest of them was.
    failed
        Changes of the line that the camera refused.
    unsent
        Verdicts that could not be given to the camera.
    detail
        The camera's last refusal, untranslated.
    """

    pulses: int = 0
    merged: int = 0
    silent: int = 0
    late: int = 0
    late_by_ms: float = 0.0
    failed: int = 0
    unsent: int = 0
    detail: str = ""

    def plus(self, other: SignalCounts) -> SignalCounts:
        """Return both together."""
        return SignalCounts(
            pulses=self.pulses + other.pulses,
            merged=self.merged + other.merged,
            silent=self.silent + other.silent,
            late=self.late + other.late,
            late_by_ms=max(self.late_by_ms, other.late_by_ms),
            failed=self.failed + other.failed,
            unsent=self.unsent + other.unsent,
            detail=other.detail or self.detail,
        )


class SignalControl(Protocol):
    """A camera whose line can be driven. Thread-safe."""

    def signal(self, arrived_ns: int, *, pulse: bool) -> bool:
        """Give the verdict on the part of the frame that arrived then; False where no camera takes it."""
        ...

    def signal_counts(self) -> SignalCounts:
        """Return what happened since the last time this was asked."""
        ...
