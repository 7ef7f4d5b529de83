"""The main buttons, the line's state, what was scanned, and what the line runs with."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QStackedWidget, QWidget

from crane_desktop.domain.ports import ScorerInfo
from crane_desktop.domain.station import StationState, StationView
from crane_desktop.domain.station_ports import Station
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.run_page.scan_field import ScanField
from crane_desktop.ui.shell.inbox import Inbox
from crane_desktop.ui.shell.situation import BUSY
from crane_desktop.ui.widgets.buttons import press_for
from crane_desktop.ui.widgets.fields import Choice, caption
from crane_desktop.ui.widgets.icons import icon
from crane_desktop.ui.widgets.style import sized
from crane_desktop.ui.widgets.words import known_text, state_key


class CommandBar(QWidget):
    """Start and stop (blue and grey: red and green mean opposite things in different plants), pack, recipe.

    Signals
    -------
    load_wanted
        A pack or recipe was chosen: pack and recipe, empty for what the other brings along.
    """

    load_wanted = Signal(str, str)

    def __init__(self, language: Language, inbox: Inbox, start: QAction, stop: QAction) -> None:
        super().__init__()
        self._language, self._inbox = language, inbox
        self._scorer: ScorerInfo | None = None
        self._shown: tuple[StationState, str, str, float] | None = None
        self.start, self.stop = QPushButton(), QPushButton()
        self.packs, self.recipes = Choice(130), Choice(150)
        self.state, self.progress, self.scan = QLabel(), QProgressBar(), ScanField(language)
        self._middle = QStackedWidget()
        self._pack_caption, self._recipe_caption = caption(), caption()
        for name, button, action in (("start", self.start, start), ("stop", self.stop, stop)):
            press_for(button, action)
            button.setObjectName(name)
            button.setIcon(icon(f"{name}_white"))
            button.setIconSize(QSize(20, 20))
            button.setMinimumSize(118, 50)
            button.setFont(sized(self.font(), 13, bold=True))
        self.state.setFont(sized(self.font(), 13, bold=True))
        self.progress.setMinimumHeight(26)
        self.progress.setRange(0, 1000)
        self.packs.activated.connect(self._pack_chosen)
        self.recipes.activated.connect(self._recipe_chosen)
        self._lay_out()
        self.retranslate(language)

    def attach(self, station: Station) -> None:
        """Ask this station for its packs and recipes."""
        self._inbox.ask("packs", station.packs.names(), lambda names: self._list(self.packs, names))
        self._inbox.ask("recipes", station.recipes.names(), lambda names: self._list(self.recipes, names))

    def show_view(self, view: StationView) -> None:
        """Follow state and progress; show what is truly loaded."""
        progress = (view.progress.key, view.progress.fraction) if view.progress else ("", 0.0)
        now = (view.state, state_key(view), *progress)
        if now != self._shown:
            self._shown = now
            self._show_words()
        if view.scorer != self._scorer:
            self._scorer = view.scorer
            self._tell_how_it_runs()
        for box, name in ((self.packs, view.scorer.pack if view.scorer else None), (self.recipes, view.recipe)):
            if view.state not in BUSY and name is not None and box.currentData() != name:
                self._choose(box, name)

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self.scan.retranslate(language)
        self._pack_caption.setText(text("ui.pack", language))
        self._recipe_caption.setText(text("ui.recipe", language))
        self.packs.setAccessibleName(text("ui.pack", language))
        self.recipes.setAccessibleName(text("ui.recipe", language))
        self._tell_how_it_runs()
        named = [self.recipes.itemData(place) for place in range(1, self.recipes.count())]
        self._list(self.recipes, named)
        metrics = self.state.fontMetrics()
        self.state.setMinimumWidth(max(metrics.horizontalAdvance(text(f"state.{s}", language)) for s in StationState))
        self._show_words()

    def _tell_how_it_runs(self) -> None:
        """Say on the tip of the pack's caption how it is run: profile, precision, picture size, device."""
        runs = self._scorer
        if runs is None:
            self._pack_caption.setToolTip("")
            return
        self._pack_caption.setToolTip(
            text(
                "ui.pack_runs",
                self._language,
                profile=runs.profile,
                precision=runs.precision,
                size=runs.image_size_px,
                device=runs.device,
            )
        )

    def _lay_out(self) -> None:
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        parts: tuple[QWidget, ...] = (
            *(self.start, self.stop, self.state, self._middle, self._pack_caption, self.packs),
            *(self._recipe_caption, self.recipes),
        )
        for part in parts:
            line.addWidget(part)
        line.setStretchFactor(self._middle, 1)
        for part in (self.scan, self.progress):
            self._middle.addWidget(part)
        for earlier, later in pairwise((self.scan, self.packs, self.recipes)):
            QWidget.setTabOrder(earlier, later)

    def _show_words(self) -> None:
        initial = StationState.INITIALIZED
        state, words, key, fraction = self._shown or (initial, f"state.{initial}", "", 0.0)
        self.state.setText(text(words, self._language))
        running = state is StationState.RUNNING
        for box in (self.packs, self.recipes):
            box.setEnabled(not running and state not in BUSY)
        self._show_progress(bool(key))
        if key:
            self.progress.setValue(round(1000 * fraction))
            self.progress.setFormat(known_text(key, "%p %", self._language))

    def _show_progress(self, shown: bool) -> None:
        """Show the progress in the place of the scan field, which has the focus again afterwards if it had it."""
        part = self.progress if shown else self.scan
        if part is self._middle.currentWidget():
            return
        if self.scan.hasFocus():
            self.setFocus()  # else Qt gives it to the next, and that is a list
        self._middle.setCurrentWidget(part)
        if self.hasFocus() and not shown:
            self.scan.setFocus()

    def _list(self, box: Choice, names: Sequence[str]) -> None:
        own = [(text("ui.recipe.default", self._language), "")] if box is self.recipes else []
        chosen = box.currentData()
        box.relist([*own, *((name, name) for name in names)])
        if chosen:
            self._choose(box, chosen)

    def _choose(self, box: Choice, name: str) -> None:
        if box.findData(name) < 0 and box is self.packs:
            box.addItem(name, name)
        # A recipe that is no file is the pack's own: the first entry.
        box.setCurrentIndex(max(0, box.findData(name)))

    def _pack_chosen(self) -> None:
        """Thresholds found with one model mean nothing to another: a pack brings its own recipe along."""
        self.load_wanted.emit(self.packs.currentData() or "", "")

    def _recipe_chosen(self) -> None:
        """A recipe brings the pack along that it was made for; without a recipe the pack stays."""
        recipe = self.recipes.currentData() or ""
        self.load_wanted.emit("" if recipe else self.packs.currentData() or "", recipe)
