"""The line's scorer. Importing this is cheap: torch comes with the first pack that is loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.maps import AnomalyMap, Placement, Scored
from crane_desktop.domain.ports import ScorerInfo
from crane_desktop.model.container import PackReader, open_pack
from crane_desktop.model.manifest import FULL, Profile
from crane_desktop.model.signature import ANYONE, Trust
from crane_desktop.model.tiling import scored_in_tiles

if TYPE_CHECKING:  # brings torch
    from crane_desktop.model.runner import Answer, PatchFeatures, Runner

LoadProgress = Callable[[str, float], None]


def _silent(_key: str, _fraction: float) -> None:
    pass


class CraneScorer:
    """Implements `Scorer`: how odd is a picture, by the Crane of a proven pack. Used from one thread."""

    def __init__(self, pack: PackReader, profile: Profile, runner: Runner, device: str) -> None:
        manifest = pack.manifest
        self._info = ScorerInfo(
            pack=manifest.name,
            pack_version=manifest.pack_version,
            pack_sha256=pack.sha256,
            variant=manifest.variant,
            profile=profile.name,
            image_size_px=profile.image_size_px,
            device=device,
            precision=profile.precision,
            for_demonstration=manifest.for_demonstration,
        )
        self._runner: Runner | None = runner

    @property
    def info(self) -> ScorerInfo:
        """Which model answers."""
        return self._info

    @property
    def runner(self) -> Runner:
        """The model itself, for measurements.

        Raises
        ------
        RuntimeError
            If the scorer is closed.
        """
        if self._runner is None:
            raise RuntimeError("this scorer is closed")
        return self._runner

    def score(self, pixels: NDArray[np.uint8]) -> Scored:
        """Score a uint8 ``(H, W)`` or ``(H, W, 3)`` RGB picture, a long one in tiles; see `Scorer`."""
        return scored_in_tiles(pixels, lambda tile: _scored(tile, self.runner(tile)))

    def score_with_features(self, pixels: NDArray[np.uint8]) -> tuple[Scored, PatchFeatures]:
        """Score a picture as a whole, and return what the model saw place by place, from the same pass."""
        answer, features = self.runner.answer_with_features(pixels)
        return _scored(pixels, answer), features

    def close(self) -> None:
        """Release the model. Idempotent."""
        self._runner = None


def _scored(pixels: NDArray[np.uint8], answer: Answer) -> Scored:
    answer.map.flags.writeable = False
    height, width = pixels.shape[:2]
    return Scored(answer.score, AnomalyMap(answer.map, Placement(0.0, 0.0, float(width), float(height))))


def load_scorer(
    path: Path,
    *,
    device: str = "auto",
    profile: str = FULL,
    threads: int | None = None,
    trust: Trust = ANYONE,
    on_progress: LoadProgress = _silent,
) -> CraneScorer:
    """Prove a pack and load its model; nothing is downloaded.

    Parameters
    ----------
    device
        ``"auto"``, ``"cpu"`` or ``"cuda[:N]"``.
    profile
        How the pack is run: one of those that its manifest names.
    threads
        CPU threads of the model, for the whole process; None leaves them as they are.
    trust
        Whose packs this station takes.
    on_progress
        Told the key of a text and a fraction in [0, 1] of the whole.

    Raises
    ------
    InputError
        If the pack is missing, damaged, too new or not trusted, or the device or profile is not there.
    """
    on_progress("progress.verify", 0.0)
    with open_pack(path, lambda part: on_progress("progress.verify", 0.2 * part), trust) as pack:
        asked = pack.manifest.profile(profile)
        on_progress("progress.libraries", 0.2)
        from crane_desktop.model.device import choose_device, device_label, set_threads, settle_numerics
        from crane_desktop.model.process_memory import keep_freed_memory
        from crane_desktop.model.runner import Runner
        from crane_desktop.model.weights import load_profile

        chosen = choose_device(device)
        settle_numerics()
        keep_freed_memory()
        if threads is not None:
            set_threads(threads)
        on_progress("progress.weights", 0.6)
        crane = load_profile(pack, asked, lambda part: on_progress("progress.weights", 0.6 + 0.3 * part))
        on_progress("progress.text", 0.9)
        runner = Runner(crane, pack.manifest.preprocessing, chosen)
        on_progress("progress.text", 1.0)
        return CraneScorer(pack, asked, runner, device_label(chosen))
