"""The number that decided against its limits: how near was it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from crane_desktop.domain.measures import Measure, Rule, measure_of
from crane_desktop.domain.station import Result, StationView
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.live.measure_words import measure_words
from crane_desktop.ui.widgets import palette

_LABEL_PX = 22.0
_NOTHING = Measure(Rule.SCORE, None, None, None)


class ScoreBar(QWidget):
    """A bar on the absolute scale 0..1, filled to the number that decided, with a mark at each of its limits.

    The hollow mark is where REVIEW begins, the full one is where NG does.
    """

    def __init__(self, language: Language) -> None:
        super().__init__()
        self._language = language
        self._result: Result | None = None
        self.measure = _NOTHING
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._show_words()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size: one line of text over the bar."""
        return QSize(300, 46)

    def words(self) -> str:
        """Return what decided, and its limits, in words and figures."""
        return measure_words(self.measure, self._language)

    def show_view(self, view: StationView) -> None:
        """Repaint when another part was judged."""
        if view.newest is not self._result:
            self.show_result(view.newest)

    def show_result(self, result: Result | None) -> None:
        """Show what decided about one part."""
        self._result = result
        self.show_measure(_NOTHING if result is None else measure_of(result.inspection))

    def show_measure(self, measure: Measure) -> None:
        """Show a number with its limits."""
        self.measure = measure
        self._show_words()

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self._show_words()

    def _show_words(self) -> None:
        self.setAccessibleName(self.words())
        self.setToolTip(text("ui.measure.hint", self._language))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        """Draw the line of text, the bar and the marks of both limits."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawText(QRectF(0, 0, self.width(), _LABEL_PX), Qt.AlignmentFlag.AlignVCenter, self.words())
        bar = QRectF(0.5, _LABEL_PX + 6.5, self.width() - 1, 12)
        painter.setPen(QPen(QColor(palette.LINE)))
        painter.setBrush(QColor(palette.FIELD))
        painter.drawRoundedRect(bar, 3, 3)
        measure = self.measure
        if measure.value is not None:
            filled = QRectF(bar)
            filled.setWidth(bar.width() * min(1.0, max(0.0, measure.value)))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(palette.GREY_BUTTON))
            painter.drawRoundedRect(filled, 3, 3)
        for limit, inside in ((measure.review, palette.WINDOW), (measure.ng, palette.INK)):
            if limit is not None and limit <= 1.0:
                _mark(painter, bar, limit, QColor(inside))
        painter.end()


def _mark(painter: QPainter, bar: QRectF, limit: float, inside: QColor) -> None:
    x, top = bar.left() + bar.width() * max(0.0, limit), bar.top() - 3
    painter.setPen(QPen(QColor("white"), 4))
    painter.drawLine(QPointF(x, bar.top()), QPointF(x, bar.bottom()))  # seen on the filled part, too
    painter.setPen(QPen(QColor(palette.INK), 2))
    painter.drawLine(QPointF(x, top), QPointF(x, bar.bottom() + 3))
    painter.setPen(QPen(QColor(palette.INK), 1))
    painter.setBrush(inside)
    painter.drawPolygon(QPolygonF([QPointF(x - 4, top - 5), QPointF(x + 4, top - 5), QPointF(x, top)]))
