"""``evaluate-verdicts``: what a pack's verdicts are worth at the threshold that a plant uses."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crane_desktop.cli.data_sets import looked_at
from crane_desktop.cli.invocation import Invocation, open_invocation
from crane_desktop.cli.options import HELP_LANGUAGE, BitsOption, DataDirOption, JsonOption, PackOption, ProfileOption
from crane_desktop.cli.progress_bar import progress_bar
from crane_desktop.services.packs.find import pack_path
from crane_desktop.settings.texts import text

if TYPE_CHECKING:  # brings torch
    from crane_desktop.evaluation.verdict_figures import VerdictFigures


def evaluate_verdicts(
    dataset: Annotated[Path, typer.Argument(help=text("app.help.dataset", HELP_LANGUAGE))],
    false_reject: Annotated[
        float, typer.Option(help=text("app.help.false_reject", HELP_LANGUAGE), metavar="RATE")
    ] = 0.05,
    trials: Annotated[int, typer.Option(min=1, max=1000, help=text("app.help.trials", HELP_LANGUAGE))] = 5,
    seed: Annotated[int, typer.Option(min=0, help=text("app.help.good_parts_seed", HELP_LANGUAGE))] = 0,
    significant_bits: BitsOption = None,
    pack: PackOption = None,
    profile: ProfileOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Learn, calibrate and judge over random splits of labelled pictures; print misses and false alarms."""
    from crane_desktop.decision.calibrate import check_rate
    from crane_desktop.evaluation.datasets.datasets import read_dataset
    from crane_desktop.model.scorer import load_scorer
    from crane_desktop.services.model_check import trust_of
    from crane_desktop.training.goodparts.verdict_path import measure_verdicts, usual_plans

    workbench = open_invocation(data_dir, as_json=as_json, profile=profile)
    check_rate(false_reject)
    data = read_dataset(dataset).with_bits(significant_bits)
    left = looked_at(workbench, [data])
    plans = {labelled.name: usual_plans(labelled) for labelled in data.classes}  # too few are told before the work
    found: dict[str, dict[str, VerdictFigures]] = {}
    scorer = load_scorer(pack_path(workbench, pack), profile=workbench.settings.profile, trust=trust_of(workbench))
    try:
        with progress_bar(text("training.scoring", workbench.language)) as on_progress:
            for labelled in data.classes:
                found[labelled.name] = measure_verdicts(
                    scorer, labelled, plans[labelled.name], false_reject, trials, seed, on_progress
                )
    finally:
        scorer.close()
    if as_json:
        classes = {name: {plan: asdict(row) for plan, row in rows.items()} for name, rows in found.items()}
        workbench.console.data({"false_reject": false_reject, "seed": seed, "classes": classes, **left})
        return
    for name, rows in found.items():
        _say(workbench, name, rows, false_reject)


def _say(workbench: Invocation, name: str, rows: dict[str, VerdictFigures], false_reject: float) -> None:
    from crane_desktop.cli.tables import table_lines
    from crane_desktop.evaluation.report.verdict_words import cells, headings, remarks, title

    language = workbench.language
    workbench.console.say(title(name, rows, false_reject, language))
    for line in table_lines(headings(language), cells(rows, language)):
        workbench.console.say(line)
    for remark in remarks(rows, language):
        workbench.console.say(remark)
