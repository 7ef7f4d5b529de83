"""The third thread: makes verdicts and the run's events durable, and only then tells anyone of a verdict."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from crane_desktop.domain.errors import CraneError, StationFault, Technical, technical
from crane_desktop.domain.ports import InspectionLog, LogEntry, Output
from crane_desktop.domain.station import Result
from crane_desktop.domain.verdicts import Inspection, Reason, ReasonCode, Verdict
from crane_desktop.pipeline.board import Board
from crane_desktop.pipeline.control import POLL_S, Control
from crane_desktop.pipeline.journal import RunJournal
from crane_desktop.pipeline.mailbox import BoundedQueue
from crane_desktop.pipeline.picture_desk import BacklogWatch, PictureDesk, not_kept_fault

APPEND_WITHIN_S = 10.0
_log = logging.getLogger(__name__)


class Recorder:
    """Writes verdicts to the log and publishes them once they are durable.

    A verdict that the log does not take is published as NONE (not recorded): nobody ever sees an OK that is
    not in the log. The next ones are tried again. Pictures are written ahead, each verdict with a time of its own to
    wait for them; events wait for no picture.

    Parameters
    ----------
    source_waits
        Whether the source comes only when it is asked, so that a slow disk loses nothing.
    """

    def __init__(
        self,
        log: InspectionLog,
        board: Board,
        control: Control,
        journal: RunJournal,
        *,
        outputs: Sequence[Output] = (),
        on_result: Callable[[Result], None] | None = None,
        source_waits: bool = True,
    ) -> None:
        self._inspection_log = log
        self._desk = PictureDesk(log)
        self._backlog = BacklogWatch(board, source_waits=source_waits)
        self._board = board
        self._control = control
        self._journal = journal
        self._outputs = tuple(outputs)
        self._on_result = on_result
        self._failing: set[str] = set()

    def run(self, outbox: BoundedQueue[LogEntry]) -> None:
        """Record until the outbox is exhausted, between the run's beginning and its end; never raises."""
        try:
            self._journal.write_begin(self._control.abandoned)
            while not (outbox.exhausted and self._desk.empty) and not self._control.abandoned.is_set():
                self._desk.take(outbox, POLL_S)
                self._look_at_backlog(outbox)
                batch = self._desk.ready()
                if batch and not self._control.abandoned.is_set():
                    self.record(batch)
                self._journal.write_due()
                self.look_at_outputs()
                self._board.look_at_load()
        except Exception as error:  # noqa: BLE001 - the thread's last defence: the line must end in order
            _log.exception("the recording thread failed")
            self._board.fault(StationFault("pipeline.broken", detail=technical(error)))
            self._journal.failed("pipeline.broken")
        finally:
            given_up = self._control.abandoned.is_set()
            # From here on nobody records: where this thread failed, the others must not wait for it.
            self._control.give_up()
            outbox.close()
            self._desk.abandon()
            self._journal.write_end(given_up=given_up)

    def look_at_outputs(self) -> None:
        """Show what the outputs say of themselves; a trouble that comes again is a new one."""
        for output in self._outputs:
            for trouble in output.troubles():
                self._board.recovered(trouble.key)
                self._board.fault(trouble)

    def record(self, batch: Sequence[LogEntry]) -> None:
        """Write `batch` and publish every verdict of it; one whose own pictures failed costs no other."""
        sound = [entry for entry in batch if _fault_of(entry) is None]
        ids, failure = self._append(sound) if sound else ([], "")
        numbers = iter(ids or ())
        for entry in batch:
            fault = _fault_of(entry)
            if fault is not None:
                self._failed(fault)
            record_id = next(numbers, None) if fault is None else None
            inspection = entry.inspection
            if record_id is None:
                inspection = _not_recorded(inspection, failure if fault is None else str(fault))
            else:
                self._look_at_pictures(entry)
            self._tell(Result(inspection, record_id, entry.frame, entry.anomaly_map))

    def _look_at_pictures(self, entry: LogEntry) -> None:
        """Say once where recorded parts are without the pictures that should be kept, until one is kept again."""
        if entry.pictures is None:
            return
        cause = entry.pictures.not_kept
        told = None if cause is None else not_kept_fault(cause)
        others = {"pipeline.pictures_reserve", "pipeline.pictures_full", "pipeline.pictures_slow"}
        self._board.recovered(*(others - {told.key} if told else others))
        if cause is not None and told is not None:
            self._board.picture_not_kept(cause)
            self._board.fault(told)

    def _look_at_backlog(self, outbox: BoundedQueue[LogEntry]) -> None:
        verdicts, held_bytes = outbox.waiting()
        self._backlog.look(
            verdicts + len(self._desk), held_bytes + self._desk.held_bytes, holding=self._desk.full and outbox.full
        )

    def _append(self, batch: Sequence[LogEntry]) -> tuple[list[int] | None, str]:
        begin = self._journal.unwritten_begin()
        try:
            ids = self._inspection_log.append([*begin, *batch], timeout_s=APPEND_WITHIN_S)[len(begin) :]
        except CraneError as error:
            self._failed(error)
            return None, str(error)
        except Exception as error:  # noqa: BLE001 - whatever the log raises, its verdicts are not recorded
            _log.exception("the log failed unexpectedly")
            detail = technical(error)
            self._failed(StationFault("pipeline.log_broken", detail=detail))
            return None, detail
        if len(ids) != len(batch):
            detail = Technical(f"{len(ids)} record ids for {len(batch)} verdicts")
            self._failed(StationFault("pipeline.log_broken", detail=detail))
            return None, detail
        if begin:
            self._journal.begin_is_written()
        self._board.recovered(*self._failing)
        self._failing.clear()
        return ids, ""

    def _failed(self, error: CraneError) -> None:
        self._failing.add(error.key)
        self._board.fault(error)

    def _tell(self, result: Result) -> None:
        reason = result.inspection.reason
        if reason.code is ReasonCode.MODEL_FAULT:
            self._board.fault(StationFault("pipeline.model_failed", detail=Technical(reason.detail)))
        if not self._board.publish(result):
            return
        if result.record_id is None:
            self._journal.not_recorded()
        for output in self._outputs:
            self._guarded(lambda output=output: output.report(result.inspection))  # type: ignore[misc]
        if self._on_result is not None:
            on_result = self._on_result
            self._guarded(lambda: on_result(result))

    def _guarded(self, call: Callable[[], None]) -> None:
        try:
            call()
        except CraneError as error:
            self._board.fault(error)
        except Exception as error:  # noqa: BLE001 - a listener's failure must not end the recording of verdicts
            _log.exception("telling a verdict failed")
            self._board.fault(StationFault("pipeline.telling_failed", detail=technical(error)))


def _fault_of(entry: LogEntry) -> StationFault | None:
    return None if entry.pictures is None else entry.pictures.fault


def _not_recorded(inspection: Inspection, failure: str) -> Inspection:
    return replace(inspection, verdict=Verdict.NONE, reason=Reason(ReasonCode.NOT_RECORDED, failure))
