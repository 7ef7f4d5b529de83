"""One absolute scale for distances, Crane's score and Crane's map, and how they become one.

Every value is told in spreads from the middle of good parts that the memory has not seen: ``z = (v - middle) /
spread``, with median and median absolute deviation. A spread estimated from few parts is drawn towards a fifth of the
middle, as if four more parts had had it.

What is fused is ``z = sum(w h(z)) / sqrt(sum(w^2))`` with ``h(z) = z`` above the middle and ``z / 10`` below: a member
that is content cannot talk the others out of what they saw. Weights in proportion to how well each member separates are
the best linear ones for independent members (Fisher 1936).

At last ``0.5 (1 + u / (1 + |u|))`` with ``u = (z - 4) / 4``: a usual good part gets 0.25, one four spreads away 0.5,
and nothing saturates. No number depends on another picture of the day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_HALF_AT = 4.0
_FEW = 4.0
_SATISFIED = 0.1
_USUAL_SHARE = 0.2
_MAD_TO_SPREAD = 1.4826


@dataclass(frozen=True, slots=True)
class Scale:
    """Middle and spread of one member's values on good parts it has not seen, and its weight in the fusion."""

    middle: float
    spread: float
    weight: float = 1.0

    def z(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return float32 values of any shape in spreads from the middle."""
        return np.asarray((values - np.float32(self.middle)) / np.float32(self.spread), dtype=np.float32)

    def heard(self, value: float) -> float:
        """Return what one value says in the fusion, before its weight."""
        return float(heard(self.z(np.array(value, np.float32))))


def scale_of(values: Sequence[float]) -> Scale:
    """Return the scale that good parts' values give, at least one."""
    known = np.asarray(values, dtype=np.float64)
    middle = float(np.median(known))
    found = _MAD_TO_SPREAD * float(np.median(np.abs(known - middle)))
    usual = max(_USUAL_SHARE * abs(middle), 1e-4)
    free = len(known) - 1  # one value has no spread of its own
    spread = np.sqrt((free * found**2 + _FEW * usual**2) / (free + _FEW))
    return Scale(middle, float(spread))


def heard(z: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return z, a tenth of it where it is negative."""
    return np.asarray(np.maximum(z, np.float32(_SATISFIED) * z), dtype=np.float32)


def squashed(z: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring z into (0, 1), strictly rising."""
    u = (z - np.float32(_HALF_AT)) / np.float32(_HALF_AT)
    return np.asarray(0.5 * (1 + u / (1 + np.abs(u))), dtype=np.float32)
