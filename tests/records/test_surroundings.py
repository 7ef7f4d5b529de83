"""A proof looks around the rows too: the form of the database, the numbers of a verdict, and whose each picture is."""

from __future__ import annotations

import os
import sys
import tracemalloc
from collections.abc import Callable
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.decision.rule import decide
from crane_desktop.domain.maps import AnomalyMap, Placement, Scored
from crane_desktop.domain.ports import LogEntry
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.recipe.model import Recipe, Thresholds
from crane_desktop.records import archive as archive_module
from crane_desktop.records.database import connect
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.names_proof import prove_names
from crane_desktop.records.queries import RecordReader
from crane_desktop.records.score_check import score_problem
from crane_desktop.records.verify import LogProof, verify_log
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.texts import LANGUAGES, error_text

Judged = Callable[..., LogEntry]


@pytest.fixture
def log(with_log: DataDir, judged: Judged) -> DataDir:
    with closing(SqliteInspectionLog(with_log, keep_images="all")) as written:
        written.append([judged(n, verdict) for n, verdict in enumerate(Verdict, start=1)])
    return with_log


def change(data: DataDir, statement: str, *values: object) -> None:
    with closing(connect(data.log_file, "rwc")) as connection:
        connection.execute(statement, values)


def found(data: DataDir) -> list[str]:
    proof = verify_log(data)
    assert all(error_text(finding, language) for finding in proof.findings for language in LANGUAGES)
    return [finding.key for finding in proof.findings]


def said(data: DataDir) -> str:
    return " ".join(error_text(finding, "en") for finding in verify_log(data).findings)


@pytest.mark.parametrize(
    ("statement", "key", "names"),
    [
        ("CREATE TRIGGER t AFTER INSERT ON records BEGIN DELETE FROM events; END", "records.proof_foreign", "(t)"),
        ("CREATE TABLE mine (x)", "records.proof_foreign", "(mine, mine.x)"),
        ("CREATE VIEW all_ok AS SELECT * FROM records", "records.proof_foreign", "(all_ok)"),
        ("CREATE INDEX extra ON records (score)", "records.proof_foreign", "extra (records: score)"),
        ("ALTER TABLE records ADD COLUMN more TEXT", "records.proof_foreign", "(records.more)"),
        ("DROP INDEX ix_records_run", "records.proof_lacking", "ix_records_run"),
        ("ALTER TABLE records DROP COLUMN model_ms", "records.proof_lacking", "(records.model_ms)"),
        ("DROP TABLE events", "records.proof_lacking", "events"),
    ],
)
def test_a_database_of_another_form_is_found(log: DataDir, statement: str, key: str, names: str) -> None:
    change(log, statement)
    assert key in found(log)
    assert names in said(log)


def test_an_index_of_other_columns_is_foreign_and_lacking(log: DataDir) -> None:
    change(log, "DROP INDEX ix_records_verdict")
    change(log, "CREATE INDEX ix_records_verdict ON records (reason)")
    assert found(log) == ["records.proof_foreign", "records.proof_lacking"]


def test_a_database_viewers_statistics_are_no_finding(log: DataDir) -> None:
    change(log, "ANALYZE")
    assert found(log) == []


@pytest.mark.parametrize("column", ["image_path", "map_path"])
def test_a_picture_that_two_records_name_is_found(log: DataDir, column: str) -> None:
    change(log, f"UPDATE records SET {column} = (SELECT {column} FROM records WHERE id = 1) WHERE id = 3")
    proof = verify_log(log)
    assert proof.first_bad == 3
    assert [finding.key for finding in proof.findings] == ["records.proof_named_twice", "records.pictures_unnamed"]


def test_a_picture_named_twice_by_another_way_to_it_is_found(log: DataDir) -> None:
    change(
        log,
        "UPDATE records SET image_path = 'images/../' || (SELECT image_path FROM records WHERE id = 1) WHERE id = 2",
    )
    assert "records.proof_named_twice" in found(log)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pipe with a name")
@pytest.mark.timeout(60)
def test_a_pipe_in_the_place_of_a_picture_holds_nobody_up(log: DataDir) -> None:
    with RecordReader(log) as reader:
        name = reader.rows_after(1, 1)[0]["image_path"]
    (log.records / name).unlink()
    os.mkfifo(log.records / name)
    proof = verify_log(log)
    assert (proof.first_bad, proof.ok) == (2, False)
    assert "missing" in said(log)
    with RecordReader(log) as reader:
        assert reader.record(2).pixels is None


def test_a_picture_larger_than_any_camera_sends_is_not_read(log: DataDir) -> None:
    with RecordReader(log) as reader:
        name = reader.rows_after(1, 1)[0]["image_path"]
    with (log.records / name).open("r+b") as opened:
        opened.truncate(archive_module.LARGEST_PICTURE_BYTES + 1)  # takes no space
    assert verify_log(log).first_bad == 2
    assert "damaged" in said(log)
    with RecordReader(log) as reader:
        assert reader.record(2).pixels is None


@pytest.mark.parametrize(
    ("verdict", "statement", "says"),
    [
        (Verdict.OK, "score = 0.6", "OK with 0.6 over the threshold 0.5"),
        (Verdict.OK, "score = 0.5001", "over the threshold"),
        (Verdict.OK, "score = NULL", "without a score"),
        (Verdict.OK, "threshold = NULL", "without a score or a threshold"),
        (Verdict.OK, "map_peak = 0.9, map_threshold = 0.8", "OK with 0.9 over"),
        (Verdict.NG, "score = 0.4", "below the threshold 0.5"),
        (Verdict.NG, "reason = 'region_over_threshold', score = 0.1, map_peak = 0.1, map_threshold = 0.8", "below"),
        (Verdict.REVIEW, "score = 0.6", "REVIEW with 0.6 over"),
    ],
)
def test_a_score_that_cannot_have_led_to_its_verdict_is_found(
    log: DataDir, verdict: Verdict, statement: str, says: str
) -> None:
    change(log, f"UPDATE records SET {statement} WHERE verdict = ?", verdict.value)
    proof = verify_log(log)
    assert proof.first_bad == list(Verdict).index(verdict) + 1
    assert says in said(log)


UNIT = st.floats(0, 1)


@given(st.floats(-0.5, 1.5), UNIT, st.lists(UNIT, min_size=4, max_size=4))
def test_no_verdict_of_the_rule_contradicts_itself(score: float, peak: float, limits: list[float]) -> None:
    import numpy as np

    score_review, score_ng = sorted(limits[:2])
    map_review, map_ng = sorted(limits[2:])
    recipe = Recipe(
        name="r",
        thresholds=Thresholds(score_review=score_review, score_ng=score_ng, map_review=map_review, map_ng=map_ng),
    )
    values = np.zeros((4, 4), np.float32)
    values[1:3, 1:3] = peak
    decision = decide(Scored(score, AnomalyMap(values, Placement(0, 0, 4, 4))), recipe)
    row = {
        "verdict": decision.verdict.value,
        "reason": decision.reason.code.value,
        "score": score,
        "threshold": decision.threshold,
        "map_peak": decision.map_peak,
        "map_threshold": decision.map_threshold,
    }
    assert score_problem(row) is None


def test_ids_that_are_missing_from_an_old_log_are_found(log: DataDir) -> None:
    change(log, "UPDATE records SET sequence = NULL")
    change(log, "DELETE FROM records WHERE id = 2")
    assert found(log)[0] == "records.proof_ids"
    assert "Records 2 to 2" in said(log)


def test_a_place_that_does_not_fit_the_numbers_is_found(log: DataDir) -> None:
    change(log, "UPDATE records SET sequence = sequence + 5")
    assert "place 6 after 1 records and 0 events" in said(log)


def test_what_is_wrong_at_several_places_is_told_together(log: DataDir) -> None:
    change(log, "UPDATE records SET score = 0.9 WHERE id = 1")
    change(log, "DROP INDEX ix_records_run")
    (log.images / "stray.png").write_bytes(b"x")
    assert found(log) == ["records.proof_row", "records.proof_lacking", "records.pictures_unnamed"]


def test_a_sound_log_has_no_finding(log: DataDir) -> None:
    assert verify_log(log) == LogProof(4)


def test_whose_a_picture_is_takes_no_more_memory_for_more_of_them(log: DataDir) -> None:
    def peak() -> int:
        tracemalloc.start()
        try:
            with closing(connect(log.log_file, "ro")) as connection:
                assert prove_names(connection, log, ()).unnamed == 0
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak()
    short = peak()
    with closing(connect(log.log_file, "rwc")) as connection:
        row = connection.execute("SELECT * FROM records WHERE id = 1")
        columns = [name for name, *_ in row.description if name not in ("id", "image_path")]
        connection.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)"
            f" INSERT INTO records (image_path, {', '.join(columns)})"
            f" SELECT 'images/' || i || '.png', {', '.join(columns)} FROM n, (SELECT * FROM records WHERE id = 5 - 4)"
        )
        connection.execute("UPDATE records SET map_path = NULL WHERE id > 4")
    assert peak() < short + 2_500_000, "a page of rows, not all of them"
