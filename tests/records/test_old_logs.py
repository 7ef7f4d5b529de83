"""A log of any earlier version is brought to today's form with everything in it, or stays exactly as it was."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config

from crane_desktop.domain.events import exported
from crane_desktop.domain.ports import LogEntry
from crane_desktop.records import migrate
from crane_desktop.records.database import connect, writing_engine
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.migrate import prepare_database
from crane_desktop.records.queries import RecordReader
from crane_desktop.records.schema import HEAD
from crane_desktop.records.verify import LogProof, verify_log
from crane_desktop.settings.data_dir import DataDir

Judged = Callable[..., LogEntry]
EARLIER = [f"{number:04d}" for number in range(1, int(HEAD))]
ROW: dict[str, Any] = {
    "decided_at": "2026-03-31T23:59:58.123456Z",
    "verdict": "NG",
    "reason": "score_over_threshold",
    "reason_detail": "",
    "score": 0.75,
    "latency_ms": 12.5,
    "regions": "[]",
    "frame_id": 7,
    "source_id": "folder:ライン",
    "arrived_at": "2026-03-31T23:59:58.000000Z",
    "arrived_ns": -5,
    "file": "部品.png",
    "recipe": "既定",
    "recipe_version": 3,
    "pack": "demo",
    "pack_version": "1.0",
    "pack_sha256": "ab" * 32,
    "software_version": "0.1.0",
    "device": "cpu",
    "for_demonstration": 1,
}


def old_log(path: Path, revision: str, rows: int) -> None:
    """Make a log as the migrations of that time made it, with so many records."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    engine = writing_engine(path)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        names = ", ".join(ROW)
        places = ", ".join("?" for _ in ROW)
        if rows:
            connection.exec_driver_sql(
                f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})"
                f" INSERT INTO records ({names}) SELECT {places} FROM n",
                tuple(ROW.values()),
            )
    engine.dispose()


def dump(path: Path) -> list[str]:
    with closing(connect(path, "ro")) as connection:
        return list(connection.iterdump())


@pytest.mark.parametrize("rows", [0, 3])
@pytest.mark.parametrize("revision", EARLIER)
def test_an_earlier_log_is_brought_up_to_date_and_goes_on(
    data: DataDir, judged: Judged, revision: str, rows: int
) -> None:
    old_log(data.log_file, revision, rows)
    with RecordReader(data) as reader:
        assert [row.record_id for row in reader.page()] == list(range(rows, 0, -1))
        assert reader.events() == reader.runs() == []
        stats = reader.stats()
        assert (stats["records"], stats["ng"], stats["runs"], stats["unknown"]) == (rows, rows, 0, 0)
        if rows:
            record = reader.record(2)
            assert record.row.run is None
            kept = {name: record.fields[name] for name in ("file", "recipe", "score", "frame_id")}
            assert kept == {"file": "部品.png", "recipe": "既定", "score": "0.75", "frame_id": "7"}
            new = ("run", "recipe_sha256", "sequence", "corrections", "original_path")
            assert [record.fields[name] for name in new] == [""] * len(new)
    assert verify_log(data) == LogProof(rows)
    with closing(SqliteInspectionLog(data)) as log:
        assert log.append([exported("records", "x"), judged(1, pictures=False)]) == [1, rows + 1]
    with RecordReader(data) as reader:
        assert reader.events()[0].sequence == rows + 1
    assert verify_log(data) == LogProof(rows + 1)


@pytest.mark.parametrize("revision", EARLIER)
def test_every_way_to_today_ends_in_the_same_form(data: DataDir, tmp_path: Path, revision: str) -> None:
    old_log(data.log_file, revision, 0)
    prepare_database(data.log_file)
    new = tmp_path / "new.sqlite3"
    prepare_database(new)

    def form(path: Path) -> dict[str, list[object]]:
        with closing(connect(path, "ro")) as connection:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            columns = {t: connection.execute(f"PRAGMA table_info({t})").fetchall() for t in tables}
            indexes = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index'").fetchall()
        return {**columns, "indexes": sorted(indexes)}

    assert form(data.log_file) == form(new)


def test_a_big_log_is_brought_up_to_date_without_rewriting_its_records(data: DataDir) -> None:
    """Columns are added to the table's description; the new indexes hold nothing of old records."""
    old_log(data.log_file, EARLIER[-1], 100_000)
    before = data.log_file.stat().st_size
    prepare_database(data.log_file)
    assert data.log_file.stat().st_size - before < 200_000
    with RecordReader(data) as reader:
        assert reader.count() == 100_000
        assert [row.record_id for row in reader.page(before=50_000, limit=2)] == [49_999, 49_998]


_KILLED = """
import os, signal, sys
from pathlib import Path
from crane_desktop.records.migrate import prepare_database

after, done = int(sys.argv[2]), 0

import alembic.op as op
for name in ("add_column", "create_index", "create_table"):
    real = getattr(op, name)
    def step(*args, _real=real, **named):
        global done
        if done == after:
            os.kill(os.getpid(), signal.SIGKILL)
        done += 1
        return _real(*args, **named)
    setattr(op, name, step)
prepare_database(Path(sys.argv[1]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize("after", [1, 5])
def test_a_program_killed_in_the_middle_of_it_leaves_the_log_as_it_was(data: DataDir, after: int) -> None:
    old_log(data.log_file, EARLIER[-1], 50)
    before = dump(data.log_file)
    done = subprocess.run([sys.executable, "-c", _KILLED, str(data.log_file), str(after)], timeout=60, check=False)
    assert done.returncode == -9
    assert dump(data.log_file) == before
    prepare_database(data.log_file)
    assert verify_log(data) == LogProof(50)


@pytest.mark.parametrize("step", ["add_column", "create_index", "create_table"])
def test_a_step_that_fails_undoes_those_before_it(data: DataDir, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic import op

    old_log(data.log_file, EARLIER[-1], 5)
    before = dump(data.log_file)

    def full(*_: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(op, step, full)
    with pytest.raises(Exception, match=r"records\.unopenable"):
        prepare_database(data.log_file)
    assert dump(data.log_file) == before
    monkeypatch.undo()
    prepare_database(data.log_file)
    assert verify_log(data) == LogProof(5)


def test_an_earlier_programs_corrections_are_kept(data: DataDir) -> None:
    old_log(data.log_file, "0002", 1)
    step = [{"step": "gamma", "values": [0.5], "reference_sha256": None}]
    with closing(connect(data.log_file, "rwc")) as connection:
        connection.execute("UPDATE records SET corrections = ?", (json.dumps(step),))
    with RecordReader(data) as reader:
        assert json.loads(reader.record(1).fields["corrections"]) == step
