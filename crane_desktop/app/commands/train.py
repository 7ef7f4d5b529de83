"""``train``: learn prompts on labelled data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from crane_desktop.app.judge import pack_path
from crane_desktop.app.options import HELP_LANGUAGE, DataDirOption, JsonOption, PackOption
from crane_desktop.app.progress_bar import progress_bar
from crane_desktop.app.workbench import open_workbench
from crane_desktop.settings.texts import Language, text


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
    from crane_desktop.app.proving import trust_of
    from crane_desktop.model.packs import read_manifest
    from crane_desktop.training.prompt_learning import learn_prompts

    bench = open_workbench(data_dir, as_json=as_json)
    base = pack_path(bench, pack)
    read_manifest(base, trust_of(bench))  # learning begins with no pack that the station would not load
    with progress_bar(text("training.encoding", bench.language)) as tell:
        for step in learn_prompts(base, datasets, out, epochs=epochs, seed=seed, on_encoding=tell):
            if as_json:
                bench.console.data(step)
            else:
                bench.console.say(_words(step, epochs, bench.language))


def _words(step: dict[str, Any], epochs: int, language: Language) -> str:
    if "file" not in step:
        return text(
            "training.epoch",
            language,
            epoch=step["epoch"],
            epochs=epochs,
            loss=_figure(step["loss"]),
            held_out_loss=_figure(step["held_out_loss"]),
            image_auroc=_figure(step["held_out_image_auroc"]),
            pixel_auroc=_figure(step["held_out_pixel_auroc"]),
        )
    before, after = step["before"], step["after"]
    kept = text(
        "training.learned",
        language,
        epoch=step["kept_epoch"],
        image_before=_figure(before["image_auroc"]),
        image_after=_figure(after["image_auroc"]),
        pixel_before=_figure(before["pixel_auroc"]),
        pixel_after=_figure(after["pixel_auroc"]),
    )
    return kept + "\n" + text("training.calibrate_next", language, file=step["file"])


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
