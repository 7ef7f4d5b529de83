"""What differs between the camera and the recipe, and taking over either way."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from crane_desktop.domain.camera_setup import Difference, FeatureValue, Restored, differences
from crane_desktop.domain.errors import CraneError
from crane_desktop.settings.texts import Language, plain_text, text
from crane_desktop.ui.camera_page.desk import Desk
from crane_desktop.ui.camera_page.numbers import figure
from crane_desktop.ui.widgets.fields import caption
from crane_desktop.ui.widgets.style import TARGET_PX

_COLUMNS = ("ui.camera.feature", "ui.camera.in_recipe", "ui.camera.in_camera")


class RecipeTab(QWidget):
    """A table of differences: feature, recipe, camera.

    Signals
    -------
    kept
        Name of the recipe that the camera's settings were saved with.
    """

    kept = Signal(str)

    def __init__(self, desk: Desk, language: Language, recipe: str) -> None:
        super().__init__()
        self._desk, self._language = desk, language
        self.table = QTableWidget(0, len(_COLUMNS))
        self.summary, self.note, self._name_caption = QLabel(), QLabel(), caption()
        self.name = QLineEdit(recipe)
        self.take, self.put, self.again = QPushButton(), QPushButton(), QPushButton()
        self.found: tuple[Difference, ...] | None = None
        self._said: tuple[str, Mapping[str, object]] | CraneError | None = None
        self._lay_out()
        self.take.clicked.connect(self.take_over)
        self.put.clicked.connect(self.write_to_camera)
        self.again.clicked.connect(self.compare)
        desk.listed.connect(lambda _infos: self.compare())
        self.retranslate(language)

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self.table.setHorizontalHeaderLabels([text(key, language) for key in _COLUMNS])
        self.table.setAccessibleName(text("ui.camera.tab.recipe", language))
        self._name_caption.setText(text("ui.recipe", language))
        self.name.setAccessibleName(text("ui.recipe", language))
        self.name.setPlaceholderText(text("ui.camera.recipe_name", language))
        self.take.setText(text("ui.camera.take_over", language))
        self.put.setText(text("ui.camera.write_back", language))
        self.again.setText(text("ui.camera.compare", language))
        self._show()
        self._say(self._said)

    def compare(self) -> None:
        """Read the recipe's features from the camera and show what differs."""
        wanted = self._desk.setup.wanted()
        if not wanted:
            self._take_values({}, {})
            return
        self._desk.ask(
            self._desk.setup.values(tuple(wanted)), lambda actual: self._take_values(wanted, actual), self._say
        )

    def take_over(self) -> None:
        """Save the camera's settings with the recipe."""
        name = self.name.text().strip()
        if not name:
            self._say(("ui.camera.recipe_needed", {}))
            self.name.setFocus()
            return
        self._enable(False)
        self._desk.ask(self._desk.setup.feature_set(), lambda features: self._keep(features, name), self._failed)

    def write_to_camera(self) -> None:
        """Set the camera as the recipe says."""
        self._enable(False)
        self._desk.ask(self._desk.setup.restore(self._desk.setup.wanted()), self._restored, self._failed)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Compare anew: somebody may have changed something on another tab."""
        super().showEvent(event)
        if self._desk.infos:
            self.compare()

    def _keep(self, features: Mapping[str, FeatureValue], name: str) -> None:
        self._desk.ask(
            self._desk.setup.keep(features, name), lambda kept: self._kept(len(features), kept), self._failed
        )

    def _kept(self, count: int, name: str) -> None:
        self._enable(True)
        self._say(("ui.camera.kept", {"count": count, "recipe": name}))
        self.kept.emit(name)
        self.compare()

    def _restored(self, done: Restored) -> None:
        self._enable(True)
        if done.refused:
            first = done.refused[0]
            why = plain_text(first.error, self._language)
            self._say(("ui.camera.restored_partly", {"count": done.written, "refused": len(done.refused), "why": why}))
        else:
            self._say(("ui.camera.restored", {"count": done.written}))
        self.compare()

    def _failed(self, error: CraneError) -> None:
        self._enable(True)
        self._say(error)

    def _take_values(self, wanted: Mapping[str, FeatureValue], actual: Mapping[str, FeatureValue | None]) -> None:
        self.found = differences(wanted, actual)
        self._show()

    def _show(self) -> None:
        found = self.found
        count = len(self._desk.setup.wanted())
        if found is None:
            self.summary.setText(text("ui.camera.comparing", self._language))
        elif not count:
            self.summary.setText(text("ui.camera.recipe_empty", self._language))
        elif not found:
            self.summary.setText(text("ui.camera.all_same", self._language, count=count))
        else:
            self.summary.setText(text("ui.camera.differs", self._language, count=len(found), of=count))
        self.put.setEnabled(bool(found))
        rows = found or ()
        self.table.setRowCount(len(rows))
        for place, one in enumerate(rows):
            for column, words in enumerate((one.feature, self._words(one.wanted), self._words(one.actual))):
                item = QTableWidgetItem(words)
                item.setToolTip(words)
                self.table.setItem(place, column, item)

    def _words(self, value: FeatureValue | None) -> str:
        if value is None:
            return text("ui.camera.none_such", self._language)
        if isinstance(value, bool):
            return text("ui.camera.on" if value else "ui.camera.off", self._language)
        return figure(value) if isinstance(value, int | float) else value

    def _say(self, said: tuple[str, Mapping[str, object]] | CraneError | None) -> None:
        self._said = said
        if isinstance(said, CraneError):
            self.note.setText(plain_text(said, self._language))
        elif said is not None:
            self.note.setText(text(said[0], self._language, **said[1]))
        self.note.setVisible(said is not None)

    def _enable(self, free: bool) -> None:
        for button in (self.take, self.put, self.again):
            button.setEnabled(free)

    def _lay_out(self) -> None:
        self.note.setObjectName("note")
        for label in (self.note, self.summary):
            label.setWordWrap(True)
        self.note.hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        named, buttons, lines = QHBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        named.addWidget(self._name_caption)
        named.addWidget(self.name, 1)
        for button in (self.take, self.put, self.again):
            button.setMinimumHeight(TARGET_PX)
            buttons.addWidget(button)
        self.name.setMinimumHeight(TARGET_PX)
        buttons.addStretch(1)
        lines.addWidget(self.summary)
        lines.addWidget(self.table, 1)
        lines.addLayout(named)
        lines.addLayout(buttons)
        lines.addWidget(self.note)
