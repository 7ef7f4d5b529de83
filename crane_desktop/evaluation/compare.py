"""Two packs on the same pictures, and whether what differs is more than chance: the A/B report's figures.

Each pack answers every picture as it would on the line (the file on disk, float32). Differences are paired: the same
drawn pictures for both packs. "Better" and "worse" are said only where

* the 95 % percentile bootstrap interval of the difference (Efron 1979; good and defective pictures drawn apart) leaves
  zero out,
* there are six pictures of each label at least: with fewer, exchanging the packs picture by picture gives the
  difference as seen too often by chance (2 of 2 ** 5 ways),
* for the image AUROC, that exchange (Venkatraman and Begg 1996, on ranks within each pack) gives so large a difference
  in less than 5 % of the ways as well; with few pictures the bootstrap alone says "better" too easily.

Everything else is "no difference that these pictures can show".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from crane_desktop.evaluation.metrics import (
    DRAWS,
    Counts,
    auroc,
    average_precision,
    counts_by_score,
    f1_max,
    interval_95,
)
from crane_desktop.evaluation.pack_scores import PackScores

Finding: TypeAlias = Literal["better", "no_difference", "worse"]

FEWEST_TO_CLAIM = 6
_CHANCE = 0.05
_EXCHANGES = 2000
_MOST_WORSE = 24
_IMAGE = {"image_auroc": auroc, "image_ap": average_precision, "image_f1_max": f1_max}
_DECIDE = ("image_auroc", "pixel_aupro")
"""What the whole finding rests on: how well parts are told apart, and how well defects are found on them."""


@dataclass(frozen=True, slots=True)
class ScoreDifference:
    """One figure of both packs.

    Attributes
    ----------
    difference
        The second pack's less the first one's.
    interval_95
        Paired bootstrap interval of the difference.
    """

    first: float | None
    second: float | None
    difference: float | None
    interval_95: tuple[float, float] | None
    finding: Finding


@dataclass(frozen=True, slots=True)
class ComparedPicture:
    """What both packs say about one picture.

    Attributes
    ----------
    scores, verdicts, right
        First and second pack's: score; verdict, None without thresholds; share of the pictures of the other label
        that it lies on the right side of (their mean over a label is the AUROC).
    """

    file: str
    defective: bool
    scores: tuple[float, float]
    verdicts: tuple[str | None, str | None]
    right: tuple[float, float]

    @property
    def lost(self) -> float:
        """How much worse the second pack places it, in [-1, 1]."""
        return self.right[0] - self.right[1]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a second pack does against a first one.

    Attributes
    ----------
    masks
        Defective pictures whose defect is drawn.
    left_out
        Pictures that one of the packs was learned from.
    unanswered
        Pictures that one of the packs had no answer for.
    exchange_p
        How often exchanging the packs picture by picture gives as large a difference of the image AUROC.
    verdicts_changed
        None where one of the packs has no thresholds.
    """

    packs: tuple[str, str]
    good: int
    defective: int
    masks: int
    left_out: int
    unanswered: int
    figures: dict[str, ScoreDifference]
    finding: Finding
    exchange_p: float | None
    verdicts_changed: int | None
    pictures: tuple[ComparedPicture, ...]

    @property
    def worse(self) -> list[ComparedPicture]:
        """The pictures that the second pack places worse, the worst first."""
        falls = sorted((p for p in self.pictures if p.lost > 1e-12), key=lambda p: (-p.lost, p.file))
        return falls[:_MOST_WORSE]

    @property
    def changed(self) -> list[ComparedPicture]:
        """The pictures whose verdict changes."""
        return [p for p in self.pictures if None not in p.verdicts and p.verdicts[0] != p.verdicts[1]]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON; pictures only where they got worse or change their verdict."""
        plain = asdict(self)
        del plain["pictures"]
        plain["worse"] = [asdict(picture) for picture in self.worse]
        plain["changed"] = [asdict(picture) for picture in self.changed]
        return plain


def compare(first: PackScores, second: PackScores, *, left_out: int = 0, seed: int = 0) -> Comparison:
    """Compare two packs that scored the same pictures.

    Parameters
    ----------
    left_out
        How many pictures were not shown to them because one had learned from them.
    """
    both = ~np.isnan(first.scores) & ~np.isnan(second.scores)
    sides = (first.only(both), second.only(both))
    truth = sides[0].defective
    enough = min(int(truth.sum()), int((~truth).sum())) >= FEWEST_TO_CLAIM
    p = _exchange_p(sides[0].scores, sides[1].scores, truth, seed)
    draws = _image_draws(sides, truth, seed)
    figures: dict[str, ScoreDifference] = {}
    for name, measure in _IMAGE.items():
        points = [measure(*counts_by_score(side.scores, truth)) for side in sides]
        sure = enough and (name != "image_auroc" or (p is not None and p < _CHANCE))
        figures[name] = _difference(points, draws.get(name), sure=sure)
    figures |= _pixel_figures(sides, seed, enough)
    deciding = [figures[name].finding for name in _DECIDE]
    finding: Finding = "worse" if "worse" in deciding else "better" if "better" in deciding else "no_difference"
    verdicts = all(side.verdicts is not None for side in sides)
    pictures = _pictures(sides, truth)
    return Comparison(
        packs=(first.pack, second.pack),
        good=int((~truth).sum()),
        defective=int(truth.sum()),
        masks=sides[0].masks,
        left_out=left_out,
        unanswered=int((~both).sum()),
        figures=figures,
        finding=finding,
        exchange_p=p,
        verdicts_changed=sum(x.verdicts[0] != x.verdicts[1] for x in pictures) if verdicts else None,
        pictures=pictures,
    )


def _difference(points: Sequence[float | None], draws: NDArray[np.float64] | None, *, sure: bool) -> ScoreDifference:
    first, second = points
    if first is None or second is None:
        return ScoreDifference(first, second, None, None, "no_difference")
    bounds = None if draws is None else interval_95(draws)
    finding: Finding = "no_difference"
    if sure and bounds is not None:
        finding = "better" if bounds[0] > 0 else "worse" if bounds[1] < 0 else "no_difference"
    return ScoreDifference(first, second, second - first, bounds, finding)


def _image_draws(
    sides: tuple[PackScores, PackScores], truth: NDArray[np.bool_], seed: int
) -> dict[str, NDArray[np.float64]]:
    """Return the difference of each image figure in each draw; both packs see the same drawn pictures."""
    if truth.all() or not truth.any():
        return {}
    rng = np.random.default_rng(seed)
    places = [np.unique(side.scores, return_inverse=True)[1] for side in sides]
    found: dict[str, list[float]] = {name: [] for name in _IMAGE}
    for _ in range(DRAWS):
        times = np.zeros(len(truth))
        for which in (truth, ~truth):
            count = int(which.sum())
            times[which] = rng.multinomial(count, np.full(count, 1 / count))
        counts = [_weighted(place, times, truth) for place in places]
        for name, measure in _IMAGE.items():
            first, second = (measure(*one) for one in counts)
            found[name].append(math.nan if first is None or second is None else second - first)
    return {name: np.array(values) for name, values in found.items()}


def _weighted(place: NDArray[np.intp], times: NDArray[np.float64], truth: NDArray[np.bool_]) -> tuple[Counts, Counts]:
    bins = int(place.max()) + 1
    return np.bincount(place, times * truth, bins), np.bincount(place, times * ~truth, bins)


def _pixel_figures(sides: tuple[PackScores, PackScores], seed: int, enough: bool) -> dict[str, ScoreDifference]:
    draws = [side.pixel_draws(seed) for side in sides]
    measures = ((side.pixels.auroc, side.pixels.aupro, side.pixels.f1_max) for side in sides)
    points = [[measure() for measure in one] for one in measures]
    sure = enough and sides[0].masks >= FEWEST_TO_CLAIM
    figures = {}
    for index, name in enumerate(("auroc", "aupro", "f1_max")):
        pair = draws[1][name] - draws[0][name] if all(draws) else None
        figures[f"pixel_{name}"] = _difference([points[0][index], points[1][index]], pair, sure=sure)
    return figures


def _exchange_p(
    first: NDArray[np.float64], second: NDArray[np.float64], truth: NDArray[np.bool_], seed: int
) -> float | None:
    """Return how often a difference of the AUROC as large comes about when the packs are exchanged at random.

    Scores of two packs lie on different scales; their mid-ranks do not.
    """
    if truth.all() or not truth.any():
        return None
    ranks = np.stack([_ranks(first), _ranks(second)])
    seen = abs(_rank_difference(ranks, truth))
    rng = np.random.default_rng([seed, 1])
    larger = 0
    for _ in range(_EXCHANGES):
        swap = rng.random(len(truth)) < 0.5
        drawn = abs(_rank_difference(np.where(swap, ranks[::-1], ranks), truth))
        larger += drawn >= seen - 1e-12
    return (larger + 1) / (_EXCHANGES + 1)


def _ranks(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    return np.asarray((count.cumsum() - (count - 1) / 2)[place], np.float64)


def _rank_difference(ranks: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    one, other = (auroc(*counts_by_score(row, truth)) or 0.0 for row in ranks)
    return other - one


def _pictures(sides: tuple[PackScores, PackScores], truth: NDArray[np.bool_]) -> tuple[ComparedPicture, ...]:
    right = [_right_shares(side.scores, truth) for side in sides]
    verdicts = [side.verdicts or [None] * len(truth) for side in sides]
    return tuple(
        ComparedPicture(
            file=str(sample.file),
            defective=bool(truth[index]),
            scores=(float(sides[0].scores[index]), float(sides[1].scores[index])),
            verdicts=(verdicts[0][index], verdicts[1][index]),
            right=(float(right[0][index]), float(right[1][index])),
        )
        for index, sample in enumerate(sides[0].samples)
    )


def _right_shares(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    shares = np.zeros(len(scores))
    for label in (True, False):
        others = np.sort(scores[truth != label])
        below = (np.searchsorted(others, scores, "left") + np.searchsorted(others, scores, "right")) / 2
        share = below / max(1, len(others))
        shares[truth == label] = (share if label else 1 - share)[truth == label]
    return shares
