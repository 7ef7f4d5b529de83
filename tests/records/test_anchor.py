"""The anchor outside the database: whatever the log lost at its end is found, told, and never numbered again."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.events import EventKind, exported
from crane_desktop.domain.ports import LogEntry
from crane_desktop.records.anchor import Anchor, Mark, Newest, read_mark
from crane_desktop.records.database import connect
from crane_desktop.records.file_identity import journal_of
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.queries import RecordReader
from crane_desktop.records.verify import LogProof, verify_log
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.texts import LANGUAGES, error_text

Judged = Callable[..., LogEntry]
NOTE = exported("records", "x.csv")
MARK = Mark(7, 3, 2, 3, 2, Newest("records", 3, 5, "2026-03-31T23:59:58.123456Z"), ("beef",))


@pytest.fixture
def data(with_log: DataDir) -> DataDir:
    return with_log


def write(data: DataDir, judged: Judged, numbers: Sequence[int]) -> list[int]:
    with closing(SqliteInspectionLog(data, keep_images="none")) as log:
        return [log.append([judged(n), exported("records", "x.csv")])[0] for n in numbers]


def start(data: DataDir) -> list[str]:
    """Start the station anew; return what it finds."""
    with closing(SqliteInspectionLog(data)) as log:
        assert all(error_text(finding, language) for finding in log.findings for language in LANGUAGES)
        return [finding.key for finding in log.findings]


def found(proof: LogProof) -> list[str]:
    assert all(error_text(finding, language) for finding in proof.findings for language in LANGUAGES)
    return [finding.key for finding in proof.findings]


def change(data: DataDir, statement: str) -> None:
    with closing(connect(data.log_file, "rwc")) as connection:
        connection.execute(statement)


# -- the file ---------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=5))
def test_the_newest_mark_comes_back(tmp_path_factory: pytest.TempPathFactory, ids: list[int]) -> None:
    path = tmp_path_factory.mktemp("anchor") / "a"
    anchor = Anchor(path)
    for number in ids:
        anchor.write(replace(MARK, record_id=number), sync=True)
    assert read_mark(path) == replace(MARK, record_id=ids[-1])
    assert Anchor(path).load() == read_mark(path)


@pytest.mark.parametrize("place", range(0, 2048, 97))
def test_a_place_that_is_torn_leaves_the_one_before(tmp_path: Path, place: int) -> None:
    path = tmp_path / "a"
    anchor = Anchor(path)
    for number in (1, 2, 3):
        anchor.write(replace(MARK, record_id=number), sync=True)
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    mark = read_mark(path)
    assert mark is not None
    assert mark.record_id in (2, 3)
    later = Anchor(path)
    later.load()
    later.write(replace(MARK, record_id=4))
    assert read_mark(path) == replace(MARK, record_id=4)


@pytest.mark.parametrize("content", [b"", b"\0" * 2048, b"x" * 5000, b"{}"])
def test_nonsense_is_no_anchor(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    assert read_mark(path) is None
    assert read_mark(tmp_path) is None
    assert read_mark(tmp_path / "missing") is None


def test_an_anchor_that_cannot_be_written_costs_no_verdict(
    data: DataDir, judged: Judged, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(*_: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Anchor, "_put", failing)
    assert write(data, judged, [1, 2]) == [1, 2]
    assert caplog.text.count("anchor of the log cannot be written") == 1
    caplog.clear()


def test_the_anchor_is_never_ahead_of_the_log_and_reaches_its_end(data: DataDir, judged: Judged) -> None:
    with closing(SqliteInspectionLog(data, keep_images="none")) as log:
        for n in range(1, 4):
            log.append([judged(n), NOTE, judged(n + 10)])
            mark = read_mark(data.anchor_file)
            assert mark is not None
            assert (mark.record_id, mark.event_id, mark.records, mark.events) == (2 * n, n, 2 * n, n)
        assert len(mark.sessions) == 1, "the next start knows whose pictures may lie there"


def test_the_anchor_has_room_for_every_writer_that_was_killed(data: DataDir, judged: Judged) -> None:
    with closing(SqliteInspectionLog(data, clean_up=False, keep_images="none")) as log:
        log.note(NOTE)
        for session in range(30):
            log._writer._ledger._session = f"{session:04x}"
            log.append([judged(session)])
    mark = read_mark(data.anchor_file)
    assert mark is not None
    assert (len(mark.sessions), mark.sessions[-1], mark.records) == (16, "001d", 30)


def test_an_idle_log_syncs_its_anchor_by_itself(data: DataDir, judged: Judged) -> None:
    with closing(SqliteInspectionLog(data, keep_images="none")) as log:
        log.append([judged(1)])
        log.append([judged(2)])
        assert not log._writer.is_idle
        log._writer.tidy()
        assert log._writer.is_idle


# -- what it finds ----------------------------------------------------------------------------------------


def test_a_log_that_was_left_in_order_or_killed_is_its_own(data: DataDir, judged: Judged, tmp_path: Path) -> None:
    write(data, judged, [1, 2])
    assert start(data) == []
    with closing(SqliteInspectionLog(data, keep_images="none")) as log:
        log.append([judged(3)])
        killed = DataDir(tmp_path / "killed")
        shutil.copytree(data.root, killed.root)
        log.append([judged(4)])
    assert start(killed) == []
    assert found(verify_log(killed)) == []


def test_a_commit_that_the_anchor_did_not_hear_of_is_no_finding(data: DataDir, judged: Judged) -> None:
    write(data, judged, [1])
    behind = data.anchor_file.read_bytes()
    write(data, judged, [2, 3])
    data.anchor_file.write_bytes(behind)
    assert found(verify_log(data)) == []
    assert start(data) == []
    mark = read_mark(data.anchor_file)
    assert mark is not None
    assert (mark.records, mark.events) == (3, 3)


@pytest.fixture
def cut(data: DataDir, judged: Judged, tmp_path: Path) -> DataDir:
    """A killed station whose journal has one flipped bit: SQLite drops everything behind it."""
    killed = DataDir(tmp_path / "cut")
    with closing(SqliteInspectionLog(data, keep_images="none")) as log:
        for n in range(1, 31):
            log.append([judged(n)])
        shutil.copytree(data.root, killed.root)
    Path(f"{killed.log_file}-shm").unlink()
    journal = journal_of(killed.log_file)
    content = bytearray(journal.read_bytes())
    content[len(content) // 2] ^= 4
    journal.write_bytes(content)
    return killed


def test_a_journal_cut_by_a_flipped_bit_is_found_by_a_proof(cut: DataDir) -> None:
    assert found(verify_log(cut)) == ["records.log_behind"]


def test_a_journal_cut_by_a_flipped_bit_is_told_at_the_next_start_and_stays_visible(
    cut: DataDir, judged: Judged
) -> None:
    assert start(cut) == ["records.log_behind"]
    assert write(cut, judged, [31]) == [31], "no number is given twice"
    with RecordReader(cut) as reader:
        assert reader.count() < 31
        (told,) = reader.events(kind=EventKind.LOG_INCOMPLETE)
    assert told.event.details["expected"] == 30
    assert found(verify_log(cut)) == ["records.proof_gap", "records.proof_told"]


def test_a_backup_that_is_put_back_is_found(data: DataDir, judged: Judged, tmp_path: Path) -> None:
    write(data, judged, [1, 2])
    backup = shutil.copy(data.log_file, tmp_path / "backup")
    write(data, judged, [3])
    shutil.copy(backup, data.log_file)
    assert found(verify_log(data)) == ["records.log_behind"]
    assert start(data) == ["records.log_behind"]
    assert write(data, judged, [4]) == [4]


def test_a_log_that_was_moved_away_is_found(data: DataDir, judged: Judged, made_log: Path) -> None:
    write(data, judged, [1, 2])
    data.log_file.unlink()
    assert found(verify_log(data)) == ["records.log_missing"]
    shutil.copy(made_log, data.log_file)
    assert found(verify_log(data)) == ["records.other_log"]
    assert start(data) == ["records.other_log"]
    assert write(data, judged, [3]) == [1], "a log of its own"
    assert found(verify_log(data)) == []


def test_a_copy_that_went_its_own_way_is_found(data: DataDir, judged: Judged, tmp_path: Path) -> None:
    write(data, judged, [1])
    other = DataDir(tmp_path / "other")
    shutil.copytree(data.root, other.root)
    write(data, judged, [2, 3])
    write(other, judged, [4, 5])
    shutil.copy(other.log_file, data.log_file)
    assert found(verify_log(data)) == ["records.log_changed"]
    assert start(data) == ["records.log_changed"]


@pytest.mark.parametrize("entries", [[], [1, 2]])
def test_a_program_killed_while_it_made_the_anchor_leaves_no_finding(
    data: DataDir, judged: Judged, entries: list[int]
) -> None:
    write(data, judged, entries)
    start(data)
    mark = read_mark(data.anchor_file)
    change(data, "PRAGMA user_version = 0")
    assert found(verify_log(data)) == []
    assert start(data) == []
    again = read_mark(data.anchor_file)
    assert mark is not None
    assert again is not None
    assert again.log == mark.log


def test_an_anchor_that_is_gone_is_told_once(data: DataDir, judged: Judged) -> None:
    write(data, judged, [1])
    data.anchor_file.unlink()
    assert found(verify_log(data)) == ["records.anchor_gone"]
    assert start(data) == ["records.anchor_gone"]
    assert found(verify_log(data)) == []


def test_what_was_found_is_told_until_a_run_has_begun(data: DataDir, judged: Judged) -> None:
    write(data, judged, [1])
    data.anchor_file.unlink()
    for _ in range(2):
        assert start(data) == ["records.anchor_gone"]
    change(data, "UPDATE events SET kind = 'lunch' WHERE kind = 'log_incomplete'")
    assert start(data) == []


def test_an_entry_that_was_taken_out_is_found_by_the_count(data: DataDir, judged: Judged) -> None:
    """Whoever closes up the places, and the numbers too, does not reach the anchor."""
    write(data, judged, [1, 2, 3])
    change(data, "DELETE FROM records WHERE id = 2")
    assert "records.proof_counts" in found(verify_log(data))
