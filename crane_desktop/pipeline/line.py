"""The line: a source, a model and a log, and three threads between them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from crane_desktop.domain.events import new_run_id
from crane_desktop.domain.frames import LossCause
from crane_desktop.domain.health import WatchedSource
from crane_desktop.domain.ports import FrameSource, InspectionLog, LogEntry, Output, Scorer
from crane_desktop.domain.station import Result, StationState
from crane_desktop.domain.verdicts import Reason
from crane_desktop.pipeline.acquire import Acquirer, close_source
from crane_desktop.pipeline.board import Board, LineSnapshot
from crane_desktop.pipeline.control import Control
from crane_desktop.pipeline.inspect import Inspector
from crane_desktop.pipeline.inspection import JudgingSetup, Part, judged_by
from crane_desktop.pipeline.journal import RunIdentity, RunJournal
from crane_desktop.pipeline.mailbox import BoundedQueue, LatestSlot, Mailbox
from crane_desktop.pipeline.overload import OverloadWatch
from crane_desktop.pipeline.recording import Recorder
from crane_desktop.recipe.model import Recipe

PARTS_AHEAD = 2
"""Parts taken ahead of the model where every part counts: one is ready when the model is; more only age."""

VERDICTS_AHEAD = 32
"""Verdicts waiting for the log, each with its pictures."""

BYTES_AHEAD = 96 * 2**20
"""What their pictures hold, at most: with it the bound on memory where the disk is slow."""

_FINISH_SHARE = 0.7
"""Share of the stop's time in which parts that were taken may still be begun."""

_LAST_WORD_SHARE = 0.1
"""Share of the stop's time that is kept for the log to hear that the line was given up."""

_SOURCE_PATIENCE_S = 2.0
_log = logging.getLogger(__name__)


class Line:
    """One run: every frame that `source` produces becomes a verdict in `log` or a loss with its cause.

    Where every frame is a part (``source.info.every_part``) the source waits for the model; otherwise the
    newest frame wins and the replaced ones are losses (skipped). A line runs once; it closes its source, and
    leaves scorer, log and outputs to their owner.

    Parameters
    ----------
    source
        Not yet open; opened and closed on the line's own thread, so `start` returns at once and a source
        that cannot be opened shows up as `LineSnapshot.fault`.
    scorer
        Used from one thread of the line only.
    recipe
        Fixed for the run.
    outputs
        Told every verdict once it is durable: an OK that is not in the log is told as the NONE that it became.
    software_version
        For the records.
    on_result
        Called with every verdict once it is durable, on the recording thread; must return soon.
    judge_ready
        Why the station must not judge now, or None; its reason then stands in the verdict NONE.
    recipe_sha256
        Checksum of the recipe's content, for the records; None where the caller does not know it.
    run
        Id of the run in the log (`domain.events.new_run_id`), a new one where None.

    Attributes
    ----------
    run
        Id of the run in the log.
    """

    def __init__(
        self,
        source: FrameSource,
        scorer: Scorer,
        recipe: Recipe,
        log: InspectionLog,
        *,
        outputs: Sequence[Output] = (),
        software_version: str,
        on_result: Callable[[Result], None] | None = None,
        judge_ready: Callable[[], Reason | None] = lambda: None,
        recipe_sha256: str | None = None,
        run: str | None = None,
    ) -> None:
        self.run = run or new_run_id()
        self._source = source
        self._info = source.info
        self._board = Board(self.run, OverloadWatch(source.info))
        self._control = Control()
        inbox = self._inbox()
        outbox: BoundedQueue[LogEntry] = BoundedQueue(VERDICTS_AHEAD, BYTES_AHEAD, lambda entry: entry.held_bytes)
        who = judged_by(scorer, recipe, software_version, recipe_sha256)
        setup = JudgingSetup(scorer, recipe, who, judge_ready, self.run)
        journal = RunJournal(log, self._board.tally, RunIdentity(self.run, who, scorer.info.profile))
        self._recorder = Recorder(
            log,
            self._board,
            self._control,
            journal,
            outputs=outputs,
            on_result=on_result,
            source_waits=not isinstance(source, WatchedSource),
        )
        inspector = Inspector(inbox, setup, outbox, self._board, self._control, journal)
        acquirer = Acquirer(source, inbox, self._board, self._control, journal)
        self._threads = (
            threading.Thread(target=self._recorder.run, args=(outbox,), name="crane-record"),
            threading.Thread(target=inspector.run, name="crane-inspect"),
            threading.Thread(target=acquirer.run, name="crane-acquire"),
        )
        self._guard = threading.Lock()
        self._started = False

    def _inbox(self) -> Mailbox[Part]:
        if self._info.every_part:
            return BoundedQueue(PARTS_AHEAD)
        return LatestSlot(lambda _: self._board.tally.lost(LossCause.SKIPPED))

    def start(self) -> None:
        """Start the run; returns at once.

        Raises
        ------
        RuntimeError
            If the line was started or stopped before.
        """
        with self._guard:
            if self._started or self._control.stop.is_set():
                raise RuntimeError("a line runs once")
            self._started = True
            for thread in self._threads:
                thread.start()

    def request_stop(self) -> None:
        """Ask the line to take no more frames; returns at once, may be called from any thread.

        Where every frame is a part, the few that were taken are still judged; otherwise they are late.
        """
        self._control.stop.set()
        if not self._info.every_part:
            self._control.hurry.set()

    def stop(self, timeout_s: float = 10.0) -> bool:
        """Stop and wait; afterwards nothing is pending in the balance.

        Parts that are not begun when most of the time is over are late. Where a thread hangs in a camera,
        a model or a log, the line is given up: its frames are counted as late, and whatever the hung thread
        brings afterwards is dropped (but records that were just being written may still reach the log).

        Parameters
        ----------
        timeout_s
            The bound of the whole call.

        Returns
        -------
        bool
            True where all threads have ended.

        Raises
        ------
        RuntimeError
            If called on one of the line's own threads, which must use `request_stop`.
        """
        if threading.current_thread() in self._threads:
            raise RuntimeError("a line cannot wait for itself; use request_stop")
        deadline_s = time.monotonic() + timeout_s
        self.request_stop()
        self._end_acquisition(timeout_s)
        if self.join(max(0.0, deadline_s - time.monotonic() - timeout_s * (1 - _FINISH_SHARE))):
            return True
        self._control.hurry.set()
        if self.join(max(0.0, deadline_s - time.monotonic() - timeout_s * _LAST_WORD_SHARE)):
            return True
        hung = ", ".join(thread.name for thread in self._threads if thread.is_alive())
        _log.error("the line does not stop, given up: %s (%d frames late)", hung, self._board.tally.settle())
        self._control.give_up()
        # Where it is not the recording thread that hangs, the log still hears that the run was given up.
        self._threads[0].join(max(0.0, deadline_s - time.monotonic()))
        return False

    def _end_acquisition(self, timeout_s: float) -> None:
        """Close the source from here where its own thread does not come back from it."""
        acquirer = self._threads[-1]
        patience_s = min(_SOURCE_PATIENCE_S, timeout_s / 4)
        if self._started:
            acquirer.join(patience_s)
        if acquirer.is_alive():
            # On a thread of its own that may outlive us: whatever hangs the source may hang its closing too.
            closer = threading.Thread(
                target=close_source, args=(self._source, self._board), name="crane-close-source", daemon=True
            )
            closer.start()
            closer.join(patience_s)

    def join(self, timeout_s: float) -> bool:
        """Wait for the run's end; True where all threads have ended within `timeout_s` (or never started)."""
        deadline_s = time.monotonic() + timeout_s
        if not self._started:
            return True
        for thread in reversed(self._threads):
            thread.join(max(0.0, deadline_s - time.monotonic()))
        return self._finished()

    def snapshot(self) -> LineSnapshot:
        """Return everything worth showing, as it is now."""
        finished = self._finished()
        # Asked anew: a camera knows its own name only once it is open.
        source = self._source
        status = source.status() if isinstance(source, WatchedSource) else None
        state = self._state(finished=finished)
        return self._board.snapshot(state, source.info, finished=finished, source_status=status)

    def _finished(self) -> bool:
        ended = self._started and not any(thread.is_alive() for thread in self._threads)
        if ended:
            self._settle()
        return ended

    def _settle(self) -> None:
        """Look for the last time at what a run that has ended tells; its recording thread closed the balance."""
        self._recorder.look_at_outputs()  # a camera tells of its last pulses when it closes

    def _state(self, *, finished: bool) -> StationState:
        if not self._started:
            return StationState.INITIALIZED
        if finished:
            return StationState.READY
        return StationState.STOPPING if self._control.stop.is_set() else StationState.RUNNING
