"""The questions that the window asks before it does what cannot be taken back; the safe answer is preset."""

from __future__ import annotations

from PySide6.QtWidgets import QAbstractButton, QMessageBox, QWidget

from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.widgets.style import TARGET_PX


def ask_to_close(parent: QWidget, language: Language) -> bool:
    """Return whether the person wants the line stopped and the window closed."""
    return _ask(
        parent,
        text("ui.close.title", language),
        text("ui.close.words", language),
        text("ui.close.yes", language),
        text("ui.close.no", language),
    )


def ask_to_reset(parent: QWidget, language: Language, counted: str) -> bool:
    """Return whether the person wants the counters to begin anew.

    Parameters
    ----------
    counted
        What they show now, in words.
    """
    return _ask(
        parent,
        text("ui.reset.title", language),
        text("ui.reset.words", language, counted=counted),
        text("ui.reset.yes", language),
        text("ui.reset.no", language),
    )


def question(parent: QWidget, title: str, words: str, yes: str, no: str) -> tuple[QMessageBox, QAbstractButton]:
    """Return the box with a question, and the button of its yes."""
    box = QMessageBox(QMessageBox.Icon.Question, title, words)
    box.setParent(parent, box.windowFlags())
    do = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
    leave = box.addButton(no, QMessageBox.ButtonRole.RejectRole)
    for button in (do, leave):
        button.setMinimumHeight(TARGET_PX)
    box.setDefaultButton(leave)
    box.setEscapeButton(leave)
    return box, do


def _ask(parent: QWidget, title: str, words: str, yes: str, no: str) -> bool:
    box, do = question(parent, title, words, yes, no)
    box.exec()
    chosen = box.clickedButton() is do
    box.deleteLater()
    return chosen
