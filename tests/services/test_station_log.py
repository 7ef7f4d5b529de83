"""The program's one log: opened when it is needed, once, whoever asks; an event that it cannot take undoes nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.domain.events import exported, recipe_changed
from crane_desktop.records.anchor import Anchor
from crane_desktop.records.database import connect
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.queries import RecordReader
from crane_desktop.services.station_log import StationLog
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.store import Settings

NOTE = exported("records", "x.csv")


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    folder = DataDir(tmp_path / "検査")
    folder.prepare()
    return folder


@pytest.fixture
def log(data: DataDir) -> Iterator[StationLog]:
    with StationLog(data, Settings()) as made:
        yield made


def test_nothing_is_opened_before_it_is_needed(log: StationLog, data: DataDir) -> None:
    assert not data.log_file.exists()
    log.close()
    assert not data.log_file.exists()


def test_whoever_notes_something_finds_it_in_the_log(log: StationLog, data: DataDir) -> None:
    assert log.note(recipe_changed("既定", 2, "ab" * 32, "saved"))
    assert log.append([NOTE]) == [2]
    with RecordReader(data) as reader:
        assert [row.event.kind.value for row in reader.events()] == ["exported", "recipe_changed"]


def left_behind(data: DataDir, name: str) -> Path:
    folder = data.images / "2026" / "01" / "02"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"x")
    return folder / name


def test_only_a_run_quarantines_what_a_crash_left_and_it_tells_of_everything_else(data: DataDir) -> None:
    with StationLog(data, Settings()) as log:
        assert log.note(NOTE)
    anchor = Anchor(data.anchor_file)
    mark = anchor.load()
    assert mark is not None
    anchor.write(replace(mark, sessions=("beef",)), sync=True)
    of_the_killed, other = (left_behind(data, f"120000-000000-{who}0000-NG.png") for who in ("beef", "cafe"))
    with StationLog(data, Settings()) as log:
        assert log.note(NOTE)
        assert of_the_killed.exists(), "whoever only notes an event moves nothing"
        assert [finding.key for finding in log.open()] == ["records.pictures_unnamed"]
        assert other.exists()
        assert not of_the_killed.exists()
        assert [file.name for file in data.quarantine.rglob("*.png")] == [of_the_killed.name]


def test_a_log_that_was_moved_away_is_told_to_the_next_run_and_costs_no_picture(data: DataDir) -> None:
    with StationLog(data, Settings()) as log:
        assert log.note(NOTE)
        log.open()
    picture = left_behind(data, "120000-000000-beef0000-NG.png")
    data.log_file.rename(data.root / "safe place.sqlite3")
    with StationLog(data, Settings()) as log:
        assert log.note(NOTE), "whoever notes an event first takes nothing of it away"
    for _ in range(2):
        with StationLog(data, Settings()) as log:
            assert [finding.key for finding in log.open()] == ["records.other_log", "records.pictures_unnamed"]
    assert picture.exists()


def test_many_threads_share_one_writer(log: StationLog, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[str, int]] = []
    real = SqliteInspectionLog

    def counted(data: DataDir, *, keep_images: str, reserve_mb: int, **more: int) -> SqliteInspectionLog:
        made.append((keep_images, reserve_mb))
        return real(data, keep_images=keep_images, reserve_mb=reserve_mb, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("crane_desktop.records.log.SqliteInspectionLog", counted)
    together = threading.Barrier(4)

    def note(_: int) -> bool:
        together.wait(20)
        return log.note(NOTE)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(note, range(4)))
    assert made == [(Settings().keep_images, Settings().reserve_mb)]


def test_an_event_that_the_log_does_not_take_is_told_to_the_programs_own_log(
    log: StationLog, data: DataDir, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crane_desktop.records.database.BUSY_TIMEOUT_S", 0.05)
    log.open()
    with closing(connect(data.log_file, "rwc")) as viewer:
        viewer.execute("BEGIN IMMEDIATE")
        assert not log.note(NOTE)
        viewer.execute("ROLLBACK")
    assert "x.csv" in caplog.text
    assert log.note(NOTE)


def test_a_log_that_cannot_be_opened_is_told_to_a_run_and_costs_a_use_case_nothing(
    log: StationLog, data: DataDir, caplog: pytest.LogCaptureFixture
) -> None:
    data.log_file.write_bytes(b"no database, but long enough to be looked at " * 20)
    with pytest.raises(InputError, match=r"records\.damaged"):
        log.open()
    with pytest.raises(InputError, match=r"records\.damaged"):
        log.append([NOTE])
    assert not log.note(NOTE)
    assert "records.damaged" in caplog.text
    data.log_file.unlink()
    assert log.note(NOTE), "the next one tries again"


def test_a_closed_log_takes_nothing_and_lets_the_next_one_in(log: StationLog, data: DataDir) -> None:
    log.open()
    log.close()
    log.close()
    assert not log.note(NOTE)
    with pytest.raises(StationFault, match=r"records\.closed"):
        log.append([NOTE])
    with pytest.raises(StationFault, match=r"records\.closed"):
        log.open()
    SqliteInspectionLog(data).close()
