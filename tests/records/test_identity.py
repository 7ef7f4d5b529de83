"""The log's files are moved, deleted or replaced while it is written: what nobody can read is told to nobody."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crane_desktop.domain.errors import CraneError, StationFault
from crane_desktop.domain.ports import LogEntry
from crane_desktop.records import database, migrate
from crane_desktop.records import held_log as held_module
from crane_desktop.records import numbering as numbering_module
from crane_desktop.records.anchor import Anchor, read_mark
from crane_desktop.records.file_identity import files_of, inode, journal_of
from crane_desktop.records.held_log import HeldLog
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.queries import RecordReader
from crane_desktop.records.verify import LogProof, verify_log
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.texts import LANGUAGES, error_text

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows lets nobody move an open file")

Judged = Callable[..., LogEntry]
Harm = Callable[[DataDir], None]


@pytest.fixture
def data(with_log: DataDir) -> DataDir:
    return with_log


def files_in(data: DataDir) -> list[str]:
    with closing(database.connect(data.log_file, "ro")) as connection:
        return [file for (file,) in connection.execute("SELECT file FROM records ORDER BY id")]


def replaced_by_a_copy(data: DataDir) -> None:
    copy = data.root / "copy.sqlite3"
    shutil.copy(data.log_file, copy)
    copy.replace(data.log_file)


def replaced_by_another(data: DataDir) -> None:
    data.log_file.unlink()
    with closing(sqlite3.connect(data.log_file)) as other:
        other.execute("CREATE TABLE bookmarks (url TEXT)")


def renamed(data: DataDir) -> None:
    data.log_file.rename(data.root / "elsewhere.sqlite3")


def deleted(data: DataDir) -> None:
    data.log_file.unlink()


def folder_renamed(data: DataDir) -> None:
    data.records.rename(data.root / "old records")


def journal_deleted(data: DataDir) -> None:
    journal_of(data.log_file).unlink()


def journal_replaced(data: DataDir) -> None:
    journal = journal_of(data.log_file)
    copy = data.root / "copy-wal"
    shutil.copy(journal, copy)
    copy.replace(journal)


def index_deleted(data: DataDir) -> None:
    Path(f"{data.log_file}-shm").unlink()


HARMS = [
    (replaced_by_a_copy, "records.replaced"),
    (replaced_by_another, "records.replaced"),
    (renamed, "records.gone"),
    (deleted, "records.gone"),
    (folder_renamed, "records.gone"),
    (journal_deleted, "records.journal_gone"),
    (journal_replaced, "records.journal_gone"),
    (index_deleted, "records.journal_gone"),
]


@pytest.mark.parametrize(("harm", "key"), HARMS, ids=[harm.__name__ for harm, _ in HARMS])
def test_a_log_that_is_no_longer_itself_takes_no_verdict(
    log: SqliteInspectionLog, data: DataDir, judged: Judged, harm: Harm, key: str
) -> None:
    log.append([judged(1)])
    harm(data)
    with pytest.raises(StationFault) as caught:
        log.append([judged(2, pictures=False)])
    assert caught.value.key == key
    assert all(str(data.log_file) in error_text(caught.value, language) for language in LANGUAGES)


@pytest.mark.parametrize("harm", [replaced_by_a_copy, renamed, deleted, journal_deleted])
def test_nor_does_one_that_is_exchanged_in_the_middle_of_a_batch(
    log: SqliteInspectionLog, data: DataDir, judged: Judged, monkeypatch: pytest.MonkeyPatch, harm: Harm
) -> None:
    log.append([judged(1)])
    real = numbering_module._insert_one

    def meanwhile(*rest: Any) -> int:
        given = real(*rest)
        harm(data)
        return given

    monkeypatch.setattr(numbering_module, "_insert_one", meanwhile)
    with pytest.raises(StationFault):
        log.append([judged(2)])


@pytest.mark.parametrize("harm", [replaced_by_a_copy, renamed])
def test_nor_one_that_is_exchanged_with_the_commit(
    log: SqliteInspectionLog, data: DataDir, judged: Judged, monkeypatch: pytest.MonkeyPatch, harm: Harm
) -> None:
    """What went into a file without a name is gone, or in another's hands: nobody can answer for it."""
    log.append([judged(1)])
    checks, real = iter(range(100)), HeldLog.check

    def meanwhile(self: HeldLog) -> None:
        if next(checks) == 3:  # before the pictures, before the rows, with them, and now after the commit
            harm(data)
        real(self)

    monkeypatch.setattr(HeldLog, "check", meanwhile)
    with pytest.raises(StationFault):
        log.append([judged(2)])
    assert len(list(data.images.rglob("*.png"))) == 4, "its pictures stay until it is known what became of it"


def overwritten_by_a_backup(data: DataDir) -> None:
    data.log_file.write_bytes((data.root / "backup").read_bytes())


def overwritten_with_nonsense(data: DataDir) -> None:
    data.log_file.write_bytes(b"x" * data.log_file.stat().st_size)


def journal_emptied(data: DataDir) -> None:
    with journal_of(data.log_file).open("r+b") as file:
        file.truncate(0)


@pytest.mark.parametrize("harm", [overwritten_by_a_backup, overwritten_with_nonsense, journal_emptied])
def test_nor_does_one_whose_files_are_written_over_in_their_place(data: DataDir, judged: Judged, harm: Harm) -> None:
    """As ``cp backup log.sqlite3`` does: the file is the same, and what was in it is not."""
    shutil.copy(data.log_file, data.root / "backup")
    with closing(SqliteInspectionLog(data, keep_images="none")) as log:
        log.append([judged(n) for n in range(1, 40)])
        if harm is not journal_emptied:
            with closing(database.connect(data.log_file, "rwc")) as viewer:
                viewer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            log.append([judged(40)])
        harm(data)
        content = data.log_file.read_bytes()
        os.utime(data.log_file, ns=(1, 1))  # however coarse the disk's clock is
        for _ in range(2):
            with pytest.raises(StationFault, match=r"records\.overwritten"):
                log.append([judged(41)])
    assert data.log_file.read_bytes() == content


def another_database(place: Path) -> bytes:
    with closing(sqlite3.connect(place)) as other:
        other.execute("CREATE TABLE bookmarks (url TEXT)")
        other.executemany("INSERT INTO bookmarks VALUES (?)", [(f"https://example.com/{n}",) for n in range(2000)])
        other.commit()
    return place.read_bytes()


def another_log(place: Path, judged: Judged) -> bytes:
    other = DataDir(place)
    other.prepare()
    with closing(SqliteInspectionLog(other, keep_images="none")) as log:
        log.append([judged(n) for n in range(1, 80)])
    return other.log_file.read_bytes()


@pytest.mark.parametrize("foreign", ["another log", "another database", "no database"])
@pytest.mark.parametrize("told", [True, False], ids=["a verdict came after it", "the program ends at once"])
@pytest.mark.parametrize("taken", [True, False], ids=["with its journal taken away", "with its journal left there"])
def test_a_file_that_was_written_over_the_log_is_left_as_it_is(
    data: DataDir, judged: Judged, foreign: str, told: bool, taken: bool
) -> None:
    """On closing SQLite would fold the old log's journal into it, whatever it is."""
    content = {
        "another log": lambda: another_log(data.root / "other", judged),
        "another database": lambda: another_database(data.root / "other.sqlite3"),
        "no database": lambda: b"words, nothing else\n" * 3000,
    }[foreign]()
    with closing(SqliteInspectionLog(data, keep_images="none")) as log:
        log.append([judged(n) for n in range(1, 120)])
        data.log_file.write_bytes(content)
        os.utime(data.log_file, ns=(1, 1))  # however coarse the disk's clock is
        if taken:
            journal_of(data.log_file).unlink()
        if told:
            with pytest.raises(StationFault):
                log.append([judged(200)])
    assert data.log_file.read_bytes() == content
    if not taken:
        assert not journal_of(data.log_file).exists(), "whoever opens the file next would get the old log's pages"
        assert journal_of(data.log_file).with_name(journal_of(data.log_file).name + ".lost").stat().st_size


@pytest.mark.parametrize("foreign", ["another log", "another database", "no database"])
def test_nor_is_one_spoiled_that_was_written_over_the_log_of_a_killed_program(
    data: DataDir, judged: Judged, foreign: str
) -> None:
    with closing(SqliteInspectionLog(data, keep_images="none")) as log:
        log.append([judged(n) for n in range(1, 120)])
        log.append([judged(120)])
        left = {path: path.read_bytes() for path in (journal_of(data.log_file), data.anchor_file)}
    content = {
        "another log": lambda: another_log(data.root / "other", judged),
        "another database": lambda: another_database(data.root / "other.sqlite3"),
        "no database": lambda: b"words, nothing else\n" * 3000,
    }[foreign]()
    data.log_file.write_bytes(content)
    for path, old in left.items():
        path.write_bytes(old)
    anchor = Anchor(data.anchor_file)
    mark = anchor.load()
    assert mark is not None
    anchor.write(replace(mark, journal=inode(files_of(data.log_file).journal)))  # the test's journal is a new file
    migrate.keep_foreign_journal(data.log_file)
    assert data.log_file.read_bytes() == content
    assert not journal_of(data.log_file).exists()


def test_a_viewer_that_folds_the_journal_in_harms_nothing(
    log: SqliteInspectionLog, data: DataDir, judged: Judged
) -> None:
    log.append([judged(1)])
    with closing(database.connect(data.log_file, "rwc")) as viewer:
        viewer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert log.append([judged(2)]) == [2]
    assert verify_log(data) == LogProof(2)


def test_a_log_that_nobody_else_touches_is_never_read_anew(
    data: DataDir, judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That would take seconds where there are a million records."""

    def forbidden(_path: Path) -> None:
        raise AssertionError("read anew")

    monkeypatch.setattr(held_module, "reading_engine", forbidden)
    for _ in range(2):
        with closing(SqliteInspectionLog(data, keep_images="all")) as log:
            log.append([judged(1)])
            with RecordReader(data) as reader:
                assert reader.page()
            log.append([judged(n, pictures=False) for n in range(2, 300)])
            log.append([judged(1)])


def test_what_was_acknowledged_before_the_journal_was_deleted_is_kept(
    log: SqliteInspectionLog, data: DataDir, judged: Judged
) -> None:
    log.append([judged(1), judged(2)])
    journal_deleted(data)
    with pytest.raises(StationFault, match=r"records\.journal_gone"):
        log.append([judged(3)])
    assert log.append([judged(4)]) == [3]
    assert files_in(data) == ["部品1.png", "部品2.png", "部品4.png"]
    assert verify_log(data) == LogProof(3)


def test_a_log_that_is_put_back_goes_on(log: SqliteInspectionLog, data: DataDir, judged: Judged) -> None:
    log.append([judged(1)])
    renamed(data)
    for _ in range(2):
        with pytest.raises(StationFault, match=r"records\.gone"):
            log.append([judged(2)])
    (data.root / "elsewhere.sqlite3").rename(data.log_file)
    assert log.append([judged(3)]) == [2]
    assert verify_log(data) == LogProof(2)


def test_another_log_is_gone_on_with_only_by_a_new_start(
    log: SqliteInspectionLog, data: DataDir, judged: Judged, made_log: Path
) -> None:
    log.append([judged(1), judged(2)])
    deleted(data)
    shutil.copy(made_log, data.log_file)
    for _ in range(2):
        with pytest.raises(StationFault, match=r"records\.replaced"):
            log.append([judged(3)])
    findings = log.clean_up()
    assert [finding.key for finding in findings] == ["records.other_log", "records.pictures_unnamed"]
    assert log.append([judged(4)]) == [1]
    with RecordReader(data) as reader:
        assert [row.file for row in reader.page()] == ["部品4.png"]


def test_a_disk_that_does_not_tell_which_files_there_are_is_a_fault(
    log: SqliteInspectionLog, judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_path: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(held_module, "files_of", failing)
    with pytest.raises(StationFault, match=r"records\.not_written"):
        log.append([judged(1, pictures=False)])
    monkeypatch.undo()
    assert log.append([judged(2, pictures=False)]) == [1]


def test_a_journal_whose_database_is_gone_is_kept(data: DataDir, judged: Judged) -> None:
    """SQLite would delete it with the entries that never reached the database."""
    with closing(SqliteInspectionLog(data)) as log:
        log.append([judged(1)])
        content = journal_of(data.log_file).read_bytes()
    data.log_file.unlink()
    journal_of(data.log_file).write_bytes(content)
    with RecordReader(data) as reader:
        assert reader.page() == []
    assert journal_of(data.log_file).with_name("log.sqlite3-wal.lost").read_bytes() == content


def test_a_journal_whose_database_was_exchanged_is_not_written_into_the_other(
    data: DataDir, judged: Judged, made_log: Path
) -> None:
    """A killed station's journal beside a backup: SQLite would mix the pages of both."""
    with closing(SqliteInspectionLog(data)) as log:
        log.append([judged(1)])
        killed = DataDir(data.root.parent / "killed")
        shutil.copytree(data.root, killed.root)
    mark = read_mark(killed.anchor_file)
    assert mark is not None
    there = files_of(killed.log_file)
    anchor = Anchor(killed.anchor_file)
    anchor.load()
    anchor.write(replace(mark, database=inode(there.database), journal=inode(there.journal)))
    copy = killed.root / "backup"
    shutil.copy(made_log, copy)
    copy.replace(killed.log_file)
    with RecordReader(killed) as reader:
        assert reader.page() == []
    assert journal_of(killed.log_file).with_name("log.sqlite3-wal.lost").exists()


def test_a_missing_file_is_nobody(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    found = files_of(tmp_path / "a")
    assert found.database is not None
    assert (found.journal, found.index) == (None, None)
    assert files_of(tmp_path / "a" / "below a file").database is None


def test_errors_at_a_start_are_the_known_ones(data: DataDir) -> None:
    data.log_file.unlink()
    data.log_file.mkdir()
    with pytest.raises(CraneError):
        SqliteInspectionLog(data)
