"""How odd each place of a part is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Placement:
    """Rectangle in frame pixels (x right, y down, origin at the top-left pixel's corner)."""

    x_px: float
    y_px: float
    width_px: float
    height_px: float


@dataclass(frozen=True, slots=True, eq=False)
class AnomalyMap:
    """Anomaly map on an absolute scale; it is never stretched per image.

    Attributes
    ----------
    values
        float32 ``(h, w)`` in [0, 1] at the model's resolution, row-major, read-only.
    placement
        The part of the frame that `values` covers; the screen scales it.
    """

    values: NDArray[np.float32]
    placement: Placement

    @property
    def peak(self) -> float:
        """Largest value of the map."""
        return float(self.values.max())


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """What the model says about one picture: an image score in [0, 1] and where it looks odd.

    Attributes
    ----------
    tiles
        In so many tiles it was looked at; 1: as a whole.
    """

    score: float
    anomaly_map: AnomalyMap
    tiles: int = 1


@dataclass(frozen=True, slots=True)
class Region:
    """One connected anomalous area, in frame pixels.

    Attributes
    ----------
    area_px
        Area in frame pixels.
    peak
        Largest map value inside.
    bounds
        Enclosing rectangle in frame pixels.
    outline
        Polygon ``((x, y), ...)`` in frame pixels, closed implicitly.
    """

    area_px: float
    peak: float
    bounds: Placement
    outline: tuple[tuple[float, float], ...] = ()
