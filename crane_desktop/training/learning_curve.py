"""A prompt learning's figures beside its pack: a table for spreadsheets and a picture."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from crane_desktop.domain.errors import InputError
from crane_desktop.evaluation.report.charts import Panel, curves_svg
from crane_desktop.settings.atomic import write_atomic
from crane_desktop.settings.texts import Language, text
from crane_desktop.training.progress import Progress

_COLUMNS = ("epoch", "loss", "held_out_loss", "held_out_image_auroc", "held_out_pixel_auroc")


def write_learning_curve(pack: Path, progress: Progress, language: Language) -> tuple[Path, Path]:
    """Write ``NAME.learning.csv`` and ``NAME.learning.svg`` beside a pack, whole or not at all; return their paths.

    Raises
    ------
    InputError
        If the disk does not take them.
    """
    table, picture = (pack.with_name(f"{pack.stem}.learning.{kind}") for kind in ("csv", "svg"))
    try:
        write_atomic(table, _csv(progress).encode("utf-8-sig"))
        write_atomic(picture, learning_curve(pack.stem, progress, language).encode())
    except OSError as error:
        raise InputError("training.cannot_write", folder=pack.parent, detail=error.strerror or str(error)) from error
    return table, picture


def learning_curve(name: str, progress: Progress, language: Language) -> str:
    """Return the learning curve as an SVG document."""
    image, pixel = (text(key, language) for key in ("training.curve_image_auroc", "training.curve_pixel_auroc"))
    loss = (text("training.curve_learned", language), text("training.curve_held_out", language))
    panels: Sequence[Panel] = (
        Panel(text("training.curve_loss", language), (("loss", loss[0]), ("held_out_loss", loss[1]))),
        Panel("AUROC", (("held_out_image_auroc", image), ("held_out_pixel_auroc", pixel))),
    )
    return curves_svg(
        [epoch.as_dict() for epoch in progress.epochs],
        "epoch",
        panels,
        title=text("training.curve_title", language, pack=name),
        x_label=text("training.curve_epoch", language),
        mark=(progress.best.epoch, text("training.curve_kept", language)),
    )


def _csv(progress: Progress) -> str:
    target = io.StringIO(newline="")
    table = csv.DictWriter(target, _COLUMNS)
    table.writeheader()
    table.writerows(epoch.as_dict() for epoch in progress.epochs)
    return target.getvalue()
