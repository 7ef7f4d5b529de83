"""``train``: learn prompts on labelled data, and say whether the new pack is better than the one it came from."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from crane_desktop.cli.commands.comparing import compared_pack, run_comparison
from crane_desktop.cli.data_sets import looked_at
from crane_desktop.cli.invocation import Invocation, open_invocation
from crane_desktop.cli.options import HELP_LANGUAGE, BitsOption, DataDirOption, JsonOption, PackOption
from crane_desktop.cli.progress_bar import progress_bar
from crane_desktop.domain.errors import InputError
from crane_desktop.services.packs.find import pack_path
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
    significant_bits: BitsOption = None,
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
    from crane_desktop.evaluation.datasets.datasets import read_dataset
    from crane_desktop.model.packs import read_manifest
    from crane_desktop.services.model_check import trust_of
    from crane_desktop.training.prompt_learning import LearningOptions, learn_prompts

    workbench = open_invocation(data_dir, as_json=as_json)
    if _report_of(out).exists() and not out.exists():
        raise InputError("training.out_exists", file=_report_of(out))
    base = pack_path(workbench, pack)
    read_manifest(base, trust_of(workbench))  # learning begins with no pack that the station would not load
    how = LearningOptions(
        epochs=epochs,
        seed=seed,
        context=None if context is None else context.value,
        group_by=group_by,
        most_pictures=most_pictures,
        language=workbench.language,
        significant_bits=significant_bits,
    )
    looked_at(workbench, [read_dataset(path).with_bits(significant_bits) for path in datasets])
    with progress_bar(text("training.encoding", workbench.language)) as on_progress:
        for step in learn_prompts(base, datasets, out, how, on_encoding=on_progress):
            if "file" in step:
                last = step
            elif as_json:
                workbench.console.data(step)
            else:
                workbench.console.say(_epoch_words(step, workbench.language))
    _end(workbench, base, out, last)


def _end(workbench: Invocation, base: Path, out: Path, last: dict[str, Any]) -> None:
    """Compare the packs on pictures that decided nothing, and tell."""
    from crane_desktop.evaluation.report.compare_report import sentences, write_report

    found = run_comparison(
        workbench, compared_pack(workbench, base, []), compared_pack(workbench, out, []), last.pop("unseen")
    )
    report = _report_of(out)
    curve = Path(last["curve"][1]).read_text(encoding="utf-8")
    write_report(report, found, workbench.language, curve)
    if workbench.console.as_json:
        workbench.console.data({**last, "report": str(report), "comparison": found.as_dict()})
        return
    workbench.console.say(_learned_words(last, workbench.language))
    for sentence in sentences(found, workbench.language):
        workbench.console.say(sentence)
    workbench.console.say(text("training.report_written", workbench.language, file=report))
    workbench.console.say(text("training.calibrate_next", workbench.language, file=out, pack=out.stem))


def _report_of(pack: Path) -> Path:
    """Return where the report on a learned pack goes."""
    return pack.with_name(f"{pack.stem}.report.html")


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
