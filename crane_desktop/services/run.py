"""Which outputs a run has: what the recipe says, where its verdicts count and its camera has lines."""

from __future__ import annotations

from crane_desktop.domain.ports import FrameSource
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.plant.camera_line import CameraLineOutput
from crane_desktop.preprocess.correct import Corrector
from crane_desktop.recipe.model import Recipe
from crane_desktop.services.sources import make_source


def source_with_outputs(
    choice: SourceChoice, recipe: Recipe, corrector: Corrector | None = None
) -> tuple[FrameSource, tuple[CameraLineOutput, ...]]:
    """Return the source and its outputs; those belong to the caller, who closes them after the line.

    A recipe that only shows drives nothing, and so does any source but a camera.

    Raises
    ------
    InputError
        If the choice makes no sense.
    """
    signal = recipe.reject_signal if recipe.thresholds is not None else None
    if signal is None or choice.kind != "genicam":
        return make_source(choice, recipe.camera_features, corrector=corrector), ()
    from crane_desktop.camera.genicam.reconnect import ReconnectingSource

    source = make_source(choice, recipe.camera_features, signal.setting(), corrector)
    if not isinstance(source, ReconnectingSource):
        raise TypeError(f"a camera without lines: {source.info.source_id}")
    return source, (CameraLineOutput(source.signals, signal),)
