"""``records verify|stats|export|set-aside|take-in``: prove the log, sum it up, take it out, care for its pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from crane_desktop.cli.invocation import Invocation, open_invocation
from crane_desktop.cli.options import HELP_LANGUAGE, DataDirOption, JsonOption
from crane_desktop.cli.outputs import OverwriteOption
from crane_desktop.cli.usage import Command, Group
from crane_desktop.domain.errors import CraneError
from crane_desktop.domain.events import exported, pictures_moved
from crane_desktop.domain.frames import LossCause
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.texts import Language, error_text, text

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
    from crane_desktop.records.quarantine import held
    from crane_desktop.records.queries import RecordReader

    workbench = open_invocation(data_dir, as_json=as_json)
    with RecordReader(workbench.data) as reader:
        summary = reader.stats()
    data = workbench.data
    kept = {"quarantine": held(data.quarantine), "set_aside": held(data.set_aside)}
    if as_json:
        workbench.console.data(summary | (kept if any(kept.values()) else {}))
        return
    sentences = _said(summary, workbench.language)
    if any(kept.values()):
        days = workbench.settings.quarantine_days
        sentences.append(text("records.sum_of_kept", workbench.language, days=days, **kept))
    for sentence in sentences:
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
        findings = [
            {"finding": found.key.rpartition(".")[2], "sentence": _finding_words(found, workbench.language)}
            for found in proof.findings
        ]
        result = {"ok": proof.ok, "records": proof.records, "first_bad": proof.first_bad}
        workbench.console.data({**result, **({"findings": findings} if findings else {})})
    elif proof.ok:
        workbench.console.say(text("app.log_sound", workbench.language, records=proof.records))
    for found in proof.findings:
        workbench.console.note(_finding_words(found, workbench.language))
    raise typer.Exit(0 if proof.ok else 1)


def _finding_words(found: CraneError, language: Language) -> str:
    """Return the sentence of a finding; who sits at a command line is told the command that helps."""
    words = error_text(found, language)
    if found.key == "records.pictures_unnamed":
        words = f"{words} {text('records.set_aside_hint', language)}"
    return words


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


@commands.command("set-aside", cls=Command, help=text("records.help_set_aside", HELP_LANGUAGE))
def set_aside(data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """Move pictures that no record names out of the archive."""
    from crane_desktop.records.unnamed import set_aside_unnamed

    invocation = open_invocation(data_dir, as_json=as_json)
    folder = invocation.data.set_aside
    moved = _move(invocation, set_aside_unnamed, folder, "set_aside")
    if not as_json:
        said = text("records.were_set_aside", invocation.language, pictures=moved, folder=folder)
        invocation.console.say(said)


@commands.command("take-in", cls=Command, help=text("records.help_take_in", HELP_LANGUAGE))
def take_in(data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """Put pictures that a record names back into the archive."""
    from crane_desktop.records.unnamed import take_in_named

    invocation = open_invocation(data_dir, as_json=as_json)
    moved = _move(invocation, take_in_named, invocation.data.images, "taken_in")
    if not as_json:
        invocation.console.say(text("records.were_taken_in", invocation.language, pictures=moved))


def _move(invocation: Invocation, move: Callable[[DataDir], int], folder: Path, why: str) -> int:
    """Move pictures while nobody writes, note it, and tell it as JSON where that is asked for; return how many."""
    with invocation.data.lock():
        moved = move(invocation.data)
        if moved:
            invocation.note(pictures_moved(moved, folder.name, why))
    if invocation.console.as_json:
        invocation.console.data({"pictures": moved, "folder": str(folder)})
    return moved


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
    overwrite: OverwriteOption = False,
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
        language=workbench.language,
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
