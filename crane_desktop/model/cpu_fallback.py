"""A scorer that goes on, on the CPU, when the GPU's memory is full; it proves itself there before it answers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.errors import StationFault, Technical
from crane_desktop.domain.maps import Scored
from crane_desktop.domain.ports import ScorerInfo
from crane_desktop.domain.verdicts import Reason
from crane_desktop.model.manifest import FULL
from crane_desktop.model.scorer import CraneScorer, LoadProgress, load_scorer
from crane_desktop.model.signature import ANYONE, Trust

if TYPE_CHECKING:  # brings torch
    from crane_desktop.model.runner import PatchFeatures

T = TypeVar("T")
_log = logging.getLogger(__name__)

Prove = Callable[[CraneScorer], Reason | None]
"""Says why a freshly loaded scorer must not judge, or None."""


class CpuFallbackScorer:
    """Implements `Scorer` by a `CraneScorer`, and by another one on the CPU once the first has no memory left.

    Attributes
    ----------
    unfit
        Why this station must not judge with it, or None.
    notice
        That it fell back to the CPU, for people; None where it did not.
    """

    def __init__(self, first: CraneScorer, on_cpu: Callable[[], CraneScorer], prove: Prove) -> None:
        self._now = first
        self._on_cpu = on_cpu
        self._prove = prove
        self.unfit: Reason | None = None
        self.notice: StationFault | None = None

    @property
    def info(self) -> ScorerInfo:
        """Which model answers, and where it runs now."""
        return self._now.info

    def prove(self) -> None:
        """Find out whether it may judge: `unfit` tells afterwards."""
        try:
            self.unfit = self._prove(self._now)
        except RuntimeError as error:
            if not is_out_of_gpu_memory(error):
                raise
            self._fall_back(error)

    def score(self, pixels: NDArray[np.uint8]) -> Scored:
        """Score a picture; see `Scorer`.

        Raises
        ------
        StationFault
            If it fell back to the CPU and does not give the golden scores there.
        """
        return self._with_fallback(lambda scorer: scorer.score(pixels))

    def score_with_features(self, pixels: NDArray[np.uint8]) -> tuple[Scored, PatchFeatures]:
        """Score a picture, and return what the model saw place by place; see `score`."""
        return self._with_fallback(lambda scorer: scorer.score_with_features(pixels))

    def _with_fallback(self, ask: Callable[[CraneScorer], T]) -> T:
        try:
            return ask(self._now)
        except RuntimeError as error:
            if not is_out_of_gpu_memory(error):
                raise
            self._fall_back(error)
        if self.unfit is not None:
            raise StationFault("model.unfit_on_cpu", pack=self.info.pack, detail=Technical(self.unfit.detail))
        return ask(self._now)

    def close(self) -> None:
        """Release the model. Idempotent."""
        self._now.close()

    def _fall_back(self, error: RuntimeError) -> None:
        gpu = self.info.device
        self.notice = StationFault("model.gpu_out_of_memory", device=gpu)
        _log.error("%s: %s; the model moves to the CPU", self.notice, str(error).splitlines()[0])
        self._now.close()
        _release_gpu_memory()
        self._now = self._on_cpu()
        self.unfit = self._prove(self._now)


def load_with_fallback(
    path: Path,
    prove: Prove,
    *,
    device: str = "auto",
    profile: str = FULL,
    trust: Trust = ANYONE,
    on_progress: LoadProgress = lambda _key, _fraction: None,
) -> CpuFallbackScorer:
    """Load a pack (see `load_scorer`) and prove it, on the CPU where the GPU has no room for it.

    Raises
    ------
    InputError
        If the pack is missing, damaged, too new or not trusted, or the device or profile is not there.
    """

    def on_cpu() -> CraneScorer:
        return load_scorer(path, device="cpu", profile=profile, trust=trust)

    try:
        first = load_scorer(path, device=device, profile=profile, trust=trust, on_progress=on_progress)
        scorer = CpuFallbackScorer(first, on_cpu, prove)
    except RuntimeError as error:
        if not is_out_of_gpu_memory(error):
            raise
        _release_gpu_memory()
        scorer = CpuFallbackScorer(on_cpu(), on_cpu, prove)
        scorer.notice = StationFault("model.gpu_out_of_memory", device=device)
        _log.error("%s: %s", scorer.notice, str(error).splitlines()[0])
    try:
        scorer.prove()
    except BaseException:
        scorer.close()
        raise
    return scorer


def is_out_of_gpu_memory(error: BaseException) -> bool:
    """Return whether the GPU's memory is full (the CPU's own running out is another error)."""
    import torch

    return isinstance(error, torch.OutOfMemoryError)


def _release_gpu_memory() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
