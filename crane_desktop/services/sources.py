"""From a choice on the screen or the command line to a source of frames."""

from __future__ import annotations

from collections.abc import Mapping

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.ports import FrameSource
from crane_desktop.domain.signals import LineSetting
from crane_desktop.domain.sources import LARGEST_SEED, SourceChoice
from crane_desktop.preprocess.correct import Corrector
from crane_desktop.settings.texts import Language


def make_source(
    choice: SourceChoice,
    features: Mapping[str, str | int | float | bool] | None = None,
    line: LineSetting | None = None,
    corrector: Corrector | None = None,
    language: Language | None = None,
) -> FrameSource:
    """Return the source, not yet open. Each kind is imported only when it is chosen.

    Parameters
    ----------
    features
        GenICam features that a camera is set to before the run, in this order.
    line
        An output line that a camera drives; other sources have none.
    corrector
        What is done to a camera's values; other sources give finished pictures.
    language
        Of what a source says about a picture that cannot be judged; None: the system's.

    Raises
    ------
    InputError
        If the choice makes no sense; whether folder or camera exist shows when it is opened.
    """
    match choice.kind:
        case "folder":
            from crane_desktop.camera.folder import FolderSource

            if not choice.path:
                raise InputError("camera.folder_not_given")
            return FolderSource(
                choice.path,
                choice.rate_hz,
                choice.frames,
                significant_bits=choice.significant_bits,
                language=language,
            )
        case "genicam":
            from crane_desktop.camera.genicam.reconnect import ReconnectingSource
            from crane_desktop.camera.genicam.source import GenicamSource

            camera = GenicamSource(
                choice.cti,
                choice.device,
                trigger=choice.trigger,
                frames=choice.frames,
                features=features,
                line=line,
                corrector=corrector,
            )
            return ReconnectingSource(camera)
        case "demo":
            from crane_desktop.simulation.source import DemoSource

            if not 0 <= choice.seed <= LARGEST_SEED:
                raise InputError("camera.seed_wrong", seed=choice.seed)
            return DemoSource(choice.device, seed=choice.seed, rate_hz=choice.rate_hz, frames=choice.frames)
        case _:
            raise InputError("camera.source_unknown", kind=choice.kind)
