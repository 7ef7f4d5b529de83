"""Taking the log out: CSV for a spreadsheet, JSON lines for a program."""

from __future__ import annotations

import csv
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Literal

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.records.queries import RecordReader
from crane_desktop.records.rows import plain_value
from crane_desktop.records.schema import records
from crane_desktop.settings.atomic import TEMPORARY_SUFFIX
from crane_desktop.settings.data_dir import DataDir

ExportForm = Literal["csv", "jsonl"]
_AT_ONCE = 1000
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A cell beginning so is run as a formula by spreadsheets (OWASP, "CSV Injection")."""


def export_records(
    data: DataDir,
    out: Path,
    form: ExportForm,
    *,
    verdict: Verdict | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    overwrite: bool = False,
) -> int:
    """Write the records to a file, oldest first, and return how many.

    Read page by page, so that neither memory nor the line that goes on writing feel the log's size; what is
    recorded after the beginning is left out. The file appears whole or not at all.

    Parameters
    ----------
    form
        ``"csv"``: UTF-8 with byte order mark, CRLF, text that looks like a formula behind an apostrophe.
        ``"jsonl"``: one JSON object a line, UTF-8. Times are ISO 8601 in UTC in both.
    since, until
        Timezone-aware; decided at `since` or later, and before `until`.
    overwrite
        Whether an existing file may be replaced.

    Raises
    ------
    InputError
        If the file exists, cannot be written, or the log cannot be read.
    """
    if out.exists() and not overwrite:
        raise InputError("records.export_exists", path=out)
    temporary = out.parent / f".{secrets.token_hex(8)}{TEMPORARY_SUFFIX}"
    write = _write_csv if form == "csv" else _write_jsonl
    try:
        with RecordReader(data) as reader:
            rows = _rows(reader, _conditions(verdict, since, until))
            return _write_whole(out, temporary, lambda file: write(file, rows))
    except OSError as error:
        raise InputError("records.export_unwritable", path=out, detail=error.strerror or str(error)) from error


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


def _conditions(verdict: Verdict | None, since: datetime | None, until: datetime | None) -> list[Any]:
    where: list[Any] = []
    if verdict is not None:
        where.append(records.c.verdict == verdict.value)
    if since is not None:
        where.append(records.c.decided_at >= since)
    if until is not None:
        where.append(records.c.decided_at < until)
    return where


def _rows(reader: RecordReader, where: list[Any]) -> Iterator[Mapping[str, Any]]:
    last, end = 0, reader.newest_id()
    while rows := reader.rows_after(last, _AT_ONCE, [*where, records.c.id <= end]):
        yield from rows
        last = rows[-1]["id"]


def _write_jsonl(file: IO[str], rows: Iterator[Mapping[str, Any]]) -> int:
    written = 0
    for row in rows:
        plain = {name: plain_value(value) for name, value in row.items()}
        file.write(json.dumps(plain, ensure_ascii=False, allow_nan=False) + "\n")
        written += 1
    return written


def _write_csv(file: IO[str], rows: Iterator[Mapping[str, Any]]) -> int:
    # Without the mark, spreadsheets read UTF-8 in the system's old code page and Japanese falls apart.
    file.write("\ufeff")
    table = csv.writer(file)
    table.writerow(records.columns.keys())
    written = 0
    for row in rows:
        table.writerow([_cell(value) for value in row.values()])
        written += 1
    return written


def _cell(value: Any) -> Any:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return f"'{value}" if value.startswith(_FORMULA_STARTS) else value
        case list():
            return json.dumps(value)
        case _:
            return plain_value(value)
