"""The rail along the left edge: one large button a page, and the other language at its foot."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QToolButton, QVBoxLayout

_BUTTON_PX = (72, 64)
_ICON_PX = 28


class Rail(QFrame):
    """Buttons of the pages' actions. None takes the focus: a barcode reader's blank would press it."""

    def __init__(self, pages: Sequence[QAction], language: QAction) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.buttons = [_button(action) for action in pages]
        self.language = _button(language)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(4, 4, 4, 4)
        lines.setSpacing(4)
        for button in self.buttons:
            lines.addWidget(button)
        lines.addStretch(1)
        lines.addWidget(self.language)


def _button(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
    button.setIconSize(QSize(_ICON_PX, _ICON_PX))
    button.setFixedSize(*_BUTTON_PX)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    action.changed.connect(lambda: button.setVisible(action.isVisible()))  # a tool button does not follow in this
    return button
