"""Score against threshold: how near was it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from crane_desktop.domain.station import Result, StationView
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.widgets import palette
from crane_desktop.ui.widgets.words import score_words

_LABEL_PX = 22.0


class ScoreBar(QWidget):
    """A bar on the absolute scale 0..1, filled to the score, with a mark at the threshold."""

    def __init__(self, language: Language) -> None:
        super().__init__()
        self._language = language
        self._result: Result | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size: one line of text over the bar."""
        return QSize(300, 46)

    def words(self) -> str:
        """Return score and threshold in words and figures."""
        score = self._result.inspection.score if self._result else None
        threshold = self._result.inspection.threshold if self._result else None
        return text(
            "ui.score_line",
            self._language,
            score=score_words(score),
            threshold=score_words(threshold),
        )

    def show_view(self, view: StationView) -> None:
        """Repaint when another part was judged."""
        if view.newest is not self._result:
            self.show_result(view.newest)

    def show_result(self, result: Result | None) -> None:
        """Show one part's score."""
        self._result = result
        self._show_words()

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self._show_words()

    def _show_words(self) -> None:
        self.setAccessibleName(self.words())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        """Draw the line of text, the bar and the threshold's mark."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawText(QRectF(0, 0, self.width(), _LABEL_PX), Qt.AlignmentFlag.AlignVCenter, self.words())
        bar = QRectF(0.5, _LABEL_PX + 6.5, self.width() - 1, 12)
        painter.setPen(QPen(QColor(palette.LINE)))
        painter.setBrush(QColor(palette.FIELD))
        painter.drawRoundedRect(bar, 3, 3)
        inspection = self._result.inspection if self._result else None
        if inspection is not None and inspection.score is not None:
            filled = QRectF(bar)
            filled.setWidth(bar.width() * min(1.0, max(0.0, inspection.score)))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(palette.GREY_BUTTON))
            painter.drawRoundedRect(filled, 3, 3)
        if inspection is not None and inspection.threshold is not None:
            x = bar.left() + bar.width() * min(1.0, max(0.0, inspection.threshold))
            painter.setPen(QPen(QColor(palette.INK), 2))
            painter.drawLine(QPointF(x, bar.top() - 3), QPointF(x, bar.bottom() + 3))
            painter.setBrush(QColor(palette.INK))
            top = bar.top() - 3
            painter.drawPolygon(QPolygonF([QPointF(x - 4, top - 5), QPointF(x + 4, top - 5), QPointF(x, top)]))
        painter.end()
