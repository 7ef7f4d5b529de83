"""``train``: learn prompts on labelled data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crane_desktop.app.judge import pack_path
from crane_desktop.app.options import HELP_LANGUAGE, DataDirOption, JsonOption, PackOption
from crane_desktop.app.workbench import open_workbench
from crane_desktop.settings.texts import text


def train(
    datasets: Annotated[list[Path], typer.Argument(help=text("app.help.dataset", HELP_LANGUAGE), metavar="DATASET...")],
    out: Annotated[Path, typer.Option("-o", "--out", help=text("app.help.out_file", HELP_LANGUAGE), metavar="FILE")],
    pack: PackOption = None,
    epochs: Annotated[int, typer.Option(min=1, help=text("app.help.epochs", HELP_LANGUAGE))] = 5,
    seed: Annotated[int, typer.Option(min=0, help=text("app.help.seed", HELP_LANGUAGE))] = 0,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Learn the prompts anew on frozen backbones; the result is a new pack beside the old one."""
    from crane_desktop.training.prompt_learning import learn_prompts

    bench = open_workbench(data_dir, as_json=as_json)
    for step in learn_prompts(pack_path(bench, pack), datasets, out, epochs=epochs, seed=seed):
        if as_json:
            bench.console.data(step)
        else:
            bench.console.say("  ".join(f"{k}={v}" for k, v in step.items()))
