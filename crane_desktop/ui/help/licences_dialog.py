"""The licences of everything the program is made of: a list, and the text of the chosen one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from crane_desktop.domain.licences import Component
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.widgets.style import TARGET_PX
from crane_desktop.ui.widgets.words import NO_FIGURE

_LIST_PX, _TEXT_PX = 310, 710


class LicencesDialog(QDialog):
    """Shows components by name; a text is read when it is asked for, since together they are megabytes."""

    def __init__(self, components: Sequence[Component], language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(_LIST_PX + _TEXT_PX, 600)
        self._components = components
        self._language: Language = language
        self._words = QLabel()
        self._words.setWordWrap(True)
        self.search = QLineEdit(clearButtonEnabled=True)
        self.search.setMinimumHeight(TARGET_PX)
        self.search.textChanged.connect(self._filter)
        self.names = QListWidget()
        self.names.setSpacing(3)
        self.names.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)  # long ones end in an ellipsis
        for component in components:
            line = f"{component.name} {component.version}".strip()
            item = QListWidgetItem(f"{line}\n{component.licence or NO_FIGURE}", self.names)
            item.setToolTip(component.licence)
        self.names.currentRowChanged.connect(self._show)
        self.viewer = QPlainTextEdit()
        self.viewer.setReadOnly(True)
        self.viewer.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        buttons = QDialogButtonBox()
        self._close = buttons.addButton("", QDialogButtonBox.ButtonRole.RejectRole)
        self._close.setMinimumSize(110, TARGET_PX)
        buttons.rejected.connect(self.reject)
        both = QSplitter()
        both.addWidget(self.names)
        both.addWidget(self.viewer)
        both.setSizes([_LIST_PX, _TEXT_PX])
        both.setStretchFactor(1, 1)
        both.setChildrenCollapsible(False)
        lines = QVBoxLayout(self)
        lines.addWidget(self._words)
        lines.addWidget(self.search)
        lines.addWidget(both, 1)
        lines.addWidget(buttons)
        self.retranslate(language)
        self.names.setCurrentRow(0)

    def retranslate(self, language: Language) -> None:
        """Change the language; licences themselves are in the language of their authors."""
        self._language = language
        self.setWindowTitle(text("ui.licences", language))
        self._words.setText(text("ui.licences.words", language))
        self.search.setPlaceholderText(text("ui.licences.search", language))
        self.names.setAccessibleName(text("ui.licences", language))
        self._close.setText(text("ui.close", language))

    def _filter(self, words: str) -> None:
        for row in range(self.names.count()):
            item = self.names.item(row)
            item.setHidden(words.strip().lower() not in item.text().lower())

    def _show(self, row: int) -> None:
        words = self._components[row].text() if 0 <= row < len(self._components) else ""
        self.viewer.setPlainText(words or text("ui.licences.no_text", self._language))
