"""A log is made, brought up to date, or refused and left exactly as it is."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from crane_desktop.domain.errors import InputError
from crane_desktop.records import migrate
from crane_desktop.records.database import connect, writing_engine
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.migrate import prepare_database
from crane_desktop.records.queries import RecordReader
from crane_desktop.records.schema import HEAD, metadata
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.texts import LANGUAGES, error_text


def _contents(data: DataDir) -> dict[str, bytes]:
    """The log's files with something in them; SQLite's shared memory and an empty WAL say nothing of the log."""
    files = {p.name: p.read_bytes() for p in data.records.iterdir() if p.name.startswith(data.log_file.stem)}
    return {name: content for name, content in files.items() if content and not name.endswith("-shm")}


def _refused_untouched(data: DataDir, key: str) -> None:
    before = _contents(data)
    for opener in (SqliteInspectionLog, RecordReader):
        with pytest.raises(InputError) as caught:
            opener(data)
        assert caught.value.key == key
        for language in LANGUAGES:
            assert str(data.log_file) in error_text(caught.value, language)
    assert _contents(data) == before


def test_the_migrations_give_what_the_schema_says(data: DataDir) -> None:
    prepare_database(data.log_file)
    engine = writing_engine(data.log_file)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_the_head_that_the_program_knows_is_the_newest_script() -> None:
    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_current_head() == HEAD
    # An old program tells a newer database by its number.
    assert all(script.revision.isdecimal() for script in scripts.walk_revisions())


def test_a_log_is_made_durable_and_pageable(data: DataDir) -> None:
    prepare_database(data.log_file)
    with closing(connect(data.log_file, "ro")) as connection:
        plan = connection.execute(
            "EXPLAIN QUERY PLAN SELECT id FROM records WHERE verdict = 'NG' AND id < 9 ORDER BY id DESC LIMIT 5"
        ).fetchall()
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert "ix_records_verdict" in str(plan)
    assert "TEMP B-TREE" not in str(plan)
    engine = writing_engine(data.log_file)
    with engine.connect() as connection:
        # 2 is FULL: the journal is synced at every commit.
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    engine.dispose()


def test_a_present_log_is_only_looked_at(data: DataDir) -> None:
    prepare_database(data.log_file)
    before = _contents(data)
    prepare_database(data.log_file)
    assert _contents(data) == before


def test_an_empty_file_is_a_new_log(data: DataDir) -> None:
    data.log_file.touch()
    with RecordReader(data) as reader:
        assert reader.page() == []


def test_a_newer_log_is_refused(data: DataDir, judged) -> None:
    log = SqliteInspectionLog(data)
    log.append([judged(1)])
    log.close()
    with closing(connect(data.log_file, "rwc")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    _refused_untouched(data, "records.too_new")


@pytest.mark.parametrize(
    "content", [b"this is no database at all, but long enough to be looked at " * 20, b"\0" * 4096]
)
def test_something_else_is_refused(data: DataDir, content: bytes) -> None:
    data.log_file.write_bytes(content)
    _refused_untouched(data, "records.damaged")


def test_a_log_with_damaged_pages_is_refused(data: DataDir, judged) -> None:
    log = SqliteInspectionLog(data, keep_images="none")
    log.append([judged(n) for n in range(1, 200)])
    log.close()
    content = bytearray(data.log_file.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    data.log_file.write_bytes(bytes(content))
    _refused_untouched(data, "records.damaged")


def test_a_log_that_was_cut_short_is_refused(data: DataDir, judged) -> None:
    log = SqliteInspectionLog(data, keep_images="none")
    log.append([judged(n) for n in range(1, 2000)])
    log.close()
    content = data.log_file.read_bytes()
    data.log_file.write_bytes(content[: len(content) // 2])
    _refused_untouched(data, "records.damaged")


def test_the_database_of_another_program_is_refused(data: DataDir) -> None:
    with closing(connect(data.log_file, "rwc")) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    _refused_untouched(data, "records.not_ours")


def test_a_folder_in_the_logs_place_is_refused(data: DataDir) -> None:
    data.log_file.mkdir()
    with pytest.raises(InputError, match=r"records\.unopenable"):
        SqliteInspectionLog(data)


def test_a_records_folder_that_is_gone_is_refused(data: DataDir) -> None:
    shutil.rmtree(data.records)
    data.records.write_text("a file")
    with pytest.raises(InputError, match=r"records\.unopenable"):
        SqliteInspectionLog(data)


def test_a_failed_step_changes_nothing(data: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    """Power may fail in the middle of a migration; the next start must find the log as it was."""

    def half(connection) -> None:
        connection.exec_driver_sql("CREATE TABLE records (id INTEGER)")
        raise InputError("records.busy", path=data.log_file)

    monkeypatch.setattr(migrate, "_upgrade", half)
    with pytest.raises(InputError, match=r"records\.busy"):
        prepare_database(data.log_file)
    monkeypatch.undo()
    with closing(connect(data.log_file, "ro")) as connection:
        assert connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone() == (0,)
    prepare_database(data.log_file)
