"""A commit that fails says nothing: its outcome is looked up before anybody is told or a picture is moved."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.events import EventKind, exported
from crane_desktop.domain.ports import LogEntry
from crane_desktop.records import database
from crane_desktop.records import ledger as ledger_module
from crane_desktop.records.anchor import Newest
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.outcome import Outcome
from crane_desktop.records.quarantine import held
from crane_desktop.records.queries import RecordReader
from crane_desktop.records.verify import LogProof, verify_log
from crane_desktop.settings.data_dir import DataDir

Judged = Callable[..., LogEntry]
NOTE = exported("records", "x.csv")


@pytest.fixture
def data(with_log: DataDir) -> DataDir:
    return with_log


class Commits:
    """The commits of a log's connection, which fail when they are told to."""

    def __init__(self, log: SqliteInspectionLog, monkeypatch: pytest.MonkeyPatch) -> None:
        self._dialect = log._writer._ledger._held._engine.dialect
        self._real = self._dialect.do_commit
        self._next: list[str] = []
        monkeypatch.setattr(self._dialect, "do_commit", self._do)

    def fail(self, *how: str) -> None:
        """``before``: nothing is committed; ``after``: all of it is; ``works``: neither."""
        self._next += how

    def _do(self, connection: Any) -> None:
        how = self._next.pop(0) if self._next else "works"
        if how != "before":
            self._real(connection)
        if how != "works":
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR
            raise error


@pytest.fixture
def commits(log: SqliteInspectionLog, monkeypatch: pytest.MonkeyPatch) -> Commits:
    return Commits(log, monkeypatch)


def pictures(data: DataDir) -> int:
    return sum(1 for f in data.images.rglob("*.png"))


def settled(data: DataDir) -> list[tuple[list[int], bool]]:
    with RecordReader(data) as reader:
        rows = reader.events(kind=EventKind.LOG_SETTLED)
    return [(row.event.details["records"], row.event.details["recorded"]) for row in rows]


def test_a_commit_that_failed_although_it_happened_is_acknowledged(
    log: SqliteInspectionLog, data: DataDir, judged: Judged, commits: Commits
) -> None:
    commits.fail("after")
    assert log.append([judged(1), NOTE, judged(2)]) == [1, 1, 2]
    assert pictures(data) == 4
    assert log.append([judged(3)]) == [3]
    assert verify_log(data) == LogProof(3)


def test_one_that_did_not_happen_is_told_and_can_never_come_back(
    log: SqliteInspectionLog, data: DataDir, judged: Judged, commits: Commits
) -> None:
    commits.fail("before")
    with pytest.raises(StationFault, match=r"records\.not_written"):
        log.append([judged(1), judged(2)])
    assert settled(data) == [([1, 2], False)]
    assert (pictures(data), held(data.quarantine)) == (0, 4), "moved, not deleted"
    assert log.append([judged(3)]) == [1]
    assert verify_log(data) == LogProof(1)


@pytest.mark.parametrize(("how", "recorded"), [("after", True), ("before", False)])
def test_where_it_cannot_be_known_nothing_is_acknowledged_until_it_is(
    log: SqliteInspectionLog,
    data: DataDir,
    judged: Judged,
    commits: Commits,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
    recorded: bool,
) -> None:
    log.append([judged(1)])
    with monkeypatch.context() as blind:
        blind.setattr(ledger_module, "outcome_of", lambda *_: Outcome.UNKNOWN)
        commits.fail(how)
        with pytest.raises(StationFault, match=r"records\.not_written"):
            log.append([judged(2)])
        with pytest.raises(StationFault, match=r"records\.outcome_unknown"):
            log.append([judged(3)])
        assert (pictures(data), held(data.quarantine)) == (4, 0), "its row may name them"
    assert log.append([judged(4)]) == [3 if recorded else 2]
    assert settled(data) == [([2], recorded)]
    assert (pictures(data), held(data.quarantine)) == ((6, 0) if recorded else (4, 2))
    assert verify_log(data) == LogProof(3 if recorded else 2)


def test_it_is_settled_by_the_time_the_log_is_closed(
    data: DataDir, judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(SqliteInspectionLog(data, keep_images="all")) as log:
        commits = Commits(log, monkeypatch)
        with monkeypatch.context() as blind:
            blind.setattr(ledger_module, "outcome_of", lambda *_: Outcome.UNKNOWN)
            commits.fail("after")
            with pytest.raises(StationFault):
                log.append([judged(1)])
    assert settled(data) == [([1], True)]
    assert verify_log(data) == LogProof(1)


def test_an_absence_that_cannot_be_made_final_is_not_known_yet(
    log: SqliteInspectionLog, data: DataDir, judged: Judged, commits: Commits
) -> None:
    """The journal may hold the entries whole, behind its end: until it is written on, they can come back."""
    commits.fail("before", "works", "before")  # the batch, the look-up, the event that would make it final
    with pytest.raises(StationFault, match=r"records\.not_written"):
        log.append([judged(1)])
    assert (pictures(data), held(data.quarantine)) == (2, 0)
    assert log.append([judged(2)]) == [1]
    assert settled(data) == [([1], False)]
    assert (pictures(data), held(data.quarantine)) == (2, 2)


def test_what_a_failed_sync_left_in_memory_only_is_written_out_before_it_is_acknowledged(
    log: SqliteInspectionLog, judged: Judged, commits: Commits, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as stuck:
        stuck.setattr(ledger_module, "folded_in", lambda _connection: False)
        commits.fail("after")
        with pytest.raises(StationFault):
            log.append([judged(1)])
    assert log.append([judged(2)]) == [2]


def test_half_a_batch_proves_nothing(data: DataDir, judged: Judged) -> None:
    with closing(SqliteInspectionLog(data)) as log:
        log.append([judged(1), judged(2)])
        ledger = log._writer._ledger
        newest = ledger.mark.newest
        assert newest is not None
        with closing(database.connect(data.log_file, "rwc")) as plain:
            plain.execute("DELETE FROM records WHERE id = 1")
            first = Newest(newest.table, 1, 1, newest.moment)
        engine = database.reading_engine(data.log_file)
        with engine.connect() as connection, connection.begin():
            assert ledger_module.outcome_of(connection, [first, newest]) is Outcome.UNKNOWN
            assert ledger_module.outcome_of(connection, [newest]) is Outcome.DURABLE
            assert ledger_module.outcome_of(connection, [first]) is Outcome.ABSENT
        engine.dispose()
