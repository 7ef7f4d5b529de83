"""Taking a reference picture with a recipe's own camera, and putting it into the recipe."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Literal, TypeAlias

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.frames import EndOfFrames, Frame, SourceDown
from crane_desktop.recipe.authorship import Why, system_user
from crane_desktop.recipe.corrections import Corrections
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.source import GenicamChoice
from crane_desktop.services.corrections import keep_reference, white_balance
from crane_desktop.services.recipe_source import recipe_choice
from crane_desktop.services.sources import make_source
from crane_desktop.services.workbench import Workbench

ReferenceKind: TypeAlias = Literal["dark", "bright", "grey"]

_WHY: dict[ReferenceKind, str] = {
    "dark": "recipe.why.dark_reference",
    "bright": "recipe.why.bright_reference",
    "grey": "recipe.why.white_balance",
}
_FRAMES_WITHIN_S = 30.0
_SLICE_S = 0.2


def take_reference(workbench: Workbench, recipe_name: str, kind: ReferenceKind, count: int) -> Recipe:
    """Take frames, make the reference (of a grey card: the white balance), keep and return the recipe's next version.

    Raises
    ------
    InputError
        If the recipe has no camera, the camera sends no frames, or they make no reference.
    StationFault
        If the camera fails.
    """
    data = workbench.data
    recipe = workbench.recipes.head(recipe_name)
    frames = _frames(workbench, recipe, count)
    corrections = recipe.corrections or Corrections()
    update: dict[str, object]
    if kind == "grey":
        update = {"white_balance": white_balance(data, frames, corrections.dark)}
    else:
        update = {kind: keep_reference(data, frames, kind)}

    def change(now: Recipe) -> Recipe:
        plain = (now.corrections or Corrections()).model_dump()
        return now.with_corrections(Corrections.model_validate({**plain, **update}))

    return workbench.recipes.save(recipe_name, change, who=system_user(), why=Why(_WHY[kind])).recipe


def _frames(workbench: Workbench, recipe: Recipe, count: int) -> list[Frame]:
    asked = recipe_choice(workbench, recipe)
    if asked is None or not isinstance(recipe.source, GenicamChoice):
        raise InputError("app.reference_needs_camera", recipe=recipe.name)
    if asked.missing is not None:
        raise asked.missing
    source = make_source(replace(asked.choice, frames=None), recipe.camera_features)
    frames: list[Frame] = []
    try:
        source.open()
        until_s = time.monotonic() + _FRAMES_WITHIN_S
        while len(frames) < count:
            event = source.next_event(_SLICE_S)
            if isinstance(event, Frame):
                frames.append(event)
            elif isinstance(event, SourceDown):
                raise event.error
            elif isinstance(event, EndOfFrames) or time.monotonic() > until_s:
                raise InputError("app.reference_no_frames", count=len(frames), asked=count)
    finally:
        source.close()
    return frames
