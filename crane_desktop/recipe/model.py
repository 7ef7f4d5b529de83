"""A recipe: everything that a kind of part needs to be inspected, validated as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError, PydanticSerializationError

from crane_desktop.domain.camera_setup import FeatureValue
from crane_desktop.domain.errors import InputError
from crane_desktop.recipe.corrections import Corrections
from crane_desktop.recipe.good_parts import GoodPartsFile
from crane_desktop.recipe.names import clean_name
from crane_desktop.recipe.reject_signal import RejectSignal
from crane_desktop.recipe.source import RecipeSource
from crane_desktop.recipe.thresholds import Area, Calibration, CameraFeatures, Thresholds

__all__ = [
    "FORMAT_VERSION",
    "Calibration",
    "FeatureValue",
    "Recipe",
    "Thresholds",
    "checked_name",
    "checked_recipe",
]

FORMAT_VERSION = 2
LARGEST_VERSION = 2**31 - 1
"""Records keep it in a database, file names in six digits and more."""

_LONGEST_MS = 86_400_000.0
_STRICT = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Recipe(BaseModel):
    """What to look at, with which model, and where the line between good and bad runs.

    A field that is added later is None where it was absent: older recipes keep their SHA-256 so.

    Attributes
    ----------
    version
        Counts up with every change; only the store counts.
    camera_features
        GenICam features to set before the run, in this order.
    corrections
        What is done to the camera's pictures before the model sees them.
    good_parts
        Memory of good parts that is asked beside the model; None: zero-shot.
    thresholds
        None: show only; no verdict is given.
    smallest_area_px
        Anomalous areas below this, in frame pixels, are no regions.
    time_limit_ms
        An answer later than this after the frame's arrival is NONE (late); None: no limit.
    reject_signal
        How verdicts reach the plant; None: they do not. Without thresholds nothing is sent either.
    """

    model_config = _STRICT

    format_version: Literal[2] = 2
    name: str
    version: Annotated[int, Field(ge=1, le=LARGEST_VERSION)] = 1
    description: Annotated[str, Field(max_length=10_000)] = ""
    source: RecipeSource | None = None
    camera_features: CameraFeatures = Field(default_factory=dict)
    corrections: Corrections | None = None
    pack: Annotated[str, Field(min_length=1, max_length=1000)] = "demo"
    good_parts: GoodPartsFile | None = None
    thresholds: Thresholds | None = None
    smallest_area_px: Area = 0.0
    time_limit_ms: Annotated[float, Field(gt=0, le=_LONGEST_MS)] | None = None
    reject_signal: RejectSignal | None = None
    calibration: Calibration | None = None

    @field_validator("name")
    @classmethod
    def _is_a_good_name(cls, name: str) -> str:
        own = clean_name(name)
        if own is None:
            raise PydanticCustomError("recipe_name", "no good name")
        return own

    @model_validator(mode="after")
    def _can_be_written(self) -> Recipe:
        try:
            self.model_dump_json()
        except PydanticSerializationError:  # half a character, as odd file names and broken editors leave it
            raise PydanticCustomError("recipe_text", "text that no file can hold") from None
        return self

    def changed(self, **update: object) -> Recipe:
        """Return this recipe with other values in some fields, validated as a whole.

        Raises
        ------
        InputError
            If a value cannot be; names the field.
        """
        return checked_recipe({**_plain(self), **{field: _plain(value) for field, value in update.items()}})

    def with_thresholds(self, thresholds: Thresholds | None, calibration: Calibration | None = None) -> Recipe:
        """Return this recipe with other thresholds."""
        return self.changed(thresholds=thresholds, calibration=calibration)

    def with_corrections(self, corrections: Corrections | None) -> Recipe:
        """Return this recipe with other corrections, and without its memory of good parts, which holds other pictures.

        Raises
        ------
        InputError
            If a correction cannot be.
        """
        if corrections == self.corrections:
            return self
        return self.changed(corrections=corrections, good_parts=None)

    def with_good_parts(self, good_parts: GoodPartsFile | None, pack: str) -> Recipe:
        """Return this recipe with another memory of good parts, made with `pack`."""
        return self.changed(good_parts=good_parts, pack=pack)


def checked_name(name: str) -> str:
    """Return `name` as a recipe keeps it (Unicode NFC).

    Raises
    ------
    InputError
        If no recipe can have that name.
    """
    own = clean_name(name)
    if own is None:
        raise InputError("recipe.name", name=_shown(name))
    return own


def checked_recipe(data: Mapping[str, Any]) -> Recipe:
    """Return the recipe of these values.

    Raises
    ------
    InputError
        If one of them cannot be; names the field.
    """
    try:
        return Recipe.model_validate(data)
    except ValidationError as error:
        raise _told(error.errors(include_url=False)[0]) from error


def _plain(value: object) -> Any:
    """Return a part of a recipe as plain values, so that it is validated again."""
    return value.model_dump(warnings=False) if isinstance(value, BaseModel) else value


def _told(details: ErrorDetails) -> InputError:
    """Turn the validator's first complaint into a sentence for people."""
    place = details["loc"]
    if place[:1] == ("camera_features",):
        place = place[:2]  # beyond it stand the kinds of values that were tried
    field = ".".join(str(part) for part in place) or "recipe"
    value = _shown(details.get("input"))
    match details["type"]:
        case "missing" | "union_tag_not_found":
            return InputError("recipe.field_missing", field=field)
        case "extra_forbidden":
            return InputError("recipe.field_unknown", field=field)
        case "thresholds_order":
            return InputError("recipe.thresholds_order", field=field)
        case "recipe_name":
            return InputError("recipe.name", name=value)
        case "recipe_text" | "string_unicode":
            return InputError("recipe.not_writable_text")
        case _:
            return InputError("recipe.field_wrong", field=field, value=value)


def _shown(value: object) -> str:
    """Return a short, harmless picture of a value."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
