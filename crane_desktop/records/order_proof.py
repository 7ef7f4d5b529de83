"""Proving the one order of records and events, and the balance of every run, in one pass over both. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from crane_desktop.domain.balance import Balance
from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.events import Event, EventKind, RunEnd, told_counts
from crane_desktop.domain.history import EventRow
from crane_desktop.domain.verdicts import Inspection, Verdict
from crane_desktop.records.balance import problem_of

_TOLD_BY_A_RUN = frozenset({EventKind.RUN_PROGRESS, EventKind.RUN_ENDED, EventKind.CAMERA_GAP})


@dataclass(slots=True)
class _Run:
    recorded: Counter[Verdict] = field(default_factory=Counter)
    told: Balance = field(default_factory=Balance)
    not_recorded: int = 0
    ended: bool = False


class OrderProof:
    """Takes every record and every event in their order, and says where they do not fit together.

    Rows from before there were events have no number; they come before everything that has one.
    """

    def __init__(self) -> None:
        self._newest = self._record_id = self._event_id = 0
        self._runs: dict[str, _Run] = {}

    def record(self, inspection: Inspection, record_id: int, sequence: int | None) -> None:
        """Take the next record.

        Raises
        ------
        StationFault
            If an entry before it is missing.
        ValueError
            If it cannot stand here; its text says why.
        """
        if sequence is None and self._newest:
            raise ValueError("sequence is missing")
        if sequence is not None:
            self._next(sequence)
        if record_id != self._record_id + 1:
            raise StationFault("records.proof_ids", first=self._record_id + 1, last=record_id - 1)
        self._record_id = record_id
        if sequence is None:
            return
        self._fits(sequence)
        if inspection.run is None:
            return
        run = self._runs.get(inspection.run)
        if run is None:
            raise ValueError(f"run {inspection.run} never began")
        if run.ended:
            raise ValueError(f"run {inspection.run} had ended")
        run.recorded[inspection.verdict] += 1

    def event(self, row: EventRow) -> None:
        """Take the next event.

        Raises
        ------
        StationFault
            If an entry before it is missing, or the balance of the run that ends with it is not even.
        ValueError
            If it cannot stand here; its text says why.
        """
        self._next(row.sequence)
        if row.event_id != self._event_id + 1:
            raise ValueError(f"the event before it is {self._event_id}")
        self._event_id = row.event_id
        self._fits(row.sequence)
        event = row.event
        if event.run is None:
            return
        if event.kind is EventKind.RUN_BEGUN:
            self._runs.setdefault(event.run, _Run())
        elif event.kind in _TOLD_BY_A_RUN:
            run = self._runs.get(event.run)
            if run is None:
                raise ValueError(f"run {event.run} never began")
            if event.kind is not EventKind.CAMERA_GAP:
                _told(run, event)

    def end(self, numbers: int) -> None:
        """Take the end, `numbers` being how many ids the log has given.

        Raises
        ------
        StationFault
            If the newest entries are missing.
        """
        newest = self._newest or self._record_id + self._event_id
        if newest != numbers:
            raise StationFault("records.proof_gap", first=newest + 1, last=max(numbers, newest + 1))

    def _fits(self, sequence: int) -> None:
        """Every id of both tables is one place in their order."""
        if sequence != self._record_id + self._event_id:
            raise ValueError(f"place {sequence} after {self._record_id} records and {self._event_id} events")

    def _next(self, sequence: int) -> None:
        # The numbering began somewhere, in a log from before it; from there on it has no gap.
        if self._newest and sequence != self._newest + 1:
            raise StationFault("records.proof_gap", first=self._newest + 1, last=max(sequence - 1, self._newest + 1))
        self._newest = sequence


def _told(run: _Run, event: Event) -> None:
    told, not_recorded = told_counts(event.details)
    _only_grows(run, told, not_recorded)
    run.told, run.not_recorded = told, not_recorded
    if event.kind is EventKind.RUN_PROGRESS:
        if run.ended:
            raise ValueError(f"run {event.run} had ended")
        return
    RunEnd(str(event.details["why"]))
    run.ended = True
    problem = problem_of(run.recorded, told, not_recorded)
    if problem is not None:
        raise StationFault("records.proof_balance", run=event.run, detail=problem)


def _only_grows(run: _Run, told: Balance, not_recorded: int) -> None:
    grown = told.frames >= run.told.frames and not_recorded >= run.not_recorded
    if not grown or any(told.losses.get(cause, 0) < count for cause, count in run.told.losses.items()):
        raise ValueError("its counts are lower than before")
