"""What a set of pictures of good parts holds before anything is decided by it: copies, and parts that look defective.

Nothing here believes that the parts are good: copies count once, and what stands far off the others is decided by a
person, who leaves it out or keeps it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crane_desktop.decision.calibrate import GoodPart
from crane_desktop.decision.outliers import Outlier, find_outliers

_FEWEST_KINDS = 5
"""Where fewer different parts are there, copies too say what is usual."""


@dataclass(frozen=True, slots=True)
class GoodPicture:
    """One picture of the set.

    Attributes
    ----------
    name
        Of its file.
    copy_of
        The first picture that shows the same part in the same place; None: it is the first.
    """

    name: str
    part: GoodPart
    copy_of: str | None = None

    @property
    def kind(self) -> str:
        """The first picture of this part."""
        return self.name if self.copy_of is None else self.copy_of


@dataclass(frozen=True, slots=True)
class OutlierDecision:
    """What a person decided about the set.

    Attributes
    ----------
    left_out
        Names of pictures that do not count, with all copies of theirs.
    keep
        Whether every other picture is a good part, however far it stands off.
    """

    left_out: tuple[str, ...] = ()
    keep: bool = False


UNDECIDED = OutlierDecision()


@dataclass(frozen=True, slots=True)
class Odd:
    """An outlier with its name."""

    name: str
    outlier: Outlier


@dataclass(frozen=True, slots=True)
class GoodSet:
    """Pictures of parts that are said to be good.

    Attributes
    ----------
    left_out
        How many pictures a person has left out of it.
    """

    pictures: tuple[GoodPicture, ...]
    left_out: int = 0

    def without(self, names: Sequence[str]) -> GoodSet:
        """Return the set without these pictures and their copies.

        Raises
        ------
        KeyError
            If one of them is not in the set: names it.
        """
        kinds = {picture.name: picture.kind for picture in self.pictures}
        gone = {kinds[name] for name in names}
        kept = tuple(picture for picture in self.pictures if picture.kind not in gone)
        return GoodSet(kept, self.left_out + len(self.pictures) - len(kept))

    @property
    def counted(self) -> tuple[GoodPicture, ...]:
        """Those that count: of copies the first."""
        return tuple(picture for picture in self.pictures if picture.copy_of is None)

    @property
    def copies(self) -> tuple[GoodPicture, ...]:
        """Those that do not count, since another picture shows the same."""
        return tuple(picture for picture in self.pictures if picture.copy_of is not None)

    def outliers(self) -> tuple[Odd, ...]:
        """Return the parts that stand far above the others in score or region peak, the farthest first."""
        asked = self.counted if len(self.counted) >= _FEWEST_KINDS else self.pictures
        return tuple(Odd(asked[one.index].name, one) for one in find_outliers([p.part for p in asked]))

    def as_dict(self) -> dict[str, Any]:
        """Return what was found as one JSON object."""
        return {
            "pictures": len(self.pictures),
            "counted": len(self.counted),
            "left_out": self.left_out,
            "copies": [{"file": picture.name, "of": picture.copy_of} for picture in self.copies],
            "outliers": [
                {
                    "file": odd.name,
                    "measure": odd.outlier.measure,
                    "value": odd.outlier.value,
                    "highest_other": odd.outlier.highest_other,
                    "usual": odd.outlier.usual,
                    "times": odd.outlier.times,
                }
                for odd in self.outliers()
            ],
        }
