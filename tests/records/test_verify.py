"""A proof of the log finds every damage, says which record it hit, and what to do."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from crane_desktop.domain.corrections import Correction, CorrectionStep
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.frames import FrameOrigin
from crane_desktop.domain.ports import LogEntry
from crane_desktop.domain.verdicts import ReasonCode, Verdict, verdict_for
from crane_desktop.records.database import connect
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.migrate import prepare_database
from crane_desktop.records.queries import RecordReader
from crane_desktop.records.row_check import inspection_of
from crane_desktop.records.verify import LogProof, verify_log
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.texts import LANGUAGES, error_text

LoadedModel = Callable[..., LogEntry]
RECORDS = 6
HIT = 4


@pytest.fixture
def log(data: DataDir, judged: LoadedModel) -> DataDir:
    """Six records of every verdict with all their pictures; two were corrected, one has none."""
    with closing(SqliteInspectionLog(data, keep_images="all")) as written:
        entries = [judged(n, verdict) for n, verdict in enumerate(Verdict, start=1)]
        step = (Correction(CorrectionStep.GAMMA, (0.5,)), Correction(CorrectionStep.DARK_FIELD, (), "ab" * 32))
        for n in (1, HIT - 1):
            entry = entries[n]
            assert entry.frame is not None
            entries[n] = replace(
                entry,
                frame=replace(entry.frame, corrections=step),
                inspection=replace(entry.inspection, corrections=step),
            )
        entries += [judged(5, pictures=False), judged(6)]
        assert written.append(entries) == list(range(1, RECORDS + 1))
    return data


def change(data: DataDir, statement: str, *values: object) -> None:
    with closing(connect(data.log_file, "rwc")) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(statement, values)


def path_of(data: DataDir, record_id: int, column: str = "image_path") -> Path:
    with closing(connect(data.log_file, "ro")) as connection:
        (name,) = connection.execute(f"SELECT {column} FROM records WHERE id = ?", (record_id,)).fetchone()
    return data.records / name


def said(proof: LogProof) -> str:
    """What people are told, in English; both languages have a sentence."""
    assert proof.error is not None
    assert all(error_text(proof.error, language) for language in LANGUAGES)
    return error_text(proof.error, "en")


def test_a_sound_log_is_proven(log: DataDir) -> None:
    told: list[tuple[int, int]] = []
    assert verify_log(log, lambda done, of: told.append((done, of))) == LogProof(RECORDS)
    assert told[-1] == (RECORDS, RECORDS)


def test_no_log_yet_is_sound_and_none_is_made(data: DataDir) -> None:
    assert verify_log(data) == LogProof(0)
    assert not data.log_file.exists()


def test_every_row_reads_back_as_what_was_written(data: DataDir, judged: LoadedModel) -> None:
    number = 2**64 - 1
    entries = [judged(n, verdict) for n, verdict in enumerate(Verdict, start=1)]
    origin = FrameOrigin(7, "genicam:x", entries[0].inspection.decided_at, 5, number, number, 3, None)
    entries.append(judged(9, origin=origin, decided_at=origin.arrived_at + timedelta(days=1), model_ms=3.0))
    with closing(SqliteInspectionLog(data)) as written:
        written.append(entries)
    with RecordReader(data) as reader:
        assert [inspection_of(row) for row in reader.rows_after(0, 9)] == [entry.inspection for entry in entries]


def test_a_log_that_is_being_written_can_be_proven(log: DataDir, judged: LoadedModel) -> None:
    with closing(SqliteInspectionLog(log, keep_images="all")) as written:
        written.append([judged(7)])
        assert verify_log(log) == LogProof(RECORDS + 1)


@pytest.mark.parametrize("column", ["image_path", "map_path", "original_path"])
@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda file: file.unlink(), "missing"),
        (lambda file: file.write_bytes(b""), "damaged"),
        (lambda file: file.write_bytes(file.read_bytes()[:-5]), "damaged"),
        (lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]), "damaged"),
        (lambda file: file.write_bytes(file.read_bytes() + b"x"), "damaged"),
        (lambda file: file.write_bytes(flipped(file.read_bytes(), 60)), "damaged"),
        (lambda file: (file.unlink(), file.mkdir()), "missing"),
    ],
    ids=["deleted", "emptied", "cut by 5", "halved", "longer", "bit flipped", "a folder"],
)
def test_a_harmed_picture_is_found(log: DataDir, column: str, harm: Callable[[Path], object], says: str) -> None:
    file = path_of(log, HIT, column)
    harm(file)
    proof = verify_log(log)
    assert (proof.ok, proof.records, proof.first_bad) == (False, RECORDS, HIT)
    assert says in said(proof)
    assert str(file) in said(proof)
    assert str(HIT) in said(proof)


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def test_another_records_picture_in_its_place_is_found(log: DataDir, judged: LoadedModel) -> None:
    path_of(log, HIT, "image_path").write_bytes(path_of(log, HIT, "map_path").read_bytes())
    assert "size" in said(verify_log(log))
    assert verify_log(log).first_bad == HIT


@pytest.mark.parametrize("name", ["../outside.png", "images/../../outside.png", "{absolute}"])
def test_a_picture_outside_the_records_folder_is_refused(log: DataDir, name: str) -> None:
    outside = log.root / "outside.png"
    outside.write_bytes(path_of(log, HIT).read_bytes())
    change(log, "UPDATE records SET image_path = ? WHERE id = ?", name.format(absolute=outside), HIT)
    proof = verify_log(log)
    assert proof.first_bad == HIT
    assert "does not lie in the records folder" in said(proof)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("verdict", "MAYBE"),
        ("verdict", "OK"),  # for the reason of another verdict: nothing but a decision gives OK
        ("verdict", 1),
        ("reason", "because"),
        ("decided_at", "yesterday"),
        ("decided_at", 20260101),
        ("arrived_at", ""),
        ("score", "high"),
        ("score", float("inf")),
        ("latency_ms", b"\x00"),
        ("frame_id", 1.5),
        ("frame_id", "one"),
        ("regions", "{"),
        ("regions", json.dumps({"bounds": 1})),
        ("regions", json.dumps([{"area_px": 1}])),
        ("regions", json.dumps([{"area_px": True, "peak": 1, "bounds": [1, 2, 3, 4], "outline": []}])),
        ("corrections", json.dumps([{"step": "magic", "values": [], "reference_sha256": None}])),
        ("corrections", json.dumps([{"step": "gamma", "values": ["x"], "reference_sha256": None}])),
        ("recipe", b"\xff\xfe"),
        ("map_width_px", 1000.0),
        ("map_width_px", None),
        ("map_path", None),
        ("image_path", None),
    ],
)
def test_a_row_of_nonsense_is_found(log: DataDir, column: str, value: object) -> None:
    change(log, f"UPDATE records SET {column} = ? WHERE id = ?", value, HIT)
    proof = verify_log(log)
    assert (proof.ok, proof.records, proof.first_bad) == (False, RECORDS, HIT)
    assert f"ecord {HIT} " in said(proof)


def test_text_that_is_no_utf8_is_found(log: DataDir) -> None:
    change(log, "UPDATE records SET recipe = CAST(x'ff' AS TEXT) WHERE id = ?", HIT)
    assert verify_log(log).first_bad == HIT


def test_the_first_of_several_is_named(log: DataDir) -> None:
    change(log, "UPDATE records SET decided_at = 'x' WHERE id > ?", HIT)
    path_of(log, 2).unlink()
    assert verify_log(log).first_bad == 2


@pytest.fixture
def long_log(data: DataDir, judged: LoadedModel) -> DataDir:
    """Two thousand records over many database pages."""
    with closing(SqliteInspectionLog(data, keep_images="none")) as written:
        written.append([judged(n) for n in range(1, 2001)])
    return data


def test_a_damaged_database_page_is_found(long_log: DataDir) -> None:
    content = bytearray(long_log.log_file.read_bytes())
    at = content.index("部品1500.png".encode())
    page = 4096 * (at // 4096)
    content[page : page + 4096] = np.random.default_rng(1).bytes(4096)
    long_log.log_file.write_bytes(content)
    proof = verify_log(long_log)
    assert not proof.ok
    assert str(long_log.log_file) in said(proof)
    assert "restore a backup" in said(proof)
    assert proof.first_bad is None or 1400 < proof.first_bad <= 1500


def test_an_index_that_lost_a_record_is_found(long_log: DataDir) -> None:
    """Rows that read well may still be missing from what is searched and counted."""
    with closing(connect(long_log.log_file, "rwc")) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = sql || ' WHERE id <> 7' WHERE name = 'ix_records_verdict'")
    with closing(connect(long_log.log_file, "rwc")) as connection:
        connection.execute("REINDEX ix_records_verdict")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_master SET sql = replace(sql, ' WHERE id <> 7', '') WHERE name = 'ix_records_verdict'"
        )
    proof = verify_log(long_log)
    assert (proof.ok, proof.first_bad) == (False, None)
    assert "ix_records_verdict" in said(proof)


@pytest.mark.parametrize("keep", [0, 50, 5000])
def test_a_file_cut_short_is_found(long_log: DataDir, keep: int) -> None:
    content = long_log.log_file.read_bytes()
    long_log.log_file.write_bytes(content[:keep] or b"not a database")
    proof = verify_log(long_log)
    assert (proof.ok, proof.first_bad) == (False, None)
    assert str(long_log.log_file) in said(proof)


def test_a_newer_log_is_not_judged(data: DataDir) -> None:
    prepare_database(data.log_file)
    change(data, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(InputError, match=r"records\.too_new"):
        verify_log(data)


def test_the_proof_takes_no_more_memory_for_a_longer_log(long_log: DataDir) -> None:
    def peak() -> int:
        tracemalloc.start()
        try:
            assert verify_log(long_log).ok
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak()  # what is imported and cached once
    short = peak()
    columns = (
        "decided_at, verdict, reason, reason_detail, score, latency_ms, regions, frame_id, source_id, arrived_at, "
    )
    columns += "arrived_ns, recipe, recipe_version, pack, pack_version, pack_sha256, software_version, device, "
    columns += "for_demonstration"
    again = f"SELECT {columns}, sequence + (SELECT MAX(sequence) FROM records) FROM records ORDER BY id"
    change(long_log, f"INSERT INTO records ({columns}, sequence) {again}")
    change(long_log, f"INSERT INTO records ({columns}, sequence) {again}")
    assert peak() < 1.1 * short + 100_000


def test_a_reason_stands_behind_one_verdict_only() -> None:
    assert {code for code in ReasonCode if verdict_for(code) is Verdict.OK} == {ReasonCode.BELOW_THRESHOLD}
    faults = list(ReasonCode)[list(ReasonCode).index(ReasonCode.UNREADABLE_IMAGE) :]
    assert {verdict_for(code) for code in faults} == {Verdict.NONE}
