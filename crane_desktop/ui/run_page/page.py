"""The page of the running line: what it runs on, the part with its verdict, and what was decided before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QVBoxLayout

from crane_desktop.domain.errors import CraneError
from crane_desktop.domain.events import Event, scanned
from crane_desktop.domain.station import StationState, StationView
from crane_desktop.domain.station_ports import Station
from crane_desktop.settings.texts import Language
from crane_desktop.ui.history.history_panel import HistoryPanel
from crane_desktop.ui.live.figures import FiguresPanel
from crane_desktop.ui.live.live_panel import LivePanel
from crane_desktop.ui.live.ng_strip import NgStrip
from crane_desktop.ui.live.score_bar import ScoreBar
from crane_desktop.ui.live.verdict_panel import VerdictPlate
from crane_desktop.ui.run_page.columns import lay_out
from crane_desktop.ui.run_page.command_bar import CommandBar
from crane_desktop.ui.run_page.recipe_source import RecipeSource
from crane_desktop.ui.shell.inbox import Inbox
from crane_desktop.ui.shell.pages import Page
from crane_desktop.ui.shell.preferences import KeptPreferences
from crane_desktop.ui.shell.situation import BUSY
from crane_desktop.ui.source.source_panel import SourcePanel


class RunPage(Page):
    """Starts and stops the line and shows what it does.

    Signals
    -------
    opened
        The record id of a part that a person wants to see.
    starting
        The line is about to be started: whoever holds its camera lets it go.
    refused
        A `CraneError`: why it was not started.
    mended
        Text key of what kept it from starting before, and does no longer.
    """

    name = "run"
    title = "ui.page.run"
    hint = "ui.page.run.hint"
    icon = "page_run"
    shortcut = "Ctrl+F2"

    opened = Signal(int)
    starting = Signal()
    refused = Signal(object)
    mended = Signal(str)

    def __init__(
        self,
        kept: KeptPreferences,
        inbox: Inbox,
        actions: Mapping[str, QAction],
        demo_kinds: Sequence[str],
    ) -> None:
        super().__init__()
        language = kept.now.language
        self._kept = kept
        self._station: Station | None = None
        self._unnoted: list[Event] = []
        self._refusal: str | None = None
        self._recipe_source = RecipeSource(kept.now.recipe)
        self.commands = CommandBar(language, inbox, actions["start"], actions["stop"])
        self.source = SourcePanel(language, inbox, demo_kinds, actions["camera"], actions["doctor"])
        self.picture = LivePanel(language, self._overlay_changed)
        self.ng_strip = NgStrip(language)
        self.verdict, self.score = VerdictPlate(language), ScoreBar(language)
        self.figures, self.history = FiguresPanel(language, actions["reset_counts"]), HistoryPanel(language, inbox)
        self._parts = (
            *(self.commands, self.picture, self.ng_strip),
            *(self.verdict, self.score, self.figures, self.history),
        )
        lay_out(
            QVBoxLayout(self),
            rows=(self.commands, self.source),
            left=((self.picture, 1), (self.ng_strip, 0)),
            right=((self.verdict, 1), (self.score, 0), (self.figures, 0), (self.history, 1)),
        )
        self.picture.add_tools(actions["heatmap"], actions["outlines"], actions["reset"])
        self.commands.load_wanted.connect(self.load)
        self.source.changed.connect(lambda: self._kept.change(source=self.source.filled_in()))
        self.commands.scan.read.connect(lambda scan: self._note(scanned(scan)))
        self.commands.scan.refused.connect(self.refused)
        self.ng_strip.opened.connect(self.opened)
        self.history.opened.connect(self.opened)
        self._restore()

    def attach(self, station: Station) -> None:
        """Work with this station from now on, and have it load what was last in use."""
        self._station = station
        for part in (self.commands, self.source, self.history):
            part.attach(station)
        for event in self._unnoted:
            station.journal.note(event)
        self._unnoted.clear()
        station.line.load(self._kept.now.pack, self._kept.now.recipe)

    def show_view(self, view: StationView) -> None:
        """Show what changed."""
        for part in self._parts:
            part.show_view(view)
        self.source.setEnabled(view.state not in (StationState.RUNNING, StationState.STOPPING))
        wanted = self._recipe_source.newly_wanted(view)
        if wanted is not None:
            self.source.fill(wanted)
            self._kept.change(source=wanted)

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        for part in (*self._parts, self.source):
            part.retranslate(language)

    # -- what keys and buttons do ----------------------------------------------------------------------------

    def start(self) -> None:
        """Start on the source that is filled in."""
        station = self._station
        # The station's newest word, not the one on screen: two quick presses start once.
        if station is None or station.line.view().state in (*BUSY, StationState.RUNNING):
            return
        try:
            choice = self.source.choice()
        except CraneError as error:
            self._refusal = error.key
            self.refused.emit(error)
            return
        if self._refusal is not None:
            self.mended.emit(self._refusal)
        self._refusal = None
        self.starting.emit()
        self._kept.change(source=choice)
        station.line.start(choice)

    def stop(self) -> None:
        """Stop the line."""
        if self._station is not None:
            self._station.line.stop()

    def reset_counts(self) -> None:
        """Have the counters begin anew."""
        if self._station is not None:
            self._station.line.reset_counts()

    def load(self, pack: str, recipe: str) -> None:
        """Change over to a pack or a recipe; empty for what the other brings along."""
        if self._station is not None:
            self._recipe_source.chosen(recipe or None)
            self._kept.change(pack=pack or None, recipe=recipe or None)
            self._station.line.load(pack or None, recipe or None)

    def relist(self) -> None:
        """List packs and recipes anew: there is one more."""
        if self._station is not None:
            self.commands.attach(self._station)

    def show_heat(self, *, shown: bool) -> None:
        """Show or hide the heatmap."""
        self.picture.set_heat(shown=shown, opacity=self.picture.opacity_share())

    def entered(self) -> None:
        """Have what is typed go to the scan field."""
        self.commands.scan.setFocus()

    # -- inside ----------------------------------------------------------------------------------------------

    def _note(self, event: Event) -> None:
        """Have an event kept, or have it wait for the station: nothing that was scanned is lost."""
        if self._station is None:
            self._unnoted.append(event)
        else:
            self._station.journal.note(event)

    def _overlay_changed(self) -> None:
        heat, outlines = self.picture.heat_shown, self.picture.outlines_shown
        self._kept.note(opacity=self.picture.opacity_share(), heatmap=heat, outlines=outlines)

    def _restore(self) -> None:
        wanted = self._kept.now
        self.picture.outlines_shown = wanted.outlines
        self.picture.live.set_outlines_shown(wanted.outlines)
        self.picture.set_heat(shown=wanted.heatmap, opacity=wanted.opacity)
        self.source.fill(wanted.source)
