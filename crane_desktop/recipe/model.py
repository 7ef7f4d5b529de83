"""A recipe: everything that a kind of part needs to be inspected, in one validated, versioned file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from crane_desktop.domain.errors import InputError
from crane_desktop.recipe.corrections import Corrections
from crane_desktop.recipe.good_parts import GoodPartsFile
from crane_desktop.recipe.names import clean_name
from crane_desktop.recipe.reject_signal import RejectSignal
from crane_desktop.recipe.source import RecipeSource
from crane_desktop.recipe.thresholds import Calibration, Thresholds

__all__ = [
    "FORMAT_VERSION",
    "Calibration",
    "FeatureValue",
    "Recipe",
    "Thresholds",
    "checked_name",
    "dump_recipe",
    "parse_recipe",
]

FORMAT_VERSION = 1

_STRICT = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
FeatureValue: TypeAlias = bool | int | float | str


class Recipe(BaseModel):
    """What to look at, with which model, and where the line between good and bad runs.

    Attributes
    ----------
    version
        Counts up with every change that may change a verdict.
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

    format_version: Literal[1] = 1
    name: str
    version: Annotated[int, Field(ge=1)] = 1
    description: str = ""
    source: RecipeSource | None = None
    camera_features: Mapping[str, FeatureValue] = Field(default_factory=dict)
    corrections: Corrections | None = None
    pack: Annotated[str, Field(min_length=1)] = "demo"
    good_parts: GoodPartsFile | None = None
    thresholds: Thresholds | None = None
    smallest_area_px: Annotated[float, Field(ge=0)] = 0.0
    time_limit_ms: Annotated[float, Field(gt=0)] | None = None
    reject_signal: RejectSignal | None = None
    calibration: Calibration | None = None

    @field_validator("name")
    @classmethod
    def _is_a_good_name(cls, name: str) -> str:
        own = clean_name(name)
        if own is None:
            raise PydanticCustomError("recipe_name", "no good name")
        return own

    def with_thresholds(self, thresholds: Thresholds | None, calibration: Calibration | None = None) -> Recipe:
        """Return the next version of this recipe, with other thresholds."""
        return self.model_copy(
            update={"version": self.version + 1, "thresholds": thresholds, "calibration": calibration}
        )

    def with_corrections(self, corrections: Corrections | None) -> Recipe:
        """Return the next version of this recipe, with other corrections.

        Its thresholds were made for other pictures, and its memory of good parts holds others: it only shows until it
        is calibrated again.
        """
        if corrections == self.corrections:
            return self
        return self.with_thresholds(None).model_copy(update={"corrections": corrections, "good_parts": None})

    def with_good_parts(self, good_parts: GoodPartsFile | None, pack: str) -> Recipe:
        """Return the next version of this recipe, with another memory of good parts, made with `pack`.

        Scores mean something else from now on: it only shows until it is calibrated again.
        """
        return self.with_thresholds(None).model_copy(update={"good_parts": good_parts, "pack": pack})


def checked_name(name: str) -> str:
    """Return `name` as a recipe keeps it (Unicode NFC).

    Raises
    ------
    InputError
        If no recipe can have that name.
    """
    own = clean_name(name)
    if own is None:
        raise InputError("decision.recipe_name", name=_shown(name))
    return own


def parse_recipe(text: str) -> Recipe:
    """Return the recipe that `text` (JSON) holds.

    Raises
    ------
    InputError
        Where it holds none, or one of a later version of the program; names the field.
    """
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError("decision.recipe_not_json", line=getattr(error, "lineno", 1)) from error
    if not isinstance(data, dict):
        raise InputError("decision.recipe_not_json", line=1)
    found = data.get("format_version", FORMAT_VERSION)
    if isinstance(found, int) and found > FORMAT_VERSION:
        raise InputError("decision.recipe_too_new", found=found, known=FORMAT_VERSION)
    try:
        return Recipe.model_validate(data)
    except ValidationError as error:
        raise _told(error.errors(include_url=False)[0]) from error


def dump_recipe(recipe: Recipe) -> str:
    """Return `recipe` as JSON text that `parse_recipe` reads back to an equal recipe."""
    return recipe.model_dump_json(indent=2) + "\n"


def _told(details: ErrorDetails) -> InputError:
    """Turn the validator's first complaint into a sentence for people."""
    place = details["loc"]
    field = ".".join(str(part) for part in place) or "recipe"
    value = _shown(details.get("input"))
    match details["type"]:
        case "missing" | "union_tag_not_found":
            return InputError("decision.recipe_field_missing", field=field)
        case "extra_forbidden":
            return InputError("decision.recipe_field_unknown", field=field)
        case "thresholds_order":
            return InputError("decision.recipe_thresholds_order", field=field)
        case "recipe_name":
            return InputError("decision.recipe_name", name=value)
        case _:
            return InputError("decision.recipe_field_wrong", field=field, value=value)


def _shown(value: object) -> str:
    """Return a short, harmless picture of a value."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
