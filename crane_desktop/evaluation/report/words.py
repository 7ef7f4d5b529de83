"""An evaluation for people: its rows, and what could not be judged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from crane_desktop.evaluation.evaluate import FIGURES, ClassFigures, Evaluation
from crane_desktop.evaluation.intervals import FEWEST, Interval
from crane_desktop.evaluation.report.html import plain
from crane_desktop.settings.texts import Language, text

_FIGURE_WORDS = {
    "image_auroc": "training.figure_image_auroc",
    "image_ap": "training.figure_image_ap",
    "image_f1_max": "training.figure_image_f1_max",
    "pixel_auroc": "training.figure_pixel_auroc",
    "pixel_aupro": "training.figure_pixel_aupro",
    "pixel_f1_max": "training.figure_pixel_f1_max",
    "pixel_auroc_defective_only": "training.figure_pixel_auroc_defective_only",
}
_MOST_NAMES = 10
NOTHING = "-"


def headings(language: Language) -> list[str]:
    """Return the columns: class, pictures, and every figure."""
    first = [text("training.report_class", language), text("training.report_pictures", language)]
    return first + [text(_FIGURE_WORDS[name], language) for name in FIGURES]


def rows(evaluation: Evaluation, language: Language) -> Iterator[list[tuple[str, str]]]:
    """Yield each class's cells, and those of the mean: what it says, and the interval below it."""
    for name, row in evaluation.classes.items():
        counts = (f"{row.good} / {row.defective}", "")
        cells = [
            (_figure(getattr(row, f)), _interval(row.intervals_95.get(f), row.intervals_missing.get(f), language))
            for f in FIGURES
        ]
        yield [(plain(name), ""), counts, *cells]
    means, intervals = evaluation.mean(), evaluation.mean_intervals_95()
    cells = [(_figure(means[f]), _interval(intervals[f], None, language)) for f in FIGURES]
    yield [(text("training.report_mean", language), ""), ("", ""), *cells]


def not_judged(evaluation: Evaluation, language: Language) -> Iterator[str]:
    """Yield a sentence for everything that is in no figure, and why."""
    for name, row in evaluation.classes.items():
        yield from _not_judged(plain(name), row, language)
        scores = evaluation.scores.get(name)
        if row.unanswered and scores is not None:
            silent = [scores.samples[index].file for index in np.flatnonzero(np.isnan(scores.scores))[:_MOST_NAMES]]
            yield text(
                "training.report_unanswered", language, name=plain(name), count=row.unanswered, files=_names(silent)
            )


def _not_judged(name: str, row: ClassFigures, language: Language) -> Iterator[str]:
    if row.pixel_auroc is None:
        yield text("training.report_no_masks", language, name=name)
    elif row.masks < row.defective:
        yield text("training.report_some_masks", language, name=name, masks=row.masks, defective=row.defective)
    if row.blank_masks:
        yield text("training.report_blank_masks", language, name=name, count=row.blank_masks)
    if not row.good:
        yield text("training.report_no_good", language, name=name)
    if "too_few_pictures" in row.intervals_missing.values():
        yield text(
            "training.report_too_few", language, name=name, good=row.good, defective=row.defective, needed=FEWEST
        )
    if "all_draws_agree" in row.intervals_missing.values():
        yield text("training.report_all_agree", language, name=name)


def _names(files: list[Path]) -> str:
    return ", ".join(plain(f"{file.parent.name}/{file.name}") for file in files)


def _figure(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.4f}"


def _interval(bounds: Interval, missing: str | None, language: Language) -> str:
    if bounds is not None:
        return f"{bounds[0]:.3f} .. {bounds[1]:.3f}"
    return "" if missing is None else text("training.report_no_interval", language)
