"""The memories that are asked about a picture: patches wherever they lie, and the part's own places.

Each gives a map of distances from good parts. What the distances mean is known from good parts that the memory has
not seen (see `scale`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final, Literal, Protocol, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from crane_desktop.model.goodparts.coreset import Nearest, coreset, drawn
from crane_desktop.model.goodparts.pretrained import FAMILIES, pretrained
from crane_desktop.model.runner import PatchFeatures
from crane_desktop.preprocess import texture as fine
from crane_desktop.preprocess.register import PLACE_SIDE_PX, as_lab, lay_back, lay_over

MemberName: TypeAlias = Literal["texture", "learned", "pretrained", "place"]
TEXTURE: Final = "texture"
LEARNED: Final = "learned"
PRETRAINED: Final = "pretrained"
PLACE: Final = "place"
MEMBERS: tuple[MemberName, ...] = (TEXTURE, PRETRAINED, PLACE)
"""Those that are learned from now on. What the pack itself sees (`LEARNED`) added misses on three of four real sets
beside `PRETRAINED`; memories of earlier programs have it."""

MOST_PATCHES = {TEXTURE: 4000, LEARNED: 2000, PRETRAINED: 1500}
"""With 29, 64 and 152 numbers a patch: about 2 MB together."""
_PROJECTED = 64
_PATCH_BLUR_CELLS = 0.8
_PLACE_BLUR_PX = 2.0
_LEAST_SPREAD_LAB = 2.0
"""Of a place's colour, in Lab units: what noise and resampling do to any part."""
_ODDEST_SHARE = 0.01


class Look:
    """A picture as the memories look at it; nothing is computed before a memory asks for it.

    Parameters
    ----------
    pixels
        uint8 ``(H, W)`` or ``(H, W, 3)``.
    learned
        What the model saw in it.
    """

    def __init__(self, pixels: NDArray[np.uint8], learned: PatchFeatures) -> None:
        self._pixels = pixels
        self.learned = learned

    @cached_property
    def texture(self) -> NDArray[np.float32]:
        """Texture and colour, place by place; see `preprocess.texture`."""
        return fine.texture(self._pixels)

    @cached_property
    def pretrained(self) -> PatchFeatures:
        """What photographs taught to see in it; see `pretrained`."""
        return pretrained(self._pixels)

    @cached_property
    def lab(self) -> NDArray[np.float32]:
        """Colours of a small square; see `preprocess.register`."""
        return as_lab(self._pixels)


class Memory(Protocol):
    """What good parts look like to one member."""

    def distances(self, look: Look) -> NDArray[np.float32]:
        """Return how far each place is from good parts, float32 ``(h, w)`` >= 0, on no scale yet."""
        ...

    def oddness(self, distances: NDArray[np.float32]) -> float:
        """Return the one number that `distances` come to for the whole picture."""
        ...

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        """Return what has to be kept."""
        ...


class PatchMemory:
    """Patches of good parts, wherever they lay (PatchCore, Roth et al. 2022), from one kind of features.

    A number is standardised by its spread over good patches, and every family of numbers counts the same.
    """

    def __init__(self, name: MemberName, kept: Mapping[str, NDArray[np.float32]]) -> None:
        self._name = name
        self._kept = dict(kept)
        self._nearest = Nearest(kept["patches"])

    @classmethod
    def learn(cls, name: MemberName, looks: Sequence[Look], seed: int) -> PatchMemory:
        """Remember good parts."""
        grids = [_grid(name, look) for look in looks]
        families = _families(name, looks[0])
        rows = np.concatenate([grid.reshape(-1, grid.shape[-1]) for grid in grids])
        spread = _spread(rows, families)
        weight = np.concatenate([np.full(count, 1 / np.sqrt(count), np.float32) for count in families])
        width = rows.shape[1]
        if name == LEARNED and width > _PROJECTED:
            draw = np.random.default_rng(seed + 1)
            turn = (draw.standard_normal((width, _PROJECTED)) / np.sqrt(_PROJECTED)).astype(np.float32)
        else:
            turn = np.eye(width, dtype=np.float32)
        kept = {"mean": rows.mean(axis=0), "turn": (weight / spread)[:, None] * turn}
        choose = drawn if name == PRETRAINED else coreset
        patches = choose((rows - kept["mean"]) @ kept["turn"], MOST_PATCHES[name], seed)
        return cls(name, {**kept, "patches": patches})

    def distances(self, look: Look) -> NDArray[np.float32]:
        """Return the distance of each patch to the nearest remembered one."""
        grid = _grid(self._name, look)
        rows = (grid.reshape(-1, grid.shape[-1]) - self._kept["mean"]) @ self._kept["turn"]
        far = self._nearest(rows.astype(np.float32, copy=False)).reshape(grid.shape[:2])
        return np.asarray(cv2.GaussianBlur(far, (0, 0), _PATCH_BLUR_CELLS), dtype=np.float32)

    def oddness(self, distances: NDArray[np.float32]) -> float:
        """Return the highest distance; of pretrained features the mean of the oddest hundredth.

        A place of theirs reaches over many pixels, so that a flaw is never a single one (AnomalyDINO, Damm et al.
        2025, takes the same mean); with few good parts it stands by much less on one chance place.
        """
        if self._name != PRETRAINED:
            return float(distances.max())
        oddest = max(1, round(_ODDEST_SHARE * distances.size))
        return float(np.partition(distances, -oddest, axis=None)[-oddest:].mean())

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        """Return mean, scaling and patches."""
        return dict(self._kept)


class PlaceMemory:
    """What each place of the part looks like (PaDiM's idea, Defard et al. 2021, on colours), after laying it over."""

    def __init__(self, kept: Mapping[str, NDArray[np.float32]]) -> None:
        self._kept = dict(kept)

    @classmethod
    def learn(cls, looks: Sequence[Look]) -> PlaceMemory:
        """Remember good parts."""
        middle = looks[0].lab
        for _ in range(2):  # over the first, then over the median of all, which is no single part's pose
            laid = np.stack([lay_over(look.lab, middle).lab for look in looks])
            middle = np.median(laid, axis=0).astype(np.float32)
        return cls({"reference": middle, "mean": laid.mean(axis=0), "spread": laid.std(axis=0)})

    def distances(self, look: Look) -> NDArray[np.float32]:
        """Return by how many spreads each place differs from good parts, in the picture's own frame."""
        laid = lay_over(look.lab, self._kept["reference"])
        off = np.abs(laid.lab - self._kept["mean"]) / (self._kept["spread"] + np.float32(_LEAST_SPREAD_LAB))
        far = cv2.GaussianBlur(off.max(axis=-1) * laid.seen, (0, 0), _PLACE_BLUR_PX)
        return lay_back(np.asarray(far, dtype=np.float32), laid.back)

    def oddness(self, distances: NDArray[np.float32]) -> float:
        """Return the highest distance."""
        return float(distances.max())

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        """Return reference, mean and spread."""
        return dict(self._kept)


def learn_member(name: MemberName, looks: Sequence[Look], seed: int) -> Memory:
    """Remember good parts, at least one."""
    return PlaceMemory.learn(looks) if name == PLACE else PatchMemory.learn(name, looks, seed)


def member_of(name: MemberName, tensors: Mapping[str, NDArray[np.float32]]) -> Memory:
    """Return the memory that `Memory.tensors` was asked of.

    Raises
    ------
    ValueError
        If something is missing, or its shape does not fit.
    """
    shapes = {key: value.shape for key, value in tensors.items()}
    if name == PLACE:
        wanted = (PLACE_SIDE_PX, PLACE_SIDE_PX, 3)
        if shapes != dict.fromkeys(("reference", "mean", "spread"), wanted):
            raise ValueError(f"{name}: {shapes}")
        return PlaceMemory(tensors)
    if set(shapes) != {"mean", "turn", "patches"}:
        raise ValueError(f"{name}: {shapes}")
    width, (rows, columns), (count, wide) = shapes["mean"], shapes["turn"], shapes["patches"]
    if width != (rows,) or columns != wide or not 0 < count <= MOST_PATCHES[name]:
        raise ValueError(f"{name}: {shapes}")
    known = {TEXTURE: sum(fine.FAMILIES), PRETRAINED: sum(FAMILIES)}
    if rows != known.get(name, rows):
        raise ValueError(f"{name}: {shapes}")
    return PatchMemory(name, tensors)


def _spread(rows: NDArray[np.float32], families: Sequence[int]) -> NDArray[np.float32]:
    """Return each number's spread and a twentieth of its family's, so that what never varies is not blown up."""
    own = rows.std(axis=0)
    parts = np.split(own, np.cumsum(families)[:-1])
    usual = np.concatenate([np.full(len(part), part.mean(), np.float32) for part in parts])
    return np.asarray(own + 0.05 * usual + 1e-6, dtype=np.float32)


def _families(name: MemberName, look: Look) -> tuple[int, ...]:
    return {TEXTURE: fine.FAMILIES, PRETRAINED: FAMILIES}.get(name) or look.learned.families


def _grid(name: MemberName, look: Look) -> NDArray[np.float32]:
    if name == TEXTURE:
        return look.texture
    return (look.pretrained if name == PRETRAINED else look.learned).values
