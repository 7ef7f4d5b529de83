"""The product's own path on labelled pictures: learn some good parts, calibrate on others, judge the rest.

Each trial draws its split by a seed of its own. Every picture is scored once for all trials, so that the time hardly
grows with their number but for learning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crane_desktop.decision.calibrate import GoodPart, beyond, calibrate
from crane_desktop.decision.rule import verdict_at
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.maps import Scored
from crane_desktop.domain.ports import Scorer, ScorerInfo
from crane_desktop.evaluation.datasets.datasets import LabelledClass, Sample
from crane_desktop.evaluation.verdict_figures import Trial, VerdictFigures, verdict_figures
from crane_desktop.model.goodparts.file import MOST_PARTS
from crane_desktop.model.goodparts.hybrid import FeatureScorer, HybridScorer
from crane_desktop.model.goodparts.memory import GoodParts, picture_sha256
from crane_desktop.model.runner import PatchFeatures
from crane_desktop.model.tiling import scored_in_tiles
from crane_desktop.training.goodparts.learn import learn_good_parts

TRIALS: Final = 5
FEWEST_CALIBRATED: Final = 3
_JUDGED_SHARE: Final = 1 / 3
"""Of the good parts, where a data set has none for training."""

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How many good parts are learned, and how many others calibrated on (None: all others)."""

    name: str
    learned: int
    calibrated: int | None = None


@dataclass(frozen=True, slots=True)
class _Split:
    """One trial of one plan: places in the list of all samples."""

    plan: Plan
    seed: int
    learned: tuple[int, ...]
    calibrated: tuple[int, ...]
    judged: tuple[int, ...]


def usual_plans(labelled: LabelledClass) -> list[Plan]:
    """Return zero-shot, 4 learned and 10 calibrated, 16 learned, and half learned, as far as the good parts reach.

    Raises
    ------
    InputError
        If there are too few good parts for any, or none or only good ones are left to judge.
    """
    count = _learnable(labelled)
    half = min(count // 2, MOST_PARTS)
    wanted = (Plan("zero_shot", 0), Plan("4", 4, 10), Plan("16", 16), Plan("half", half))
    reached = [plan for plan in wanted if plan.learned + (plan.calibrated or FEWEST_CALIBRATED) <= count]
    if not reached or all(sample.is_good for sample in labelled.test):
        raise InputError("training.too_few_for_verdicts", name=labelled.name, found=count)
    return reached


def measure_verdicts(
    scorer: FeatureScorer,
    labelled: LabelledClass,
    plans: Sequence[Plan],
    false_reject: float,
    trials: int,
    seed: int,
    on_progress: OnProgress,
) -> dict[str, VerdictFigures]:
    """Run `trials` splits of every plan; return the figures by the plan's name.

    The good parts for training are learned and calibrated on, the test pictures judged; a data set without any gives
    two thirds of its good parts, drawn anew for every trial.

    Raises
    ------
    InputError
        If a picture cannot be used.
    """
    samples = (*labelled.train_good, *labelled.test)
    splits = [_drawn(labelled, plan, (seed, trial)) for plan in plans for trial in range(trials)]
    steps = len(splits) + len(samples)
    judges: list[Scorer] = []
    last = _LastPicture(scorer)
    for number, split in enumerate(splits):
        judges.append(_judge(last, scorer, [samples[index] for index in split.learned], split.seed))
        on_progress(number + 1, steps)
    told: list[dict[int, GoodPart]] = [{} for _ in splits]
    for index, sample in enumerate(samples):
        pixels = sample.pixels()
        last.forget()
        for split, judge, parts in zip(splits, judges, told, strict=True):
            if index in split.calibrated or index in split.judged:
                parts[index] = GoodPart.of(judge.score(pixels))
        on_progress(len(splits) + index + 1, steps)
    found: dict[str, VerdictFigures] = {}
    for plan in plans:
        own = [number for number, split in enumerate(splits) if split.plan == plan]
        made = [_trial(splits[n], told[n], samples, false_reject, isinstance(judges[n], HybridScorer)) for n in own]
        found[plan.name] = verdict_figures(made, plan.learned, len(splits[own[0]].calibrated))
    return found


def _learnable(labelled: LabelledClass) -> int:
    if labelled.train_good:
        return len(labelled.train_good)
    good = sum(sample.is_good for sample in labelled.test)
    return good - round(good * _JUDGED_SHARE)


def _drawn(labelled: LabelledClass, plan: Plan, seed: tuple[int, int]) -> _Split:
    draw = np.random.default_rng(seed)
    own = len(labelled.train_good)
    good = [own + index for index, sample in enumerate(labelled.test) if sample.is_good]
    order = [int(index) for index in draw.permutation(range(own) if own else good)]
    known = order[: _learnable(labelled)]
    learned = known[: plan.learned]
    calibrated = known[plan.learned :][: plan.calibrated]
    judged = [own + index for index in range(len(labelled.test)) if own + index not in known]
    return _Split(plan, seed[1], tuple(sorted(learned)), tuple(sorted(calibrated)), tuple(judged))


def _judge(last: _LastPicture, scorer: FeatureScorer, learned: Sequence[Sample], seed: int) -> Scorer:
    """Return what judges: with a memory where it helps, as the product decides."""
    if not learned:
        return last
    memory: GoodParts = learn_good_parts(scorer, [sample.pixels() for sample in learned], seed)
    return HybridScorer(last, memory) if memory.check.better else last


def _trial(
    split: _Split,
    parts: Mapping[int, GoodPart],
    samples: Sequence[Sample],
    false_reject: float,
    remembers: bool,
) -> Trial:
    judged = [parts[index] for index in split.judged]
    defective = np.array([not samples[index].is_good for index in split.judged], np.bool_)
    try:
        thresholds = calibrate([parts[index] for index in split.calibrated], false_reject).thresholds
    except InputError:  # as the product says to a person; here it is counted
        nothing = np.array([part.score for part in judged], np.float64)
        return Trial(None, nothing, defective, remembers)
    verdicts = tuple(verdict_at(part.score, part.peak, thresholds)[0] for part in judged)
    oddness = np.array([beyond(part, thresholds) for part in judged], np.float64)
    return Trial(verdicts, oddness, defective, remembers)


class _LastPicture:
    """Remembers what the model said about one picture (its tiles), so that many judges ask it once."""

    def __init__(self, scorer: FeatureScorer) -> None:
        self._scorer = scorer
        self._known: dict[str, tuple[Scored, PatchFeatures]] = {}

    @property
    def info(self) -> ScorerInfo:
        return self._scorer.info

    def forget(self) -> None:
        self._known.clear()

    def score(self, pixels: NDArray[np.uint8]) -> Scored:
        return scored_in_tiles(pixels, lambda tile: self.score_with_features(tile)[0])

    def score_with_features(self, pixels: NDArray[np.uint8]) -> tuple[Scored, PatchFeatures]:
        name = picture_sha256(pixels)
        if name not in self._known:
            self._known[name] = self._scorer.score_with_features(pixels)
        return self._known[name]

    def close(self) -> None:
        """Nothing: the scorer belongs to who handed it in."""
