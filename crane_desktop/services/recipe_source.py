"""Where a recipe takes its frames from here: it names a producer or a folder, people say where that lies.

A producer is native code. It is loaded only if the system has it installed, it came with the program, or a person chose
it here, whatever a recipe says that came on a stick, out of a backup, or was written by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.names import same_to_people
from crane_desktop.recipe.places import is_place, name_of
from crane_desktop.recipe.source import FolderChoice, GenicamChoice
from crane_desktop.services.workbench import Workbench
from crane_desktop.settings.store import load_settings, save_settings, with_producer


@dataclass(frozen=True, slots=True)
class RecipeChoice:
    """A recipe's source as this station can take it.

    Attributes
    ----------
    missing
        What a person must say first; `choice` leaves it open.
    """

    choice: SourceChoice
    missing: InputError | None = None


def recipe_choice(workbench: Workbench, recipe: Recipe) -> RecipeChoice | None:
    """Return where a recipe takes its frames from; None: it leaves that open."""
    match recipe.source:
        case None:
            return None
        case GenicamChoice(cti=str(cti)) as camera:
            found = next((file for file in _producers(workbench) if _is_meant(file, cti)), None)
            if found is not None:
                return RecipeChoice(replace(camera.choice(), cti=found))
            error = InputError("services.recipe_producer_unknown", recipe=recipe.name, producer=name_of(cti))
            return RecipeChoice(camera.choice(), error)
        case FolderChoice(path=path) as folder if not is_place(path):
            error = InputError("services.recipe_folder_unknown", recipe=recipe.name, folder=path)
            return RecipeChoice(replace(folder.choice(), path=None), error)
        case source:
            return RecipeChoice(source.choice())


def remember_producer(workbench: Workbench, cti: str | None) -> None:
    """Keep which producer a person chose; the data folder must be locked by this program.

    Raises
    ------
    InputError
        If the settings cannot be written.
    """
    if cti is None or not Path(cti).is_file():
        return
    now, _told_at_the_start = load_settings(workbench.data.settings_file)
    producers = with_producer(now.producers, str(Path(cti).absolute()))
    if producers != now.producers:
        save_settings(workbench.data.settings_file, now.model_copy(update={"producers": producers}))


def _producers(workbench: Workbench) -> Iterator[str]:
    """Yield the producers that may be loaded for a recipe: chosen here, installed on this system, brought along."""
    from crane_desktop.camera.genicam.discover import bundled_viky
    from crane_desktop.camera.genicam.producers import configured_producers

    now, _told_at_the_start = load_settings(workbench.data.settings_file)
    chosen = (*reversed(now.producers), now.source.cti)
    yield from (file for file in chosen if file)
    yield from configured_producers()
    own = bundled_viky()
    if own is not None:
        yield str(own)


def _is_meant(file: str, cti: str) -> bool:
    """Return whether a producer of the station is the one that a recipe names: by its name, wherever it lay there."""
    return file == cti or same_to_people(name_of(file), name_of(cti))
