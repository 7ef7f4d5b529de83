"""A scorer that asks Crane and, beside it, the memory of good parts."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.domain.maps import Scored
from crane_desktop.domain.ports import Scorer, ScorerInfo
from crane_desktop.domain.verdicts import Reason
from crane_desktop.model.cpu_fallback import CpuFallbackScorer
from crane_desktop.model.goodparts.members import Look
from crane_desktop.model.goodparts.memory import Bound, GoodParts
from crane_desktop.model.runner import PatchFeatures
from crane_desktop.model.tiling import scored_in_tiles


class FeatureScorer(Scorer, Protocol):
    """A scorer that also tells what it saw, from the same pass."""

    def score_with_features(self, pixels: NDArray[np.uint8]) -> tuple[Scored, PatchFeatures]:
        """Score a picture, and return what the model saw place by place."""
        ...


class HybridScorer:
    """Implements `Scorer` by another one and a memory of good parts.

    Raises
    ------
    InputError
        If the memory was made with another pack, profile or picture size.
    """

    def __init__(self, scorer: FeatureScorer, memory: GoodParts) -> None:
        made, now = memory.bound, Bound.to(scorer.info)
        if made != now:
            raise InputError(
                "model.good_parts_of_other_pack",
                made=f"{made.pack} ({made.profile})",
                pack=f"{now.pack} ({now.profile})",
            )
        self._scorer = scorer
        self._memory = memory

    @property
    def info(self) -> ScorerInfo:
        """Which model answers, and how many good parts it remembers."""
        return replace(self._scorer.info, good_parts=len(self._memory.pictures))

    def score(self, pixels: NDArray[np.uint8]) -> Scored:
        """Score a picture, a long one in tiles, each beside the memory; see `Scorer`."""
        return scored_in_tiles(pixels, self._score_whole)

    def remembers(self, pixels: NDArray[np.uint8]) -> bool:
        """Return whether the memory was learned from this picture or a copy of it; see `GoodParts.remembers`."""
        return self._memory.remembers(pixels)

    def close(self) -> None:
        """Release the model. Idempotent."""
        self._scorer.close()

    def _score_whole(self, pixels: NDArray[np.uint8]) -> Scored:
        scored, features = self._scorer.score_with_features(pixels)
        return self._memory.fused(scored, Look.at(pixels, features))


class CpuFallbackHybrid(HybridScorer):
    """A hybrid whose model goes on on the CPU; it may judge where that one may."""

    def __init__(self, scorer: CpuFallbackScorer, memory: GoodParts) -> None:
        super().__init__(scorer, memory)
        self._with_fallback = scorer

    @property
    def unfit(self) -> Reason | None:
        """Why this station must not judge with it, or None."""
        return self._with_fallback.unfit

    @property
    def notice(self) -> StationFault | None:
        """That it fell back to the CPU, for people."""
        return self._with_fallback.notice
