"""Where codes show that a reader has read, or that a person types."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLineEdit

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.scans import MOST_LETTERS, Scan, read_scan
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.widgets import palette
from crane_desktop.ui.widgets.dates import local_clock
from crane_desktop.ui.widgets.icons import icon
from crane_desktop.ui.widgets.style import TARGET_PX

_ICON_PX = 22
_EDGE_PX = 8
_ROOM_FOR_TIME_PX = 190
"""In a narrower field the code alone is shown; its time is in the tip."""


class ScanField(QLineEdit):
    """Shows the last code with its time until the next one comes.

    Signals
    -------
    read
        A `Scan`: a code was read, or typed and ended with Enter.
    refused
        An `InputError`: what came is no code.
    """

    read = Signal(object)
    refused = Signal(object)

    def __init__(self, language: Language) -> None:
        super().__init__()
        self._language = language
        self.scan: Scan | None = None
        self.setMinimumHeight(TARGET_PX)
        self.setMinimumWidth(90)
        self.setMaxLength(MOST_LETTERS + 1)
        # Windows then lets no input method turn a reader's keys into Japanese.
        self.setInputMethodHints(Qt.InputMethodHint.ImhLatinOnly | Qt.InputMethodHint.ImhNoPredictiveText)
        self.returnPressed.connect(self._entered)
        self.textEdited.connect(self._typed_over)
        self.retranslate(language)

    def take(self, typed: str) -> None:
        """Take what a reader or a person typed as the newest code."""
        try:
            scan = read_scan(typed, datetime.now(UTC))
        except InputError as error:
            self.refused.emit(error)
            return
        if scan is None:
            return
        self.scan = scan
        self.setText(scan.shown())
        self._arrange()
        self.selectAll()  # what is typed next is another code
        self.read.emit(scan)

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self.setPlaceholderText(text("ui.scan.hint", language))
        self._arrange()

    def time_words(self) -> str:
        """Return when the code was read; empty while there is none."""
        return "" if self.scan is None else local_clock(self.scan.at)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the sign to the left and the time to the right of the code."""
        super().paintEvent(event)
        painter = QPainter(self)
        top = (self.height() - _ICON_PX) // 2
        icon("scan").paint(painter, QRect(_EDGE_PX, top, _ICON_PX, _ICON_PX))
        if self._shows_time():
            painter.setPen(QColor(palette.FAINT))
            place = self.rect().adjusted(0, 0, -_EDGE_PX, 0)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.time_words())
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Fit code and time anew."""
        super().resizeEvent(event)
        self._arrange()

    def _entered(self) -> None:
        """Take what was typed; Enter alone does not read the same code once more."""
        if self.scan is None:
            self.take(self.text())

    def _typed_over(self) -> None:
        """What is being typed is no longer the code that was read."""
        self.scan = None
        self._arrange()

    def _shows_time(self) -> bool:
        return self.scan is not None and self.width() >= _ROOM_FOR_TIME_PX

    def _arrange(self) -> None:
        time_px = self.fontMetrics().horizontalAdvance(self.time_words()) + _EDGE_PX if self._shows_time() else 0
        self.setTextMargins(_ICON_PX + _EDGE_PX, 0, time_px, 0)
        name = text("ui.scan", self._language)
        told = [name] if self.scan is None else [name, self.scan.shown(), self.time_words()]
        self.setAccessibleName(" ".join(told))
        hint = text("ui.scan.tip", self._language)
        self.setToolTip(hint if self.scan is None else f"{self.scan.shown()[:300]}  {self.time_words()}\n{hint}")
        self.update()
