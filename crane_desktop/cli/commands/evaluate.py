"""``evaluate``: how well a pack detects on labelled data."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crane_desktop.cli.data_sets import looked_at
from crane_desktop.cli.invocation import Invocation, open_invocation
from crane_desktop.cli.options import HELP_LANGUAGE, BitsOption, DataDirOption, JsonOption, PackOption, ProfileOption
from crane_desktop.cli.outputs import OverwriteOption, refuse_existing
from crane_desktop.cli.progress_bar import progress_bar
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.ports import Scorer
from crane_desktop.services.packs.find import pack_path
from crane_desktop.settings.regular_file import at_home
from crane_desktop.settings.texts import Language, text

if TYPE_CHECKING:  # brings torch
    from crane_desktop.evaluation.datasets.datasets import Dataset
    from crane_desktop.evaluation.evaluate import Evaluation

_ALL = "all"


def evaluate(
    dataset: Annotated[Path, typer.Argument(help=text("app.help.dataset", HELP_LANGUAGE))],
    significant_bits: BitsOption = None,
    pack: PackOption = None,
    profile: ProfileOption = None,
    method: Annotated[str, typer.Option(help=text("app.help.method", HELP_LANGUAGE), metavar="NAME")] = "crane",
    report: Annotated[Path | None, typer.Option(help=text("app.help.report", HELP_LANGUAGE), metavar="FILE")] = None,
    overwrite: OverwriteOption = False,
    resume: Annotated[Path | None, typer.Option(help=text("app.help.resume", HELP_LANGUAGE), metavar="DIR")] = None,
    good_parts: Annotated[
        str | None, typer.Option(help=text("app.help.evaluate_good_parts", HELP_LANGUAGE), metavar="N|all")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help=text("app.help.good_parts_seed", HELP_LANGUAGE))] = 0,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a table of figures per class and their mean; with ``--json`` one object."""
    from crane_desktop.evaluation.datasets.datasets import read_dataset
    from crane_desktop.evaluation.datasets.masks import look_at_masks
    from crane_desktop.evaluation.evaluate import evaluate as measure
    from crane_desktop.evaluation.report.report import Occasion, write_report
    from crane_desktop.model.family import CRANE, load_method
    from crane_desktop.services.model_check import trust_of

    workbench = open_invocation(data_dir, as_json=as_json, profile=profile)
    if good_parts is not None:
        _parts_asked(good_parts, method, resume)
    out = None if report is None else _place_of(report, overwrite=overwrite)
    data = read_dataset(dataset).with_bits(significant_bits)
    left = looked_at(workbench, [data])
    for remark in look_at_masks(data):
        for warning in remark.warnings():
            workbench.console.show_error(warning)
    scorer = load_method(
        method, pack_path(workbench, pack), profile=workbench.settings.profile, trust=trust_of(workbench)
    )
    beside = None if out is None else out.with_name(f".{out.name}.work")
    try:
        with progress_bar(text("training.scoring", workbench.language)) as on_progress:
            told, judges = dict[str, Any](), dict[str, Scorer]()
            if good_parts is None:
                found = measure(scorer, data, on_progress=on_progress, work=resume or beside)
            else:
                found, told, judges = _with_good_parts(scorer, data, good_parts, seed, on_progress)
        if out is not None:
            write_report(out, found, scorer, Occasion(data, datetime.now(UTC), workbench.language), judges)
    finally:
        scorer.close()
    if beside is not None and resume is None:
        shutil.rmtree(beside, ignore_errors=True)
    if as_json:
        named = {} if method == CRANE else {"method": method}
        workbench.console.data({**named, **({"good_parts": told} if told else {}), **found.as_dict(), **left})
    else:
        _say(found, workbench, out)
        for name, memory in told.items():
            workbench.console.say(_memory_words(name, memory, workbench.language))


def _place_of(report: Path, *, overwrite: bool) -> Path:
    """Return where the report goes. That it cannot be written is better known before hours of work than after."""
    out = at_home(report).absolute()
    if not out.parent.is_dir() or out.is_dir():
        raise InputError("training.report_not_written", file=report, detail=str(out.parent))
    refuse_existing(out, overwrite=overwrite)
    return out


def _say(found: Evaluation, workbench: Invocation, out: Path | None) -> None:
    from crane_desktop.cli.tables import table_lines
    from crane_desktop.evaluation.report.words import headings, not_judged, rows

    for line in table_lines(headings(workbench.language), rows(found, workbench.language)):
        workbench.console.say(line)
    for note in not_judged(found, workbench.language):
        workbench.console.say(note)
    if out is not None:
        workbench.console.say(text("training.report_written", workbench.language, file=out))


def _parts_asked(good_parts: str, method: str, resume: Path | None) -> int | None:
    """Return how many good parts of each class were asked for; None: all.

    Raises
    ------
    InputError
        If that is no number, or something was asked for that has no memory of good parts.
    """
    from crane_desktop.model.family import CRANE

    if method != CRANE or resume is not None:
        raise InputError("app.good_parts_alone")
    if good_parts == _ALL:
        return None
    if not (good_parts.isascii() and good_parts.isdecimal() and 1 <= int(good_parts) <= 64):
        raise InputError("app.good_parts_number", given=good_parts)
    return int(good_parts)


def _with_good_parts(
    scorer: Scorer, data: Dataset, good_parts: str, seed: int, on_progress: Callable[[int, int], None]
) -> tuple[Evaluation, dict[str, Any], dict[str, Scorer]]:
    """Measure with a memory for every class; return with it what the memories are, and what judged each class.

    Raises
    ------
    InputError
        If a class has too few good training pictures.
    """
    from crane_desktop.model.family import CRANE
    from crane_desktop.model.scorer import CraneScorer
    from crane_desktop.training.goodparts.measure import evaluate_with_good_parts

    if not isinstance(scorer, CraneScorer):
        raise InputError("app.good_parts_alone")
    parts = _parts_asked(good_parts, CRANE, None)
    found, memories = evaluate_with_good_parts(scorer, data, parts, seed, on_progress=on_progress)
    told = {name: {"used": m.used, "parts": m.parts, **asdict(m.check)} for name, m in memories.items()}
    return found, told, {name: m.scorer for name, m in memories.items()}


def _memory_words(name: str, memory: dict[str, Any], language: Language) -> str:
    """Return in plain words what was remembered of a class, and whether it was used."""
    shown = {"zero_shot": f"{memory['zero_shot']:.2f}", "hybrid": f"{memory['hybrid']:.2f}"}
    key = "app.evaluated_with_good_parts" if memory["used"] else "app.evaluated_without_good_parts"
    return text(key, language, name=name, parts=memory["parts"], **shown)
