"""The verdict: one plate, readable from three metres, by colour and shape and text."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontInfo, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from crane_desktop.domain.station import Result, StationState, StationView
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.live.signs import draw_plate, draw_sign
from crane_desktop.ui.widgets.palette import verdict_ink
from crane_desktop.ui.widgets.style import sized
from crane_desktop.ui.widgets.words import state_key

_MARGIN_PX = 16.0
_AT_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_LARGEST_PT, _SMALLEST_PT, _MEASURED_PT = 110.0, 10.0, 100.0
_SPARE = 0.98
"""Glyphs are not quite in proportion from size to size."""
_LINE_EM = 1.1
"""A line's height in the font's size: fonts with Japanese glyphs ask for half as much again, which nothing fills."""


def fitting_font(base: QFont, words: str, width_px: float, height_px: float, largest_pt: float) -> QFont:
    """Return `base` in the largest size in which `words` fit on one line of the given box.

    Measured once and scaled: trying every size would stall the window when the verdict changes.
    """
    measured = sized(base, _MEASURED_PT, bold=True)
    advance, line = QFontMetricsF(measured).horizontalAdvance(words), _line_px(measured)
    share = min(width_px / max(1.0, advance), height_px / line)
    return sized(base, min(largest_pt, max(_SMALLEST_PT, int(_MEASURED_PT * share * _SPARE))), bold=True)


def _line_px(font: QFont) -> float:
    """Return the height of a line of large words, in pixels."""
    return _LINE_EM * QFontInfo(font).pixelSize()


class VerdictPlate(QWidget):
    """Draws the newest verdict: sign to the left, word to the right, the reason in words below.

    Attributes
    ----------
    verdict
        What is drawn now; NONE while nothing has been judged.
    current
        False while the line does not run, has had no part yet since its start, or its camera is away: the plate is
        pale, so that nobody takes it for a live verdict.
    """

    def __init__(self, language: Language) -> None:
        super().__init__()
        self.verdict = Verdict.NONE
        self.current = False
        self._language = language
        self._result: Result | None = None
        self._away = False
        self._state = f"state.{StationState.PREOPERATIONAL}"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(112)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size that fits a 1366x768 screen."""
        return QSize(400, 210)

    def word(self) -> str:
        """Return the verdict in words, in the language of the moment."""
        if self._result is None:
            return text("ui.verdict.waiting", self._language)
        return text(f"verdict.{self.verdict}", self._language)

    def reason(self) -> str:
        """Return why, in words."""
        if self._result is None:
            return text(self._state, self._language)
        words = text(f"reason.{self._result.inspection.reason.code}", self._language)
        if self.current:
            return words
        last = text("ui.verdict.last", self._language, reason=words)
        return f"{text(self._state, self._language)}  {last}" if self._away else last

    def show_view(self, view: StationView) -> None:
        """Repaint if the verdict, its part or the line's state changed."""
        now = (view.newest, view.live and not view.carried, state_key(view), view.camera_away)
        if now[0] is self._result and now[1:] == (self.current, self._state, self._away):
            return
        self._result, self.current, self._state, self._away = now
        self.verdict = view.newest.inspection.verdict if view.newest else Verdict.NONE
        self._show_words()

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self._show_words()

    def _show_words(self) -> None:
        self.setAccessibleName(f"{self.word()}, {self.reason()}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        """Draw plate, sign, word and reason."""
        painter = QPainter(self)
        box = QRectF(self.rect())
        draw_plate(painter, self.verdict, box, radius=10, current=self.current and self._result is not None)
        reason_height = max(30.0, box.height() * 0.2)
        upper = box.adjusted(_MARGIN_PX, _MARGIN_PX, -_MARGIN_PX, -reason_height - _MARGIN_PX / 2)
        side = min(upper.height(), upper.width() * 0.42)
        sign = QRectF(upper.left(), upper.center().y() - side / 2, side, side)
        draw_sign(painter, self.verdict, sign, verdict_ink())
        words = upper.adjusted(side + _MARGIN_PX, 0, 0, 0)
        self._draw_word(painter, words)
        below = QRectF(upper.left(), box.bottom() - reason_height - 4, upper.width(), reason_height)
        painter.setFont(fitting_font(self.font(), self.reason(), below.width(), below.height(), 18.0))
        painter.drawText(below, _AT_LEFT | Qt.TextFlag.TextDontClip, self.reason())
        painter.end()

    def _draw_word(self, painter: QPainter, box: QRectF) -> None:
        """Draw the word as large as it fits: on one line, or two words below each other."""
        painter.setPen(verdict_ink())
        lines, font = _largest(self.font(), self.word(), box)
        painter.setFont(font)
        line_height = _line_px(font)
        top = box.center().y() - line_height * len(lines) / 2
        for line in lines:
            place = QRectF(box.left(), top, box.width(), line_height)
            painter.drawText(place, _AT_LEFT | Qt.TextFlag.TextDontClip, line)
            top += line_height


def _largest(base: QFont, words: str, box: QRectF) -> tuple[list[str], QFont]:
    """Return the lines that `words` are best broken into, and the largest font in which they fit `box`."""
    choices = []
    for lines in ([words], words.split(" ", 1)):
        fonts = [fitting_font(base, line, box.width(), box.height() / len(lines), _LARGEST_PT) for line in lines]
        choices.append((lines, min(fonts, key=QFont.pointSizeF)))
    return max(choices, key=lambda choice: choice[1].pointSizeF())
