"""A recipe's corrections of the camera's pictures: white balance, flat field, black level, gamma."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from crane_desktop.domain.corrections import CorrectionChoice, ReferenceFile

_STRICT = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)
_Factor: TypeAlias = Annotated[float, Field(ge=0.1, le=16)]


class ReferencePicture(BaseModel):
    """A picture in the data folder's ``references``, bound by its SHA-256."""

    model_config = _STRICT

    file: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.png$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    order: Literal["mono", "rgb", "RG", "GR", "GB", "BG"]

    def reference(self) -> ReferenceFile:
        """Return the same as the domain's word."""
        return ReferenceFile(self.file, self.sha256, self.order)


class WhiteBalance(BaseModel):
    """Factors of the three colours."""

    model_config = _STRICT

    red: _Factor
    green: _Factor
    blue: _Factor


class Corrections(BaseModel):
    """What is done to a camera's values, in this order, before they become 8-bit pixels; None: the step is left out.

    Other sources than a camera give finished pictures, which nothing is done to.

    Attributes
    ----------
    version
        Of the steps and their order.
    dark
        Taken with the lens covered; subtracted.
    black_level_percent
        Subtracted everywhere, per cent of full scale.
    bright
        An even, evenly lit surface; every pixel is scaled so that it comes out even.
    gamma
        ``full scale * (value / full scale) ** gamma``: below 1 brightens.
    """

    model_config = _STRICT

    version: Literal[1] = 1
    dark: ReferencePicture | None = None
    black_level_percent: Annotated[float, Field(gt=0, le=50)] | None = None
    bright: ReferencePicture | None = None
    white_balance: WhiteBalance | None = None
    gamma: Annotated[float, Field(ge=0.1, le=10)] | None = None

    def choice(self) -> CorrectionChoice:
        """Return the same as the domain's word."""
        balance = self.white_balance
        return CorrectionChoice(
            dark=None if self.dark is None else self.dark.reference(),
            black_level_percent=self.black_level_percent,
            bright=None if self.bright is None else self.bright.reference(),
            white_balance=None if balance is None else (balance.red, balance.green, balance.blue),
            gamma=self.gamma,
        )
