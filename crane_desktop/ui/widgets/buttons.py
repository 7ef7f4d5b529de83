"""Buttons that give a command of the window's table."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton


def press_for(button: QAbstractButton, action: QAction, *, named: bool = True) -> None:
    """Have a button give a command: it follows what can be given, and its tip.

    It never takes the focus: a barcode reader's blank would press it, and the command has its key.

    Parameters
    ----------
    named
        It takes the command's name, too.
    """

    def follow() -> None:
        button.setEnabled(action.isEnabled())
        button.setToolTip(action.toolTip())
        if named:
            button.setText(action.text())

    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    button.clicked.connect(action.trigger)
    action.changed.connect(follow)
    follow()
