"""What parts lie on: belt, tray, cloth, light table."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from crane_desktop.simulation.painting.textures import noise

_TONES = (
    (0.07, 0.07, 0.08), (0.13, 0.14, 0.15), (0.20, 0.21, 0.22), (0.10, 0.16, 0.13), (0.11, 0.15, 0.22),
    (0.55, 0.55, 0.53), (0.78, 0.78, 0.76), (0.30, 0.26, 0.22),
)  # fmt: skip


def background(size_px: int, design: Generator, rng: Generator) -> NDArray[np.float32]:
    """Return float32 ``(S, S, 3)``; the design chooses tone and grain, `rng` this shot's dust and wear."""
    tone = np.asarray(_TONES[design.integers(len(_TONES))], np.float32)
    coarse, fine = design.uniform(3, 9), design.uniform(60, 160)
    level = (
        1 + 0.07 * noise(rng, size_px, coarse, 2) + np.float32(design.uniform(0.03, 0.12)) * noise(rng, size_px, fine)
    )
    out: NDArray[np.float32] = level[:, :, None] * tone
    return out
