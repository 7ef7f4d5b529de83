"""The software trigger: which frames were asked for and have not come."""

from __future__ import annotations

import time

from crane_desktop.camera.genicam.messages import TriggerNow

FRAME_TIMEOUT_S = 5.0
"""A picture that has not come so long after its trigger (and the camera's own time for it) does not come."""

_PAUSE_AFTER_REFUSAL_S = 0.5


class SoftwareTrigger:
    """At most one trigger is under way; it may bring several pictures (burst)."""

    def __init__(self) -> None:
        self.trigger_id = 0
        self.frames_due = 0
        self.frames_per_trigger = 1
        self.timeout_s = FRAME_TIMEOUT_S
        self._since_s = 0.0
        self._not_before_s = 0.0
        self._restart = False

    def reset(self, frames_per_trigger: int, frame_time_s: float) -> None:
        """Begin with a camera that was just opened: nothing is under way."""
        self.frames_due = 0
        self._restart = False
        self.frames_per_trigger = frames_per_trigger
        self.timeout_s = FRAME_TIMEOUT_S + 2 * frame_time_s

    def next_trigger(self) -> TriggerNow | None:
        """Return the trigger to send now; None while pictures are due, or a moment after a refusal."""
        now_s = time.monotonic()
        if self.frames_due or now_s < self._not_before_s:
            return None
        self.trigger_id += 1
        self.frames_due = self.frames_per_trigger
        self._since_s = now_s
        restart, self._restart = self._restart, False
        return TriggerNow(self.trigger_id, restart)

    def delivered(self, trigger_id: int | None) -> bool:
        """Take note of a picture; False where it is none that is due."""
        if trigger_id != self.trigger_id or not self.frames_due:
            return False
        self.frames_due -= 1
        self._since_s = time.monotonic()
        return True

    def lost(self, count: int) -> int:
        """Take note of pictures that will not come; return how many of them were due."""
        missed = min(count, self.frames_due)
        self.frames_due -= missed
        self._since_s = time.monotonic()
        return missed

    def refused(self, trigger_id: int) -> int:
        """The camera did not take a trigger; return how many pictures will not come."""
        self._not_before_s = time.monotonic() + _PAUSE_AFTER_REFUSAL_S
        return self.lost(self.frames_due) if trigger_id == self.trigger_id else 0

    def timed_out(self) -> int:
        """Return how many pictures have not come in time and are given up.

        What comes of them all the same must not pass for a picture of the next trigger: the stream starts anew.
        """
        if not self.frames_due or time.monotonic() - self._since_s <= self.timeout_s:
            return 0
        self._restart = True
        return self.lost(self.frames_due)
