"""Two small plots without a toolbox: grey values run from 0 to 255, what is new replaces what was."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from crane_desktop.ui.widgets import palette
from crane_desktop.ui.widgets.style import sized

_HEIGHT_PX = 112
_FOOT_PX = 18
_EDGE_PX = 8
_FULL = 255
_STEPS = (1, 2, 5)
_MOST_MARKS = 6


def round_marks(longest: float) -> list[float]:
    """Return a handful of round numbers from 0 up to `longest`."""
    if longest <= 0:
        return [0.0]
    power = 10.0 ** np.floor(np.log10(longest / _MOST_MARKS))
    step = next(power * unit for unit in (*_STEPS, 10, 20) if longest / (power * unit) <= _MOST_MARKS)
    return [float(mark) for mark in np.arange(0.0, longest + step / 1000, step)]


class _Plot(QWidget):
    """A frame with marks along the foot."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(_HEIGHT_PX)
        self.setMinimumWidth(120)
        self.longest = float(_FULL)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the frame, the marks, and what is in it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(palette.FIELD))
        painter.setPen(QColor(palette.LINE))
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        inside = QRectF(self.rect()).adjusted(_EDGE_PX, 4, -_EDGE_PX, -_FOOT_PX)
        painter.setFont(sized(self.font(), 8))
        for mark in round_marks(self.longest):
            x = inside.left() + inside.width() * mark / max(self.longest, 1.0)
            painter.setPen(QColor(palette.LINE))
            painter.drawLine(QLineF(x, inside.bottom(), x, inside.bottom() + 3))
            painter.setPen(QColor(palette.FAINT))
            words = f"{mark:g}"
            half = painter.fontMetrics().horizontalAdvance(words) / 2 + 2
            middle = min(max(x, half), self.width() - half)
            place = QRectF(middle - half, inside.bottom() + 2, 2 * half, _FOOT_PX - 3)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.draw(painter, inside)

    def draw(self, painter: QPainter, inside: QRectF) -> None:
        """Draw what is in it."""
        raise NotImplementedError


class Histogram(_Plot):
    """Pixels by grey value; the height is the square root of the count, so that a few clipped ones stay in sight."""

    def __init__(self) -> None:
        super().__init__()
        self._heights = np.zeros(_FULL + 1)

    def show_counts(self, counts: NDArray[np.int64]) -> None:
        """Show int64 ``(256,)``."""
        roots = np.sqrt(counts.astype(np.float64))
        self._heights = roots / max(float(roots.max()), 1.0)
        self.update()

    def draw(self, painter: QPainter, inside: QRectF) -> None:
        """Draw the area under the counts."""
        x = inside.left() + inside.width() * np.arange(_FULL + 1) / _FULL
        y = inside.bottom() - inside.height() * self._heights
        points = [QPointF(a, b) for a, b in zip(x, y, strict=True)]
        area = QPolygonF([QPointF(inside.left(), inside.bottom()), *points, QPointF(inside.right(), inside.bottom())])
        painter.setPen(QPen(QColor(palette.BLUE_DARK), 1))
        painter.setBrush(QColor("#9db8d2"))
        painter.drawPolygon(area)


class Curves(_Plot):
    """Grey values along a line: one curve, or one a colour."""

    def __init__(self) -> None:
        super().__init__()
        self._distance_px = np.zeros(0)
        self._curves: list[tuple[NDArray[np.uint8], str]] = []

    def show_curves(self, distance_px: NDArray[np.float64], curves: Sequence[tuple[NDArray[np.uint8], str]]) -> None:
        """Show uint8 ``(n,)`` curves with their colours over float64 ``(n,)`` distances."""
        self._distance_px, self._curves = distance_px, list(curves)
        self.longest = float(distance_px[-1]) if distance_px.size else 1.0
        self.update()

    def draw(self, painter: QPainter, inside: QRectF) -> None:
        """Draw the curves, no finer than the screen."""
        if self._distance_px.size < 2:
            return
        thin = max(1, self._distance_px.size // max(1, 2 * int(inside.width())))
        x = inside.left() + inside.width() * self._distance_px[::thin] / max(self.longest, 1e-9)
        for values, colour in self._curves:
            y = inside.bottom() - inside.height() * values[::thin].astype(np.float64) / _FULL
            painter.setPen(QPen(QColor(colour), 1.4))
            painter.drawPolyline(QPolygonF([QPointF(a, b) for a, b in zip(x, y, strict=True)]))
