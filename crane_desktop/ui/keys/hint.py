"""What a person is told whose key presses nothing."""

from __future__ import annotations

from PySide6.QtWidgets import QToolTip, QWidget

from crane_desktop.settings.texts import Language, text


def tell_key(widget: QWidget, language: Language) -> None:
    """Say beside a button, a menu or a dialog by which key something is pressed there."""
    QToolTip.showText(widget.mapToGlobal(widget.rect().bottomLeft()), text("ui.keys.hint", language), widget)
