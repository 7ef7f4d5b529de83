"""How a recipe's verdicts reach the plant through an output line of the camera."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from crane_desktop.domain.signals import LineSetting
from crane_desktop.domain.verdicts import Verdict

_Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
_Fate: TypeAlias = Literal["reject", "pass"]
_NS_PER_MS = 1_000_000


class RejectSignal(BaseModel):
    """A pulse for each part to be rejected, or for each good one. Without this nothing is ever sent.

    Attributes
    ----------
    line, user_output
        The camera's names (SFNC): ``"Line2"``, ``"UserOutput1"``; `user_output` None for the camera's first.
    mode
        ``"reject_pulse"``: a pulse rejects its part. ``"good_pulse"``: a pulse lets it pass, and silence
        rejects, whatever the silence comes from.
    active
        The level of a pulse.
    delay_ms
        From the frame's arrival to the pulse. It must be longer than the answer takes; an answer that is later
        than this and the tolerance is not sent, since it would hit another part.
    at_end
        What the line shows before the start and after the end, in whatever way that comes.
    on_review, on_none
        What becomes of REVIEW and NONE. NG is always rejected, OK never.
    on_silence
        Whether a triggered part whose verdict does not come in time is rejected (``reject_pulse``).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    kind: Literal["camera_line"] = "camera_line"
    line: _Name
    user_output: _Name | None = None
    mode: Literal["reject_pulse", "good_pulse"] = "reject_pulse"
    active: Literal["high", "low"] = "high"
    pulse_ms: Annotated[float, Field(ge=1, le=10_000)]
    delay_ms: Annotated[float, Field(ge=0, le=60_000)]
    tolerance_ms: Annotated[float, Field(gt=0, le=1_000)] = 10.0
    at_end: Literal["idle", "active"] = "idle"
    on_review: _Fate = "reject"
    on_none: _Fate = "reject"
    on_silence: _Fate = "reject"

    @model_validator(mode="after")
    def _ends_safely(self) -> RejectSignal:
        if self.mode == "good_pulse" and self.at_end == "active":
            raise PydanticCustomError("reject_signal_end", "a line that passes parts when the program has ended")
        return self

    def rejects(self, verdict: Verdict) -> bool:
        """Return whether a part with this verdict is rejected."""
        match verdict:
            case Verdict.OK:
                return False
            case Verdict.REVIEW:
                return self.on_review == "reject"
            case Verdict.NONE:
                return self.on_none == "reject"
            case _:
                return True

    def pulse(self, verdict: Verdict) -> bool:
        """Return whether a part with this verdict gets a pulse."""
        return self.rejects(verdict) is (self.mode == "reject_pulse")

    def setting(self) -> LineSetting:
        """Return the same for the camera."""
        return LineSetting(
            line=self.line,
            user_output=self.user_output,
            active_high=self.active == "high",
            pulse_ns=round(self.pulse_ms * _NS_PER_MS),
            delay_ns=round(self.delay_ms * _NS_PER_MS),
            tolerance_ns=round(self.tolerance_ms * _NS_PER_MS),
            good_pulse=self.mode == "good_pulse",
            active_at_end=self.at_end == "active",
            reject_silent=self.on_silence == "reject",
        )
