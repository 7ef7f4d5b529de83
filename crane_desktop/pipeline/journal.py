"""What a run tells the log of its own life: its beginning, its counts, the times without a camera, its end."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from crane_desktop.domain.balance import Balance
from crane_desktop.domain.events import Event, RunEnd, camera_gap, run_begun, run_ended, run_progress
from crane_desktop.domain.health import Gap
from crane_desktop.domain.ports import InspectionLog, SourceInfo
from crane_desktop.domain.verdicts import JudgedBy
from crane_desktop.pipeline.control import POLL_S
from crane_desktop.pipeline.tally import Tally

PROGRESS_EVERY_S = 1.0
"""What a program that is ended by force may at most not have told of its counts."""

NOTE_WITHIN_S = 1.0
"""How long one writing of events may hold up the verdicts behind it; twice this where a commit has begun."""

BEGIN_WITHIN_S = 2.0
"""How long the first frame waits for the run's beginning to be durable; then the run goes on all the same."""

_LAST_FRAME_WITHIN_S = 2.0
_END_TRIES = 3
_BETWEEN_TRIES_S = 0.2
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """Which run it is, and who judges in it, as it was at its beginning."""

    run: str
    judged_by: JudgedBy
    profile: str


class RunJournal:
    """Collects what a run has to tell and writes it, beside the verdicts and in one order with them.

    Any thread may hand in what it knows. Only the recording thread writes. What the log does not take is kept and
    tried again with the next writing; no failure here touches a verdict.

    Parameters
    ----------
    tally
        The run's counts; closed by `write_end`, so that the log's last word is the one on the screen.
    clock_s
        Monotonic clock.
    """

    def __init__(
        self,
        log: InspectionLog,
        tally: Tally,
        identity: RunIdentity,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inspection_log = log
        self._tally = tally
        self._identity = identity
        self._clock_s = clock_s
        self._guard = threading.Lock()
        self._waiting: list[Event] = []
        self._opened, self._tried, self._taken = threading.Event(), threading.Event(), threading.Event()
        self._begun_durable = False
        self._end: tuple[RunEnd, str | None] = (RunEnd.FAILED, None)
        self._failure: str | None = None
        self._not_recorded = 0
        self._told = (Balance(), 0)
        self._next_s = clock_s()
        self._failing = False

    # -- from any thread ------------------------------------------------------------------------------

    def begin(self, source: SourceInfo) -> None:
        """The source was opened, or could not be: the run begins."""
        event = run_begun(
            self._identity.run,
            self._identity.judged_by,
            source_id=source.source_id,
            source_kind=source.kind,
            source=source.description,
            every_part=source.every_part,
            profile=self._identity.profile,
        )
        self._add(event)
        self._opened.set()

    def wait_begun(self, stop: threading.Event) -> None:
        """Wait until the log was asked to take the beginning, so that no frame is older than its run; bounded."""
        deadline_s = self._clock_s() + BEGIN_WITHIN_S
        while not stop.is_set() and self._clock_s() < deadline_s:
            if self._tried.wait(POLL_S):
                return

    def gap(self, gap: Gap) -> None:
        """The camera is back."""
        self._add(camera_gap(self._identity.run, gap))

    def no_more_frames(self, why: RunEnd, cause: str | None = None) -> None:
        """The source's thread takes nothing more, for this reason."""
        self._end = (why, cause)
        self._opened.set()
        self._taken.set()

    def failed(self, cause: str) -> None:
        """A thread of the line broke; the first one tells why the run ended."""
        with self._guard:
            self._failure = self._failure or cause

    # -- from the recording thread --------------------------------------------------------------------

    def write_begin(self, given_up: threading.Event) -> None:
        """Wait for the source and write the run's beginning."""
        while not self._opened.wait(POLL_S):
            if given_up.is_set():
                return
        self.write_due()
        self._tried.set()

    def unwritten_begin(self) -> list[Event]:
        """Return the beginning where the log does not hold it yet: verdicts take it along, ahead of them."""
        with self._guard:
            return [] if self._begun_durable else self._waiting[:1]

    def begin_is_written(self) -> None:
        """The log took the beginning along with verdicts."""
        with self._guard:
            if not self._begun_durable:
                self._begun_durable = True
                del self._waiting[:1]

    def not_recorded(self) -> None:
        """A verdict was told that the log did not take."""
        self._not_recorded += 1

    def write_due(self) -> None:
        """Write what waits, and the counts where they changed; at most once a `PROGRESS_EVERY_S`."""
        if self._clock_s() < self._next_s:
            return
        counts = (self._tally.balance(), self._not_recorded)
        news = [] if counts == self._told else [run_progress(self._identity.run, *counts)]
        if self._write(news):
            self._told = counts
        self._next_s = self._clock_s() + PROGRESS_EVERY_S

    def write_end(self, *, given_up: bool) -> None:
        """Close the balance and write the run's last word; tried again where the log does not take it at once."""
        if not given_up:
            # Only where a thread broke is the source's thread still under way here.
            self._taken.wait(_LAST_FRAME_WITHIN_S)
        late = self._tally.settle()
        if late and not given_up:
            _log.error("%d frames were left without a verdict by a failed thread", late)
        end = run_ended(self._identity.run, self._tally.balance(), self._not_recorded, *self._why(given_up=given_up))
        pause = threading.Event()
        for _ in range(_END_TRIES):
            if self._write([end]):
                return
            pause.wait(_BETWEEN_TRIES_S)
        _log.error("the end of run %s is not in the log", self._identity.run)

    def _why(self, *, given_up: bool) -> tuple[RunEnd, str | None]:
        if given_up:
            return RunEnd.GIVEN_UP, None
        return self._end if self._failure is None else (RunEnd.FAILED, self._failure)

    def _add(self, event: Event) -> None:
        with self._guard:
            self._waiting.append(event)

    def _write(self, news: Sequence[Event]) -> bool:
        """Write what waits and then `news`, all or nothing; whatever goes wrong is logged, once in a row."""
        with self._guard:
            waiting = list(self._waiting)
        events = [*waiting, *news]
        if not events:
            return True
        try:
            self._inspection_log.append(events, timeout_s=NOTE_WITHIN_S)
        except Exception as error:  # noqa: BLE001 - whatever the log raises, the run goes on without its events
            if not self._failing:
                _log.warning("the log did not take events of run %s: %s", self._identity.run, error)
            self._failing = True
            return False
        self._failing = False
        with self._guard:
            del self._waiting[: len(waiting)]
            self._begun_durable = self._begun_durable or bool(waiting)
        return True
