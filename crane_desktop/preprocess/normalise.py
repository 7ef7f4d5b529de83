"""From 8-bit pixels to what a network was trained on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Normalisation:
    """Mean and standard deviation per RGB channel, of values in [0, 1]."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    @cached_property
    def table(self) -> NDArray[np.float32]:
        """float32 ``(3, 256)``: what each 8-bit value becomes, computed in float32 in the published order."""
        values = np.arange(256, dtype=np.float32) / np.float32(255)
        mean, std = (np.array(v, dtype=np.float32)[:, np.newaxis] for v in (self.mean, self.std))
        return (values - mean) / std


CLIP_NORMALISATION = Normalisation((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
"""OpenAI CLIP."""
IMAGENET_NORMALISATION = Normalisation((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""DINOv2."""


def normalise(pixels: NDArray[np.uint8], normalisation: Normalisation) -> NDArray[np.float32]:
    """Return ``(u8 / 255 - mean) / std`` for a uint8 ``(S, S, 3)`` RGB picture, as float32 ``(3, S, S)``.

    Looked up in a table of the 256 possible values: bit for bit what the formula gives in float32.
    """
    planes = np.empty((3, *pixels.shape[:2]), dtype=np.float32)
    for channel in range(3):
        np.take(normalisation.table[channel], pixels[..., channel], out=planes[channel])
    return planes
