"""The node tree for Qt: names and kinds at once, values only of what somebody looks at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt

from crane_desktop.domain.camera_setup import Access, NodeInfo, NodeKind, NodeState, Visibility
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.camera_page.numbers import figure, unit_words

NAME, VALUE = 0, 1
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


@dataclass(slots=True, eq=False)
class _Place:
    info: NodeInfo
    parent: _Place | None
    row: int
    below: list[_Place] = field(default_factory=list)
    state: NodeState | None = None


class NodeModel(QAbstractItemModel):
    """Two columns: a node's name, and its value as far as it was read."""

    def __init__(self, language: Language, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._language = language
        self._top: list[_Place] = []
        self._places: dict[str, _Place] = {}

    def fill(self, infos: Sequence[NodeInfo]) -> None:
        """Show another camera's nodes; each category comes before what lies in it."""
        self.beginResetModel()
        self._top, self._places = [], {}
        for info in infos:
            parent = self._places.get(info.category)
            siblings = self._top if parent is None else parent.below
            place = _Place(info, parent, len(siblings))
            siblings.append(place)
            self._places[info.name] = place
        self.endResetModel()

    def show_states(self, states: Sequence[NodeState]) -> None:
        """Take values that were read."""
        for state in states:
            place = self._places.get(state.name)
            if place is not None and place.state != state:
                place.state = state
                cell = self.createIndex(place.row, VALUE, place)
                self.dataChanged.emit(cell.siblingAtColumn(NAME), cell)

    def info(self, index: Index) -> NodeInfo | None:
        """Return the node at an index of this model."""
        return index.internalPointer().info if index.isValid() else None

    def state(self, name: str) -> NodeState | None:
        """Return what was read of a node last."""
        place = self._places.get(name)
        return None if place is None else place.state

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, NAME, VALUE)

    # -- Qt's side -------------------------------------------------------------------------------------------

    def index(self, row: int, column: int, parent: Index = _NOWHERE) -> QModelIndex:
        """Return a cell."""
        siblings = self._below(parent)
        return self.createIndex(row, column, siblings[row]) if 0 <= row < len(siblings) else QModelIndex()

    def parent(self, child: Index) -> QModelIndex:  # type: ignore[override]  # the other overload is QObject's own
        """Return the category's cell."""
        above = child.internalPointer().parent if child.isValid() else None
        return QModelIndex() if above is None else self.createIndex(above.row, NAME, above)

    def rowCount(self, parent: Index = _NOWHERE) -> int:  # noqa: N802 - Qt's name
        """Return how many nodes lie in a category."""
        return len(self._below(parent))

    def _below(self, parent: Index) -> list[_Place]:
        """Return what lies in a category; only the cell of its name has something below it."""
        if not parent.isValid():
            return self._top
        place: _Place = parent.internalPointer()
        return place.below if parent.column() == NAME else []

    def columnCount(self, parent: Index = _NOWHERE) -> int:  # noqa: N802, ARG002 - Qt's name
        """Return two."""
        return 2

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell's words."""
        if not index.isValid():
            return None
        place: _Place = index.internalPointer()
        if role == Qt.ItemDataRole.DisplayRole:
            return place.info.display_name if index.column() == NAME else value_words(place.state, self._language)
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{place.info.name}\n{place.info.description}".strip()
        return None

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a column's title."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return text("ui.camera.node" if section == NAME else "ui.camera.value", self._language)
        return None


class NodeFilter(QSortFilterProxyModel):
    """Leaves out what is meant for others, and what does not match the search."""

    def __init__(self, model: NodeModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._most = Visibility.BEGINNER
        self._words: tuple[str, ...] = ()
        self.setSourceModel(model)
        self.setRecursiveFilteringEnabled(True)

    def narrow(self, most: Visibility, words: str) -> None:
        """Show nodes up to this visibility whose name or description holds every word."""
        self.beginFilterChange()
        self._most, self._words = most, tuple(words.casefold().split())
        self.endFilterChange(QSortFilterProxyModel.Direction.Rows)

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:  # noqa: N802 - Qt's name
        """Return whether a node is shown; a category is where something in it is."""
        info = self._model.info(self._model.index(row, NAME, parent))
        if info is None or info.kind is NodeKind.CATEGORY or info.visibility > self._most:
            return False
        heap = f"{info.name} {info.display_name} {info.description} {info.category}".casefold()
        return all(word in heap for word in self._words)


def value_words(state: NodeState | None, language: Language) -> str:
    """Return a value with its unit; a dash where there is none now."""
    if state is None or state.kind in (NodeKind.CATEGORY, NodeKind.COMMAND):
        return ""
    if state.access in (Access.NOT_AVAILABLE, Access.NOT_IMPLEMENTED) or state.value is None:
        return "－"
    if isinstance(state.value, bool):
        return text("ui.camera.on" if state.value else "ui.camera.off", language)
    if isinstance(state.value, int | float):
        return f"{figure(state.value)} {unit_words(state.unit)}".strip()
    return next((choice.display_name for choice in state.choices if choice.name == state.value), state.value)
