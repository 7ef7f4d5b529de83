"""How well a model detects on labelled data."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.ports import Scorer
from crane_desktop.training.datasets import Dataset, LabelledClass
from crane_desktop.training.metrics import auroc, auroc_interval_95, average_precision, counts_by_score, f1_max
from crane_desktop.training.pixels import PixelTally, map_on_picture

FIGURES = ("image_auroc", "image_ap", "image_f1_max", "pixel_auroc", "pixel_aupro", "pixel_f1_max")

Progress = Callable[[int, int], None]


def _silent(_done: int, _of: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """What came out for one class; None where a figure has no meaning.

    Attributes
    ----------
    image_auroc_interval_95
        Bootstrap interval of `image_auroc`: with few pictures it is wide, and smaller differences mean nothing.
    images, good, defective
        Pictures that were scored.
    masks
        Defective ones whose defect is drawn: the pixel figures come from these and the good ones.
    unanswered
        Pictures that the model had no answer for (NaN); they are in no figure.
    """

    image_auroc: float | None
    image_ap: float | None
    image_f1_max: float | None
    pixel_auroc: float | None
    pixel_aupro: float | None
    pixel_f1_max: float | None
    image_auroc_interval_95: tuple[float, float] | None
    images: int
    good: int
    defective: int
    masks: int
    unanswered: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of every class, and their mean."""

    classes: dict[str, ClassFigures]

    def mean(self) -> dict[str, float | None]:
        """Return the mean of each figure over the classes that have it."""
        means: dict[str, float | None] = {}
        for name in FIGURES:
            known = [v for v in (getattr(row, name) for row in self.classes.values()) if v is not None]
            means[name] = sum(known) / len(known) if known else None
        return means

    def as_dict(self) -> dict[str, Any]:
        """Return ``{"classes": {name: figures}, "mean": figures}`` for JSON."""
        return {"classes": {name: asdict(row) for name, row in self.classes.items()}, "mean": self.mean()}


def evaluate(scorer: Scorer, dataset: Dataset, *, on_progress: Progress = _silent) -> Evaluation:
    """Score every test picture, one at a time, and measure.

    Pixel figures are taken at the masks' own size, the map brought to it bilinearly.

    Parameters
    ----------
    on_progress
        Told how many pictures are done, and of how many.

    Raises
    ------
    InputError
        If a picture or mask cannot be read, or a mask is not as large as its picture: names it.
    """
    total = sum(len(labelled.test) for labelled in dataset.classes)
    rows: dict[str, ClassFigures] = {}
    done = 0
    for labelled in dataset.classes:
        before = done

        def count(scored: int, before: int = before) -> None:
            on_progress(before + scored, total)

        rows[labelled.name] = _evaluate_class(scorer, labelled, count)
        done += len(labelled.test)
    return Evaluation(rows)


def _evaluate_class(scorer: Scorer, labelled: LabelledClass, count: Callable[[int], None]) -> ClassFigures:
    tally = PixelTally() if labelled.has_masks else None
    scores, truth = [], []
    masks = unanswered = 0
    for done, sample in enumerate(labelled.test, start=1):
        pixels = sample.pixels()
        scored = scorer.score(pixels)
        if math.isfinite(scored.score) and np.isfinite(scored.anomaly_map.values).all():
            scores.append(scored.score)
            truth.append(not sample.is_good)
            mask = None if tally is None else sample.mask(pixels.shape[:2])
            if tally is not None and mask is not None:
                tally.add(map_on_picture(scored.anomaly_map, mask.shape), mask)
                masks += not sample.is_good
        else:
            unanswered += 1
        count(done)
    return _figures(np.array(scores, np.float64), np.array(truth, np.bool_), tally, masks, unanswered)


def _figures(
    scores: NDArray[np.float64],
    truth: NDArray[np.bool_],
    tally: PixelTally | None,
    masks: int,
    unanswered: int,
) -> ClassFigures:
    both = bool(truth.any() and not truth.all())
    defective, good = counts_by_score(scores, truth)
    return ClassFigures(
        image_auroc=auroc(defective, good) if both else None,
        image_ap=average_precision(defective, good) if both else None,
        image_f1_max=f1_max(defective, good) if both else None,
        pixel_auroc=tally.auroc() if tally else None,
        pixel_aupro=tally.aupro() if tally else None,
        pixel_f1_max=tally.f1_max() if tally else None,
        image_auroc_interval_95=auroc_interval_95(scores, truth),
        images=len(scores),
        good=int((~truth).sum()),
        defective=int(truth.sum()),
        masks=masks,
        unanswered=unanswered,
    )
