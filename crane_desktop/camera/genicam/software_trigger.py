"""The software trigger's books: which pictures were asked for and have not come."""

from __future__ import annotations

import time

from crane_desktop.camera.genicam.messages import TriggerNow

PICTURE_WITHIN_S = 5.0
"""A picture that has not come so long after its trigger (and the camera's own time for it) does not come."""

_PAUSE_AFTER_REFUSAL_S = 0.5


class SoftwareTrigger:
    """At most one trigger is under way; it may bring several pictures (burst)."""

    def __init__(self) -> None:
        self.number = 0
        self.due = 0
        self.pictures_per_trigger = 1
        self.within_s = PICTURE_WITHIN_S
        self._since_s = 0.0
        self._not_before_s = 0.0
        self._anew = False

    def camera_is_new(self, pictures_per_trigger: int, picture_takes_s: float) -> None:
        """Begin with a camera that was just opened: nothing is under way."""
        self.due = 0
        self._anew = False
        self.pictures_per_trigger = pictures_per_trigger
        self.within_s = PICTURE_WITHIN_S + 2 * picture_takes_s

    def next_trigger(self) -> TriggerNow | None:
        """Return the trigger to send now; None while pictures are due, or a moment after a refusal."""
        now_s = time.monotonic()
        if self.due or now_s < self._not_before_s:
            return None
        self.number += 1
        self.due = self.pictures_per_trigger
        self._since_s = now_s
        anew, self._anew = self._anew, False
        return TriggerNow(self.number, anew)

    def came(self, trigger_id: int | None) -> bool:
        """Take note of a picture; False where it is none that is due."""
        if trigger_id != self.number or not self.due:
            return False
        self.due -= 1
        self._since_s = time.monotonic()
        return True

    def missing(self, count: int) -> int:
        """Take note of pictures that will not come; return how many of them were due."""
        missed = min(count, self.due)
        self.due -= missed
        self._since_s = time.monotonic()
        return missed

    def refused(self, trigger_id: int) -> int:
        """The camera did not take a trigger; return how many pictures will not come."""
        self._not_before_s = time.monotonic() + _PAUSE_AFTER_REFUSAL_S
        return self.missing(self.due) if trigger_id == self.number else 0

    def overdue(self) -> int:
        """Return how many pictures have not come in time and are given up.

        What comes of them all the same must not pass for a picture of the next trigger: the stream starts anew.
        """
        if not self.due or time.monotonic() - self._since_s <= self.within_s:
            return 0
        self._anew = True
        return self.missing(self.due)
