"""What the window remembers from one start to the next; `app` keeps it, the window only says it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from crane_desktop.domain.ports import ScorerInfo
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import StationState, StationView
from crane_desktop.settings.texts import Language


@dataclass(frozen=True, slots=True)
class Preferences:
    """Everything a person set up on screen.

    Attributes
    ----------
    opacity
        Of the heatmap, in [0, 1].
    geometry
        The main window's place, as Qt saved it; None means Qt's default.
    pack, recipe
        What to load at the start; None means the station's default.
    """

    language: Language = "ja"
    opacity: float = 0.6
    heatmap: bool = True
    outlines: bool = True
    geometry: bytes | None = None
    source: SourceChoice = field(default_factory=lambda: SourceChoice(rate_hz=4.0))
    pack: str | None = None
    recipe: str | None = None


KeepPreferences: TypeAlias = Callable[[Preferences], None]


class KeptPreferences:
    """The preferences of now, handed over to be kept as soon as something changes that a power cut must not undo.

    Parameters
    ----------
    keep
        Called on the window's thread, so it must return at once: writing a file is for another thread.
    """

    def __init__(self, preferences: Preferences, keep: KeepPreferences) -> None:
        self._now = preferences
        self._keep = keep

    @property
    def now(self) -> Preferences:
        """What is set up on screen."""
        return self._now

    def note(self, **changes: Any) -> None:
        """Change what may wait for the next time something is kept: a dragged slider writes no file a step."""
        self._now = replace(self._now, **changes)

    def change(self, **changes: Any) -> None:
        """Change pack, recipe, source or language, and have it kept where it is another one."""
        before = self._now
        self.note(**changes)
        if self._now != before:
            self._keep(self._now)

    def settle(self, view: StationView) -> None:
        """After a load has ended, remember what truly runs: a pack that could not be loaded is not asked for again."""
        if view.state not in (StationState.INITIALIZED, StationState.STOPPING):
            runs = as_loaded(self._now, view.scorer)
            self.change(pack=runs.pack, recipe=runs.recipe)

    def finish(self, geometry: bytes) -> None:
        """Have everything kept: the window closes."""
        self.note(geometry=geometry)
        self._keep(self._now)


def as_loaded(wanted: Preferences, scorer: ScorerInfo | None) -> Preferences:
    """Return `wanted` with the pack that truly runs: one that could not be loaded is not asked for again."""
    if scorer is None or wanted.pack in (None, scorer.pack):
        return wanted
    return replace(wanted, pack=scorer.pack, recipe=None)


def forget(preferences: Preferences) -> None:
    """Keep nothing: for a window that lives only once."""
    del preferences
