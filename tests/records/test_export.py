"""What is taken out of the log is whole, readable by a spreadsheet and by a program, and the same as what is in it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.balance import Balance
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.events import Event, EventKind, RunEnd, run_begun, run_ended
from crane_desktop.domain.frames import FrameOrigin, LossCause
from crane_desktop.domain.ports import LogEntry
from crane_desktop.domain.verdicts import JudgedBy, Verdict
from crane_desktop.records import export as export_module
from crane_desktop.records.export import _cell, export_records
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.texts import LANGUAGES, error_text

Judged = Callable[..., LogEntry]
WHO = JudgedBy("既定", 3, "demo", "1.0", "ab" * 32, "0.1.0", "cpu", recipe_sha256="cd" * 32)
BEGIN = datetime(2026, 3, 31, 12, tzinfo=UTC)
RECORD_COLUMNS = [
    "id",
    "decided_at",
    "verdict",
    "reason",
    "reason_detail",
    "score",
    "threshold",
    "map_peak",
    "map_threshold",
    "latency_ms",
    "model_ms",
    "regions",
    "pixel_format",
    "frame_id",
    "source_id",
    "arrived_at",
    "arrived_ns",
    "block_id",
    "device_timestamp_ns",
    "trigger_id",
    "file",
    "recipe",
    "recipe_version",
    "pack",
    "pack_version",
    "pack_sha256",
    "software_version",
    "device",
    "for_demonstration",
    "image_path",
    "map_path",
    "map_x_px",
    "map_y_px",
    "map_width_px",
    "map_height_px",
    "image_note",
    "corrections",
    "original_path",
]
"""What programs that read exported records rely on, in this order."""


def begun(run: str, at: datetime) -> Event:
    event = run_begun(run, WHO, source_id="s", source_kind="demo", source="部品", every_part=True, profile="full")
    return Event(event.kind, event.run, event.details, at)


@pytest.fixture
def log(with_log: DataDir, judged: Judged) -> DataDir:
    """A record of each verdict, an hour apart, in a run that ended; a run that was ended by force a day later."""
    with closing(SqliteInspectionLog(with_log, keep_images="none")) as written:
        verdicts = dict.fromkeys(Verdict, 1)
        written.append(
            [
                begun("a", BEGIN),
                *(
                    judged(n, verdict, run="a", decided_at=BEGIN + timedelta(hours=n))
                    for n, verdict in enumerate(Verdict)
                ),
                run_ended("a", Balance(7, verdicts, {LossCause.SKIPPED: 3}), 0, RunEnd.STOPPED),
                begun("b", BEGIN + timedelta(days=1)),
                judged(2, run="b", decided_at=BEGIN + timedelta(days=1, hours=1)),
            ]
        )
    return with_log


def lines(data: DataDir, out: Path, **how: Any) -> list[dict[str, Any]]:
    written = export_records(data, out, "jsonl", **how)
    told = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert len(told) == written
    return told


def table(data: DataDir, out: Path, **how: Any) -> list[dict[str, str]]:
    written = export_records(data, out, "csv", **how)
    content = out.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf"), "a spreadsheet needs the mark"
    assert content.count(b"\r\n") == content.count(b"\n") == written + 1
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_records_come_out_whole_in_both_forms(log: DataDir, tmp_path: Path) -> None:
    objects, rows = lines(log, tmp_path / "a.jsonl"), table(log, tmp_path / "a.csv")
    assert [row["id"] for row in objects] == [1, 2, 3, 4, 5]
    assert all(list(row) == RECORD_COLUMNS for row in (*objects, *rows))
    for told, cells in zip(objects, rows, strict=True):
        assert cells["file"] == told["file"] == f"部品{told['frame_id']}.png"
        assert float(cells["score"]) == told["score"] == (0.75 if told["verdict"] in ("NG", "NONE") else 0.25)
        assert json.loads(cells["regions"]) == told["regions"]
        assert (cells["for_demonstration"], told["for_demonstration"]) == ("true", True)
        assert (cells["image_path"], told["image_path"]) == ("", None)
        assert datetime.fromisoformat(told["decided_at"]).tzinfo is not None
        assert cells["decided_at"] == told["decided_at"]


@pytest.mark.parametrize("verdict", list(Verdict))
def test_records_of_one_verdict_come_out_alone(log: DataDir, tmp_path: Path, verdict: Verdict) -> None:
    told = lines(log, tmp_path / "a.jsonl", verdict=verdict)
    assert {row["verdict"] for row in told} == {verdict.value}
    assert len(told) == (2 if verdict is Verdict.NG else 1)


@pytest.mark.parametrize(
    ("since", "until", "ids"),
    [
        (None, None, [1, 2, 3, 4, 5]),
        (BEGIN + timedelta(hours=1), None, [2, 3, 4, 5]),
        (None, BEGIN + timedelta(hours=1), [1]),
        (BEGIN + timedelta(hours=1), BEGIN + timedelta(hours=3), [2, 3]),
        ((BEGIN + timedelta(hours=1)).astimezone(timezone(timedelta(hours=9))), BEGIN + timedelta(hours=3), [2, 3]),
        (BEGIN + timedelta(days=2), None, []),
    ],
)
def test_a_span_of_time_begins_with_its_first_moment_and_ends_before_its_last(
    log: DataDir, tmp_path: Path, since: datetime | None, until: datetime | None, ids: list[int]
) -> None:
    assert [row["id"] for row in lines(log, tmp_path / "a.jsonl", since=since, until=until)] == ids


def test_runs_come_out_with_their_balance(log: DataDir, tmp_path: Path) -> None:
    ended, cut = lines(log, tmp_path / "a.jsonl", what="runs")
    assert (ended["run"], ended["why"], ended["frames"], ended["losses"]) == ("a", "stopped", 7, {"skipped": 3})
    assert [ended[verdict.value.lower()] for verdict in Verdict] == [1, 1, 1, 1]
    assert (ended["recipe"], ended["recipe_sha256"], ended["source"]) == ("既定", "cd" * 32, "部品")
    assert (cut["run"], cut["ended_at"], cut["why"], cut["unknown"]) == ("b", None, None, 1)
    rows = table(log, tmp_path / "a.csv", what="runs")
    assert [row["unknown"] for row in rows] == ["0", "1"]
    assert json.loads(rows[0]["losses"]) == {"skipped": 3}
    for told in (ended, cut):
        counted = sum(told[verdict.value.lower()] for verdict in Verdict) + sum(told["losses"].values())
        assert told["frames"] == counted + told["not_recorded"] + told["unknown"]


def test_events_come_out_as_they_are(log: DataDir, tmp_path: Path) -> None:
    told = lines(log, tmp_path / "a.jsonl", what="events")
    assert [(event["id"], event["sequence"], event["kind"], event["run"]) for event in told] == [
        *((1, 1, "run_begun", "a"), (2, 6, "run_ended", "a"), (3, 7, "run_begun", "b")),
    ]
    assert told[1]["details"]["losses"] == {"skipped": 3}
    rows = table(log, tmp_path / "a.csv", what="events")
    assert [json.loads(row["details"]) for row in rows] == [event["details"] for event in told]


@pytest.mark.parametrize(("what", "names"), [("runs", ["b"]), ("events", ["b"])])
def test_runs_and_events_of_a_span_of_time_come_out_alone(
    log: DataDir, tmp_path: Path, what: str, names: list[str]
) -> None:
    # The end of run "a" was told when the test wrote it: long before or after the span.
    span = {"since": BEGIN + timedelta(hours=5), "until": BEGIN + timedelta(days=2)}
    assert [row["run"] for row in lines(log, tmp_path / "a.jsonl", what=what, **span) if row["run"] == "b"] == names
    assert lines(log, tmp_path / "b.jsonl", what=what, since=BEGIN - timedelta(2), until=BEGIN) == []


@pytest.mark.parametrize("what", ["runs", "events"])
def test_a_verdict_of_runs_or_events_is_refused(log: DataDir, tmp_path: Path, what: Any) -> None:
    out = tmp_path / "a.csv"
    with pytest.raises(InputError, match=r"records\.export_no_verdicts") as caught:
        export_records(log, out, "csv", what=what, verdict=Verdict.OK)
    assert all(error_text(caught.value, language) for language in LANGUAGES)
    assert not out.exists()


@pytest.mark.parametrize("what", ["records", "runs", "events"])
def test_a_log_of_many_pages_comes_out_once_and_in_order(
    log: DataDir, tmp_path: Path, what: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = lines(log, tmp_path / "a.jsonl", what=what)
    for size in (1, 2, 3):
        monkeypatch.setattr(export_module, "_AT_ONCE", size)
        assert lines(log, tmp_path / f"{size}.jsonl", what=what) == whole


def test_what_is_recorded_meanwhile_is_left_out(
    log: DataDir, tmp_path: Path, judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_module, "_AT_ONCE", 2)
    real = export_module.plain_value
    with closing(SqliteInspectionLog(log, keep_images="none")) as growing:

        def meanwhile(value: object) -> object:
            if value == 1:
                growing.append([judged(50, pictures=False), Event(EventKind.EXPORTED)])
            return real(value)

        monkeypatch.setattr(export_module, "plain_value", meanwhile)
        assert len(lines(log, tmp_path / "a.jsonl")) == 5


def test_an_existing_file_is_only_replaced_where_that_was_asked_for(log: DataDir, tmp_path: Path) -> None:
    out = tmp_path / "a.jsonl"
    out.write_text("precious")
    with pytest.raises(InputError, match=r"records\.export_exists"):
        export_records(log, out, "jsonl")
    assert out.read_text() == "precious"
    assert len(lines(log, out, overwrite=True)) == 5


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_disk_that_fills_up_leaves_the_old_file_and_nothing_else(
    log: DataDir, tmp_path: Path, form: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "a"
    out.write_text("the one before")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("crane_desktop.records.export.os.fsync", full)
    with pytest.raises(InputError, match=r"records\.export_unwritable") as caught:
        export_records(log, out, form, overwrite=True)
    assert "no space is left" in error_text(caught.value, "en")
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["a"]
    assert out.read_text() == "the one before"


def test_a_folder_that_is_not_there_is_told(log: DataDir, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"records\.export_unwritable"):
        export_records(log, tmp_path / "nowhere" / "a.csv", "csv")


@given(st.text())
def test_no_text_is_run_as_a_formula(value: str) -> None:
    cell = _cell(value)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert cell.removeprefix("'") == value.removeprefix("'")


def test_a_file_name_that_looks_like_a_formula_is_text_in_a_spreadsheet(
    with_log: DataDir, judged: Judged, tmp_path: Path
) -> None:
    origin = FrameOrigin(1, "s", BEGIN, 1, file="=HYPERLINK(1)")
    with closing(SqliteInspectionLog(with_log)) as written:
        written.append([judged(1, origin=origin, pictures=False)])
    assert table(with_log, tmp_path / "a.csv")[0]["file"] == "'=HYPERLINK(1)"
    assert lines(with_log, tmp_path / "a.jsonl")[0]["file"] == "=HYPERLINK(1)"


@pytest.mark.parametrize("what", ["records", "runs", "events"])
def test_an_empty_log_gives_a_file_without_rows(with_log: DataDir, tmp_path: Path, what: Any) -> None:
    assert lines(with_log, tmp_path / "a.jsonl", what=what) == []
    assert table(with_log, tmp_path / "a.csv", what=what) == []
