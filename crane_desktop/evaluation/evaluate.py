"""How well a model detects on labelled data."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.ports import Scorer
from crane_desktop.evaluation.checkpoint import ClassCheckpoint
from crane_desktop.evaluation.datasets.samples import Dataset, LabelledClass, Sample
from crane_desktop.evaluation.intervals import Interval, figure_interval, mean_interval, missing_of
from crane_desktop.evaluation.metrics import auroc, average_precision, counts_by_score, f1_max, picture_draws
from crane_desktop.evaluation.pixel_bootstrap import pixel_draws
from crane_desktop.evaluation.pixel_metrics import PixelTally, map_on_picture
from crane_desktop.evaluation.resume import work_folder

FIGURES = (
    "image_auroc",
    "image_ap",
    "image_f1_max",
    "pixel_auroc",
    "pixel_aupro",
    "pixel_f1_max",
    "pixel_auroc_defective_only",
)
_PIXEL_DRAWS = {
    "pixel_auroc": "auroc",
    "pixel_aupro": "aupro",
    "pixel_f1_max": "f1_max",
    "pixel_auroc_defective_only": "auroc_within_defective",
}

OnProgress = Callable[[int, int], None]


def _silent(_done: int, _of: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """What came out for one class; None where a figure has no meaning.

    Attributes
    ----------
    image_auroc_interval_95
        Interval of `image_auroc`: with few pictures it is wide, and smaller differences mean nothing.
    images, good, defective
        Pictures that were scored.
    masks
        Defective ones whose defect is drawn: the pixel figures come from these and the good ones.
    unanswered
        Pictures that the model had no answer for (NaN); they are in no figure.
    pixel_auroc_defective_only
        AUROC over the pixels of defective parts: good pictures are left out.
    blank_masks
        Those of `masks` that mark nothing.
    intervals_95
        Intervals of all figures (see `intervals`): pictures are drawn anew, good and defective apart.
    intervals_missing
        Figures that have no interval, and why.
    """

    image_auroc: float | None
    image_ap: float | None
    image_f1_max: float | None
    pixel_auroc: float | None
    pixel_aupro: float | None
    pixel_f1_max: float | None
    image_auroc_interval_95: Interval
    images: int
    good: int
    defective: int
    masks: int
    unanswered: int
    pixel_auroc_defective_only: float | None = None
    blank_masks: int = 0
    intervals_95: dict[str, Interval] = field(default_factory=dict)
    intervals_missing: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class ClassScores:
    """What the figures of a class come from.

    Attributes
    ----------
    samples
        The test pictures, in the order of `scores`.
    scores
        float64 ``(N,)``; NaN where the model had no answer.
    pixel_roc
        ``(2, K)``: false and true positive rates of the pixels, at some hundred places; None without masks.
    draws
        The bootstrap's, by figure.
    """

    samples: tuple[Sample, ...]
    scores: NDArray[np.float64]
    pixel_roc: NDArray[np.float64] | None
    draws: dict[str, NDArray[np.float64]]

    @property
    def defective(self) -> NDArray[np.bool_]:
        """The truth, bool ``(N,)``."""
        return np.array([not sample.is_good for sample in self.samples], np.bool_)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of every class, their mean, and where they come from."""

    classes: dict[str, ClassFigures]
    scores: dict[str, ClassScores] = field(default_factory=dict)

    def mean(self) -> dict[str, float | None]:
        """Return the mean of each figure over the classes that have it."""
        means: dict[str, float | None] = {}
        for name in FIGURES:
            known = [v for v in (getattr(row, name) for row in self.classes.values()) if v is not None]
            means[name] = sum(known) / len(known) if known else None
        return means

    def mean_intervals_95(self) -> dict[str, Interval]:
        """Return the interval of each mean: every class is drawn anew by itself. None where a class has none."""
        found: dict[str, Interval] = {}
        for name in FIGURES:
            known = [c for c, row in self.classes.items() if getattr(row, name) is not None and c in self.scores]
            drawn = [self.scores[c].draws[name] for c in known if name in self.scores[c].draws]
            points = [getattr(self.classes[c], name) for c in known]
            found[name] = mean_interval(drawn, points, [self.classes[c].intervals_95.get(name) for c in known])
        return found

    def as_dict(self) -> dict[str, Any]:
        """Return ``{"classes": {name: figures}, "mean": figures, "mean_intervals_95": ...}`` for JSON."""
        rows = {name: asdict(row) for name, row in self.classes.items()}
        return {"classes": rows, "mean": self.mean(), "mean_intervals_95": self.mean_intervals_95()}


def evaluate(
    scorer: Scorer,
    dataset: Dataset,
    *,
    on_progress: OnProgress = _silent,
    work: Path | None = None,
    memory: str = "",
) -> Evaluation:
    """Score every test picture, one at a time, and measure.

    Pixel figures are taken at the masks' own size, the map brought to it bilinearly. Memory holds one picture, one
    class's histograms and a number a picture, however many there are.

    Parameters
    ----------
    on_progress
        Told how many pictures are done, and of how many.
    work
        Folder for what is found on the way: the same call after a kill goes on from there, and ends with the same
        figures to the last bit. None: nothing is kept. It goes by `scorer.info`, `memory` and the data set's files.
    memory
        Name (SHA-256) of the good parts that the scorer remembers, if it does; see `work_folder`.

    Raises
    ------
    InputError
        If a picture or mask cannot be read, or a mask is not as large as its picture: names it. If `work` cannot be
        written, or the same evaluation runs already.
    """
    total = sum(len(labelled.test) for labelled in dataset.classes)
    figures: dict[str, ClassFigures] = {}
    scores: dict[str, ClassScores] = {}
    done = 0
    with work_folder(work, scorer.info, dataset, memory) as folder:
        for number, labelled in enumerate(dataset.classes):
            before = done

            def count(scored: int, before: int = before) -> None:
                on_progress(before + scored, total)

            checkpoint = ClassCheckpoint(folder, number, durable=work is not None)
            try:
                _score_class(scorer, labelled, checkpoint, count)
                figures[labelled.name], scores[labelled.name] = _measure(labelled, checkpoint, number)
            finally:
                checkpoint.save()
                checkpoint.close()
            done += len(labelled.test)
    return Evaluation(figures, scores)


def _score_class(
    scorer: Scorer, labelled: LabelledClass, checkpoint: ClassCheckpoint, count: Callable[[int], None]
) -> None:
    """Score the pictures that no earlier run has scored."""
    if checkpoint.count:
        count(checkpoint.count)
    for done, sample in enumerate(labelled.test[checkpoint.count :], start=checkpoint.count + 1):
        pixels = sample.pixels()
        scored = scorer.score(pixels)
        if math.isfinite(scored.score) and np.isfinite(scored.anomaly_map.values).all():
            mask = sample.mask(pixels.shape[:2]) if labelled.has_masks else None
            values = None if mask is None else map_on_picture(scored.anomaly_map, mask.shape)
            checkpoint.add(scored.score, defective=not sample.is_good, values=values, mask=mask)
        else:
            checkpoint.add(math.nan, defective=not sample.is_good, values=None, mask=None)
        count(done)


def _measure(labelled: LabelledClass, checkpoint: ClassCheckpoint, seed: int) -> tuple[ClassFigures, ClassScores]:
    read: list[float] = []
    good = masks = blank = 0
    for picture in checkpoint.pictures():
        read.append(picture.score)
        if picture.tally is not None:
            good += not picture.defective
            masks += picture.defective
            blank += picture.blank
    scores = np.array(read, np.float64)
    known = ~np.isnan(scores)
    truth = np.array([not sample.is_good for sample in labelled.test], np.bool_)[known]
    drawn = {f"image_{name}": draws for name, draws in picture_draws(scores[known], truth, seed).items()}
    tallies = (picture.tally for picture in checkpoint.pictures() if picture.tally is not None)
    by_pixel = pixel_draws(checkpoint.tally, tallies, good, masks, seed)
    drawn |= {name: by_pixel[what] for name, what in _PIXEL_DRAWS.items() if by_pixel}
    image = _image_figures(scores[known], truth)
    of_each = _counts_behind(int(truth.sum()), int((~truth).sum()), masks, good)
    found = {
        name: figure_interval(drawn.get(name), of_each[name], image["image_auroc"] if name == "image_auroc" else None)
        for name in FIGURES
    }
    intervals = {name: bounds for name, (bounds, _) in found.items()}
    figures = ClassFigures(
        **image,
        **_pixel_figures(checkpoint.tally if labelled.has_masks else None),
        image_auroc_interval_95=intervals["image_auroc"],
        images=len(truth),
        good=int((~truth).sum()),
        defective=int(truth.sum()),
        masks=masks,
        unanswered=int((~known).sum()),
        blank_masks=blank,
        intervals_95=intervals,
        intervals_missing=dict(missing_of(found)),
    )
    return figures, ClassScores(labelled.test, scores, checkpoint.tally.roc() if labelled.has_masks else None, drawn)


def _counts_behind(defective: int, good: int, masks: int, good_pixels: int) -> dict[str, tuple[int, ...]]:
    """Return how many pictures of each label stand behind each figure; good ones only where there are any."""
    by_pixel = (masks, good_pixels) if good_pixels else (masks,)
    return {
        name: (masks,)
        if name == "pixel_auroc_defective_only"
        else by_pixel
        if name in _PIXEL_DRAWS
        else (defective, good)
        for name in FIGURES
    }


def _image_figures(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> dict[str, Any]:
    if truth.all() or not truth.any():
        return {"image_auroc": None, "image_ap": None, "image_f1_max": None}
    counts = counts_by_score(scores, truth)
    return {"image_auroc": auroc(*counts), "image_ap": average_precision(*counts), "image_f1_max": f1_max(*counts)}


def _pixel_figures(tally: PixelTally | None) -> dict[str, Any]:
    return {
        "pixel_auroc": tally.auroc() if tally else None,
        "pixel_aupro": tally.aupro() if tally else None,
        "pixel_f1_max": tally.f1_max() if tally else None,
        "pixel_auroc_defective_only": tally.auroc_within_defective() if tally else None,
    }
