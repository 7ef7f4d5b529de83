"""``train``: learn prompts on labelled data, and say whether the new pack is better than the one it came from."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from crane_desktop.app.commands.comparing import contender, run_comparison
from crane_desktop.app.judge import pack_path
from crane_desktop.app.options import HELP_LANGUAGE, DataDirOption, JsonOption, PackOption
from crane_desktop.app.progress_bar import progress_bar
from crane_desktop.app.workbench import Workbench, open_workbench
from crane_desktop.settings.texts import Language, text


class LearningContext(StrEnum):
    """Whether the picture's own embedding joins the prompts while they are learned."""

    GUIDED = "guided"
    STATIC = "static"


def train(
    datasets: Annotated[
        list[Path], typer.Argument(help=text("app.help.labelled", HELP_LANGUAGE), metavar="DATASET...")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help=text("app.help.out_file", HELP_LANGUAGE), metavar="FILE")],
    pack: PackOption = None,
    epochs: Annotated[int | None, typer.Option(min=1, help=text("app.help.epochs", HELP_LANGUAGE))] = None,
    seed: Annotated[int, typer.Option(min=0, help=text("app.help.seed", HELP_LANGUAGE))] = 0,
    context: Annotated[LearningContext | None, typer.Option(help=text("app.help.train_context", HELP_LANGUAGE))] = None,
    group_by: Annotated[
        str | None, typer.Option(help=text("app.help.group_by", HELP_LANGUAGE), metavar="REGEX")
    ] = None,
    most_pictures: Annotated[
        int | None, typer.Option(min=6, help=text("app.help.most_pictures", HELP_LANGUAGE))
    ] = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Learn the prompts anew on frozen backbones; the result is a new pack beside the old one."""
    from crane_desktop.app.proving import trust_of
    from crane_desktop.model.packs import read_manifest
    from crane_desktop.training.prompt_learning import Lessons, learn_prompts

    bench = open_workbench(data_dir, as_json=as_json)
    base = pack_path(bench, pack)
    read_manifest(base, trust_of(bench))  # learning begins with no pack that the station would not load
    how = Lessons(
        epochs=epochs,
        seed=seed,
        context=None if context is None else context.value,
        group_by=group_by,
        most_pictures=most_pictures,
        language=bench.language,
    )
    with progress_bar(text("training.encoding", bench.language)) as tell:
        for step in learn_prompts(base, datasets, out, how, on_encoding=tell):
            if "file" in step:
                last = step
            elif as_json:
                bench.console.data(step)
            else:
                bench.console.say(_epoch_words(step, bench.language))
    _end(bench, base, out, last)


def _end(bench: Workbench, base: Path, out: Path, last: dict[str, Any]) -> None:
    """Compare the packs on pictures that decided nothing, and tell."""
    from crane_desktop.training.compare_report import sentences, write_report

    found = run_comparison(bench, contender(bench, base, []), contender(bench, out, []), last.pop("unseen"))
    report = out.with_name(f"{out.stem}.report.html")
    curve = Path(last["curve"][1]).read_text(encoding="utf-8")
    write_report(report, found, bench.language, curve)
    if bench.console.as_json:
        bench.console.data({**last, "report": str(report), "comparison": found.as_dict()})
        return
    bench.console.say(_learned_words(last, bench.language))
    for sentence in sentences(found, bench.language):
        bench.console.say(sentence)
    bench.console.say(text("training.report_written", bench.language, file=report))
    bench.console.say(text("training.calibrate_next", bench.language, file=out, pack=out.stem))


def _epoch_words(step: dict[str, Any], language: Language) -> str:
    return text(
        "training.epoch",
        language,
        epoch=step["epoch"],
        loss=_figure(step["loss"]),
        held_out_loss=_figure(step["held_out_loss"]),
        image_auroc=_figure(step["held_out_image_auroc"]),
        pixel_auroc=_figure(step["held_out_pixel_auroc"]),
    )


def _learned_words(last: dict[str, Any], language: Language) -> str:
    before, after = last["before"], last["after"]
    return text(
        "training.learned",
        language,
        epoch=last["kept_epoch"],
        learned=last["images_learned"],
        held_out=last["images_held_out"],
        image_before=_figure(before["image_auroc"]),
        image_after=_figure(after["image_auroc"]),
        pixel_before=_figure(before["pixel_auroc"]),
        pixel_after=_figure(after["pixel_auroc"]),
    )


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
