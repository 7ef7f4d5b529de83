"""All that a station remembers of good parts, and what it says about a picture beside Crane."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.maps import Scored
from crane_desktop.domain.ports import ScorerInfo
from crane_desktop.model.goodparts.members import Look, MemberName, Memory
from crane_desktop.model.goodparts.scale import Scale, heard, squashed
from crane_desktop.preprocess.likeness import Likeness


@dataclass(frozen=True, slots=True)
class Bound:
    """Which model the memory belongs to: with another one its scale means nothing."""

    pack: str
    pack_sha256: str
    profile: str
    image_size_px: int
    precision: str

    @classmethod
    def to(cls, info: ScorerInfo) -> Bound:
        """Return what binds a memory to this scorer."""
        return cls(info.pack, info.pack_sha256, info.profile, info.image_size_px, info.precision)


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """What the good parts alone say about the memory: AUROC of unseen good parts against damaged copies of them.

    Attributes
    ----------
    gain_low
        Lower 95 % bound of the memory's gain.
    """

    zero_shot: float
    hybrid: float
    gain_low: float

    @property
    def better(self) -> bool:
        """Whether the memory helps beyond noise."""
        return self.gain_low > 0


@dataclass(frozen=True, slots=True, eq=False)
class GoodParts:
    """The memory of good parts.

    Attributes
    ----------
    members
        By name; those that separate nothing were left out.
    scales
        Of each member's peak.
    score_scale, map_scale
        Of Crane's score and of its map's peak.
    pictures
        SHA-256 of the good pictures' pixels.
    likenesses
        What each of them looked like, brought down to what shows whether another picture is its copy; none in a
        memory of an earlier program.
    """

    bound: Bound
    members: Mapping[MemberName, Memory]
    scales: Mapping[MemberName, Scale]
    score_scale: Scale
    map_scale: Scale
    pictures: tuple[str, ...]
    check: SelfCheck
    likenesses: tuple[Likeness, ...] = ()

    def remembers(self, pixels: NDArray[np.uint8]) -> bool:
        """Return whether a picture, or one that it is a copy of, was learned: its distances say nothing of others."""
        if picture_sha256(pixels) in self.pictures:
            return True
        asked = Likeness.of(pixels) if self.likenesses else None
        return asked is not None and any(learned.copies(asked) for learned in self.likenesses)

    def fused(self, scored: Scored, look: Look) -> Scored:
        """Join Crane's answer with the members' distances; see `scale`."""
        maps = {name: member.distances(look) for name, member in self.members.items()}
        peaks = {name: float(values.max()) for name, values in maps.items()}
        own = scored.anomaly_map.values
        z_map = np.float32(self.map_scale.weight) * heard(self.map_scale.z(own))
        for name, values in maps.items():
            scale = self.scales[name]
            z_map += np.float32(scale.weight) * _as_large(heard(scale.z(values)), own.shape)
        values = squashed(z_map / np.float32(self._norm(self.map_scale)))
        values.flags.writeable = False
        return Scored(self.score(scored.score, peaks), replace(scored.anomaly_map, values=values))

    def score(self, crane_score: float, peaks: Mapping[MemberName, float]) -> float:
        """Return the fused score; NaN where Crane had no answer."""
        z = self.score_scale.weight * self.score_scale.heard(crane_score)
        z += sum(self.scales[name].weight * self.scales[name].heard(peaks[name]) for name in self.members)
        return float(squashed(np.array(z / self._norm(self.score_scale), np.float32))) if math.isfinite(z) else math.nan

    def _norm(self, own: Scale) -> float:
        weights = [own.weight, *(self.scales[name].weight for name in self.members)]
        return math.sqrt(sum(w * w for w in weights))


def picture_sha256(pixels: NDArray[np.uint8]) -> str:
    """Return what names a picture by its pixels, whatever file they come from."""
    return hashlib.sha256(f"{pixels.shape}".encode() + np.ascontiguousarray(pixels).tobytes()).hexdigest()


def _as_large(values: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    large = cv2.resize(values, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(large, dtype=np.float32)
