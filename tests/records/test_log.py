"""The log takes verdicts, keeps the pictures it was told to keep, and says plainly when it cannot."""

from __future__ import annotations

import shutil
import threading
from collections import namedtuple
from pathlib import Path

import pytest

from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.domain.ports import InspectionLog
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.records import database
from crane_desktop.records.archive import Archive
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.queries import RecordReader
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.texts import LANGUAGES, error_text

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def log(data: DataDir):
    opened = SqliteInspectionLog(data, keep_images="all")
    yield opened
    opened.close()


def _pictures(data: DataDir) -> list[Path]:
    return sorted(p for p in data.images.rglob("*") if p.is_file())


def _count(data: DataDir) -> int:
    with RecordReader(data) as reader:
        return reader.stats()["records"]


def test_it_is_the_port(log: SqliteInspectionLog) -> None:
    port: InspectionLog = log
    assert port.append([]) == []


def test_ids_come_in_order_and_are_never_given_twice(log: SqliteInspectionLog, data: DataDir, judged) -> None:
    assert log.append([judged(n) for n in range(1, 4)]) == [1, 2, 3]
    log.close()
    connection = database.connect(data.log_file, "rwc")
    connection.execute("DELETE FROM records")
    connection.close()
    again = SqliteInspectionLog(data)
    try:
        assert again.append([judged(4)]) == [4]
    finally:
        again.close()


def test_a_record_holds_what_was_judged(log: SqliteInspectionLog, data: DataDir, judged) -> None:
    entry = judged(7)
    (record_id,) = log.append([entry])
    with RecordReader(data) as reader:
        record = reader.record(record_id)
    assert record.pixels is not None
    assert record.anomaly_map is not None
    assert (record.pixels == entry.frame.pixels).all()
    assert abs(record.anomaly_map.values - entry.anomaly_map.values).max() <= 0.5 / 65535 + 1e-7
    assert record.anomaly_map.placement == entry.anomaly_map.placement
    assert record.regions == (entry.inspection.regions[0].outline,)
    assert record.row.decided_at == entry.inspection.decided_at
    assert record.row.verdict is Verdict.NG
    assert record.fields["file"] == "部品7.png"
    assert record.fields["recipe"] == "既定"


@pytest.mark.parametrize(("keep", "kept"), [("all", 4), ("not_ok", 3), ("none", 0)])
def test_only_the_wanted_pictures_are_kept(data: DataDir, judged, keep, kept: int) -> None:
    log = SqliteInspectionLog(data, keep_images=keep)
    log.append([judged(n, verdict) for n, verdict in enumerate(Verdict, start=1)])
    log.close()
    assert len(_pictures(data)) == 2 * kept
    assert _count(data) == 4


def test_a_part_without_a_picture_is_recorded_too(log: SqliteInspectionLog, data: DataDir, judged) -> None:
    (record_id,) = log.append([judged(1, Verdict.NONE, pictures=False)])
    with RecordReader(data) as reader:
        record = reader.record(record_id)
    assert record.pixels is None
    assert record.anomaly_map is None
    assert _pictures(data) == []


def test_pictures_lie_in_folders_by_utc_day(log: SqliteInspectionLog, data: DataDir, judged) -> None:
    log.append([judged(0), judged(5)])
    days = {p.parent.relative_to(data.images).as_posix() for p in _pictures(data)}
    assert days == {"2026/03/31", "2026/04/01"}
    assert all("NG" in p.name for p in _pictures(data))


def test_below_the_reserve_pictures_are_skipped_but_verdicts_are_not(
    log: SqliteInspectionLog, data: DataDir, judged, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**12, 10**12, 100 * 2**20))
    assert log.append([judged(1)]) == [1]
    assert _pictures(data) == []
    assert "below the reserve" in caplog.text
    monkeypatch.undo()
    log.append([judged(2)])
    assert len(_pictures(data)) == 2


def test_no_space_for_a_picture_costs_the_picture_not_the_verdict(
    log: SqliteInspectionLog, data: DataDir, judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object, **_kw: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("crane_desktop.records.archive.write_synced", full)
    assert log.append([judged(1)]) == [1]
    with RecordReader(data) as reader:
        assert reader.record(1).fields["image_path"] == ""


def test_a_full_disk_is_told_and_nothing_is_left_behind(data: DataDir, judged, monkeypatch: pytest.MonkeyPatch) -> None:
    # SQLite's own bound on a file's pages: from there on it reports a full disk, for real.
    pragmas = (*database._WRITER_PRAGMAS, "PRAGMA max_page_count = 40")
    monkeypatch.setattr(database, "_WRITER_PRAGMAS", pragmas)
    log = SqliteInspectionLog(data, keep_images="all")
    try:
        log.append([judged(1)])
        before = _pictures(data)
        with pytest.raises(StationFault, match=r"records\.disk_full") as caught:
            log.append([judged(n) for n in range(2, 300)])
        assert str(data.log_file) in error_text(caught.value, "ja")
        assert _pictures(data) == before
        assert _count(data) == 1
        monkeypatch.undo()
        assert log.append([judged(3)]) == [2]
    finally:
        log.close()
    assert _count(data) == 2


def test_a_database_locked_by_another_program_is_told_and_recovers(
    data: DataDir, judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.2)
    log = SqliteInspectionLog(data, keep_images="all")
    viewer = database.connect(data.log_file, "rwc")
    try:
        viewer.execute("BEGIN IMMEDIATE")
        with pytest.raises(StationFault, match=r"records\.locked"):
            log.append([judged(1)])
        assert _pictures(data) == []
        viewer.execute("ROLLBACK")
        assert log.append([judged(2)]) == [1]
    finally:
        viewer.close()
        log.close()


def test_a_slow_disk_costs_the_pictures_not_the_verdicts(
    data: DataDir, judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    original = Archive.write

    def slow(self, entry, files, *, compress):
        if entry.inspection.origin.frame_id == 1:
            assert go_on.wait(30)
        return original(self, entry, files, compress=compress)

    monkeypatch.setattr(Archive, "write", slow)
    log = SqliteInspectionLog(data, keep_images="all")
    try:
        assert log.append([judged(1), judged(2)], timeout_s=1.0) == [1, 2]
        go_on.set()
    finally:
        go_on.set()
        log.close()
    with RecordReader(data) as reader:
        assert [reader.record(number).fields["image_note"] for number in (1, 2)] == ["disk_slow", ""]
    assert len(_pictures(data)) == 2, "what came too late has gone again"
    assert not [file for file in data.images.rglob("*") if file.name.endswith(".part")]


def test_an_archive_that_cannot_be_written_is_told(data: DataDir, judged) -> None:
    data.images.rmdir()
    data.images.write_text("a file where the folder was")
    log = SqliteInspectionLog(data, keep_images="all")
    try:
        with pytest.raises(StationFault, match=r"records\.not_written"):
            log.append([judged(1)])
        assert log.append([judged(2, pictures=False)]) == [1]
    finally:
        log.close()


def test_a_log_deleted_under_the_running_line_is_told(log: SqliteInspectionLog, data: DataDir, judged) -> None:
    log.append([judged(1)])
    data.log_file.unlink()
    with pytest.raises(StationFault, match=r"records\.gone"):
        log.append([judged(2)])


def test_a_second_writer_is_refused_until_the_first_is_closed(log: SqliteInspectionLog, data: DataDir) -> None:
    with pytest.raises(InputError, match=r"records\.in_use") as caught:
        SqliteInspectionLog(data)
    assert all(str(data.records) in error_text(caught.value, language) for language in LANGUAGES)
    log.close()
    SqliteInspectionLog(data).close()


def test_close_is_idempotent_ends_the_thread_and_refuses_more(data: DataDir, judged) -> None:
    log = SqliteInspectionLog(data)
    log.append([judged(1)])
    log.close()
    log.close()
    assert "crane-log" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(StationFault, match=r"records\.closed"):
        log.append([judged(2)])
    # Everything is folded into the one file, which may then be copied away.
    names = sorted(p.name for p in data.records.iterdir() if p.name.startswith("log"))
    assert names == [data.anchor_file.name, data.log_file.name]


def test_many_threads_may_append(data: DataDir, judged) -> None:
    log = SqliteInspectionLog(data, keep_images="none")
    ids: list[int] = []

    def write(start: int) -> None:
        for number in range(start, start + 20):
            ids.extend(log.append([judged(number, pictures=False)]))

    threads = [threading.Thread(target=write, args=(100 * n + 1,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    log.close()
    assert sorted(ids) == list(range(1, 81))


def test_a_verdict_that_the_table_refuses_costs_its_batch_and_no_more(
    log: SqliteInspectionLog, data: DataDir, judged
) -> None:
    bad = judged(2, decided_at=judged(2).inspection.decided_at.replace(tzinfo=None))
    with pytest.raises(StationFault):
        log.append([judged(1), bad])
    assert _pictures(data) == []
    assert log.append([judged(3)]) == [1]
