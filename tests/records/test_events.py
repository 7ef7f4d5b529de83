"""Events stand in the log beside verdicts, in one order with them, and come back as they were."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event as hook

from crane_desktop.domain.balance import Balance
from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.domain.events import (
    DETAILS,
    Event,
    EventKind,
    RunEnd,
    alarm_acknowledged,
    alarm_raised,
    alarm_returned,
    camera_gap,
    comeback_confirmed,
    counts_reset,
    exported,
    imported,
    log_incomplete,
    log_settled,
    new_run_id,
    pack_changed,
    pictures_moved,
    pictures_unnamed,
    recipe_changed,
    run_begun,
    run_ended,
    run_progress,
    scanned,
    told_counts,
    unclean_end,
)
from crane_desktop.domain.frames import LossCause
from crane_desktop.domain.health import Gap
from crane_desktop.domain.ports import LogEntry
from crane_desktop.domain.scans import Scan
from crane_desktop.domain.verdicts import JudgedBy, Verdict
from crane_desktop.records.database import connect
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.queries import RecordReader
from crane_desktop.records.row_check import event_of
from crane_desktop.records.rows import event_row_of
from crane_desktop.records.verify import LogProof, verify_log
from crane_desktop.settings.data_dir import DataDir

Judged = Callable[..., LogEntry]
WHO = JudgedBy("既定", 3, "demo", "1.0", "ab" * 32, "0.1.0", "cpu", True, "cd" * 32)
BALANCE = Balance(7, {Verdict.OK: 4, Verdict.NONE: 1}, {LossCause.SKIPPED: 2})
NOW = datetime(2026, 3, 31, 23, 59, 58, 123456, tzinfo=UTC)


def begun(run: str = "r") -> Event:
    return run_begun(run, WHO, source_id="demo:1", source_kind="demo", source="部品", every_part=True, profile="full")


EVENTS = [
    begun(),
    run_progress("r", BALANCE, 1),
    camera_gap("r", Gap(NOW, NOW + timedelta(seconds=3), 2, "camera.lost (device=A)")),
    alarm_raised("camera.lost", "line", "fault", "pulled", run="r"),
    alarm_returned("camera.lost", "line"),
    alarm_acknowledged("camera.lost", "line", run="r"),
    recipe_changed("既定", 4, "ef" * 32, "calibrated", who="山田", parts=25),
    pack_changed("demo", "1.1", "aa" * 32, "installed"),
    imported("recipe", "C:/usb/部品.json", recipe="既定"),
    exported("records", "out.csv", records=12),
    run_ended("r", BALANCE, 1, RunEnd.FAILED, "camera.lost"),
    log_incomplete("records.log_behind", 60, 30),
    log_settled([7, 8], [], recorded=True),
    pictures_moved(3, "quarantine", "crash"),
    pictures_unnamed(3020),
    scanned(Scan("LOT 4711", "]C1", NOW)),
    counts_reset(NOW, {Verdict.OK: 12, Verdict.NG: 1}),
    unclean_end(NOW.isoformat()),
    comeback_confirmed("demo", "既定", "demo"),
]


@pytest.fixture
def data(with_log: DataDir) -> DataDir:
    return with_log


@pytest.fixture
def log(data: DataDir) -> Iterator[SqliteInspectionLog]:
    with closing(SqliteInspectionLog(data, keep_images="none")) as opened:
        yield opened


def order(data: DataDir) -> list[tuple[int, str]]:
    """Every entry's place and what it is."""
    with closing(connect(data.log_file, "ro")) as connection:
        return connection.execute(
            "SELECT sequence, 'record ' || id FROM records UNION SELECT sequence, 'event ' || id FROM events ORDER BY 1"
        ).fetchall()


def test_every_kind_has_a_function_that_makes_it() -> None:
    assert {event.kind for event in EVENTS} == set(EventKind) == set(DETAILS)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind.value)
def test_an_event_comes_back_as_it_was_written(log: SqliteInspectionLog, data: DataDir, event: Event) -> None:
    assert log.note(event) == 1
    with RecordReader(data) as reader:
        (row,) = reader.events()
    assert (row.event_id, row.sequence) == (1, 1)
    assert row.event == event
    assert row.event.at.tzinfo is UTC


def test_verdicts_and_events_stand_in_one_order_and_keep_their_own_numbers(
    log: SqliteInspectionLog, data: DataDir, judged: Judged
) -> None:
    assert log.append([judged(1), EVENTS[3], judged(2)]) == [1, 1, 2]
    assert log.append([EVENTS[4]]) == [2]
    assert log.append([EVENTS[5], judged(3)]) == [3, 3]
    told = ["record 1", "event 1", "record 2", "event 2", "event 3", "record 3"]
    assert order(data) == list(enumerate(told, start=1))


def test_no_place_in_the_order_is_given_twice(data: DataDir, judged: Judged) -> None:
    with closing(SqliteInspectionLog(data)) as log:
        log.append([judged(1, pictures=False), EVENTS[3], judged(2, pictures=False), EVENTS[4]])
    with closing(connect(data.log_file, "rwc")) as connection:
        connection.execute("DELETE FROM records")
        connection.execute("DELETE FROM events")
    with closing(SqliteInspectionLog(data)) as log:
        assert log.append([judged(3, pictures=False), EVENTS[5]]) == [3, 4]
    assert order(data) == [(5, "event 3"), (6, "record 3"), (7, "event 4")], "event 3 tells what was taken out"


def test_a_batch_that_fails_leaves_no_gap_in_the_order(log: SqliteInspectionLog, data: DataDir, judged: Judged) -> None:
    log.append([judged(1), EVENTS[3]])
    bad = judged(2, decided_at=NOW.replace(tzinfo=None))
    with pytest.raises(StationFault):
        log.append([judged(2), EVENTS[4], bad])
    log.append([judged(3), EVENTS[5]])
    assert order(data) == [(1, "record 1"), (2, "event 1"), (3, "record 2"), (4, "event 2")]
    assert verify_log(data) == LogProof(2)


def test_pictures_go_to_the_verdicts_whatever_stands_between_them(data: DataDir, judged: Judged) -> None:
    with closing(SqliteInspectionLog(data, keep_images="all")) as log:
        log.append([EVENTS[3], judged(1), EVENTS[4], judged(2, Verdict.OK, pictures=False), judged(3)])
    with RecordReader(data) as reader:
        pixels = [reader.record(number).pixels for number in (1, 2, 3)]
    assert pixels[1] is None
    for number, kept in ((1, pixels[0]), (3, pixels[2])):
        assert kept is not None
        assert (kept == judged(number).frame.pixels).all()  # type: ignore[union-attr]


def test_an_event_needs_no_pictures_and_no_space_for_them(
    log: SqliteInspectionLog, data: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("crane_desktop.records.archive.write_synced", none_left)
    monkeypatch.setattr("shutil.disk_usage", none_left)
    assert log.note(EVENTS[3]) == 1


@pytest.mark.parametrize("at", [NOW.replace(tzinfo=None), None])
def test_an_event_without_a_moment_is_refused_and_the_log_goes_on(log: SqliteInspectionLog, at: datetime) -> None:
    with pytest.raises(StationFault):
        log.note(Event(EventKind.EXPORTED, at=at, details={"what": "x", "file": "y"}))
    assert log.note(EVENTS[3]) == 1


def test_a_moment_of_another_time_zone_is_the_same_moment(log: SqliteInspectionLog, data: DataDir) -> None:
    there = NOW.astimezone(timezone(timedelta(hours=9)))
    log.note(Event(EventKind.EXPORTED, at=there, details={"what": "x", "file": "y"}))
    with RecordReader(data) as reader:
        assert reader.events()[0].event.at == NOW


def test_a_locked_log_is_told_and_takes_the_next_event(data: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crane_desktop.records.database.BUSY_TIMEOUT_S", 0.05)
    with closing(SqliteInspectionLog(data)) as log, closing(connect(data.log_file, "rwc")) as viewer:
        viewer.execute("BEGIN IMMEDIATE")
        with pytest.raises(StationFault, match=r"records\.locked"):
            log.note(EVENTS[3])
        viewer.execute("ROLLBACK")
        assert log.note(EVENTS[4]) == 1


FLAT = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text()
LISTS = st.lists(FLAT, max_size=3)
PLAIN = FLAT | LISTS | st.lists(LISTS, max_size=2) | st.dictionaries(st.text(), FLAT | LISTS, max_size=3)


@given(st.dictionaries(st.text(max_size=5), PLAIN, max_size=4))
def test_whatever_an_event_carries_can_be_stored_and_read(details: dict[str, object]) -> None:
    """JSON knows no NaN and UTF-8 no lone surrogates; nothing that an event carries may make it unwritable."""
    event = Event(EventKind.EXPORTED, None, {**details, "what": "x", "file": "y"}, NOW)  # type: ignore[dict-item]
    stored = json.loads(json.dumps(event_row_of(event), allow_nan=False, default=str))
    stored["details"]["file"].encode("utf-8")
    row = stored | {"id": 1, "sequence": 1, "at": NOW}
    assert event_of(row).event.details["what"] == "x"


@given(st.integers(0, 10**6), st.dictionaries(st.sampled_from(list(Verdict)), st.integers(1, 10**6)))
def test_told_counts_reads_what_was_told(frames: int, verdicts: dict[Verdict, int]) -> None:
    balance = Balance(frames, verdicts, {LossCause.LATE: 3})
    assert told_counts(run_progress("r", balance, 2).details) == (balance, 2)
    assert told_counts(run_ended("r", balance, 2, RunEnd.STOPPED).details) == (balance, 2)


@pytest.mark.parametrize(
    "change",
    [
        {"frames": -1},
        {"frames": True},
        {"frames": "7"},
        {"frames": None},
        {"verdicts": []},
        {"verdicts": {"MAYBE": 1}},
        {"losses": {"eaten": 1}},
        {"losses": {"late": 1.5}},
        {"not_recorded": None},
    ],
)
def test_counts_of_another_shape_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        told_counts({**run_progress("r", BALANCE, 0).details, **change})


def test_run_ids_begin_with_their_time_and_never_meet() -> None:
    ids = {new_run_id() for _ in range(200)}
    assert len(ids) == 200
    assert {len(one) for one in ids} == {24}
    days = {datetime.fromisoformat(f"{one[:8]}T{one[9:15]}Z") for one in ids}
    assert all(abs(day - datetime.now(UTC)) < timedelta(hours=1) for day in days)


# -- reading ------------------------------------------------------------------------------------------


def test_events_are_paged_newest_first_by_kind_and_run(log: SqliteInspectionLog, data: DataDir) -> None:
    log.append([begun("a"), begun("b"), *EVENTS[3:6], run_progress("a", BALANCE, 0), begun("c")])
    with RecordReader(data) as reader:
        ids = [row.event_id for row in reader.events(limit=3)]
        assert ids == [7, 6, 5]
        assert [row.event_id for row in reader.events(before=ids[-1])] == [4, 3, 2, 1]
        assert [row.event.run for row in reader.events(kind=EventKind.RUN_BEGUN)] == ["c", "b", "a"]
        assert [row.event.kind for row in reader.events(run="a")] == [EventKind.RUN_PROGRESS, EventKind.RUN_BEGUN]
        assert [row.event_id for row in reader.events(run="a", kind=EventKind.RUN_PROGRESS)] == [6]
        assert [row.event_id for row in reader.events(before=6, run="a")] == [1]
        assert reader.events(run="z") == []


def test_a_run_is_read_with_its_balance(log: SqliteInspectionLog, data: DataDir, judged: Judged) -> None:
    parts = [judged(n, verdict, run="r") for n, verdict in enumerate([Verdict.OK] * 4, start=1)]
    log.append([begun(), *parts, run_progress("r", BALANCE, 1)])
    log.append([run_ended("r", BALANCE, 1, RunEnd.SOURCE_ENDED)])
    with RecordReader(data) as reader:
        run = reader.run("r")
        assert reader.runs() == [run]
    assert (run.run, run.why, run.cause) == ("r", RunEnd.SOURCE_ENDED, None)
    assert run.begun == begun().details
    assert run.ended_at == run.last_sign_at
    assert run.balance.ended
    assert (run.balance.frames, run.balance.verdicts) == (7, {Verdict.OK: 4})
    assert (run.balance.losses, run.balance.not_recorded, run.balance.unknown) == ({LossCause.SKIPPED: 2}, 1, 0)


def test_a_run_that_was_cut_off_tells_what_nobody_knows(
    log: SqliteInspectionLog, data: DataDir, judged: Judged
) -> None:
    told = Balance(5, {Verdict.NG: 2}, {LossCause.SKIPPED: 1})
    log.append([begun(), judged(1, run="r"), judged(3, run="r"), run_progress("r", told, 0), judged(9, run="r")])
    with RecordReader(data) as reader:
        run = reader.run("r")
        assert reader.runs() == [run]
        stats = reader.stats()
    assert (run.ended_at, run.why, run.balance.ended) == (None, None, False)
    assert run.begun_at <= run.last_sign_at
    # Nine frames were numbered: three are recorded, one is lost, the other five stand nowhere.
    assert (run.balance.frames, run.balance.verdicts, run.balance.unknown) == (9, {Verdict.NG: 3}, 5)
    assert (stats["runs"], stats["losses"], stats["unknown"]) == (1, {"skipped": 1}, 5)


def test_a_beginning_that_was_written_twice_is_one_run(log: SqliteInspectionLog, data: DataDir) -> None:
    log.append([begun(), begun(), begun("s")])
    with RecordReader(data) as reader:
        assert [run.run for run in reader.runs()] == ["s", "r"]
        assert reader.stats()["runs"] == 2


def test_runs_are_paged_both_ways(log: SqliteInspectionLog, data: DataDir) -> None:
    log.append([begun(str(n)) for n in range(7)])
    with RecordReader(data) as reader:
        first = reader.runs(limit=3)
        assert [run.run for run in first] == ["6", "5", "4"]
        assert [run.run for run in reader.runs(before=first[-1].number)] == ["3", "2", "1", "0"]
        assert [run.run for run in reader.runs_after(first[-1].number, 9)] == ["5", "6"]


def test_a_run_that_is_not_there_is_told(data: DataDir) -> None:
    with RecordReader(data) as reader, pytest.raises(InputError, match=r"records\.no_such_run"):
        reader.run("r")


def test_history_says_which_run_a_record_belongs_to(log: SqliteInspectionLog, data: DataDir, judged: Judged) -> None:
    log.append([begun(), judged(1), judged(2, run="r")])
    with RecordReader(data) as reader:
        assert [row.run for row in reader.page()] == ["r", None]
        assert reader.record(2).fields["run"] == "r"


@pytest.mark.parametrize(
    "query",
    [
        "page()",
        "page(before=9, verdict=Verdict.NG)",
        "events()",
        "events(before=9)",
        "events(before=9, kind=EventKind.CAMERA_GAP)",
        "events(before=9, run='r')",
        "events(before=9, run='r', kind=EventKind.RUN_PROGRESS)",
        "runs(before=9)",
        "runs_after(9, 5)",
        "run('r')",
    ],
)
def test_no_page_looks_at_every_row_or_sorts(
    log: SqliteInspectionLog, data: DataDir, judged: Judged, query: str
) -> None:
    """A page costs the same in a log of a million rows: an index leads to every row, in the order of the page."""
    log.append([begun(), judged(1, run="r"), run_progress("r", BALANCE, 0), begun("empty")])
    asked: list[tuple[str, Any]] = []
    with RecordReader(data) as reader:
        hook.listen(
            reader._engine, "before_cursor_execute", lambda _c, _d, sql, values, *_: asked.append((sql, values))
        )
        eval(f"reader.{query}", {"reader": reader, "Verdict": Verdict, "EventKind": EventKind})
    statements = [(sql, values) for sql, values in asked if sql.startswith("SELECT")]
    assert statements
    with closing(connect(data.log_file, "ro")) as connection:
        for sql, values in statements:
            steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
            # Without a condition, rows are taken from the table's newest end until the page is full.
            assert query in ("page()", "events()") or not any(step.startswith("SCAN") for step in steps), steps
            assert not any("FOR ORDER BY" in step or "FOR GROUP BY" in step for step in steps), steps


def test_the_tables_of_events_cannot_be_written_by_a_reader(log: SqliteInspectionLog, data: DataDir) -> None:
    log.note(EVENTS[3])
    with RecordReader(data) as reader, reader._reading() as connection:
        with pytest.raises(Exception, match=r"readonly|read-only|query_only") as caught:
            connection.exec_driver_sql("DELETE FROM events")
        assert isinstance(getattr(caught.value, "orig", None), sqlite3.OperationalError)
