"""The second thread: judges parts in the order they come."""

from __future__ import annotations

import logging

from crane_desktop.domain.errors import StationFault, technical
from crane_desktop.domain.frames import LossCause
from crane_desktop.domain.ports import LogEntry
from crane_desktop.pipeline.board import Board
from crane_desktop.pipeline.control import POLL_S, Control
from crane_desktop.pipeline.inspection import JudgingSetup, Part, judge
from crane_desktop.pipeline.journal import RunJournal
from crane_desktop.pipeline.mailbox import Mailbox

_log = logging.getLogger(__name__)


class Inspector:
    """Takes parts out of the inbox, judges them and hands the verdicts on to be recorded."""

    def __init__(
        self,
        inbox: Mailbox[Part],
        setup: JudgingSetup,
        outbox: Mailbox[LogEntry],
        board: Board,
        control: Control,
        journal: RunJournal,
    ) -> None:
        self._inbox = inbox
        self._bench = setup
        self._outbox = outbox
        self._board = board
        self._control = control
        self._journal = journal

    def run(self) -> None:
        """Judge until the inbox is exhausted; never raises."""
        try:
            while not self._inbox.exhausted:
                for event in self._inbox.take(1, POLL_S):
                    self._inspect(event)
        except Exception as error:  # noqa: BLE001 - the thread's last defence: the line must end in order
            _log.exception("the inspecting thread failed")
            self._board.fault(StationFault("pipeline.broken", detail=technical(error)))
            self._journal.failed("pipeline.broken")
        finally:
            # Where this thread failed, the source's thread must not wait for it.
            self._control.stop.set()
            self._control.hurry.set()
            self._inbox.close()
            self._outbox.close()

    def _inspect(self, event: Part) -> None:
        if self._control.hurry.is_set():
            self._board.tally.lost(LossCause.LATE)
            return
        entry = judge(event, self._bench)
        while not self._control.abandoned.is_set():
            if self._outbox.put(entry, POLL_S):
                return
