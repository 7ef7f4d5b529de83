"""``records verify|stats|export``: prove the log, sum it up, and take it out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from crane_desktop.cli.invocation import open_invocation
from crane_desktop.cli.options import HELP_LANGUAGE, DataDirOption, JsonOption
from crane_desktop.cli.usage import Command, Group
from crane_desktop.domain.events import exported
from crane_desktop.domain.frames import LossCause
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.settings.texts import Language, text

_MOMENT = "%Y-%m-%d %H:%M:%S"

commands = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)


class ExportFormat(StrEnum):
    """Formats of ``records export``."""

    CSV = "csv"
    JSONL = "jsonl"


class ExportWhat(StrEnum):
    """What ``records export`` writes."""

    RECORDS = "records"
    RUNS = "runs"
    EVENTS = "events"


@commands.command("stats", cls=Command, help=text("app.help.records_stats", HELP_LANGUAGE))
def stats(data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """Sum up the log."""
    from crane_desktop.records.queries import RecordReader

    workbench = open_invocation(data_dir, as_json=as_json)
    with RecordReader(workbench.data) as reader:
        summary = reader.stats()
    if as_json:
        workbench.console.data(summary)
    else:
        for sentence in _said(summary, workbench.language):
            workbench.console.say(sentence)


@commands.command("verify", cls=Command, help=text("app.help.records_verify", HELP_LANGUAGE))
def verify(data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """Prove that the log is whole."""
    from crane_desktop.cli.progress_bar import progress_bar
    from crane_desktop.records.verify import verify_log

    workbench = open_invocation(data_dir, as_json=as_json)
    with progress_bar(text("app.verifying_log", workbench.language)) as progress:
        proof = verify_log(workbench.data, progress)
    if as_json:
        workbench.console.data({"ok": proof.ok, "records": proof.records, "first_bad": proof.first_bad})
    elif proof.ok:
        workbench.console.say(text("app.log_sound", workbench.language, records=proof.records))
    if proof.error is not None:
        workbench.console.show_error(proof.error)
    raise typer.Exit(0 if proof.ok else 1)


def _said(summary: Mapping[str, Any], language: Language) -> list[str]:
    """Return the sums as sentences for people, times in local time."""
    counts = "  ".join(f"{text(f'verdict.{v}', language)} {summary[v.value.lower()]}" for v in Verdict)
    said = [text("records.sum_of_records", language, records=summary["records"], counts=counts)]
    if summary["records"]:
        first, last = (datetime.fromisoformat(summary[name]).astimezone() for name in ("first_at", "last_at"))
        said.append(text("records.sum_times", language, first=f"{first:{_MOMENT}}", last=f"{last:{_MOMENT}}"))
    losses = dict(summary["losses"])
    skipped = losses.pop(LossCause.SKIPPED.value, 0)
    causes = ", ".join(f"{text(f'loss.{cause}', language)} {count}" for cause, count in losses.items())
    lost = f"{sum(losses.values())} ({causes})" if losses else "0"
    words = {"runs": summary["runs"], "skipped": skipped, "losses": lost, "unknown": summary["unknown"]}
    said.append(text("records.sum_of_runs", language, **words))
    return said


@commands.command("export", cls=Command, help=text("app.help.records_export", HELP_LANGUAGE))
def export(
    out: Annotated[Path, typer.Option("-o", "--out", help=text("app.help.out_file", HELP_LANGUAGE), metavar="FILE")],
    form: Annotated[
        ExportFormat, typer.Option("--format", help=text("app.help.format", HELP_LANGUAGE))
    ] = ExportFormat.CSV,
    what: Annotated[ExportWhat, typer.Option(help=text("records.help_what", HELP_LANGUAGE))] = ExportWhat.RECORDS,
    verdict: Annotated[Verdict | None, typer.Option(help=text("app.help.verdict", HELP_LANGUAGE))] = None,
    since: Annotated[datetime | None, typer.Option(help=text("app.help.since", HELP_LANGUAGE))] = None,
    until: Annotated[datetime | None, typer.Option(help=text("app.help.until", HELP_LANGUAGE))] = None,
    overwrite: Annotated[bool, typer.Option(help=text("app.help.overwrite", HELP_LANGUAGE))] = False,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write records, runs or events to a file."""
    from crane_desktop.records.export import export_records

    workbench = open_invocation(data_dir, as_json=as_json)
    written = export_records(
        workbench.data,
        out,
        form.value,
        what=what.value,
        verdict=verdict,
        since=_local(since),
        until=_local(until),
        overwrite=overwrite,
    )
    workbench.note_when_free(exported(what.value, str(out), count=written))
    if as_json:
        workbench.console.data({"file": str(out), what.value: written})
        return
    match what:
        case ExportWhat.RECORDS:
            workbench.console.say(text("app.exported", workbench.language, records=written, file=out))
        case ExportWhat.RUNS:
            workbench.console.say(text("records.exported_runs", workbench.language, runs=written, file=out))
        case ExportWhat.EVENTS:
            workbench.console.say(text("records.exported_events", workbench.language, events=written, file=out))


def _local(moment: datetime | None) -> datetime | None:
    """A time typed by a person is local time."""
    return None if moment is None else moment.astimezone()
