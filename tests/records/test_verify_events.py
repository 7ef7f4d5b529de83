"""A proof of the log finds what is missing, out of order or does not add up, and blames nothing that is sound."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing

import pytest

from crane_desktop.domain.balance import Balance
from crane_desktop.domain.events import (
    Event,
    EventKind,
    RunEnd,
    alarm_raised,
    exported,
    run_begun,
    run_ended,
    run_progress,
)
from crane_desktop.domain.frames import LossCause
from crane_desktop.domain.ports import LogEntry
from crane_desktop.domain.verdicts import JudgedBy, Verdict
from crane_desktop.records.database import connect
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.verify import LogProof, verify_log
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.texts import LANGUAGES, error_text

Judged = Callable[..., LogEntry]
WHO = JudgedBy("r", 1, "p", "1", "0" * 64, "0", "cpu")
LOST = {LossCause.SKIPPED: 2}


def begun(run: str = "r") -> Event:
    return run_begun(run, WHO, source_id="s", source_kind="demo", source="", every_part=True, profile="full")


@pytest.fixture
def data(with_log: DataDir) -> DataDir:
    return with_log


def write(data: DataDir, *entries: LogEntry | Event) -> None:
    with closing(SqliteInspectionLog(data, keep_images="none")) as log:
        log.append(entries)


def change(data: DataDir, statement: str, *values: object) -> None:
    with closing(connect(data.log_file, "rwc")) as connection:
        connection.execute(statement, values)


def said(proof: LogProof) -> str:
    assert proof.error is not None
    assert all(error_text(proof.error, language) for language in LANGUAGES)
    return error_text(proof.error, "en")


@pytest.fixture
def run(data: DataDir, judged: Judged) -> DataDir:
    """A record of no run, a whole run of three records with two losses, and an event of no run: nine entries."""
    part = [judged(n, verdict, run="r") for n, verdict in enumerate((Verdict.OK, Verdict.NG, Verdict.OK), start=1)]
    halfway = Balance(3, {Verdict.OK: 1}, {LossCause.SKIPPED: 1})
    end = Balance(5, {Verdict.OK: 2, Verdict.NG: 1}, LOST)
    write(data, judged(9), begun(), part[0], run_progress("r", halfway, 0), part[1], part[2])
    write(data, run_ended("r", end, 0, RunEnd.SOURCE_ENDED), exported("records", "x.csv"))
    return data


def test_a_sound_run_is_proven(run: DataDir) -> None:
    assert verify_log(run) == LogProof(4)


@pytest.mark.parametrize(
    ("table", "row_id", "place"),
    [("records", 2, 3), ("records", 3, 5), ("records", 4, 6), ("events", 1, 2), ("events", 2, 4), ("events", 4, 8)],
)
def test_an_entry_that_was_taken_out_is_missed(run: DataDir, table: str, row_id: int, place: int) -> None:
    change(run, f"DELETE FROM {table} WHERE id = ?", row_id)
    proof = verify_log(run)
    assert (proof.ok, proof.first_bad) == (False, None)
    assert f"{place} to {place}" in said(proof)
    assert "are missing" in said(proof)


def test_several_neighbours_that_were_taken_out_are_named_together(run: DataDir) -> None:
    change(run, "DELETE FROM records WHERE id IN (3, 4)")
    assert "5 to 6" in said(verify_log(run))


def test_the_newest_entries_are_missed_too(run: DataDir) -> None:
    change(run, "DELETE FROM events WHERE id >= 3")
    assert "7 to 8" in said(verify_log(run))


def test_every_record_of_a_run_taken_out_with_their_places_closed_up_is_found_by_the_balance(run: DataDir) -> None:
    """Who renumbers the rest still meets the count that the run ended with."""
    change(run, "DELETE FROM records WHERE id = 4")
    for table in ("records", "events"):
        change(run, f"UPDATE {table} SET sequence = sequence - 1 WHERE sequence > 6")
    change(run, "UPDATE sqlite_sequence SET seq = seq - 1 WHERE name = 'records'")
    proof = verify_log(run)
    assert "run r do not match" in said(proof)
    assert "1 records of 2 verdicts OK" in said(proof)


def test_a_verdict_that_was_turned_into_another_is_found_by_the_balance(run: DataDir) -> None:
    change(
        run,
        "UPDATE records SET verdict = 'OK', reason = 'below_threshold', score = 0.1 WHERE verdict = 'NG' AND run = 'r'",
    )
    assert "0 records of 1 verdicts NG" in said(verify_log(run))


def test_a_record_that_was_slipped_in_is_found(run: DataDir) -> None:
    with closing(connect(run.log_file, "rwc")) as connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(records)") if row[1] != "id"]
        columns = ", ".join(names)
        connection.execute(f"INSERT INTO records ({columns}) SELECT {columns} FROM records WHERE id = 4")
    proof = verify_log(run)
    assert not proof.ok
    change(run, "UPDATE records SET sequence = 9 WHERE id = 5")
    proof = verify_log(run)
    assert proof.first_bad == 5
    assert "run r had ended" in said(proof)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE events SET kind = 'lunch' WHERE id = 4", "lunch"),
        ("UPDATE events SET kind = x'07' WHERE id = 4", "kind"),
        ("UPDATE events SET at = 'noon' WHERE id = 4", "noon"),
        ("UPDATE events SET details = '{' WHERE id = 4", "Event 4"),
        ("UPDATE events SET details = '[1]' WHERE id = 4", "details"),
        ("UPDATE events SET details = '{}' WHERE id = 4", "without its what"),
        ("UPDATE events SET details = json_set(details, '$.file', 7) WHERE id = 4", "file is 7"),
        ("UPDATE events SET details = json_set(details, '$.recipe_version', json('true')) WHERE id = 1", "True"),
        ("UPDATE events SET details = json_set(details, '$.frames', -1) WHERE id = 2", "no count"),
        ("UPDATE events SET details = json_set(details, '$.losses', 3) WHERE id = 2", "losses"),
        ("UPDATE events SET details = json_set(details, '$.why', 'boredom') WHERE id = 3", "boredom"),
        ("UPDATE events SET run = NULL WHERE id = 3", "of no run"),
        ("UPDATE events SET run = x'00' WHERE id = 3", "run is"),
        ("UPDATE events SET run = 'other' WHERE id = 3", "run other never began"),
        ("UPDATE events SET run = 'other' WHERE id = 2", "run other never began"),
        ("UPDATE events SET sequence = 'last' WHERE id = 4", "sequence"),
        ("UPDATE events SET details = json_set(details, '$.frames', 1) WHERE id = 3", "lower than before"),
        ("UPDATE events SET details = json_set(details, '$.losses', json('{}')) WHERE id = 3", "lower than before"),
    ],
)
def test_an_event_of_nonsense_is_found(run: DataDir, statement: str, says: str) -> None:
    change(run, statement)
    proof = verify_log(run)
    assert (proof.ok, proof.records, proof.first_bad) == (False, 4, None)
    assert says in said(proof)


@pytest.mark.parametrize(
    ("statement", "record", "says"),
    [
        ("UPDATE records SET run = 'other' WHERE id = 2", 2, "run other never began"),
        ("UPDATE records SET run = x'07' WHERE id = 2", 2, "run is"),
        ("UPDATE records SET recipe_sha256 = x'07' WHERE id = 2", 2, "recipe_sha256"),
        ("UPDATE records SET sequence = NULL WHERE id = 2", 2, "sequence is missing"),
        ("UPDATE records SET sequence = 'x' WHERE id = 3", 3, "sequence is"),
    ],
)
def test_a_record_that_cannot_stand_there_is_found(run: DataDir, statement: str, record: int, says: str) -> None:
    change(run, statement)
    proof = verify_log(run)
    assert proof.first_bad == record
    assert says in said(proof)


def test_entries_that_changed_places_are_found(run: DataDir) -> None:
    change(run, "UPDATE records SET sequence = 8 - sequence WHERE id IN (2, 3)")
    assert not verify_log(run).ok


@pytest.mark.parametrize("cut", range(1, 6))
def test_a_run_that_was_ended_by_force_is_sound(data: DataDir, judged: Judged, cut: int) -> None:
    half = run_progress("r", Balance(4, {Verdict.OK: 1}, LOST), 0)
    entries = [begun(), judged(1, Verdict.OK, run="r"), half, judged(4, run="r"), half]
    write(data, *entries[:cut])
    assert verify_log(data).error is None


def test_runs_of_two_cameras_may_lie_across_each_other(data: DataDir, judged: Judged) -> None:
    one = Balance(1, {Verdict.NG: 1})
    write(
        data,
        *(begun("a"), begun("b"), judged(1, run="b"), judged(2, run="a")),
        *(run_ended("a", one, 0, RunEnd.STOPPED), run_ended("b", one, 0, RunEnd.STOPPED)),
    )
    assert verify_log(data) == LogProof(2)


def test_what_was_written_twice_because_nobody_waited_for_the_first_is_sound(data: DataDir, judged: Judged) -> None:
    end = run_ended("r", Balance(1, {Verdict.NG: 1}), 0, RunEnd.STOPPED)
    write(data, begun(), begun(), judged(1, run="r"), end, end)
    assert verify_log(data) == LogProof(1)


def test_verdicts_that_were_not_recorded_leave_no_hole(data: DataDir, judged: Judged) -> None:
    end = Balance(4, {Verdict.NG: 1, Verdict.NONE: 2}, {LossCause.LATE: 1})
    write(data, begun(), judged(1, run="r"), run_ended("r", end, 2, RunEnd.FAILED, "records.disk_full"))
    assert verify_log(data) == LogProof(1)


def test_an_alarm_may_name_a_run_whose_beginning_the_log_did_not_take(data: DataDir) -> None:
    write(data, alarm_raised("records.locked", "line", "fault", run="r"))
    assert verify_log(data) == LogProof(0)


def test_records_from_before_there_were_events_have_their_ids_for_numbers(data: DataDir, judged: Judged) -> None:
    write(data, judged(1), judged(2), judged(3))
    change(data, "UPDATE records SET sequence = NULL")
    change(data, "PRAGMA user_version = 0")  # and from before there was an anchor
    data.anchor_file.unlink()
    assert verify_log(data) == LogProof(3)
    write(data, begun(), judged(4, run="r"), exported("records", "x"))
    assert verify_log(data) == LogProof(4)
    change(data, "DELETE FROM records WHERE id = 2")
    assert "Records 2 to 2 are missing" in said(verify_log(data))


def test_only_events_are_a_log_too(data: DataDir) -> None:
    write(data, exported("records", "x"), exported("records", "y"))
    assert verify_log(data) == LogProof(0)
    change(data, "UPDATE events SET kind = ?", "lunch")
    assert not verify_log(data).ok


def test_a_log_that_grows_while_it_is_proven_is_proven_as_it_was(data: DataDir, judged: Judged) -> None:
    """Verdicts and events come in between the pages; none of them looks like a hole."""
    with closing(SqliteInspectionLog(data, keep_images="none")) as log:
        log.append([begun(), *(judged(n, run="r", pictures=False) for n in range(1, 1201))])
        told: list[int] = []

        def meanwhile(done: int, of: int) -> None:
            told.append(of)
            log.append([exported("records", str(done)), judged(2000 + done, run="r", pictures=False)])

        proof = verify_log(data, meanwhile)
    assert proof == LogProof(1200)
    assert len(told) >= 2


def test_an_event_of_a_later_program_with_more_details_is_sound(data: DataDir) -> None:
    write(data, Event(EventKind.EXPORTED, None, {"what": "records", "file": "x", "who": "山田", "more": [1, {}]}))
    assert verify_log(data) == LogProof(0)
    with closing(connect(data.log_file, "ro")) as connection:
        (stored,) = connection.execute("SELECT details FROM events").fetchone()
    assert json.loads(stored)["who"] == "山田"
