"""``bench``: how fast is this station."""

from __future__ import annotations

from typing import Annotated

import typer

from crane_desktop.app.judge import pack_path
from crane_desktop.app.options import HELP_LANGUAGE, DataDirOption, JsonOption, PackOption, ProfileOption
from crane_desktop.app.workbench import open_workbench
from crane_desktop.settings.texts import text


def bench(
    pack: PackOption = None,
    profile: ProfileOption = None,
    repeats: Annotated[int, typer.Option(min=3, help=text("app.help.repeats", HELP_LANGUAGE))] = 20,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print one object per measurement."""
    from crane_desktop.app.proving import open_scorer
    from crane_desktop.model.bench import bench_scorer

    work = open_workbench(data_dir, as_json=as_json, profile=profile)
    scorer = open_scorer(work, pack_path(work, pack))
    try:
        for figure in bench_scorer(scorer, repeats):
            if as_json:
                work.console.data(figure)
            else:
                work.console.say("  ".join(f"{k}={v}" for k, v in figure.items()))
    finally:
        scorer.close()
