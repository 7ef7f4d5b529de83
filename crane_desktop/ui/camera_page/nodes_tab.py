"""Every node of the camera by visibility, with search; the chosen one can be changed below."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QTimer
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLabel, QLineEdit, QTreeView, QVBoxLayout, QWidget

from crane_desktop.domain.camera_setup import NodeInfo, NodeKind, NodeState, Visibility, Written
from crane_desktop.domain.errors import CraneError
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.camera_page.desk import Desk
from crane_desktop.ui.camera_page.feature_field import FeatureField, refusal_words
from crane_desktop.ui.camera_page.node_model import NAME, NodeFilter, NodeModel
from crane_desktop.ui.widgets.fields import Choice
from crane_desktop.ui.widgets.style import TARGET_PX

_LEVELS = ((Visibility.BEGINNER, "beginner"), (Visibility.EXPERT, "expert"), (Visibility.GURU, "guru"))
_LOOK_MS = 250
_MOST_WATCHED = 80


class NodesTab(QWidget):
    """The tree, the search, and the field of the chosen node."""

    def __init__(self, desk: Desk, language: Language) -> None:
        super().__init__()
        self._desk, self._language = desk, language
        self.search, self.level, self.tree = QLineEdit(), Choice(120), QTreeView()
        self.model = NodeModel(language, self)
        self.rows = NodeFilter(self.model, self)
        self.field: FeatureField | None = None
        self._chosen: NodeInfo | None = None
        self.words = QLabel()
        self._looks = QTimer(self)
        self._looks.setInterval(_LOOK_MS)
        self._looks.timeout.connect(self._watch_what_shows)
        self._lay_out()
        self._connect()
        self.retranslate(language)

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self.search.setPlaceholderText(text("ui.camera.search", language))
        self.search.setAccessibleName(text("ui.camera.search", language))
        self.tree.setAccessibleName(text("ui.camera.tab.nodes", language))
        self.level.relist([(text(f"ui.visibility.{name}", language), level) for level, name in _LEVELS])
        self.level.setAccessibleName(text("ui.camera.level", language))
        self.model.retranslate(language)
        self._describe()

    def watched(self, *, shown: bool) -> None:
        """Have the values on screen read."""
        if shown:
            self._looks.start()
        else:
            self._looks.stop()
            self._desk.watch(self, ())

    def choose(self, name: str) -> None:
        """Choose a node by its name, as a click does."""
        for place in _all_rows(self.rows, QModelIndex()):
            info = self.model.info(self.rows.mapToSource(place))
            if info is not None and info.name == name:
                self.tree.setCurrentIndex(place)
                self.tree.scrollTo(place)
                return

    def visible_names(self) -> list[str]:
        """Return the nodes whose values are on screen now."""
        names: list[str] = []
        place = self.tree.indexAt(self.tree.viewport().rect().topLeft())
        bottom = self.tree.viewport().height()
        while place.isValid() and len(names) < _MOST_WATCHED and self.tree.visualRect(place).top() <= bottom:
            info = self.model.info(self.rows.mapToSource(place))
            if info is not None and info.kind is not NodeKind.CATEGORY:
                names.append(info.name)
            place = self.tree.indexBelow(place)
        return names

    def _watch_what_shows(self) -> None:
        chosen = [self._chosen.name] if self._chosen is not None else []
        self._desk.watch(self, [*self.visible_names(), *chosen])

    def _narrow(self) -> None:
        self.rows.narrow(self.level.currentData() or Visibility.BEGINNER, self.search.text())
        if self.search.text():
            self.tree.expandAll()

    def _fill(self, infos: Sequence[NodeInfo]) -> None:
        self.model.fill(infos)
        self._narrow()

    def _show_states(self, states: Sequence[NodeState]) -> None:
        self.model.show_states(states)
        for state in states:
            if self.field is not None and state.name == self.field.name:
                self.field.show_state(state)

    def _show_chosen(self, place: QModelIndex) -> None:
        info = self.model.info(self.rows.mapToSource(place)) if place.isValid() else None
        self._chosen = info
        old, self.field = self.field, None
        if old is not None:
            self._below.removeWidget(old)
            old.deleteLater()
        if info is not None and info.kind not in (NodeKind.CATEGORY, NodeKind.OTHER):
            self.field = FeatureField(info.name, info.kind, self._language, slider=True)
            self.field.retranslate(self._language, info.display_name)
            self.field.wanted.connect(self._desk.write)
            self._below.insertWidget(0, self.field)
            state = self.model.state(info.name)
            if state is not None:
                self.field.show_state(state)
        self._describe()
        self._watch_what_shows()

    def _describe(self) -> None:
        info = self._chosen
        if info is None:
            self.words.setText(text("ui.camera.choose_node", self._language))
            return
        selectors = text("ui.camera.selected_by", self._language, names=", ".join(info.selectors))
        parts = [f"{info.name}: {info.description}", selectors if info.selectors else ""]
        self.words.setText("\n".join(part for part in parts if part))

    def _taken(self, done: Written) -> None:
        if self.field is not None and self.field.name == done.state.name:
            self.field.taken(done.state)

    def _refuse(self, name: str, error: CraneError) -> None:
        if self.field is not None and self.field.name == name:
            self.field.refuse(refusal_words(error, self._desk.infos[name].display_name, self._language))

    def _lay_out(self) -> None:
        top, lines, self._below = QHBoxLayout(), QVBoxLayout(self), QVBoxLayout()
        self.search.setMinimumHeight(TARGET_PX)
        self.search.setClearButtonEnabled(True)
        top.addWidget(self.search, 1)
        top.addWidget(self.level)
        self.tree.setModel(self.rows)
        self.tree.setUniformRowHeights(True)
        self.tree.setAlternatingRowColors(False)
        header = self.tree.header()
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setStretchLastSection(False)
        header.resizeSection(1, 140)
        self.tree.setIndentation(14)
        self.words.setObjectName("caption")
        self.words.setWordWrap(True)
        self._below.addWidget(self.words)
        lines.addLayout(top)
        lines.addWidget(self.tree, 1)
        lines.addLayout(self._below)

    def _connect(self) -> None:
        self.search.textChanged.connect(lambda _words: self._narrow())
        self.level.currentIndexChanged.connect(lambda _place: self._narrow())
        self.tree.selectionModel().currentChanged.connect(lambda now, _before: self._show_chosen(now))
        self._desk.listed.connect(self._fill)
        self._desk.states.connect(self._show_states)
        self._desk.written.connect(self._taken)
        self._desk.refused.connect(self._refuse)


def _all_rows(rows: NodeFilter, parent: QModelIndex) -> list[QModelIndex]:
    found = []
    for row in range(rows.rowCount(parent)):
        place = rows.index(row, NAME, parent)
        found += [place, *_all_rows(rows, place)]
    return found
