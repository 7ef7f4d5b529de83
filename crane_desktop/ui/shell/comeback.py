"""After an unclean end: the window says what the station came back with, and asks before the line runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMessageBox, QWidget

from crane_desktop.domain.events import comeback_confirmed
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import StationState, StationView
from crane_desktop.domain.station_ports import Station
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.shell.confirm import question
from crane_desktop.ui.shell.preferences import KeptPreferences, Preferences
from crane_desktop.ui.shell.situation import BUSY
from crane_desktop.ui.widgets.dates import since_words
from crane_desktop.ui.widgets.words import NO_FIGURE, kind_words


class Comeback(QObject):
    """Keeps the line from being started until somebody has said that recipe, pack and source are the right ones.

    Attributes
    ----------
    pending
        The last session ended by force, and nobody has answered yet.
    box
        The question while it is on screen.
    """

    def __init__(self, window: QWidget, kept: KeptPreferences) -> None:
        super().__init__(window)
        self._window, self._kept = window, kept
        self._station: Station | None = None
        self._view = StationView(StationState.INITIALIZED)
        self._begun: str | None = None
        self._asked = False
        self.pending = False
        self.box: QMessageBox | None = None

    def attach(self, station: Station) -> None:
        """Note the answer in this station's log."""
        self._station = station

    def begin(self, begun: str | None) -> None:
        """Have the question asked as soon as it is known what is loaded.

        Parameters
        ----------
        begun
            When the session had begun that was ended by force (ISO 8601, UTC), as far as that is known.
        """
        self.pending, self._begun = True, begun

    def follow(self, view: StationView) -> None:
        """Ask once what was last in use is loaded, or could not be."""
        self._view = view
        if self.pending and not self._asked and view.state not in (*BUSY, StationState.PREOPERATIONAL):
            self.ask()

    def ask(self, then: Callable[[], None] = lambda: None) -> None:
        """Show the question; `then` is done after a yes."""
        self._asked = True
        if self.box is not None:
            return
        language = self._kept.now.language
        self.box, yes = question(
            self._window,
            text("ui.comeback.title", language),
            comeback_words(self._kept.now, self._view, self._begun, language),
            text("ui.comeback.yes", language),
            text("ui.comeback.no", language),
        )
        self.box.finished.connect(lambda _code: self._answered(yes, then))
        self.box.open()

    def close(self) -> None:
        """Take the question away, as if the answer were no."""
        if self.box is not None:
            self.box.reject()

    def _answered(self, yes: QWidget, then: Callable[[], None]) -> None:
        box, self.box = self.box, None
        if box is None:
            return
        agreed = box.clickedButton() is yes
        box.deleteLater()
        if not agreed:
            return
        self.pending = False
        now = self._kept.now
        if self._station is not None:
            pack = self._view.scorer.pack if self._view.scorer is not None else now.pack
            self._station.journal.note(
                comeback_confirmed(pack, self._view.recipe or now.recipe, source_words(now.source, "en"))
            )
        then()


def comeback_words(kept: Preferences, view: StationView, begun: str | None, language: Language) -> str:
    """Return what happened, and what is set up now."""
    recipe = text("ui.recipe.default", language) if kept.recipe is None else view.recipe or NO_FIGURE
    told = text(
        "ui.comeback.words",
        language,
        recipe=recipe,
        pack=view.scorer.pack if view.scorer is not None else NO_FIGURE,
        source=source_words(kept.source, language),
    )
    try:
        since = since_words(datetime.fromisoformat(begun or ""), datetime.now(UTC), language)
    except ValueError:
        return told
    return "\n\n".join((text("ui.comeback.since", language, time=since), told))


def source_words(source: SourceChoice, language: Language) -> str:
    """Return what is filled in as the source: its kind, and which one."""
    which = source.path or source.device or ""
    shown = kind_words(which, language) if source.kind == "demo" and which else which
    return f"{text(f'ui.source_kind.{source.kind}', language)}  {shown}".rstrip()
