"""Lay two packs' files side by side on a labelled set, on pictures that neither was learned from."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from crane_desktop.domain.errors import InputError
from crane_desktop.evaluation.compare import Comparison, compare
from crane_desktop.evaluation.datasets.datasets import Sample
from crane_desktop.evaluation.pack_scores import OnProgress, PackScores, score_pictures
from crane_desktop.model.packs import read_manifest
from crane_desktop.model.scorer import load_scorer
from crane_desktop.model.signature import ANYONE, Trust
from crane_desktop.recipe.model import Recipe, Thresholds
from crane_desktop.training.learned_pack import fingerprint, pictures_behind


@dataclass(frozen=True, slots=True)
class ComparedPack:
    """A pack with what decides its verdicts.

    Attributes
    ----------
    thresholds
        Those that belong to it, if there are any.
    smallest_area_px
        Smaller anomalous areas are no regions.
    recipes
        Where the thresholds come from; empty: from the pack itself.
    """

    file: Path
    thresholds: Thresholds | None = None
    smallest_area_px: float = 0.0
    recipes: tuple[str, ...] = ()

    def rule(self, pack: str) -> Recipe:
        """Return the recipe that the line would judge by."""
        return Recipe(name=pack, pack=pack, thresholds=self.thresholds, smallest_area_px=self.smallest_area_px)


def compare_packs(
    first: ComparedPack,
    second: ComparedPack,
    samples: Sequence[Sample],
    *,
    trust: Trust = ANYONE,
    device: str = "auto",
    on_done: OnProgress = lambda _done, _of: None,
) -> Comparison:
    """Score pictures with both packs, one pack in memory at a time, and compare.

    Pictures that one of the packs (or a pack that it came from) was learned from are left out, and copies of a picture
    count once.

    Parameters
    ----------
    on_done
        Told how many answers are there, and of how many.

    Raises
    ------
    InputError
        If a pack or picture cannot be read, or no good or no defective picture is left.
    """
    unseen, left_out = _unseen_by(samples, first, second, trust)
    if len({sample.is_good for sample in unseen}) < 2:
        raise InputError("training.nothing_to_compare", left_out=left_out)
    with tempfile.TemporaryDirectory(prefix="crane-compare-") as folder:
        sides: list[PackScores] = []
        for number, compared_pack in enumerate((first, second)):
            place = Path(folder) / str(number)
            place.mkdir()
            scorer = load_scorer(compared_pack.file, device=device, trust=trust)
            done_before = number * len(unseen)

            def told(done: int, of: int, done_before: int = done_before) -> None:
                on_done(done_before + done, 2 * of)

            try:
                sides.append(score_pictures(scorer, unseen, place, compared_pack.rule(scorer.info.pack), told))
            finally:
                scorer.close()
        if sides[0].pack == sides[1].pack:
            sides = [replace(side, pack=c.file.name) for side, c in zip(sides, (first, second), strict=True)]
        return compare(sides[0], sides[1], left_out=left_out)


def _unseen_by(
    samples: Sequence[Sample], first: ComparedPack, second: ComparedPack, trust: Trust
) -> tuple[list[Sample], int]:
    learned = {p for c in (first, second) for p in pictures_behind(read_manifest(c.file, trust).provenance)}
    seen = set[str]()
    kept, left_out = list[Sample](), 0
    for sample in samples:
        name = hashlib.sha256(sample.pixels().tobytes()).hexdigest()
        if name in seen:
            continue
        seen.add(name)
        if fingerprint(name) in learned:
            left_out += 1
        else:
            kept.append(sample)
    return kept, left_out
