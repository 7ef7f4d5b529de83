"""What the window remembers from one start to the next; `app` keeps it, the window only says it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from crane_desktop.domain.ports import ScorerInfo
from crane_desktop.domain.sources import SourceChoice
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
    source: SourceChoice = field(default_factory=lambda: SourceChoice(rate_hz=8.0))
    pack: str | None = None
    recipe: str | None = None


KeepPreferences: TypeAlias = Callable[[Preferences], None]


def as_loaded(wanted: Preferences, scorer: ScorerInfo | None) -> Preferences:
    """Return `wanted` with the pack that truly runs: one that could not be loaded is not asked for again."""
    if scorer is None or wanted.pack in (None, scorer.pack):
        return wanted
    return replace(wanted, pack=scorer.pack, recipe=None)


def forget(preferences: Preferences) -> None:
    """Keep nothing: for a window that lives only once."""
    del preferences
