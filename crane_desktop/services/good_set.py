"""Look at pictures of good parts before anything is learned or calibrated on them, and hold a person to decide."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crane_desktop.decision.calibrate import GoodPart
from crane_desktop.decision.good_set import GoodPicture, GoodSet, Odd, OutlierDecision
from crane_desktop.domain.errors import InputError
from crane_desktop.preprocess.likeness import Likeness, first_of_its_kind
from crane_desktop.preprocess.tiles import SEEN_PX, smallest_detail_px
from crane_desktop.settings.texts import Language, text

_MOST_NAMED = 20
_MUCH_SMALLER = 4.0
"""Less goes without a word: nobody takes pictures at the model's own size."""


@dataclass(frozen=True, slots=True, eq=False)
class ScoredPicture:
    """A picture of a good part, scored, and brought down to what shows whether another is its copy.

    Attributes
    ----------
    digest
        Tells pictures apart by their pixels, whatever file they come from.
    shape
        Height and width in pixels.
    """

    name: str
    part: GoodPart
    likeness: Likeness
    digest: bytes
    shape: tuple[int, int]

    @classmethod
    def of(cls, name: str, pixels: NDArray[np.uint8], part: GoodPart) -> ScoredPicture:
        """Return what is kept of a uint8 picture ``(H, W)`` or ``(H, W, 3)`` RGB."""
        digest = hashlib.sha256(f"{pixels.shape}".encode() + np.ascontiguousarray(pixels).tobytes()).digest()
        return cls(name, part, Likeness.of(pixels), digest, (pixels.shape[0], pixels.shape[1]))


class UndecidedError(InputError):
    """Parts among the good ones stand far off the others, and nobody has decided about them: nothing is applied.

    Attributes
    ----------
    found
        The set with what was found in it, for whoever asks a person.
    """

    def __init__(self, found: GoodSet, odd: Sequence[Odd]) -> None:
        super().__init__(
            "services.outliers_undecided",
            count=len(odd),
            of=len(found.pictures),
            files=names_of([one.name for one in odd]),
        )
        self.found = found
        self.odd = tuple(odd)

    def sentences(self, language: Language) -> list[str]:
        """Return one sentence a part: how far off it stands."""
        return [outlier_words(odd, language) for odd in self.odd]


def set_of(pictures: Sequence[ScoredPicture]) -> GoodSet:
    """Return the set that the pictures make, with its copies known: same pixels, or nearly the same."""
    first_with: dict[bytes, int] = {}
    exact = [first_with.setdefault(picture.digest, number) for number, picture in enumerate(pictures)]
    different = sorted(first_with.values())
    near = first_of_its_kind([pictures[number].likeness for number in different])
    first = {number: different[kind] for number, kind in zip(different, near, strict=True)}
    return GoodSet(
        tuple(
            GoodPicture(picture.name, picture.part, None if first[same] == number else pictures[first[same]].name)
            for number, (picture, same) in enumerate(zip(pictures, exact, strict=True))
        )
    )


def decided(found: GoodSet, decision: OutlierDecision) -> GoodSet:
    """Return the set as a person decided about it.

    Raises
    ------
    UndecidedError
        If parts that stand far off are neither left out nor kept.
    InputError
        If a picture is to be left out that is not there: names it.
    """
    known = {picture.name for picture in found.pictures}
    for name in decision.left_out:
        if name not in known:
            raise InputError("services.left_out_unknown", file=name)
    kept = found.without(decision.left_out)
    odd = () if decision.keep else kept.outliers()
    if odd:
        raise UndecidedError(kept, odd)
    return kept


def names_given(files: Sequence[str | Path]) -> tuple[str, ...]:
    """Return the names of pictures that were given by name or by path."""
    return tuple(Path(file).name for file in files)


def lost_details(pictures: Sequence[ScoredPicture], model_side_px: int) -> InputError | None:
    """Return the sentence about details that are lost where the model sees pictures much smaller; None elsewhere."""
    if not pictures:
        return None
    height, width = max(
        (picture.shape for picture in pictures), key=lambda size: smallest_detail_px(size[0], size[1], 1)
    )
    times = smallest_detail_px(height, width, model_side_px) / SEEN_PX
    if times < _MUCH_SMALLER:
        return None
    detail = math.ceil(SEEN_PX * times)
    return InputError("services.details_lost", width=width, height=height, times=f"{times:.1f}", least=detail)


def copies_told(found: GoodSet) -> InputError:
    """Return the sentence about copies."""
    return InputError(
        "services.copies_count_once",
        copies=len(found.copies),
        of=len(found.pictures),
        counted=len(found.counted),
        first=found.copies[0].name,
        same=found.copies[0].kind,
    )


def remembered_told(names: Sequence[str], of: int) -> InputError:
    """Return the sentence about pictures that show parts which the recipe's memory was learned from."""
    return InputError("services.remembered_left_out", count=len(names), of=of, files=names_of(names))


def outlier_words(odd: Odd, language: Language) -> str:
    """Return how far off a part stands, in plain words."""
    one = odd.outlier
    key = "services.outlier_by_score" if one.measure == "score" else "services.outlier_by_peak"
    shown = {"value": f"{one.value:.3f}", "others": f"{one.highest_other:.3f}"}
    return text(key, language, file=odd.name, **shown)


def names_of(names: Sequence[str]) -> str:
    """Return names in one line, the first twenty of them."""
    more = "" if len(names) <= _MOST_NAMED else f" … ({len(names)})"
    return ", ".join(names[:_MOST_NAMED]) + more
