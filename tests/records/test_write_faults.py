"""Whatever fails while the log is written: all of a batch is there or none, nobody is told otherwise, it heals."""

from __future__ import annotations

import errno
import shutil
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from crane_desktop.domain.errors import CraneError, InputError, StationFault
from crane_desktop.domain.events import Event, EventKind, exported
from crane_desktop.domain.ports import LogEntry
from crane_desktop.records import database
from crane_desktop.records import log as log_module
from crane_desktop.records import numbering as numbering_module
from crane_desktop.records import writer as writer_module
from crane_desktop.records.faults import database_fault, disk_fault
from crane_desktop.records.ledger import Ledger
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.migrate import opening_error
from crane_desktop.records.queries import RecordReader
from crane_desktop.records.verify import LogProof, verify_log
from crane_desktop.records.writer import Writer
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.texts import LANGUAGES, error_text

Judged = Callable[..., LogEntry]
NOTE = exported("records", "x.csv")


@pytest.fixture
def data(with_log: DataDir) -> DataDir:
    return with_log


def broken(code: int, message: str = "it broke") -> OperationalError:
    error = sqlite3.OperationalError(message)
    error.sqlite_errorcode = code
    return OperationalError("INSERT", {}, error)


def contents(data: DataDir) -> tuple[list[int], list[int], list[str]]:
    with closing(database.connect(data.log_file, "ro")) as connection:
        tables = [[row[0] for row in connection.execute(f"SELECT id FROM {name}")] for name in ("records", "events")]
    pictures = sorted(f.name for f in data.images.rglob("*") if f.is_file())
    return tables[0], tables[1], pictures


@pytest.mark.parametrize(
    ("code", "key"),
    [
        (sqlite3.SQLITE_FULL, "records.disk_full"),
        (sqlite3.SQLITE_BUSY, "records.locked"),
        (sqlite3.SQLITE_LOCKED, "records.locked"),
        (sqlite3.SQLITE_CORRUPT, "records.corrupt"),
        (sqlite3.SQLITE_NOTADB, "records.corrupt"),
        (sqlite3.SQLITE_IOERR, "records.not_written"),
        (sqlite3.SQLITE_IOERR | 5 << 8, "records.not_written"),
        (sqlite3.SQLITE_READONLY, "records.not_written"),
        (sqlite3.SQLITE_CANTOPEN, "records.not_written"),
    ],
)
@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_row_that_fails_takes_its_batch_with_it_and_the_next_is_written(
    log: SqliteInspectionLog,
    data: DataDir,
    judged: Judged,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    key: str,
    after: int,
) -> None:
    log.append([judged(1), NOTE])
    before, calls = contents(data), iter(range(100))
    real = numbering_module._insert_one

    def failing(connection: Connection, *rest: Any) -> int:
        if next(calls) == after:
            raise broken(code)
        return real(connection, *rest)

    monkeypatch.setattr(numbering_module, "_insert_one", failing)
    with pytest.raises(StationFault) as caught:
        log.append([judged(2), NOTE, judged(3), NOTE])
    assert caught.value.key == key
    assert all(str(data.log_file) in error_text(caught.value, language) for language in LANGUAGES)
    assert contents(data) == before
    monkeypatch.undo()
    assert log.append([judged(4), NOTE]) == [2, 2]
    assert verify_log(data) == LogProof(2)


@pytest.mark.parametrize("error", [ValueError("bug"), KeyError("bug"), MemoryError()])
def test_what_nobody_thought_of_is_a_fault_too(
    log: SqliteInspectionLog, data: DataDir, judged: Judged, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def failing(*_: object) -> int:
        raise error

    monkeypatch.setattr(numbering_module, "_insert_one", failing)
    with pytest.raises(StationFault, match=r"records\.broken"):
        log.append([judged(1), NOTE])
    monkeypatch.undo()
    assert contents(data) == ([], [], [])
    assert log.append([NOTE, judged(2)]) == [1, 1]


@pytest.mark.parametrize(
    ("number", "key"), [(28, "records.disk_full"), (errno.EDQUOT, "records.disk_full"), (5, "records.not_written")]
)
def test_a_disk_whose_space_cannot_be_asked_for_is_told(
    log: SqliteInspectionLog, judged: Judged, monkeypatch: pytest.MonkeyPatch, number: int, key: str
) -> None:
    def failing(_path: Path) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr(shutil, "disk_usage", failing)
    with pytest.raises(StationFault) as caught:
        log.append([judged(1)])
    assert caught.value.key == key
    assert log.append([judged(2, pictures=False), NOTE]) == [1, 1], "what has no picture needs no space for one"


def test_a_picture_that_fails_costs_no_event_written_on_its_own(
    log: SqliteInspectionLog, data: DataDir, judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **_named: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("crane_desktop.records.archive.write_synced", failing)
    with pytest.raises(StationFault, match=r"records\.not_written"):
        log.append([judged(1)])
    assert log.note(NOTE) == 1
    assert contents(data) == ([], [1], [])


def test_a_slow_event_is_given_up_in_time_and_never_turns_up_later(
    log: SqliteInspectionLog, data: DataDir, judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Held up before its commit, it is taken back; the verdicts behind it are written as ever."""
    go_on, real = threading.Event(), Writer.write

    def slow(self: Writer, entries: Any, may_commit: Any) -> Any:
        assert go_on.wait(30)
        return real(self, entries, may_commit)

    monkeypatch.setattr(Writer, "write", slow)
    with pytest.raises(StationFault, match=r"records\.too_slow"):
        log.note(NOTE, timeout_s=0.02)
    go_on.set()
    assert log.append([judged(1, pictures=False)]) == [1]
    assert contents(data) == ([1], [], [])


def test_a_commit_that_hangs_is_waited_for_twice_and_what_it_brought_is_in_order(
    log: SqliteInspectionLog, data: DataDir, judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, begun, real = threading.Event(), threading.Event(), Ledger.add

    def slow(self: Ledger, rows: Any) -> list[int]:
        begun.set()
        assert go_on.wait(30)
        return real(self, rows)

    monkeypatch.setattr(Ledger, "add", slow)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(log.append, [judged(1, pictures=False)], 0.05)
        assert begun.wait(20)
        assert isinstance(waiting.exception(20), StationFault)
        go_on.set()
    assert log.append([NOTE, judged(2, pictures=False)]) == [1, 2]
    assert contents(data) == ([1, 2], [1], [])
    assert verify_log(data) == LogProof(2)


def test_many_threads_write_verdicts_and_events_in_one_order(data: DataDir, judged: Judged) -> None:
    with closing(SqliteInspectionLog(data, keep_images="none")) as log, ThreadPoolExecutor(4) as pool:
        batches = [[judged(n, pictures=False), NOTE] if n % 3 else [NOTE] for n in range(1, 61)]
        ids = list(pool.map(log.append, batches))
    assert sorted(numbers[0] for numbers, batch in zip(ids, batches, strict=True) if len(batch) > 1) == list(
        range(1, 41)
    )
    assert verify_log(data) == LogProof(40)
    with RecordReader(data) as reader:
        assert len(reader.events(limit=100)) == 60


def test_a_log_whose_file_is_gone_takes_no_event(log: SqliteInspectionLog, data: DataDir) -> None:
    log.note(NOTE)
    data.log_file.unlink()
    with pytest.raises(StationFault, match=r"records\.gone"):
        log.note(NOTE)


def test_a_connection_that_cannot_even_be_closed_is_replaced(
    log: SqliteInspectionLog, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(*_: object) -> int:
        raise broken(sqlite3.SQLITE_IOERR)

    def rude(_: Connection) -> None:
        raise broken(sqlite3.SQLITE_IOERR, "closing too")

    monkeypatch.setattr(numbering_module, "_insert_one", failing)
    monkeypatch.setattr(Connection, "close", rude)
    with pytest.raises(StationFault, match=r"records\.not_written"):
        log.note(NOTE)
    monkeypatch.undo()
    assert "closing the database failed" in caplog.text
    assert log.note(NOTE) == 1


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (broken(sqlite3.SQLITE_CORRUPT), "records.damaged"),
        (OSError(13, "Permission denied"), "records.unopenable"),
        (StationFault("records.corrupt", path="x", detail="y"), "records.corrupt"),
        (ValueError("bug"), "records.broken"),
    ],
)
def test_a_log_that_breaks_while_it_is_opened_is_told_and_can_be_opened_later(
    data: DataDir, monkeypatch: pytest.MonkeyPatch, error: Exception, key: str
) -> None:
    def failing(*_: object) -> int:
        raise error

    monkeypatch.setattr(writer_module, "look_after_pictures", failing)
    with pytest.raises(CraneError) as caught:
        SqliteInspectionLog(data)
    assert caught.value.key == key
    monkeypatch.undo()
    SqliteInspectionLog(data).close()


def test_a_log_that_does_not_open_in_time_is_told(data: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(log_module, "_OPEN_WITHIN_S", 0.02)
    monkeypatch.setattr(writer_module, "look_after_pictures", lambda *_: (go_on.wait(30), ())[1])
    with pytest.raises(InputError, match=r"records\.slow_to_open"):
        SqliteInspectionLog(data)
    thread = next(t for t in threading.enumerate() if t.name == "crane-log")
    go_on.set()
    thread.join(20)
    assert not thread.is_alive(), "whoever was not waited for ends by itself"


def test_a_close_that_hangs_is_told_and_does_not_hang_its_caller(
    data: DataDir, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    go_on, real = threading.Event(), Writer.close

    def slow(self: Writer) -> None:
        assert go_on.wait(30)
        real(self)

    log = SqliteInspectionLog(data)
    monkeypatch.setattr(Writer, "close", slow)
    log.close(timeout_s=0.02)
    assert "did not close" in caplog.text
    go_on.set()
    log.close()
    assert "crane-log" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize("fault", [database_fault(broken(0), Path("x")), disk_fault(OSError("odd"), Path("x"))])
def test_a_failure_without_a_number_is_told_in_its_own_words(fault: StationFault) -> None:
    assert fault.key == "records.not_written"
    assert str(fault.params["detail"]).endswith(("it broke", "odd"))


def test_a_plain_drivers_error_at_opening_is_told_by_its_code() -> None:
    error = sqlite3.DatabaseError("malformed")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    assert opening_error(error, Path("x")).key == "records.damaged"
    assert opening_error(sqlite3.DatabaseError("odd"), Path("x")).key == "records.unopenable"


def test_an_event_of_what_json_does_not_know_is_refused_and_nothing_of_it_stays(
    log: SqliteInspectionLog, data: DataDir
) -> None:
    with pytest.raises(StationFault):
        log.note(Event(EventKind.EXPORTED, details={"what": Path("x")}))  # type: ignore[dict-item]
    assert log.note(NOTE) == 1
    assert verify_log(data) == LogProof(0)
