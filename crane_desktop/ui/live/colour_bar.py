"""The heatmap's scale: always there, always 0..1, with the recipe's limits on it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from crane_desktop.domain.station import StationView
from crane_desktop.overlay.colour import colour_table
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.widgets import palette

_BAR_PX = 18.0
_EDGE_PX = 12.0
_HEAD_PX = 34.0
"""Room over the bar for what it is a scale of."""


class ColourBar(QWidget):
    """A vertical bar from 0 (bottom) to 1 (top) in the heatmap's colours."""

    def __init__(self, language: Language) -> None:
        super().__init__()
        self.threshold: float | None = None
        self.review: float | None = None
        table = colour_table()[::-1].copy()
        self._ramp = QImage(table.data, 1, 256, 3, QImage.Format.Format_RGB888).copy()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.retranslate(language)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return room for bar, mark and figures."""
        return QSize(max(round(_BAR_PX) + 50, self.fontMetrics().horizontalAdvance(self._words) + 8), 120)

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._words = text("ui.scale.caption", language)
        self.setToolTip(text("ui.scale", language))
        self.setAccessibleName(text("ui.scale", language))
        self.updateGeometry()
        self.update()

    def show_view(self, view: StationView) -> None:
        """Move the marks to the limits that applied to the newest part."""
        seen = view.newest.inspection if view.newest is not None else None
        limits = (None, None) if seen is None else (seen.map_threshold, seen.map_review_threshold)
        if limits != (self.threshold, self.review):
            self.show_limits(*limits)

    def show_limits(self, threshold: float | None, review: float | None = None) -> None:
        """Move the marks: where NG begins on a region's peak, and where REVIEW does."""
        self.threshold, self.review = threshold, review
        self.update()

    def height_of(self, value: float) -> float:
        """Return the y coordinate of a map value, in widget pixels."""
        span = self.height() - _HEAD_PX - _EDGE_PX
        return _HEAD_PX + span * (1.0 - min(1.0, max(0.0, value)))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        """Draw the ramp, its figures and the limits' marks."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        bar = QRectF(4.5, _HEAD_PX, _BAR_PX, self.height() - _HEAD_PX - _EDGE_PX)
        painter.drawImage(bar, self._ramp)
        painter.setPen(QPen(QColor(palette.LINE)))
        painter.drawRect(bar)
        painter.setPen(QColor(palette.INK))
        line = painter.fontMetrics().height()
        painter.drawText(QRectF(4, 2, self.width() - 4, line), Qt.AlignmentFlag.AlignVCenter, self._words)
        marks = [
            (self.height_of(limit), limit, full)
            for limit, full in ((self.review, False), (self.threshold, True))
            if limit is not None and limit <= 1.0
        ]
        for value in (0.0, 0.25, 0.5, 0.75, 1.0):
            y = self.height_of(value)
            if all(abs(y - taken) > line for taken, _limit, _full in marks):
                painter.drawLine(QPointF(bar.right(), y), QPointF(bar.right() + 3, y))
                self._write(painter, y, bar.right() + 7, f"{value:.2f}", line)
        for place, (y, limit, full) in enumerate(marks):
            # Two limits near each other: the figure of the lower one makes room for the other's.
            below = place == 0 and len(marks) > 1 and abs(y - marks[1][0]) < line
            self._mark(painter, bar, y, f"{limit:.2f}", full=full, figure_y=marks[1][0] + line if below else y)
        painter.end()

    def _mark(self, painter: QPainter, bar: QRectF, y: float, figure: str, *, full: bool, figure_y: float) -> None:
        painter.setPen(QPen(QColor("white"), 3))
        painter.drawLine(QPointF(bar.left(), y), QPointF(bar.right(), y))
        painter.setPen(QPen(QColor(palette.INK), 1.5))
        painter.drawLine(QPointF(bar.left(), y), QPointF(bar.right(), y))
        painter.setBrush(QColor(palette.INK if full else palette.FIELD))
        x = bar.right() + 1
        painter.drawPolygon(QPolygonF([QPointF(x, y), QPointF(x + 6, y - 4), QPointF(x + 6, y + 4)]))
        font = painter.font()
        font.setBold(full)
        painter.setFont(font)
        self._write(painter, figure_y, x + 8, figure, painter.fontMetrics().height())

    def _write(self, painter: QPainter, y: float, x: float, words: str, line: int) -> None:
        top = min(max(0.0, y - line / 2), self.height() - float(line))
        painter.drawText(QRectF(x, top, self.width() - x, line), Qt.AlignmentFlag.AlignVCenter, words)
