"""The first thread: takes events from the source and hands parts on."""

from __future__ import annotations

import logging

from crane_desktop.domain.errors import CraneError, StationFault, technical
from crane_desktop.domain.events import RunEnd
from crane_desktop.domain.frames import (
    EndOfFrames,
    Frame,
    FrameFault,
    FramesLost,
    LossCause,
    SourceBack,
    SourceDown,
    SourceEvent,
)
from crane_desktop.domain.ports import FrameSource
from crane_desktop.pipeline.board import Board
from crane_desktop.pipeline.control import POLL_S, Control
from crane_desktop.pipeline.inspection import Part
from crane_desktop.pipeline.journal import RunJournal
from crane_desktop.pipeline.mailbox import Mailbox

_log = logging.getLogger(__name__)


class Acquirer:
    """Opens the source, takes its events until it ends, fails or is stopped, and closes it.

    Whether a newer part replaces a waiting one or waits for its place is the mailbox's affair.
    """

    def __init__(
        self, source: FrameSource, inbox: Mailbox[Part], board: Board, control: Control, journal: RunJournal
    ) -> None:
        self._source = source
        self._inbox = inbox
        self._board = board
        self._control = control
        self._journal = journal

    def run(self) -> None:
        """Do it all; never raises."""
        why: tuple[RunEnd, str | None] = (RunEnd.FAILED, "pipeline.source_broken")
        try:
            self._open()
            why = (self._take_all(), None)
        except CraneError as error:
            self._board.fault(error)
            why = (RunEnd.FAILED, error.key)
        except Exception as error:  # noqa: BLE001 - the thread's last defence: a driver may raise anything
            _log.exception("the source failed unexpectedly")
            self._board.fault(StationFault("pipeline.source_broken", detail=technical(error)))
        finally:
            self._journal.no_more_frames(*why)
            # First let the others finish what was taken; closing a broken camera may take seconds.
            self._inbox.close()
            close_source(self._source, self._board)

    def _open(self) -> None:
        try:
            self._source.open()
        finally:
            # Asked for only now: a camera knows its own name once it is open.
            self._journal.begin(self._source.info)
        self._journal.wait_begun(self._control.stop)

    def _take_all(self) -> RunEnd:
        while not self._control.stop.is_set():
            event = self._source.next_event(POLL_S)
            if isinstance(event, EndOfFrames):
                return RunEnd.SOURCE_ENDED
            if event is not None:
                self._hand_on(event)
        return RunEnd.STOPPED

    def _hand_on(self, event: SourceEvent) -> None:
        tally = self._board.tally
        if isinstance(event, FramesLost):
            tally.produced(event.count)
            tally.lost(event.cause, event.count)
        elif isinstance(event, Frame | FrameFault):
            tally.produced()
            while not self._inbox.put(event, POLL_S):
                if self._control.hurry.is_set():
                    tally.lost(LossCause.LATE)
                    return
        elif isinstance(event, SourceDown):
            self._board.fault(event.error)
        elif isinstance(event, SourceBack):
            self._board.source_is_back(event.error, event.gap)
            self._journal.gap(event.gap)


def close_source(source: FrameSource, board: Board) -> None:
    """Close the source, whatever it raises."""
    try:
        source.close()
    except CraneError as error:
        board.fault(error)
    except Exception as error:  # noqa: BLE001 - a driver may raise anything, and the line must end all the same
        _log.exception("the source could not be closed")
        board.fault(StationFault("pipeline.source_broken", detail=technical(error)))
