"""Taking the log out: CSV for a spreadsheet, JSON lines for a program."""

from __future__ import annotations

import csv
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Literal, TypeAlias

from sqlalchemy import Column, Table

from crane_desktop.domain.errors import InputError, technical
from crane_desktop.domain.history import RunRow
from crane_desktop.domain.verdicts import Reason, ReasonCode, Verdict
from crane_desktop.records.queries import RecordReader
from crane_desktop.records.rows import RUN_COLUMNS, flat_run, plain_value
from crane_desktop.records.schema import events, records
from crane_desktop.settings.atomic import TEMPORARY_SUFFIX
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.reason_words import detail_words
from crane_desktop.settings.spreadsheet import guarded
from crane_desktop.settings.texts import Language, system_language

ExportForm = Literal["csv", "jsonl"]
ExportWhat = Literal["records", "runs", "events"]
Rows: TypeAlias = Iterator[Mapping[str, Any]]
_AT_ONCE = 1000
_RECORD_COLUMNS = [name for name in records.columns.keys() if name not in ("run", "recipe_sha256", "sequence")]  # noqa: SIM118
"""What whoever reads exported records knows; which run they belong to, runs and events tell."""


def export_records(
    data: DataDir,
    out: Path,
    form: ExportForm,
    *,
    what: ExportWhat = "records",
    verdict: Verdict | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    overwrite: bool = False,
    language: Language | None = None,
) -> int:
    """Write records, runs or events to a file, oldest first, and return how many.

    Read page by page, so that neither memory nor the line that goes on writing feel the log's size; what is
    recorded after the beginning is left out. The file appears whole or not at all.

    Parameters
    ----------
    form
        ``"csv"``: UTF-8 with byte order mark, CRLF, text that looks like a formula behind an apostrophe.
        The detail of a reason is a sentence there. ``"jsonl"``: one JSON object a line, UTF-8, all as it was recorded.
        Times are ISO 8601 in UTC in both.
    verdict
        Records of this verdict only; runs and events have none.
    since, until
        Timezone-aware; decided, begun or happened at `since` or later, and before `until`.
    overwrite
        Whether an existing file may be replaced.
    language
        Of the sentences; None: the system's.

    Raises
    ------
    InputError
        If the file exists, cannot be written, the log cannot be read, or runs or events of a verdict are asked for.
    """
    if verdict is not None and what != "records":
        raise InputError("records.export_no_verdicts")
    if out.exists() and not overwrite:
        raise InputError("records.export_exists", path=out)
    temporary = out.parent / f".{secrets.token_hex(8)}{TEMPORARY_SUFFIX}"
    write = _write_csv if form == "csv" else _write_jsonl
    try:
        with RecordReader(data) as reader:
            columns, rows = _sheet(reader, what, verdict, since, until)
            if form == "csv":
                rows = _in_words(rows, language or system_language())
            return _write_whole(out, temporary, lambda file: write(file, columns, rows))
    except OSError as error:
        raise InputError("records.export_unwritable", path=out, detail=technical(error)) from error


def _sheet(
    reader: RecordReader, what: ExportWhat, verdict: Verdict | None, since: datetime | None, until: datetime | None
) -> tuple[Sequence[str], Rows]:
    """Return the columns of what is asked for, and its rows."""
    ends = reader.ends()
    match what:
        case "records":
            where = [*_between(records.c.decided_at, since, until), records.c.id <= ends.record_id]
            if verdict is not None:
                where.append(records.c.verdict == verdict.value)
            return _RECORD_COLUMNS, _table_rows(reader, records, where)
        case "events":
            where = [*_between(events.c.at, since, until), events.c.id <= ends.event_id]
            return events.columns.keys(), _table_rows(reader, events, where)
        case "runs":
            return RUN_COLUMNS, (flat_run(run) for run in _runs(reader, ends.event_id, since, until))


def _in_words(rows: Rows, language: Language) -> Rows:
    """Say the details of reasons in a sentence: who reads a table is no program."""
    for row in rows:
        if "reason_detail" not in row:
            yield row
            continue
        yield {**row, "reason_detail": _detail_words(row, language)}


def _detail_words(row: Mapping[str, Any], language: Language) -> str:
    try:
        reason = Reason(ReasonCode(row["reason"]), row["reason_detail"] or "")
    except ValueError:  # damaged, or of another version; `verify` tells of it
        return str(row["reason_detail"])
    return detail_words(reason, language) if reason.detail else ""


def _write_whole(out: Path, temporary: Path, write: Callable[[IO[str]], int]) -> int:
    try:
        with temporary.open("x", encoding="utf-8", newline="") as file:
            written = write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)
    return written


def _between(moment: Column[Any], since: datetime | None, until: datetime | None) -> list[Any]:
    bounds = [] if since is None else [moment >= since]
    return bounds if until is None else [*bounds, moment < until]


def _table_rows(reader: RecordReader, table: Table, where: list[Any]) -> Rows:
    last = 0
    while rows := reader.rows_after(last, _AT_ONCE, where, table):
        yield from rows
        last = rows[-1]["id"]


def _runs(reader: RecordReader, end: int, since: datetime | None, until: datetime | None) -> Iterator[RunRow]:
    last = 0
    while rows := reader.runs_after(last, _AT_ONCE):
        for run in rows:
            in_time = (since is None or run.begun_at >= since) and (until is None or run.begun_at < until)
            if in_time and run.number <= end:
                yield run
        last = rows[-1].number


def _write_jsonl(file: IO[str], columns: Sequence[str], rows: Rows) -> int:
    written = 0
    for row in rows:
        plain = {name: plain_value(row[name]) for name in columns}
        file.write(json.dumps(plain, ensure_ascii=False, allow_nan=False) + "\n")
        written += 1
    return written


def _write_csv(file: IO[str], columns: Sequence[str], rows: Rows) -> int:
    # Without the mark, spreadsheets read UTF-8 in the system's old code page and Japanese falls apart.
    file.write("\ufeff")
    table = csv.writer(file)
    table.writerow(columns)
    written = 0
    for row in rows:
        table.writerow([_cell(row[name]) for name in columns])
        written += 1
    return written


def _cell(value: Any) -> Any:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return guarded(value)
        case list() | dict():
            return json.dumps(value)
        case _:
            return plain_value(value)
