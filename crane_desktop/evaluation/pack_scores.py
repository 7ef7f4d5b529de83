"""What a pack says about labelled pictures, kept so that another pack's can be laid beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crane_desktop.decision.rule import decide
from crane_desktop.domain.maps import Scored
from crane_desktop.domain.ports import Scorer
from crane_desktop.evaluation.datasets.datasets import Sample
from crane_desktop.evaluation.pixel_bootstrap import pixel_draws
from crane_desktop.evaluation.pixel_metrics import BINS, COARSE, UNIT, PictureTally, PixelTally, map_on_picture
from crane_desktop.recipe.model import Recipe

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class PackScores:
    """A pack's answers.

    Attributes
    ----------
    scores
        float64 ``(N,)``, NaN where it has no answer.
    verdicts
        By the thresholds that belong to the pack; None where there are none.
    pixels
        The pixel figures of the pictures with a mask, and of the good ones.
    tallies
        File of each picture's own tally, None without mask; on disk, so that ten thousand pictures need no memory.
    """

    pack: str
    samples: tuple[Sample, ...]
    scores: NDArray[np.float64]
    verdicts: list[str | None] | None
    pixels: PixelTally
    tallies: tuple[Path | None, ...]

    @property
    def defective(self) -> NDArray[np.bool_]:
        """The truth, ``(N,)``."""
        return np.array([not sample.is_good for sample in self.samples], np.bool_)

    @property
    def masks(self) -> int:
        """Defective pictures whose defect is drawn."""
        return sum(t is not None and not s.is_good for s, t in zip(self.samples, self.tallies, strict=True))

    def only(self, wanted: NDArray[np.bool_]) -> PackScores:
        """Return the same for some of the pictures."""
        if bool(wanted.all()):
            return self
        kept = np.flatnonzero(wanted)
        tallies = tuple(self.tallies[index] for index in kept)
        verdicts = None if self.verdicts is None else [self.verdicts[index] for index in kept]
        samples = tuple(self.samples[index] for index in kept)
        return PackScores(self.pack, samples, self.scores[kept], verdicts, _together(_read(tallies)), tallies)

    def pixel_draws(self, seed: int) -> dict[str, NDArray[np.float64]]:
        """Return the pixel figures of drawn pictures; the same seed draws the same pictures of any pack."""
        drawn = [s for s, t in zip(self.samples, self.tallies, strict=True) if t is not None]
        good = sum(sample.is_good for sample in drawn)
        if not self.masks or not good:
            return {}
        return pixel_draws(self.pixels, _read(self.tallies), good, len(drawn) - good, seed)


def score_pictures(
    scorer: Scorer, samples: Sequence[Sample], folder: Path, rule: Recipe, on_done: OnProgress
) -> PackScores:
    """Score pictures with one pack, one at a time.

    Parameters
    ----------
    folder
        Empty; takes the pictures' tallies.
    rule
        What makes verdicts of this pack's answers; without thresholds there are none.

    Raises
    ------
    InputError
        If a picture or mask cannot be read: names it.
    """
    drawn = any(
        sample.mask_file is not None and not sample.is_good for sample in samples
    )  # without, no pixel figure has a meaning
    pixels, tallies = PixelTally(), list[Path | None]()
    scores, verdicts = np.full(len(samples), np.nan), list[str | None]()
    for index, sample in enumerate(samples):
        picture = sample.pixels()
        scored = scorer.score(picture)
        answered = bool(np.isfinite(scored.score)) and bool(np.isfinite(scored.anomaly_map.values).all())
        scores[index] = scored.score if answered else np.nan
        verdicts.append(decide(scored, rule).verdict.value)
        file = folder / f"{index}.npz"
        tallies.append(_tallied(pixels, sample, picture, scored, file) if answered and drawn else None)
        on_done(index + 1, len(samples))
    own = verdicts if rule.thresholds is not None else None
    return PackScores(scorer.info.pack, tuple(samples), scores, own, pixels, tuple(tallies))


def _tallied(pixels: PixelTally, sample: Sample, picture: NDArray[np.uint8], scored: Scored, file: Path) -> Path | None:
    shape = (picture.shape[0], picture.shape[1])
    mask = sample.mask(shape)
    if mask is None:
        return None
    own = pixels.add(map_on_picture(scored.anomaly_map, shape), mask, defective=not sample.is_good)
    bad = np.array(own.of_a_defective)
    np.savez(file, bins=own.bins, good=own.good, defective=own.defective, overlap=own.overlap, of_a_defective=bad)
    return file


def _together(tallies: Iterator[PictureTally]) -> PixelTally:
    whole = PixelTally()
    fine = -(-BINS // COARSE)
    for one in tallies:
        at = one.bins.astype(np.intp) * fine
        whole.counts[0, at] += one.defective
        whole.counts[1, at] += one.good
        whole.counts[2, at] += one.good * one.of_a_defective
        whole.overlap[at] += one.overlap / UNIT
    whole.regions = round(float(whole.overlap.sum()))  # the overlap of each region adds up to 1
    return whole


def _read(files: Sequence[Path | None]) -> Iterator[PictureTally]:
    for file in files:
        if file is not None:
            with np.load(file, allow_pickle=False) as kept:
                yield PictureTally(
                    kept["bins"], kept["good"], kept["defective"], kept["overlap"], bool(kept["of_a_defective"])
                )
