"""The one question the window asks: close while the line runs, or not."""

from __future__ import annotations

from PySide6.QtWidgets import QMessageBox, QWidget

from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.widgets.style import TARGET_PX


def ask_to_close(parent: QWidget, language: Language) -> bool:
    """Return whether the person wants the line stopped and the window closed; the safe answer is preset."""
    box = QMessageBox(QMessageBox.Icon.Question, text("ui.close.title", language), text("ui.close.words", language))
    box.setParent(parent, box.windowFlags())
    stop = box.addButton(text("ui.close.yes", language), QMessageBox.ButtonRole.AcceptRole)
    stay = box.addButton(text("ui.close.no", language), QMessageBox.ButtonRole.RejectRole)
    for button in (stop, stay):
        button.setMinimumHeight(TARGET_PX)
    box.setDefaultButton(stay)
    box.setEscapeButton(stay)
    box.exec()
    chosen = box.clickedButton() is stop
    box.deleteLater()
    return chosen
