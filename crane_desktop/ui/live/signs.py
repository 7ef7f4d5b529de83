"""The verdict's sign as strokes: ○ △ × －, drawn by us so that no font is needed."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen, QPixmap

from crane_desktop.domain.verdicts import Verdict
from crane_desktop.ui.widgets.palette import verdict_colour, verdict_ink

_STROKE_SHARE = 0.15
_HATCH = QColor(120, 126, 131)


def sign_path(verdict: Verdict, box: QRectF) -> QPainterPath:
    """Return the strokes of the sign, filling `box` (a square) but for half the pen's width."""
    inset = min(box.width(), box.height()) * _STROKE_SHARE / 2
    inner = box.adjusted(inset, inset, -inset, -inset)
    path = QPainterPath()
    match verdict:
        case Verdict.OK:
            path.addEllipse(inner)
        case Verdict.REVIEW:
            path.moveTo(QPointF(inner.center().x(), inner.top() + inset))
            path.lineTo(inner.bottomRight())
            path.lineTo(inner.bottomLeft())
            path.closeSubpath()
        case Verdict.NG:
            path.moveTo(inner.topLeft())
            path.lineTo(inner.bottomRight())
            path.moveTo(inner.topRight())
            path.lineTo(inner.bottomLeft())
        case Verdict.NONE:
            path.moveTo(QPointF(inner.left(), inner.center().y()))
            path.lineTo(QPointF(inner.right(), inner.center().y()))
    return path


def draw_sign(painter: QPainter, verdict: Verdict, box: QRectF, ink: QColor) -> None:
    """Stroke the sign into `box`."""
    width = min(box.width(), box.height()) * _STROKE_SHARE
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(ink, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.drawPath(sign_path(verdict, box))


def draw_plate(painter: QPainter, verdict: Verdict, box: QRectF, *, radius: float, current: bool) -> None:
    """Fill the plate behind a sign.

    Parameters
    ----------
    current
        False for a verdict of a line that has stopped: a pale plate with a rim, never taken for a live one.
    """
    colour = verdict_colour(verdict)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    rim = max(1.0, radius / 3)
    if current:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(colour))
        painter.drawRoundedRect(box, radius, radius)
    else:
        pale = QColor.fromHsvF(max(0.0, colour.hueF()), colour.saturationF() * 0.12, 0.96)
        painter.setPen(QPen(colour, rim))
        painter.setBrush(QBrush(pale))
        half = rim / 2
        painter.drawRoundedRect(box.adjusted(half, half, -half, -half), radius, radius)
    if verdict is Verdict.NONE:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(_HATCH, Qt.BrushStyle.BDiagPattern))
        painter.drawRoundedRect(box, radius, radius)


def sign_pixmap(verdict: Verdict, side_px: int, ratio: float = 1.0) -> QPixmap:
    """Return a small plate with the sign, for lists and thumbnails.

    Parameters
    ----------
    ratio
        Device pixels per logical pixel of the screen it is for.
    """
    pixmap = QPixmap(round(side_px * ratio), round(side_px * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    box = QRectF(0, 0, side_px, side_px)
    draw_plate(painter, verdict, box, radius=side_px * 0.18, current=True)
    inset = side_px * 0.22
    draw_sign(painter, verdict, box.adjusted(inset, inset, -inset, -inset), verdict_ink())
    painter.end()
    return pixmap
