"""The pool of pictures: what one picture suffers costs no other; a dead disk is not asked again; nothing is left."""

from __future__ import annotations

import errno
import itertools
import threading
from collections import namedtuple
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from eventually import eventually

from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.ports import LogEntry, PictureKeeper
from crane_desktop.records import picture_pool
from crane_desktop.records.archive import Archive
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.queries import RecordReader
from crane_desktop.records.verify import LogProof, verify_log
from crane_desktop.records.writer import Writer
from crane_desktop.settings.data_dir import DataDir

Judged = Callable[..., LogEntry]
Usage = namedtuple("Usage", "total used free")


def files(data: DataDir) -> list[Path]:
    return [file for file in data.images.rglob("*") if file.is_file()]


def notes(data: DataDir) -> list[str]:
    with RecordReader(data) as reader:
        return [reader.record(row.record_id).fields["image_note"] for row in reversed(reader.page())]


def failing_for(number: int, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pictures of the part of that number fail."""
    real = Archive.write

    def write(self: Archive, entry: LogEntry, *args: Any, **named: Any) -> None:
        if entry.inspection.origin.frame_id == number:
            raise error
        real(self, entry, *args, **named)

    monkeypatch.setattr(Archive, "write", write)


def test_it_is_the_port(log: SqliteInspectionLog) -> None:
    assert isinstance(log, PictureKeeper)


def test_a_disk_that_is_full_for_one_costs_one_its_pictures(
    log: SqliteInspectionLog, data: DataDir, judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_for(2, OSError(errno.ENOSPC, "full"), monkeypatch)
    assert log.append([judged(1), judged(2), judged(3)]) == [1, 2, 3]
    assert notes(data) == ["", "disk_full", ""]
    assert len(files(data)) == 4
    assert verify_log(data) == LogProof(3)


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), ValueError("bug")])
def test_pictures_that_fail_are_known_before_the_rows_are_written(
    log: SqliteInspectionLog, data: DataDir, judged: Judged, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    failing_for(2, error, monkeypatch)
    begun = [log.begin_pictures(judged(number)) for number in (1, 2, 3)]
    assert all(entry.pictures is not None and entry.pictures.wait(20) for entry in begun)
    faults = [entry.pictures.fault for entry in begun if entry.pictures is not None]
    assert [fault is None for fault in faults] == [True, False, True]
    assert log.append([begun[0], begun[2]]) == [1, 2]
    with pytest.raises(StationFault):
        log.append([begun[1]])
    assert len(files(data)) == 4


def test_a_disk_that_takes_nothing_is_not_asked_again_until_it_moves(
    log: SqliteInspectionLog, data: DataDir, judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, real = threading.Event(), Archive.write

    def hanging(self: Archive, *args: Any, **named: Any) -> None:
        assert go_on.wait(30)
        real(self, *args, **named)

    monkeypatch.setattr(Archive, "write", hanging)
    monkeypatch.setattr(picture_pool, "STUCK_AFTER_S", 0.0)
    first = log.begin_pictures(judged(1))
    second = log.begin_pictures(judged(2))
    assert second.pictures is not None
    assert second.pictures.wait(0.0)
    assert second.pictures.not_kept == "disk_slow"
    go_on.set()
    assert first.pictures is not None
    assert first.pictures.wait(20)
    assert log.append([first, second]) == [1, 2]
    assert notes(data) == ["", "disk_slow"]
    monkeypatch.undo()
    log.append([judged(3)])
    assert notes(data)[-1] == "", "it moves again"


def test_while_others_are_under_way_pictures_are_stored_not_compressed(
    log: SqliteInspectionLog, judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[int, bool] = {}
    go_on, real = threading.Event(), Archive.write

    def watched(self: Archive, entry: LogEntry, *args: Any, compress: bool) -> None:
        seen[entry.inspection.origin.frame_id] = compress
        assert go_on.wait(30)
        real(self, entry, *args, compress=compress)

    monkeypatch.setattr(picture_pool, "COMPRESSED_AT_ONCE", 1)
    monkeypatch.setattr(picture_pool, "CALM_AFTER", 2)
    monkeypatch.setattr(Archive, "write", watched)
    begun = [log.begin_pictures(judged(number)) for number in (1, 2, 3)]
    go_on.set()
    log.append(begun)
    assert seen == {1: True, 2: False, 3: False}
    numbers = itertools.count(4)
    assert eventually(lambda: log.append([judged(number := next(numbers))]) and seen[number]), "it is calm again"
    assert not seen[4], "one that finds the pool free is no calm yet"


def test_pictures_that_are_asked_for_no_more_go_from_the_disk(
    log: SqliteInspectionLog, data: DataDir, judged: Judged
) -> None:
    entry = log.begin_pictures(judged(1))
    assert entry.pictures is not None
    assert entry.pictures.wait(20)
    assert len(files(data)) == 2
    entry.pictures.give_up()
    assert files(data) == []
    assert log.append([entry]) == [1]
    assert notes(data) == ["disk_slow"]


def test_what_a_disk_does_not_let_go_of_is_this_sessions_and_the_next_run_sees_to_it(
    data: DataDir, with_log: DataDir, judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that refuses a picture may refuse to remove what is there of it as well."""

    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    def half(path: Path, _: object) -> None:
        path.write_bytes(b"half of it")
        refused()

    with monkeypatch.context() as broken:
        broken.setattr("crane_desktop.records.archive.write_synced", half)
        broken.setattr(Path, "unlink", refused)
        with closing(SqliteInspectionLog(with_log, keep_images="all")) as log, pytest.raises(StationFault):
            log.append([judged(1)])
    assert [file.suffix for file in files(data)] == [".part"]
    assert verify_log(data) == LogProof(0), "nothing here is anybody's evidence"
    with closing(SqliteInspectionLog(with_log, keep_images="all")) as again:
        assert again.findings == ()
        assert again.append([judged(1)]) == [1]
    assert len(files(data)) == 2
    assert verify_log(data) == LogProof(1)


def test_rows_that_do_not_become_durable_leave_no_picture(
    log: SqliteInspectionLog, data: DataDir, judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, begun, real = threading.Event(), threading.Event(), Writer.write

    def slow(self: Writer, entries: Any, may_commit: Any) -> Any:
        begun.set()
        assert go_on.wait(30)
        return real(self, entries, may_commit)

    monkeypatch.setattr(Writer, "write", slow)
    with pytest.raises(StationFault, match=r"records\.too_slow"):
        log.append([judged(1)], timeout_s=0.5)
    with pytest.raises(StationFault, match=r"records\.too_slow"):
        log.append([judged(2)], timeout_s=0.5)
    go_on.set()
    log.append([judged(3, pictures=False)])
    assert files(data) == []


def test_a_rename_that_fails_takes_the_whole_transaction_with_it(
    log: SqliteInspectionLog, data: DataDir, judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, real = iter(range(100)), Path.replace

    def failing(self: Path, target: Path) -> Path:
        if self.suffix == ".part" and next(calls) == 3:
            raise OSError(5, "Input/output error")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(StationFault, match=r"records\.not_written"):
        log.append([judged(1), judged(2)])
    monkeypatch.undo()
    assert files(data) == []
    assert log.append([judged(3)]) == [1]


def test_closing_ends_every_thread_and_a_closed_log_begins_nothing(
    log: SqliteInspectionLog, data: DataDir, judged: Judged
) -> None:
    log.append([judged(number) for number in range(1, 9)])
    log.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("crane-")]
    late = log.begin_pictures(judged(9))
    assert late.pictures is not None
    assert late.pictures.wait(0.0)
    with pytest.raises(StationFault, match=r"records\.closed"):
        log.append([late])
    assert len(files(data)) == 16
