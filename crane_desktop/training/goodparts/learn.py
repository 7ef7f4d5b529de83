"""Learn a memory from 1 to 64 good pictures, put it on its scale, and find out whether it helps.

Good parts are looked at by a memory of the *others* (cross-fitting in at most five folds), as tomorrow's parts will be;
a single one is looked at as another shot might show it.
Damaged copies of the same held-out pictures say how well each member separates, ``d' = sqrt(2) Phi^-1(AUROC)``. Its
weight is a power of d', and 0 where the AUROC is not above chance by more than its noise (Hanley and McNeil 1982). For
independent members d' itself would be best; these look at the same places, and what a weaker one adds to a stronger one
is mostly its false alarms. From few pictures d' is a guess, and nearly all are heard. Where exactly something is odd,
Crane is heard as much as the strongest member, and the more the fewer the parts: a memory of few finds every variation
odd that it has not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.maps import Scored
from crane_desktop.model.goodparts.file import MOST_PARTS
from crane_desktop.model.goodparts.hybrid import FeatureScorer
from crane_desktop.model.goodparts.members import MEMBERS, PLACE, Look, MemberName, Memory, learn_member
from crane_desktop.model.goodparts.memory import Bound, GoodParts, SelfCheck, picture_sha256
from crane_desktop.model.goodparts.scale import Scale, scale_of
from crane_desktop.preprocess.likeness import Likeness
from crane_desktop.preprocess.tiles import tiles_of
from crane_desktop.training.goodparts.damage import damaged

_FOLDS = 5
_DAMAGED = 48
"""Damaged copies at least, where there are pictures to damage."""
_MOST_COPIES = 16
_GOOD = 8
"""Good shots at least: where the pictures are fewer, they are changed as another shot would be."""
_MOST_DPRIME = 3.0
_STEEPNESS = 3.0
"""Exponent of d' in a weight, from many pictures; 1 and 3 were compared on real sets."""
_FEW = 8.0
"""By this over the number of pictures the exponent is smaller, down to 1."""
_EQUALS = 40.0
"""Parts from which on the strongest member is heard as much as Crane where something is odd."""
_DRAWS = 400
_FEWEST_TO_DRAW = 3
"""Fewer pictures say nothing about pictures: their shots are drawn one by one."""

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class HeldOutAnswer:
    """What Crane and every member said about one held-out picture: the score, and the peaks of the maps."""

    picture: int
    score: float
    map_peak: float
    peaks: dict[MemberName, float]


def learn_good_parts(
    scorer: FeatureScorer,
    pictures: Sequence[NDArray[np.uint8]],
    seed: int,
    on_progress: OnProgress = lambda _n, _of: None,
) -> GoodParts:
    """Learn a memory; `GoodParts.check` says whether it helps.

    Parameters
    ----------
    pictures
        1 to 64 uint8 pictures of good parts.

    Raises
    ------
    InputError
        If they are too many or none, two are the same, one is so long that it is judged in tiles, or Crane has no
        answer to one.
    """
    names = tuple(picture_sha256(pixels) for pixels in pictures)
    if any(len(tiles_of(pixels.shape[0], pixels.shape[1])) > 1 for pixels in pictures):
        raise InputError("training.good_part_too_long")  # it would remember a whole strip, and be asked about tiles
    if not 1 <= len(names) <= MOST_PARTS:
        raise InputError("training.good_parts_count", found=len(names), most=MOST_PARTS)
    if len(set(names)) < len(names):
        raise InputError("training.good_parts_twice")
    copies, shots = min(_MOST_COPIES, -(-_DAMAGED // len(names))), -(-_GOOD // len(names))
    steps = len(names) * (1 + shots + copies)
    looked: list[tuple[Scored, Look]] = []
    for pixels in pictures:
        looked.append(_look(scorer, pixels))
        on_progress(len(looked), steps)
    looks = [look for _, look in looked]
    good: list[HeldOutAnswer] = []
    bad: list[HeldOutAnswer] = []
    for held in _folds(len(names)):
        seen = [look for index, look in enumerate(looks) if index not in held] or looks
        members = {name: learn_member(name, seen, seed) for name in MEMBERS}
        for index in held:
            draw = np.random.default_rng((seed, index))
            alone = len(names) == 1
            good += [] if alone else [_asked(index, looked[index], members)]
            fresh = [_again(pictures[index], draw) for _ in range(shots if alone else shots - 1)]
            good += [_asked(index, _look(scorer, shot), members) for shot in fresh]
            for number in range(copies):  # of one picture alone another shot is damaged: the memory holds the first
                whole = fresh[number % len(fresh)] if alone else pictures[index]
                bad.append(_asked(index, _look(scorer, damaged(whole, draw)), members))
            on_progress(min(steps, len(names) + len(good) + len(bad)), steps)
    learnt = _weighed(scorer, good, bad, {name: learn_member(name, looks, seed) for name in MEMBERS}, names, seed)
    return replace(learnt, likenesses=tuple(Likeness.of(pixels) for pixels in pictures))


def _look(scorer: FeatureScorer, pixels: NDArray[np.uint8]) -> tuple[Scored, Look]:
    scored, features = scorer.score_with_features(pixels)
    if not np.isfinite(scored.score):
        raise InputError("training.good_part_not_scored")
    return scored, Look.at(pixels, features)


def _folds(count: int) -> list[list[int]]:
    folds = min(_FOLDS, count)
    return [list(range(first, count, folds)) for first in range(folds)]


def _again(pixels: NDArray[np.uint8], draw: np.random.Generator) -> NDArray[np.uint8]:
    """Return a single good picture as another shot might show it: moved a little, other light, other noise."""
    moved = np.roll(pixels, tuple(int(v) for v in draw.integers(-6, 7, 2)), axis=(0, 1)).astype(np.float32)
    noisy = moved * np.float32(draw.uniform(0.94, 1.06)) + draw.normal(0, 2, pixels.shape).astype(np.float32)
    shot: NDArray[np.uint8] = np.clip(noisy, 0, 255).astype(np.uint8)
    return shot


def _asked(picture: int, looked: tuple[Scored, Look], members: dict[MemberName, Memory]) -> HeldOutAnswer:
    scored, look = looked
    peaks = {name: float(member.distances(look).max()) for name, member in members.items()}
    return HeldOutAnswer(picture, scored.score, scored.anomaly_map.peak, peaks)


def _weighed(
    scorer: FeatureScorer,
    good: list[HeldOutAnswer],
    bad: list[HeldOutAnswer],
    members: dict[MemberName, Memory],
    names: tuple[str, ...],
    seed: int,
) -> GoodParts:
    power = steepness(len(names))
    scales = {name: _scale([a.peaks[name] for a in good], [a.peaks[name] for a in bad], power) for name in MEMBERS}
    score_scale = _scale([a.score for a in good], [a.score for a in bad], power)
    if len(names) == 1:  # whether parts always lie alike, one of them cannot tell
        scales[PLACE] = replace(scales[PLACE], weight=0.0)
    used = {name: member for name, member in members.items() if scales[name].weight > 0}
    helpless = not used
    if helpless:  # nothing separates: the check refuses it, but must have something to be made on
        used = members
        scales = {name: replace(scale, weight=1.0) for name, scale in scales.items()}
    strongest = max(score_scale.weight, *(scales[name].weight for name in used))
    learnt = GoodParts(
        bound=Bound.to(scorer.info),
        members=used,
        scales={name: scales[name] for name in used},
        score_scale=score_scale,
        map_scale=replace(scale_of([a.map_peak for a in good]), weight=strongest * lead(len(names))),
        pictures=names,
        check=SelfCheck(0.5, 0.5, 0.0),
    )
    check = _checked(learnt, good, bad, seed)
    return replace(learnt, check=replace(check, gain_low=min(check.gain_low, 0.0)) if helpless else check)


def steepness(parts: int) -> float:
    """Return the exponent of d' in the weights that a memory of so many parts gives its members."""
    return max(1.0, _STEEPNESS - _FEW / parts)


def lead(parts: int) -> float:
    """Return how much more Crane is heard than the strongest member of so many parts, where something is odd."""
    return max(1.0, _EQUALS / parts)


def _scale(good: list[float], bad: list[float], power: float) -> Scale:
    return replace(scale_of(good), weight=_weight(np.array(good), np.array(bad)) ** power)


def _weight(good: NDArray[np.float64], bad: NDArray[np.float64]) -> float:
    area = _auroc(good, bad)
    first, second = area / (2 - area), 2 * area * area / (1 + area)
    spread = area * (1 - area) + (len(bad) - 1) * (first - area**2) + (len(good) - 1) * (second - area**2)
    noise = float(np.sqrt(max(spread, 0.0) / (len(good) * len(bad))))
    if area - noise <= 0.5:
        return 0.0
    return float(min(_MOST_DPRIME, np.sqrt(2) * norm.ppf(min(area, 0.999))))


def _auroc(good: NDArray[np.float64], bad: NDArray[np.float64]) -> float:
    ranks = rankdata(np.concatenate([bad, good]))[: len(bad)]
    return float((ranks.sum() - len(bad) * (len(bad) + 1) / 2) / (len(bad) * len(good)))


def _checked(memory: GoodParts, good: list[HeldOutAnswer], bad: list[HeldOutAnswer], seed: int) -> SelfCheck:
    """Compare with Crane alone, by a bootstrap over good pictures with their damaged copies."""
    before = (np.array([a.score for a in good]), np.array([a.score for a in bad]))
    after = tuple(np.array([memory.score(a.score, a.peaks) for a in asked]) for asked in (good, bad))
    of_good, of_bad = (np.array([a.picture for a in asked]) for asked in (good, bad))
    parts = int(of_good.max()) + 1
    draw = np.random.default_rng(seed)
    gains = []
    for _ in range(_DRAWS):
        if parts < _FEWEST_TO_DRAW:
            here, there = draw.integers(len(good), size=len(good)), draw.integers(len(bad), size=len(bad))
        else:
            drawn = draw.integers(parts, size=parts)
            here, there = (np.concatenate([np.flatnonzero(of == part) for part in drawn]) for of in (of_good, of_bad))
        gains.append(_auroc(after[0][here], after[1][there]) - _auroc(before[0][here], before[1][there]))
    return SelfCheck(_auroc(*before), _auroc(*after), float(np.quantile(gains, 0.05)))
