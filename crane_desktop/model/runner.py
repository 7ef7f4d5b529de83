"""A Crane ready to answer: picture in, score and smoothed map out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from crane_desktop.model.crane import Crane, ImageFeatures
from crane_desktop.model.manifest import Preprocessing
from crane_desktop.model.smoothing import Smoother
from crane_desktop.model.stem import ConvolutionalStem
from crane_desktop.preprocess.fit import fit
from crane_desktop.preprocess.normalise import Normalisation, normalise

_FINEST_GRID = 48


@dataclass(frozen=True, slots=True)
class Prepared:
    """Pictures as the towers take them, ``(B, 3, S, S)`` each; `dino` is None without D-Attn."""

    clip: Tensor
    dino: Tensor | None


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a Crane says: score in [0, 1], and the smoothed map, float32 ``(S, S)`` in [0, 1].

    Both are NaN where D-Attn found nothing similar in the picture.
    """

    score: float
    map: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class PatchFeatures:
    """What the towers saw on their way, place by place.

    Attributes
    ----------
    values
        float32 ``(g, g, C)``, every place averaged with its neighbours.
    families
        How many of the C numbers come from each layer; they sum to C.
    """

    values: NDArray[np.float32]
    families: tuple[int, ...]


class Runner:
    """Runs a frozen Crane on one device. The static prompts' text is encoded once, here.

    Parameters
    ----------
    crane
        Belongs to the runner from here on: it is moved to `device` and frozen.
    """

    def __init__(self, crane: Crane, preprocessing: Preprocessing, device: torch.device) -> None:
        self.crane = crane.to(device).eval().requires_grad_(False)
        stem = crane.visual.conv1
        if isinstance(stem, ConvolutionalStem):
            stem.settle()
        self.device = device
        self._clip = preprocessing.clip.normalisation()
        self._dino = preprocessing.dino.normalisation() if crane.dino is not None else None
        self._smooth = Smoother(crane.config.image_size_px, crane.config.smoothing_sigma_px, device)
        with torch.inference_mode():
            self._text = crane.encode_text() if crane.config.context == "static" else None

    @property
    def size_px(self) -> int:
        """Side of the picture that the model sees, and of the map."""
        return self.crane.config.image_size_px

    def prepare(self, *pictures: NDArray[np.uint8]) -> Prepared:
        """Resize and normalise uint8 ``(H, W)`` or ``(H, W, 3)`` RGB pictures."""
        fitted = [fit(pixels, self.size_px) for pixels in pictures]

        def normalised(by: Normalisation) -> Tensor:
            return torch.from_numpy(np.stack([normalise(picture, by) for picture in fitted])).to(self.device)

        return Prepared(normalised(self._clip), None if self._dino is None else normalised(self._dino))

    def answers(self, prepared: Prepared) -> list[Answer]:
        """Run the model on prepared pictures; each gets the answer that it would get alone."""
        with torch.inference_mode():
            return self._answers(self.crane.encode_image(prepared.clip, prepared.dino))

    def answer_with_features(self, pixels: NDArray[np.uint8]) -> tuple[Answer, PatchFeatures]:
        """Score a picture, and return what the towers saw in the same pass; the answer is the same as without."""
        prepared = self.prepare(pixels)
        with torch.inference_mode():
            features = self.crane.encode_image(prepared.clip, prepared.dino, with_local=True)
            return self._answers(features)[0], joined(features.local)

    def _answers(self, features: ImageFeatures) -> list[Answer]:
        text = self._text if self._text is not None else self.crane.encode_text(features.image)
        output = self.crane.answer(features, text)
        maps = self._smooth(output.raw_map).clamp(0, 1).cpu().numpy()  # rounding may end a hair above 1
        return [Answer(score, smooth) for score, smooth in zip(output.score.tolist(), maps, strict=True)]

    def __call__(self, pixels: NDArray[np.uint8]) -> Answer:
        """Score a uint8 ``(H, W)`` or ``(H, W, 3)`` RGB picture."""
        return self.answers(self.prepare(pixels))[0]


def joined(grids: Sequence[Tensor]) -> PatchFeatures:
    """Average places with their neighbours; bring layers' grids ``(1, C, g, g)`` to one: the finest of at most 48."""
    sides = [grid.shape[-1] for grid in grids]
    side = max((s for s in sides if s <= _FINEST_GRID), default=min(sides))
    planes = [_resampled(_averaged(grid.float()), side)[0] for grid in grids]
    values = torch.cat(planes).permute(1, 2, 0).contiguous().cpu().numpy()
    return PatchFeatures(values, tuple(grid.shape[1] for grid in grids))


def _averaged(grid: Tensor) -> Tensor:
    return F.avg_pool2d(grid, 3, 1, 1, count_include_pad=False)


def _resampled(grid: Tensor, side: int) -> Tensor:
    if grid.shape[-1] > side:
        return F.interpolate(grid, size=(side, side), mode="area")
    return F.interpolate(grid, size=(side, side), mode="bilinear", align_corners=False)
