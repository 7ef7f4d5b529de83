"""The Gaussian over the anomaly map, as scipy's ``gaussian_filter`` computes it (GOLDEN step 12)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_TRUNCATE = 4.0
"""The kernel ends at so many standard deviations (scipy's default)."""


@lru_cache(maxsize=8)
def smoothing_matrix(size_px: int, sigma_px: float) -> NDArray[np.float64]:
    """Return the ``(size_px, size_px)`` matrix that smooths a line of pixels.

    Edges are mirrored with the edge pixel repeated (scipy's ``reflect``), as often as the kernel's radius asks for.
    """
    radius = int(_TRUNCATE * sigma_px + 0.5)
    offsets = np.arange(-radius, radius + 1)
    kernel = np.exp(-0.5 * (offsets / sigma_px) ** 2)
    kernel /= kernel.sum()
    matrix = np.zeros((size_px, size_px))
    lines = np.arange(size_px)
    for offset, weight in zip(offsets, kernel, strict=True):
        folded = (lines + offset) % (2 * size_px)
        np.add.at(matrix, (lines, np.minimum(folded, 2 * size_px - 1 - folded)), weight)
    return matrix


class Smoother:
    """Smooths maps of one size on one device: rows and columns are two matrix products."""

    def __init__(self, size_px: int, sigma_px: float, device: torch.device) -> None:
        self._matrix = torch.from_numpy(smoothing_matrix(size_px, sigma_px)).to(device, torch.float32)

    def __call__(self, maps: Tensor) -> Tensor:
        """Smooth float32 maps ``(..., S, S)``."""
        with torch.autocast(maps.device.type, enabled=False):
            return self._matrix @ maps.float() @ self._matrix.T
