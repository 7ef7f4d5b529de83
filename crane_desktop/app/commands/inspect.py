"""``inspect``: the main job without a window."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crane_desktop.app.options import (
    HELP_LANGUAGE,
    CtiOption,
    DataDirOption,
    JsonOption,
    PackOption,
    SourceKind,
    Trigger,
)
from crane_desktop.app.run_line import run_line
from crane_desktop.app.workbench import open_workbench
from crane_desktop.domain.station import SourceChoice
from crane_desktop.settings.texts import text


def inspect(
    source: Annotated[SourceKind, typer.Option(help=text("app.help.source", HELP_LANGUAGE))] = SourceKind.DEMO,
    path: Annotated[Path | None, typer.Option(help=text("app.help.path", HELP_LANGUAGE))] = None,
    cti: CtiOption = None,
    device: Annotated[str | None, typer.Option(help=text("app.help.device", HELP_LANGUAGE))] = None,
    trigger: Annotated[Trigger, typer.Option(help=text("app.help.trigger", HELP_LANGUAGE))] = Trigger.FREE,
    recipe: Annotated[str | None, typer.Option(help=text("app.help.recipe", HELP_LANGUAGE))] = None,
    pack: PackOption = None,
    frames: Annotated[int | None, typer.Option(min=1, help=text("app.help.frames", HELP_LANGUAGE))] = None,
    rate: Annotated[float | None, typer.Option(min=0.01, help=text("app.help.rate", HELP_LANGUAGE))] = None,
    seed: Annotated[int, typer.Option(min=0, help=text("app.help.seed", HELP_LANGUAGE))] = 0,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take frames from a source, judge them, record them."""
    bench = open_workbench(data_dir, as_json=as_json)
    choice = SourceChoice(
        kind=source.value,
        path=None if path is None else str(path),
        cti=None if cti is None else str(cti),
        device=device,
        trigger=trigger.value,
        rate_hz=rate,
        frames=frames,
        seed=seed,
    )
    with bench.data.lock():
        raise typer.Exit(run_line(bench, choice, pack=pack, recipe=recipe))
