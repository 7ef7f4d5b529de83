"""Fields and labels: what is too long ends in dots, and the wheel changes no choice and no number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QLocale, QObject, Qt
from PySide6.QtGui import (
    QColor,
    QIcon,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextLayout,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QLabel, QSizePolicy

from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.keys.rules import is_bare
from crane_desktop.ui.widgets import palette
from crane_desktop.ui.widgets.style import TARGET_PX

_DEFAULT_RATE_HZ = 4.0
_LARGEST_RATE_HZ = 200.0
_LEAST_LETTERS = 8


def caption() -> QLabel:
    """Return a label that names the field to its right."""
    label = QLabel()
    label.setObjectName("caption")
    return label


class ElidedLabel(QLabel):
    """One line that takes the room there is; the whole of it is in the tip."""

    def __init__(self) -> None:
        super().__init__()
        self._words = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    @property
    def words(self) -> str:
        """The whole line."""
        return self._words

    def set_words(self, words: str) -> None:
        """Show another line."""
        self._words = words
        self.setToolTip(words)
        self.setAccessibleName(words)
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Fit the line anew."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        self.setText(self.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, self.width()))


class ClampedLabel(QLabel):
    """A few lines and no more, whatever is said; the whole of it is in the tip."""

    def __init__(self, lines: int) -> None:
        super().__init__()
        self._lines = lines
        self._words = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    @property
    def words(self) -> str:
        """Everything that is said."""
        return self._words

    def set_words(self, words: str) -> None:
        """Say something else."""
        self._words = words
        self.setToolTip(words)
        self.setAccessibleName(words)
        self.update()

    def shown_lines(self) -> list[str]:
        """Return the lines as they fit the width there is; the last one ends in dots where there is more."""
        layout = QTextLayout(self._words.replace("\n", "\u2028"), self.font())
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        starts: list[int] = []
        layout.beginLayout()
        while len(starts) <= self._lines and (line := layout.createLine()).isValid():
            line.setLineWidth(max(1, self.width()))
            starts.append(line.textStart())
        layout.endLayout()
        ends = [*starts[1:], len(self._words)]
        lines = [self._words[start:end].strip() for start, end in zip(starts, ends, strict=True)]
        if len(lines) > self._lines:
            rest = self._words[starts[self._lines - 1] :].replace("\n", " ")
            last = self.fontMetrics().elidedText(rest, Qt.TextElideMode.ElideRight, self.width())
            lines = [*lines[: self._lines - 1], last]
        return lines

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        """Draw the lines, in the middle of the height."""
        painter, lines = QPainter(self), self.shown_lines()
        painter.setPen(QColor(palette.INK if self.isEnabled() else palette.FAINT))
        height = self.fontMetrics().lineSpacing()
        top = (self.height() - height * len(lines)) // 2
        for place, line in enumerate(lines):
            painter.drawText(0, top + place * height + self.fontMetrics().ascent(), line)
        painter.end()


_MOVING = (
    *(Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End),
    *(Qt.Key.Key_Escape, Qt.Key.Key_Left, Qt.Key.Key_Right),
)
"""What a key may do alone in an open list: move about in it, and leave it."""


class Choice(QComboBox):
    """A list to choose from. The wheel is left alone: over a list of models it would load another one.

    So are keys without Ctrl or Alt, which a barcode reader types: in a closed list they do nothing, in an open one they
    only move. It is opened by a click or Alt+Down, and an entry chosen by a click or Ctrl+Enter.
    """

    def __init__(self, width_px: int = 0) -> None:
        super().__init__()
        self.setMinimumSize(width_px, TARGET_PX)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(_LEAST_LETTERS)
        self.currentTextChanged.connect(self.setToolTip)

    def relist(self, items: Sequence[tuple[str, object]], pictures: Mapping[Any, QIcon] | None = None) -> None:
        """List other words; what is chosen stays chosen, and nobody is told that anything changed.

        Parameters
        ----------
        items
            Words and what they stand for, in order.
        pictures
            Icons, by what the words stand for.
        """
        chosen = self.currentData()
        self.blockSignals(True)
        self.clear()
        for words, meaning in items:
            self.addItem((pictures or {}).get(meaning, QIcon()), words, meaning)
        self.setCurrentIndex(max(0, self.findData(chosen)))
        self.blockSignals(False)
        self.setToolTip(self.currentText())

    def showPopup(self) -> None:  # noqa: N802 - Qt's name
        """Open the list, and hear its keys before Qt's own filter does."""
        super().showPopup()
        self.view().removeEventFilter(self)
        self.view().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """In the open list, let a key without Ctrl or Alt only move or leave."""
        # Qt's list chooses by the announcement of Enter, before the key itself comes.
        if event.type() in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress) and isinstance(event, QKeyEvent):
            refused = is_bare(event) and event.key() not in _MOVING
            event.setAccepted(refused)
            return refused
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Leave what comes without Ctrl or Alt to what lies below."""
        if is_bare(event):
            event.ignore()
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Leave the wheel to what lies below."""
        event.ignore()


class RateField(QDoubleSpinBox):
    """Parts a second; its lowest step means as fast as the line takes them."""

    def __init__(self) -> None:
        super().__init__()
        figures = QLocale(QLocale.Language.C)
        figures.setNumberOptions(QLocale.NumberOption.OmitGroupSeparator)
        self.setLocale(figures)
        self.setRange(0.0, _LARGEST_RATE_HZ)
        self.setDecimals(1)
        self.setSingleStep(1.0)
        self.setValue(_DEFAULT_RATE_HZ)
        self.setMinimumWidth(140)
        self.lineEdit().setTextMargins(8, 0, 0, 0)

    def rate_hz(self) -> float | None:
        """Return the rate, or None for as fast as possible."""
        return self.value() or None

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self.setSuffix(text("ui.rate.suffix", language))
        self.setSpecialValueText(text("ui.rate.fastest", language))
        self.setAccessibleName(text("ui.rate", language))

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Leave the wheel to what lies below."""
        event.ignore()
