"""Whether this station gives the numbers that the pack promises."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crane_desktop.model.container import PackReader, open_pack
from crane_desktop.model.manifest import GoldenCase
from crane_desktop.model.scorer import CraneScorer

SCORE_TOLERANCE = 1e-4
MAP_TOLERANCE = 1e-3
"""Between machines float32 differs by some 1e-6, a wrong kernel or TF32 by more than these."""
REDUCED_SCORE_TOLERANCE = 2e-3
REDUCED_MAP_TOLERANCE = 1e-2
"""Where the model computes in less than float32: up to 5e-3 of a map was measured with bfloat16."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was compared; `detail` is for the log, not translated."""

    name: str
    ok: bool
    detail: str

    def as_dict(self) -> dict[str, Any]:
        """Return the check as JSON."""
        return asdict(self)


def self_check(
    scorer: CraneScorer, path: Path, *, enough_s: float = math.inf, clock_s: Callable[[], float] = time.monotonic
) -> list[Check]:
    """Score the pack's golden inputs and compare with what they must give.

    Parameters
    ----------
    enough_s
        After so long no further golden input is begun; at least one always is.

    Raises
    ------
    InputError
        If the pack at `path` is not whole.
    """
    with open_pack(path) as pack:
        same = pack.sha256 == scorer.info.pack_sha256
        checks = [Check("pack", same, f"loaded {scorer.info.pack_sha256[:16]}, on disk {pack.sha256[:16]}")]
        until_s = clock_s() + enough_s
        for number, case in enumerate(pack.manifest.profile(scorer.info.profile).golden):
            if number and clock_s() >= until_s:
                break
            checks.append(_compare(scorer, pack, case))
        return checks


def _compare(scorer: CraneScorer, pack: PackReader, case: GoldenCase) -> Check:
    from crane_desktop.model.golden import read_expected_map, read_picture

    expected = read_expected_map(pack, case)
    scored = scorer.score(read_picture(pack, case))
    score_error = abs(scored.score - case.score)
    map_error = _largest_difference(scored.anomaly_map.values[:: case.stride, :: case.stride], expected)
    exact = scorer.info.precision == "float32"
    score_limit = SCORE_TOLERANCE if exact else REDUCED_SCORE_TOLERANCE
    # A NaN compares as not within: that is a failure too.
    ok = score_error <= score_limit and map_error <= (MAP_TOLERANCE if exact else REDUCED_MAP_TOLERANCE)
    return Check(case.image, ok, f"{case.image}: score off by {score_error:.2e}, map by {map_error:.2e}")


def _largest_difference(found: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    return float(np.abs(found - expected).max()) if found.shape == expected.shape else float("inf")
