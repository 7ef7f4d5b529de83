"""Where the parts of the window lie that all pages share, and how large it is at first."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QVBoxLayout, QWidget

from crane_desktop.ui.widgets.icons import icon

SMALLEST_PX = (1016, 660)
"""Fits a screen of 1024 x 768 with a task bar and the window's own frame."""
_AT_FIRST_PX = (1366, 740)
_GAP_PX = 6


def lay_out(window: QMainWindow, rail: QWidget, head: QWidget, pages: QWidget, foot: QWidget) -> None:
    """Put the rail to the left, head and pages beside it, and the foot from edge to edge."""
    body, row, column = QWidget(), QHBoxLayout(), QVBoxLayout()
    lines = QVBoxLayout(body)
    lines.setContentsMargins(0, 0, 8, 4)
    lines.setSpacing(_GAP_PX)
    row.setSpacing(8)
    column.setContentsMargins(0, 4, 0, 0)
    column.setSpacing(_GAP_PX)
    column.addWidget(head)
    column.addWidget(pages, 1)
    row.addWidget(rail)
    row.addLayout(column, 1)
    lines.addLayout(row, 1)
    lines.addWidget(foot)
    window.setCentralWidget(body)


def place(window: QMainWindow, geometry: bytes | None) -> None:
    """Give the window its size and place: the last one where it is known.

    Parameters
    ----------
    geometry
        As Qt saved it; None means as at first.
    """
    window.setWindowIcon(icon("crane"))
    window.setMinimumSize(*SMALLEST_PX)
    room = window.screen().availableSize()
    window.resize(min(_AT_FIRST_PX[0], room.width()), min(_AT_FIRST_PX[1], room.height()))
    if geometry is not None:
        window.restoreGeometry(QByteArray(geometry))


def come_to_front(window: QMainWindow) -> None:
    """Show the window over all others, be it put away before."""
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.show()
    window.raise_()
    window.activateWindow()


class FullScreen(QObject):
    """The window fills the screen, or not; Escape gives the screen back, as everywhere.

    Signals
    -------
    changed
        It does now, or no longer, whoever made it do so.
    """

    changed = Signal()

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        window.installEventFilter(self)

    def toggle(self) -> None:
        """Fill the screen, or give it back."""
        self._window.setWindowState(self._window.windowState() ^ Qt.WindowState.WindowFullScreen)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Hear of the window's keys and states."""
        if event.type() == QEvent.Type.WindowStateChange:
            self.changed.emit()
        escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        if escape and event.type() == QEvent.Type.KeyPress and self._window.isFullScreen():
            self.toggle()
            return True
        return super().eventFilter(watched, event)
