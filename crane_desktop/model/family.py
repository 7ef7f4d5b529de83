"""Crane and its baselines on the same weights, so that what Crane adds can be measured.

A method is a function from a Crane's parts and a picture to an image score and a raw map, in a file of its own; a line
in `FAMILY` makes it known. Baselines give figures; only Crane's own answers are proven by a pack's golden inputs, so
only Crane judges parts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.maps import AnomalyMap, Placement, Scored
from crane_desktop.domain.ports import Scorer, ScorerInfo
from crane_desktop.model.anomalyclip import anomalyclip
from crane_desktop.model.container import PackReader, open_pack
from crane_desktop.model.crane import Crane
from crane_desktop.model.device import choose_device, device_label, settle_numerics
from crane_desktop.model.manifest import FULL, Preprocessing
from crane_desktop.model.plainclip import plain_clip
from crane_desktop.model.scorer import load_scorer
from crane_desktop.model.signature import ANYONE, Trust
from crane_desktop.model.smoothing import Smoother
from crane_desktop.model.tiling import scored_in_tiles
from crane_desktop.model.weights import load_crane
from crane_desktop.preprocess.fit import fit
from crane_desktop.preprocess.normalise import normalise

Method = Callable[[Crane, Tensor], tuple[Tensor, Tensor]]
"""From a frozen Crane and CLIP-normalised pictures ``(B, 3, S, S)`` to scores ``(B,)`` and raw maps ``(B, S, S)``."""

CRANE = "crane"
FAMILY: dict[str, Method] = {
    "clip": plain_clip,
    "anomalyclip": anomalyclip,
}
"""Every method beside Crane itself, by its name on the command line."""


def methods() -> list[str]:
    """Return the names of all methods, Crane first."""
    return [CRANE, *FAMILY]


def load_method(name: str, path: Path, *, device: str = "auto", profile: str = FULL, trust: Trust = ANYONE) -> Scorer:
    """Load a pack's weights to be scored with by the method `name`.

    Parameters
    ----------
    profile
        How Crane is run; the baselines always are at full size in float32.

    Raises
    ------
    InputError
        If there is no such method, or the pack cannot be loaded (see `load_scorer`).
    """
    if name == CRANE:
        return load_scorer(path, device=device, profile=profile, trust=trust)
    if name not in FAMILY:
        raise InputError("model.no_method", name=name, known=", ".join(methods()))
    with open_pack(path, trust=trust) as pack:
        chosen = choose_device(device)
        settle_numerics()
        crane = load_crane(pack).to(chosen).eval().requires_grad_(False)
        return MethodScorer(_info(pack, name, device_label(chosen)), FAMILY[name], crane, pack.manifest.preprocessing)


def _info(pack: PackReader, name: str, device: str) -> ScorerInfo:
    manifest = pack.manifest
    return ScorerInfo(
        pack=manifest.name,
        pack_version=manifest.pack_version,
        pack_sha256=pack.sha256,
        variant=name,
        profile=FULL,
        image_size_px=manifest.config.image_size_px,
        device=device,
        precision="float32",
        for_demonstration=manifest.for_demonstration,
    )


@dataclass
class MethodScorer:
    """Implements `Scorer` by a method: prepares the picture and smooths the map just as for Crane."""

    info: ScorerInfo
    method: Method
    crane: Crane | None
    preprocessing: Preprocessing

    def score(self, pixels: NDArray[np.uint8]) -> Scored:
        """Score a uint8 ``(H, W)`` or ``(H, W, 3)`` RGB picture, a long one in tiles; see `Scorer`.

        Raises
        ------
        RuntimeError
            If the scorer is closed.
        """
        return scored_in_tiles(pixels, self._score_whole)

    def close(self) -> None:
        """Release the model. Idempotent."""
        self.crane = None

    def _score_whole(self, pixels: NDArray[np.uint8]) -> Scored:
        crane = self.crane
        if crane is None:
            raise RuntimeError("this scorer is closed")
        config = crane.config
        device = next(crane.parameters()).device
        picture = normalise(fit(pixels, config.image_size_px), self.preprocessing.clip.normalisation())
        with torch.inference_mode():
            scores, maps = self.method(crane, torch.from_numpy(picture)[None].to(device))
            smooth = Smoother(config.image_size_px, config.smoothing_sigma_px, device)(maps[0]).clamp(0, 1)
        values = smooth.cpu().numpy()
        values.flags.writeable = False
        height, width = pixels.shape[:2]
        return Scored(float(scores[0]), AnomalyMap(values, Placement(0.0, 0.0, float(width), float(height))))
