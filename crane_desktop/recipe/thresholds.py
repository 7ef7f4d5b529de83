"""Where the verdicts change, and what those places were calibrated on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date as Date
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from crane_desktop.domain.camera_setup import FeatureValue
from crane_desktop.recipe.corrections import Corrections

HIGHEST_THRESHOLD = 2.0
"""Scores end at 1; a threshold above it is never reached, which switches that test off."""

_STRICT = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
_Level: TypeAlias = Annotated[float, Field(ge=0, le=HIGHEST_THRESHOLD)]
_Word: TypeAlias = Annotated[str, Field(max_length=1000)]
Area: TypeAlias = Annotated[float, Field(ge=0, le=1e12)]
"""Frame pixels; larger than any frame."""
_WHOLE_NUMBERS = range(-(2**63), 2**63)
_MOST_FEATURES = 10_000
_LONGEST_WORDS = 10_000


def _a_camera_can_hold(features: Mapping[str, FeatureValue]) -> Mapping[str, FeatureValue]:
    """A camera's whole numbers have 64 bits, and so have a database's."""
    for name, value in features.items():
        whole = isinstance(value, int) and value not in _WHOLE_NUMBERS
        if whole or len(name) > _LONGEST_WORDS or (isinstance(value, str) and len(value) > _LONGEST_WORDS):
            raise PydanticCustomError("camera_features", "no value of a camera")
    return features


CameraFeatures: TypeAlias = Annotated[
    Mapping[str, FeatureValue], Field(max_length=_MOST_FEATURES), AfterValidator(_a_camera_can_hold)
]
"""GenICam features by name, in their order."""


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

    pack: _Word
    source: Literal["demo", "folder", "genicam"] | None = None
    significant_bits: Annotated[int, Field(ge=8, le=16)] | None = None
    camera_features: CameraFeatures = Field(default_factory=dict)
    corrections: Corrections | None = None
    good_parts_sha256: _Word | None = None
    smallest_area_px: Area = 0.0


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
    long_pictures
        How pictures many times as long as wide were judged: in tiles. None in recipes of earlier programs, which
        judged them whole: to these, with other scores, such a calibration says nothing.
    basis
        The recipe's side of it. None only in files of earlier programs, until they are read (`recipe.migrate`).
    """

    model_config = _STRICT

    n_images: Annotated[int, Field(ge=1, le=10**9)]
    false_reject_rate: Annotated[float, Field(gt=0, lt=1)]
    promised_rate: Annotated[float, Field(ge=0, le=1)]
    date: Date
    pack_sha256: _Word
    image_size_px: Annotated[int, Field(ge=1, le=100_000)] | None = None
    good_parts_sha256: _Word | None = None
    long_pictures: Literal["tiles"] | None = None
    basis: CalibrationBasis | None = None
