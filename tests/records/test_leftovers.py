"""Pictures that no record names: a crash's go to quarantine, all others stay; what names a verdict is not deleted."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.events import EventKind
from crane_desktop.domain.ports import LogEntry
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.records import orphans as orphans_module
from crane_desktop.records.anchor import Anchor, read_mark
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.orphans import new_session, session_of, sorted_out
from crane_desktop.records.quarantine import files_below, held, move_away, purge, purge_before
from crane_desktop.records.queries import RecordReader
from crane_desktop.records.unnamed import set_aside_unnamed, take_in_named
from crane_desktop.records.verify import LogProof, verify_log
from crane_desktop.settings.data_dir import DataDir

Judged = Callable[..., LogEntry]
KILLED = "beef"


@pytest.fixture
def data(with_log: DataDir, judged: Judged) -> DataDir:
    """Six records with all their pictures, and the sign of a writer that was killed."""
    with closing(SqliteInspectionLog(with_log, keep_images="all")) as log:
        log.append([judged(n) for n in range(1, 7)])
    mark = read_mark(with_log.anchor_file)
    assert mark is not None
    anchor = Anchor(with_log.anchor_file)
    anchor.load()
    anchor.write(replace(mark, sessions=(KILLED,)), sync=True)
    return with_log


def start(data: DataDir, **how: int) -> list[str]:
    with closing(SqliteInspectionLog(data, keep_images="all", **how)) as log:  # type: ignore[arg-type]
        return [finding.key for finding in log.findings]


def files(data: DataDir) -> set[str]:
    return {f.relative_to(data.records).as_posix() for f in data.images.rglob("*") if f.is_file()}


def left_behind(data: DataDir, name: str, day: str = "2026/04/01") -> Path:
    file = data.images / day / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x")
    return file


def moved(data: DataDir) -> list[tuple[str, int]]:
    with RecordReader(data) as reader:
        rows = reader.events(kind=EventKind.PICTURES_MOVED)
    return [(str(row.event.details["why"]), int(str(row.event.details["pictures"]))) for row in rows]


LEFT = [
    f"235959-000000-{KILLED}cafe-NG.png",
    f"235959-000000-{KILLED}cafe-NG-map.png",
    f".235959-000000-{KILLED}cafe-NG.png.0a0b0c0d.part",
]


def test_what_a_killed_writer_left_goes_to_quarantine(data: DataDir) -> None:
    before = files(data)
    left = [left_behind(data, name) for name in LEFT]
    assert verify_log(data) == LogProof(6), "the next run sees to it"
    assert start(data) == []
    assert files(data) == before
    assert sorted(f.name for f in files_below(data.quarantine)) == sorted(f.name for f in left)
    assert moved(data) == [("crash", 3)]
    assert start(data) == []
    assert verify_log(data) == LogProof(6)


@pytest.mark.parametrize("name", ["235959-000000-12345678-NG.png", "photo.png", "x.part"])
def test_what_nobody_can_have_left_is_told_and_not_touched(data: DataDir, name: str) -> None:
    file = left_behind(data, name)
    assert [finding.key for finding in verify_log(data).findings] == ["records.pictures_unnamed"]
    for _ in range(2):
        assert start(data) == ["records.pictures_unnamed"]
    assert file.exists()
    assert held(data.quarantine) == 0


@pytest.mark.parametrize("name", ["memo.txt", "Thumbs.db"])
def test_what_is_no_picture_is_nobodys_business(data: DataDir, name: str) -> None:
    file = left_behind(data, name)
    assert start(data) == []
    assert verify_log(data) == LogProof(6)
    assert file.exists()


def test_more_than_a_crash_can_leave_is_no_crash(data: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orphans_module, "MOST_UNDER_WAY", sum(name.endswith(".png") for name in LEFT) - 1)
    left = [left_behind(data, name) for name in LEFT]
    assert start(data) == ["records.pictures_unnamed"]
    assert all(file.exists() for file in left)


def test_what_had_only_its_temporary_name_does_not_count(data: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pool may have many pictures under way; none of them was part of the archive yet."""
    monkeypatch.setattr(orphans_module, "MOST_UNDER_WAY", sum(name.endswith(".png") for name in LEFT))
    left = [left_behind(data, name) for name in LEFT]
    assert start(data) == []
    assert not any(file.exists() for file in left)


def test_a_start_looks_only_where_a_crash_can_have_been(data: DataDir) -> None:
    """Years of archive cost a start nothing; a proof looks everywhere."""
    old = left_behind(data, "235959-000000-12345678-NG.png", day="2001/01/01")
    assert start(data) == []
    assert [finding.key for finding in verify_log(data).findings] == ["records.pictures_unnamed"]
    assert set_aside_unnamed(data) == 1
    assert not old.exists()


def test_a_moved_database_costs_no_picture(data: DataDir, judged: Judged) -> None:
    """As our own message advises where the log is damaged: move it to a safe place and start anew."""
    before = files(data)
    data.log_file.rename(data.root / "safe place.sqlite3")
    assert start(data) == ["records.other_log", "records.pictures_unnamed"]
    assert files(data) == before
    assert held(data.quarantine) == 0
    (data.root / "safe place.sqlite3").replace(data.log_file)
    start(data)
    assert files(data) == before


@pytest.mark.parametrize("with_anchor", [True, False])
def test_a_backup_put_back_costs_no_picture(data: DataDir, judged: Judged, tmp_path: Path, with_anchor: bool) -> None:
    kept = [data.log_file, data.anchor_file] if with_anchor else [data.log_file]
    for file in kept:
        shutil.copy(file, tmp_path)
    with closing(SqliteInspectionLog(data, keep_images="all")) as log:
        log.append([judged(n) for n in range(10, 15)])
    before = files(data)
    for file in kept:
        shutil.copy(tmp_path / file.name, file)
    assert "records.pictures_unnamed" in start(data)
    assert files(data) == before
    assert held(data.quarantine) == 0


def test_pictures_are_set_aside_and_taken_in_again_when_their_log_is_back(data: DataDir, made_log: Path) -> None:
    before = files(data)
    data.log_file.rename(data.root / "right.sqlite3")
    start(data)
    assert set_aside_unnamed(data) == len(before) == 12
    assert (files(data), held(data.set_aside)) == (set(), 12)
    assert start(data) == ["records.other_log"]
    assert verify_log(data).findings == ()
    assert take_in_named(data) == 0, "no record of this log names them"
    (data.root / "right.sqlite3").replace(data.log_file)
    assert take_in_named(data) == 12
    assert (files(data), held(data.set_aside)) == (before, 0)


def test_without_a_log_every_picture_is_somebodys_decision(data: DataDir) -> None:
    data.log_file.unlink()
    data.anchor_file.unlink()
    assert [finding.key for finding in verify_log(data).findings] == ["records.pictures_unnamed"]
    assert take_in_named(data) == 0
    assert set_aside_unnamed(data) == 12
    assert verify_log(data) == LogProof(0)


def test_a_picture_in_its_place_is_never_overwritten(data: DataDir) -> None:
    name = min(files(data))
    other = data.set_aside / "2026-11-30" / name
    other.parent.mkdir(parents=True)
    other.write_bytes(b"another")
    content = (data.records / name).read_bytes()
    assert take_in_named(data) == 0
    assert (data.records / name).read_bytes() == content
    assert move_away(data.records, [name], data.set_aside, datetime(2026, 11, 30, tzinfo=UTC)) == 1
    assert other.read_bytes() == b"another"
    assert held(data.set_aside) == 2


def test_nobody_moves_pictures_of_a_line_that_is_running(data: DataDir) -> None:
    with closing(SqliteInspectionLog(data)):
        for move in (set_aside_unnamed, take_in_named):
            with pytest.raises(InputError, match=r"records\.in_use"):
                move(data)


def test_a_refused_batchs_pictures_are_kept_in_quarantine(data: DataDir, judged: Judged) -> None:
    with closing(SqliteInspectionLog(data, keep_images="all")) as log:
        before = files(data)
        bad = judged(9, decided_at=judged(9).inspection.decided_at.replace(tzinfo=None))
        with pytest.raises(Exception, match=r"records\."):
            log.append([judged(8, Verdict.NG), bad])
        assert files(data) == before
    assert {f.suffix for f in files_below(data.quarantine)} == {".png"}


# -- retention --------------------------------------------------------------------------------------------

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def in_quarantine(data: DataDir, day: datetime) -> Path:
    name = left_behind(data, f"120000-000000-{new_session()}0000-NG.png").relative_to(data.records).as_posix()
    assert move_away(data.records, [name], data.quarantine, day) == 1
    return data.quarantine / f"{day:%Y-%m-%d}" / name


def test_quarantine_is_emptied_after_its_days(data: DataDir) -> None:
    old, edge, new = (in_quarantine(data, NOW - timedelta(days=days)) for days in (91, 90, 0))
    foreign = data.quarantine / "20010101" / "memo.txt"
    foreign.parent.mkdir()
    foreign.write_text("mine")
    before = purge_before(NOW, NOW, 90)
    assert before is not None
    assert purge(data.quarantine, before) == 1
    assert not old.exists()
    assert not (data.quarantine / "2026-08-31").exists()
    assert edge.exists()
    assert new.exists()
    assert foreign.exists()


def test_a_start_empties_what_is_too_old_by_clock_and_log(data: DataDir, judged: Judged) -> None:
    newest = datetime(2026, 4, 1, tzinfo=UTC)  # the log's newest record is older than today
    old, new = in_quarantine(data, newest - timedelta(days=100)), in_quarantine(data, newest - timedelta(days=80))
    start(data, quarantine_days=0)
    assert old.exists(), "0: for ever"
    start(data)
    assert not old.exists()
    assert new.exists(), "a clock that jumped ahead ages nothing by itself"


@given(st.integers(1, 36_500), st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_nothing_younger_than_its_days_goes_by_either_clock(days: int, now: datetime, newest: datetime) -> None:
    before = purge_before(now, newest, days)
    if before is not None:
        assert before <= min(now, newest) - timedelta(days=days)
    assert purge_before(now, None, days) is None


# -- names ------------------------------------------------------------------------------------------------


@given(st.sampled_from(["120000-000000-", ".120000-000000-"]), st.integers(0, 0xFFFF), st.sampled_from(Verdict))
def test_a_pictures_name_tells_its_writer(head: str, session: int, verdict: Verdict) -> None:
    assert session_of(f"{head}{session:04x}0000-{verdict}.png") == f"{session:04x}"
    assert session_of(f"photo-{session:04x}.png") is None


@given(st.lists(st.sampled_from([*LEFT, "photo.png"]), max_size=9))
def test_every_picture_is_sorted_out_once(names: list[str]) -> None:
    found = sorted_out(iter(names), {KILLED})
    assert sorted((*found.of_a_crash, *found.others)) == sorted(names)
    assert not any(session_of(name) == KILLED for name in found.others)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="rights do not bind everybody")
def test_what_cannot_be_moved_stays(data: DataDir) -> None:
    file = left_behind(data, LEFT[0])
    file.parent.chmod(0o500)
    try:
        assert move_away(data.records, [file.relative_to(data.records).as_posix()], data.quarantine) == 0
        assert file.exists()
    finally:
        file.parent.chmod(0o700)


def test_what_is_not_there_is_passed_over(data: DataDir) -> None:
    assert move_away(data.records, ["images/none.png"], data.quarantine) == 0
    data.set_aside.write_text("a file where the folder should be")
    name = min(files(data))
    assert move_away(data.records, [name], data.set_aside) == 0
    assert (data.records / name).exists()
