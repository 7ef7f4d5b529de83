"""The main buttons, the line's state, and what the line runs with."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from crane_desktop.domain.station import Station, StationState, StationView
from crane_desktop.settings.texts import Language, catalogue, text
from crane_desktop.ui.icons import icon
from crane_desktop.ui.inbox import Inbox
from crane_desktop.ui.source_forms import caption
from crane_desktop.ui.style import TARGET_PX, sized

_BUSY = (StationState.INITIALIZED, StationState.STOPPING)


class CommandBar(QWidget):
    """Start and stop (blue and grey: red and green mean opposite things in different plants), pack, recipe.

    Signals
    -------
    load_wanted
        A pack or recipe was chosen: its names, empty for the station's default.
    """

    load_wanted = Signal(str, str)

    def __init__(self, language: Language, inbox: Inbox) -> None:
        super().__init__()
        self._language, self._inbox = language, inbox
        self._shown: tuple[StationState, str, float] | None = None
        self.start, self.stop, self.other_language = QPushButton(), QPushButton(), QPushButton()
        self.packs, self.recipes = QComboBox(), QComboBox()
        self.state, self.progress = QLabel(), QProgressBar()
        self._pack_caption, self._recipe_caption = caption(), caption()
        for name, button in (("start", self.start), ("stop", self.stop)):
            button.setObjectName(name)
            button.setIcon(icon(f"{name}_white"))
            button.setIconSize(QSize(20, 20))
            button.setMinimumSize(132, 52)
            button.setFont(sized(self.font(), 13, bold=True))
        self.other_language.setMinimumSize(110, TARGET_PX)
        self.state.setFont(sized(self.font(), 13, bold=True))
        self.progress.setMinimumHeight(26)
        self.progress.setRange(0, 1000)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(self.start)
        line.addWidget(self.stop)
        line.addSpacing(8)
        line.addWidget(self.state)
        line.addWidget(self.progress, 1)
        line.addStretch(1)
        for widget in (self._pack_caption, self.packs, self._recipe_caption, self.recipes, self.other_language):
            line.addWidget(widget)
        for box in (self.packs, self.recipes):
            box.setMinimumSize(150, TARGET_PX)
            box.activated.connect(self._chosen)
        self.progress.hide()
        self._list(self.recipes, ())
        self.speak(language)

    def attach(self, station: Station) -> None:
        """Ask this station for its packs and recipes."""
        self._inbox.ask("packs", station.packs(), lambda names: self._list(self.packs, names))
        self._inbox.ask("recipes", station.recipes(), lambda names: self._list(self.recipes, names))

    def show_view(self, view: StationView) -> None:
        """Follow state and progress; show what is truly loaded."""
        progress = (view.progress.key, view.progress.fraction) if view.progress else ("", 0.0)
        now = (view.state, *progress)
        if now != self._shown:
            self._shown = now
            self._tell()
        for box, name in ((self.packs, view.scorer.pack if view.scorer else None), (self.recipes, view.recipe)):
            if view.state not in _BUSY and name is not None and box.currentData() != name:
                self._choose(box, name)

    def speak(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self.start.setText(text("ui.start", language))
        self.stop.setText(text("ui.stop", language))
        self.other_language.setText(text("ui.other_language", language))
        self._pack_caption.setText(text("ui.pack", language))
        self._recipe_caption.setText(text("ui.recipe", language))
        self.packs.setAccessibleName(text("ui.pack", language))
        self.recipes.setAccessibleName(text("ui.recipe", language))
        names = [self.recipes.itemData(place) for place in range(self.recipes.count())]
        self._list(self.recipes, [name for name in names if name])
        self._tell()

    def _tell(self) -> None:
        state, key, fraction = self._shown or (StationState.INITIALIZED, "", 0.0)
        self.state.setText(text(f"state.{state}", self._language))
        running = state is StationState.RUNNING
        self.start.setEnabled(state in (StationState.READY, StationState.PREOPERATIONAL, StationState.ERROR))
        self.stop.setEnabled(running)
        for box in (self.packs, self.recipes):
            box.setEnabled(not running and state not in _BUSY)
        self.progress.setVisible(bool(key))
        if key:
            self.progress.setValue(round(1000 * fraction))
            self.progress.setFormat(text(key, self._language) if key in catalogue() else "%p %")

    def _list(self, box: QComboBox, names: Sequence[str]) -> None:
        chosen = box.currentData()
        box.clear()
        if box is self.recipes:
            box.addItem(text("ui.recipe.default", self._language), "")
        for name in names:
            box.addItem(name, name)
        if chosen:
            self._choose(box, chosen)

    def _choose(self, box: QComboBox, name: str) -> None:
        if box.findData(name) < 0 and box is self.packs:
            box.addItem(name, name)
        # A recipe that is no file is the pack's own: the first entry.
        box.setCurrentIndex(max(0, box.findData(name)))

    def _chosen(self) -> None:
        self.load_wanted.emit(self.packs.currentData() or "", self.recipes.currentData() or "")
