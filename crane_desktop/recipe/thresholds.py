"""Where the verdicts change, and what those places were calibrated on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date as Date
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from crane_desktop.domain.camera_setup import FeatureValue
from crane_desktop.recipe.corrections import Corrections

HIGHEST_THRESHOLD = 2.0
"""Scores end at 1; a threshold above it is never reached, which switches that test off."""

_STRICT = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
_Level: TypeAlias = Annotated[float, Field(ge=0, le=HIGHEST_THRESHOLD)]


class Thresholds(BaseModel):
    """Where REVIEW and NG begin, on the image score and on a region's peak: each at or over its value."""

    model_config = _STRICT

    score_review: _Level
    score_ng: _Level
    map_review: _Level
    map_ng: _Level

    @model_validator(mode="after")
    def _review_comes_first(self) -> Thresholds:
        if self.score_review > self.score_ng or self.map_review > self.map_ng:
            raise PydanticCustomError("thresholds_order", "review begins above NG")
        return self


class CalibrationBasis(BaseModel):
    """What of a recipe decides how its pictures look and how they are scored, as it was when it was calibrated.

    Attributes
    ----------
    source
        Kind of the source; None: the recipe names none.
    significant_bits
        How deep its folder's values are where the files do not say.
    camera_features
        Those that can change a picture (`recipe.picture_features`).
    """

    model_config = _STRICT

    pack: str
    source: Literal["demo", "folder", "genicam"] | None = None
    significant_bits: Annotated[int, Field(ge=8, le=16)] | None = None
    camera_features: Mapping[str, FeatureValue] = Field(default_factory=dict)
    corrections: Corrections | None = None
    good_parts_sha256: str | None = None
    smallest_area_px: Annotated[float, Field(ge=0)] = 0.0


class Calibration(BaseModel):
    """What the thresholds were calibrated on, and what that can promise.

    Attributes
    ----------
    false_reject_rate
        The share of good parts that may be rejected, as it was asked for.
    promised_rate
        The share that so many images can promise: the next good part's chance to be rejected is at most this.
    pack_sha256
        The model that scored the images: with another one the thresholds mean nothing.
    image_size_px
        Side of the picture that it saw: at another size it gives other scores. None in recipes of earlier programs,
        which knew one size a pack.
    good_parts_sha256
        The memory of good parts that was asked beside the model; None: none was.
    basis
        The recipe's side of it. None only in files of earlier programs, until they are read (`recipe.migrate`).
    """

    model_config = _STRICT

    n_images: Annotated[int, Field(ge=1)]
    false_reject_rate: Annotated[float, Field(gt=0, lt=1)]
    promised_rate: Annotated[float, Field(ge=0, le=1)]
    date: Date
    pack_sha256: str
    image_size_px: int | None = None
    good_parts_sha256: str | None = None
    basis: CalibrationBasis | None = None
