"""What every use case stands on: data folder, settings, language, recipes, log."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from crane_desktop.domain.errors import CraneError, InputError
from crane_desktop.domain.events import Event, recipe_changed
from crane_desktop.recipe.changes import RecipeChange
from crane_desktop.recipe.store import RecipeStore
from crane_desktop.services.station_log import StationLog
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.store import Settings
from crane_desktop.settings.texts import Language

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Workbench:
    """An opened data folder with what lies in it.

    Attributes
    ----------
    log
        The program's one writer of the log; opened when it is first needed, closed by whoever opened the workbench.
    notes
        What was found on opening that people should be told.
    crash_report
        What a program that crashed here left behind, if that was not told before.
    """

    data: DataDir
    settings: Settings
    language: Language
    log: StationLog
    notes: tuple[CraneError, ...] = ()
    crash_report: Path | None = None

    @property
    def recipes(self) -> RecipeStore:
        """The station's recipes, with all their versions; each new one is noted in the log."""
        return RecipeStore(self.data, on_change=self._note_recipe)

    def note(self, event: Event) -> None:
        """Note an event in the log; the data folder must be locked by this program.

        That it could not be noted undoes nothing; the program's own log tells of it.
        """
        self.log.note(event)

    def note_when_free(self, event: Event) -> None:
        """Note an event of a command that only reads; where another program holds the data folder, `logs` tell it."""
        try:
            with self.data.lock():
                self.note(event)
        except InputError as error:
            _log.warning("not in the log, which another program writes: %s %s (%s)", event.kind, event.details, error)

    def _note_recipe(self, change: RecipeChange) -> None:
        event = recipe_changed(
            change.name,
            change.version,
            change.sha256,
            change.why.key,
            who=change.who,
            parent_sha256=change.parent_sha256,
            why_params=dict(change.why.params),
            differences=[{"field": one.field, "old": one.old, "new": one.new} for one in change.differences],
        )
        self.note(event)
