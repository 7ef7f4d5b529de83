"""``evaluate``: how well a pack detects on labelled data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.cells import set_cell_size

from crane_desktop.app.judge import pack_path
from crane_desktop.app.options import HELP_LANGUAGE, DataDirOption, JsonOption, PackOption, ProfileOption
from crane_desktop.app.progress_bar import progress_bar
from crane_desktop.app.workbench import open_workbench
from crane_desktop.settings.texts import text

_COLUMNS = ("image_auroc", "image_ap", "image_f1_max", "pixel_auroc", "pixel_aupro", "pixel_f1_max")


def evaluate(
    dataset: Annotated[Path, typer.Argument(help=text("app.help.dataset", HELP_LANGUAGE))],
    pack: PackOption = None,
    profile: ProfileOption = None,
    method: Annotated[str, typer.Option(help=text("app.help.method", HELP_LANGUAGE), metavar="NAME")] = "crane",
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a table of figures per class and their mean; with ``--json`` one object."""
    from crane_desktop.app.proving import trust_of
    from crane_desktop.model.family import CRANE, load_method
    from crane_desktop.training.datasets import read_dataset
    from crane_desktop.training.evaluate import evaluate as measure

    bench = open_workbench(data_dir, as_json=as_json, profile=profile)
    data = read_dataset(dataset)
    scorer = load_method(method, pack_path(bench, pack), profile=bench.settings.profile, trust=trust_of(bench))
    try:
        with progress_bar(text("training.scoring", bench.language)) as tell:
            figures = measure(scorer, data, on_progress=tell).as_dict()
    finally:
        scorer.close()
    if as_json:
        bench.console.data(figures if method == CRANE else {"method": method, **figures})
        return
    bench.console.say("".join([" " * 24, *(c.rjust(14) for c in _COLUMNS), "image_auroc 95 %".rjust(20)]))
    for name, row in [*figures["classes"].items(), ("mean", figures["mean"])]:
        # Japanese characters are two cells wide: padding by characters would shift the columns.
        cells = "".join(_cell(row[c]).rjust(14) for c in _COLUMNS)
        bench.console.say(set_cell_size(name, 24) + cells + _interval(row.get("image_auroc_interval_95")).rjust(20))


def _cell(value: Any) -> str:
    return "-" if value is None else f"{value:.4f}"


def _interval(bounds: tuple[float, float] | None) -> str:
    return "" if bounds is None else f"{bounds[0]:.3f} .. {bounds[1]:.3f}"
