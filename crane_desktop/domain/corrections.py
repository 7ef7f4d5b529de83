"""What is done to a camera's values on their way to the 8-bit picture: asked for, and as every record tells it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CorrectionStep(StrEnum):
    """The steps, in the order in which they are done."""

    DARK_FIELD = "dark_field"
    BLACK_LEVEL = "black_level"
    FLAT_FIELD = "flat_field"
    WHITE_BALANCE = "white_balance"
    GAMMA = "gamma"


@dataclass(frozen=True, slots=True)
class ReferenceFile:
    """A reference picture in the data folder's ``references``.

    Attributes
    ----------
    file
        Name of the PNG file.
    sha256
        Of the file's bytes, 64 hex digits.
    order
        ``"mono"``, ``"rgb"``, or the Bayer pattern (``"RG"``...) of the pictures that it was made from.
    """

    file: str
    sha256: str
    order: str


@dataclass(frozen=True, slots=True)
class CorrectionChoice:
    """Which corrections are wanted; what is None is left out.

    Attributes
    ----------
    dark
        Picture taken with the lens covered: subtracted.
    black_level_percent
        Subtracted everywhere, per cent of full scale.
    bright
        Picture of an evenly lit, even surface: each pixel is scaled so that this picture becomes even.
    white_balance
        Factors for red, green and blue.
    gamma
        ``full scale * (value / full scale) ** gamma``.
    """

    dark: ReferenceFile | None = None
    black_level_percent: float | None = None
    bright: ReferenceFile | None = None
    white_balance: tuple[float, float, float] | None = None
    gamma: float | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return self == CorrectionChoice()


@dataclass(frozen=True, slots=True)
class Correction:
    """One step that was done to a picture.

    Attributes
    ----------
    values
        The step's numbers: black level in per cent, the three factors, gamma.
    reference_sha256
        The reference picture that was used.
    """

    step: CorrectionStep
    values: tuple[float, ...] = ()
    reference_sha256: str | None = None
