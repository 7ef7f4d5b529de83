"""What a key without Ctrl or Alt may do: type and move, never press. A code reader types such keys, slow ones too."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QDialog, QMenu, QMenuBar, QPushButton, QWidget

ENDS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab)
"""What a reader ends with."""

PRESSING = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space, Qt.Key.Key_Select)
_COMMANDING = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
_TYPES_A_SIGN = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
"""AltGr, as Windows tells it."""


def is_bare(event: QKeyEvent) -> bool:
    """Return whether a key comes without Ctrl, Alt or the system's key; Shift and AltGr only make other letters."""
    commanding = event.modifiers() & _COMMANDING
    return not commanding or (commanding == _TYPES_A_SIGN and event.text().isprintable() and bool(event.text()))


def control_letter(event: QKeyEvent) -> str:
    """Return the control character that Ctrl and a letter make (GS is Ctrl and ``]``), or nothing."""
    if event.modifiers() & _COMMANDING != Qt.KeyboardModifier.ControlModifier:
        return ""
    written, key = event.text(), event.key()
    if len(written) == 1 and ord(written) < 0x20:
        return written
    return chr(key & 0x1F) if 0x40 <= key < 0x60 else ""


def typed(event: QKeyEvent) -> str:
    """Return the letters that a bare key writes; none for Enter, Tab and what only moves."""
    written = event.text()
    if not is_bare(event) or not written or event.key() in (*ENDS, Qt.Key.Key_Escape, Qt.Key.Key_Backspace):
        return ""
    return "" if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backtab) else written


def is_refused(watched: QObject, event: QKeyEvent) -> bool:
    """Return whether a key must not reach this widget.

    Buttons, questions and menus take no key without Ctrl or Alt that would press something: a blank presses the button
    that has the focus, Enter a question's answer or a menu's entry, and a letter a message box's button.
    """
    if not is_bare(event):
        return False
    if isinstance(watched, QAbstractButton):
        return event.key() in PRESSING
    if isinstance(watched, QMenu | QMenuBar | QDialog):
        return event.key() in PRESSING or bool(typed(event))
    return False


def press(watched: QWidget, event: QKeyEvent) -> bool:
    """Do what Ctrl+Enter asks for: press a button, or the preset one of a dialog; return whether that was meant."""
    wanted = event.modifiers() & _COMMANDING == Qt.KeyboardModifier.ControlModifier
    if not wanted or event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter) or event.isAutoRepeat():
        return False
    button: QAbstractButton | None = None
    if isinstance(watched, QAbstractButton):
        button = watched
    elif isinstance(watched, QDialog):
        button = next((one for one in watched.findChildren(QPushButton) if one.isDefault()), None)
    if button is None:
        return False
    button.click()
    return True
