"""How well a pack detects on labelled data once it remembers some of each class's good training parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.ports import Scorer
from crane_desktop.evaluation.datasets.datasets import Dataset, LabelledClass
from crane_desktop.evaluation.evaluate import Evaluation, evaluate
from crane_desktop.model.goodparts.file import MOST_PARTS
from crane_desktop.model.goodparts.hybrid import FeatureScorer, HybridScorer
from crane_desktop.model.goodparts.memory import SelfCheck
from crane_desktop.training.goodparts.learn import learn_good_parts

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ClassMemory:
    """What was remembered of one class; where `used` is False its figures are zero-shot.

    Attributes
    ----------
    scorer
        What judged the class.
    """

    parts: int
    check: SelfCheck
    scorer: Scorer

    @property
    def used(self) -> bool:
        """Whether the self-check found that it helps."""
        return self.check.better


def drawn_parts(labelled: LabelledClass, parts: int | None, seed: int) -> list[Path]:
    """Return `parts` of a class's good training pictures, drawn by `seed`; None: all, at most as many as fit.

    Raises
    ------
    InputError
        If there are not so many.
    """
    files = [sample.file for sample in labelled.train_good]
    wanted = min(len(files), MOST_PARTS) if parts is None else parts
    if not 1 <= wanted <= min(len(files), MOST_PARTS):
        raise InputError("training.too_few_train_good", name=labelled.name, found=len(files), wanted=wanted)
    return [files[i] for i in sorted(np.random.default_rng(seed).permutation(len(files))[:wanted])]


def remembering(scorer: FeatureScorer, labelled: LabelledClass, parts: int | None, seed: int) -> ClassMemory:
    """Return what judges one class: with a memory of its good parts where that helps, else the scorer as it is.

    Raises
    ------
    InputError
        If there are too few training pictures, or one cannot be used.
    """
    wanted = set(drawn_parts(labelled, parts, seed))
    pictures = [sample.pixels() for sample in labelled.train_good if sample.file in wanted]
    memory = learn_good_parts(scorer, pictures, seed)
    judge: Scorer = HybridScorer(scorer, memory) if memory.check.better else scorer
    return ClassMemory(len(pictures), memory.check, judge)


def evaluate_with_good_parts(
    scorer: FeatureScorer, dataset: Dataset, parts: int | None, seed: int, *, on_progress: OnProgress
) -> tuple[Evaluation, dict[str, ClassMemory]]:
    """Score and measure every class with a memory of its own good training parts.

    Raises
    ------
    InputError
        If a class has too few, or a picture or mask cannot be used: names it.
    """
    for labelled in dataset.classes:
        drawn_parts(labelled, parts, seed)  # what is wrong is told before hours of work
    total = sum(len(labelled.test) for labelled in dataset.classes)
    merged, memories = Evaluation({}), {}
    done = 0
    for labelled in dataset.classes:
        own = memories[labelled.name] = remembering(scorer, labelled, parts, seed)

        def count(scored: int, _of: int, before: int = done) -> None:
            on_progress(before + scored, total)

        found = evaluate(own.scorer, Dataset(dataset.folder, (labelled,)), on_progress=count)
        merged.classes.update(found.classes)
        merged.scores.update(found.scores)
        done += len(labelled.test)
    return merged, memories
