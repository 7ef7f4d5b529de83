"""The part, its heatmap and its anomalous regions, on one stage with zoom and pan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsPathItem

from crane_desktop.domain.maps import AnomalyMap
from crane_desktop.domain.station import StationView
from crane_desktop.overlay.render import heatmap_rgba
from crane_desktop.ui.live.display_size import covered, reduced, reduction
from crane_desktop.ui.widgets import palette

Outline = Sequence[tuple[float, float]]
_MARGIN = 0.02
_ZOOM_STEP = 0.8
_PALE = 0.35
"""Opacity of a picture that is not of now."""
_FARTHEST = 3.0
"""The stage shows at most so many pictures' widths: nobody loses the part out of sight."""


class Stage(pg.GraphicsLayoutWidget):  # type: ignore[misc]  # pyqtgraph has no type hints
    """Shows one picture at a time. Frame coordinates: x right, y down, one unit a frame pixel.

    The caller's pixels are shown in place, or reduced to what the screen can show: they are never copied whole.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setBackground(palette.STAGE)
        self.ci.layout.setContentsMargins(0, 0, 0, 0)
        self.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._box = self.addViewBox(lockAspect=True, invertY=True, enableMenu=False)
        self._picture = pg.ImageItem(axisOrder="row-major", levels=(0, 255))
        self._heat = pg.ImageItem(axisOrder="row-major")
        self._rim, self._outlines = QGraphicsPathItem(), QGraphicsPathItem()
        for path, colour, width in ((self._rim, QColor(0, 0, 0, 190), 5), (self._outlines, QColor(255, 255, 255), 2)):
            pen = QPen(colour, width)
            pen.setCosmetic(True)
            path.setPen(pen)
        for depth, item in enumerate((self._picture, self._heat, self._rim, self._outlines)):
            item.setZValue(depth)
            self._box.addItem(item)
        self._pixels: NDArray[np.uint8] | None = None
        self._factor = 1
        self._whole = True
        self._box.sigResized.connect(self._refit)
        self._box.sigRangeChanged.connect(self._sharpen)
        self._box.sigRangeChangedManually.connect(self._moved_by_hand)

    def show_picture(self, pixels: NDArray[np.uint8] | None) -> None:
        """Show another picture, uint8 ``(H, W)`` or ``(H, W, 3)``; zoom and pan stay while the size stays."""
        old = self._pixels
        self._pixels = pixels
        if pixels is None:
            self._picture.clear()
            return
        if old is None or old.shape[:2] != pixels.shape[:2]:
            self.reset_view()
        self._factor = self._wanted_factor()
        self._paint_picture()

    def show_map(self, anomaly_map: AnomalyMap | None) -> None:
        """Lay a heatmap over its place, on the absolute scale."""
        if anomaly_map is None:
            self._heat.clear()
            return
        place = anomaly_map.placement
        self._heat.setImage(heatmap_rgba(anomaly_map), autoLevels=False, levels=None)
        self._heat.setRect(QRectF(place.x_px, place.y_px, place.width_px, place.height_px))

    def show_outlines(self, outlines: Sequence[Outline]) -> None:
        """Draw the regions' outlines, in frame pixels."""
        path = QPainterPath()
        for outline in outlines:
            if len(outline) > 1:
                path.addPolygon([QPointF(x, y) for x, y in outline])
                path.closeSubpath()
        self._rim.setPath(path)
        self._outlines.setPath(path)

    def set_heat(self, *, shown: bool, opacity: float) -> None:
        """Set the heatmap's visibility and opacity (0..1)."""
        self._heat.setVisible(shown)
        self._heat.setOpacity(opacity)

    def set_pale(self, pale: bool) -> None:
        """Show the picture pale: it is not of now."""
        self._picture.setOpacity(_PALE if pale else 1.0)

    def set_outlines_shown(self, shown: bool) -> None:
        """Show or hide the regions' outlines."""
        self._rim.setVisible(shown)
        self._outlines.setVisible(shown)

    def reset_view(self) -> None:
        """Show the whole picture again."""
        self._whole = True
        self._box.enableAutoRange(x=False, y=False)
        if self._pixels is not None:
            rows, columns = self._pixels.shape[:2]
            far = _FARTHEST * max(rows, columns)
            self._box.setLimits(maxXRange=far, maxYRange=far, xMin=-far, xMax=far + columns, yMin=-far, yMax=far + rows)
            self._box.setRange(QRectF(0, 0, columns, rows), padding=_MARGIN)

    def zoom(self, steps: int) -> None:
        """Come nearer by so many steps around the middle; negative steps go away."""
        self._whole = False
        self._box.scaleBy((_ZOOM_STEP**steps, _ZOOM_STEP**steps))

    @property
    def shown_factor(self) -> int:
        """By which factor the picture on screen is reduced."""
        return self._factor

    @property
    def shown_whole(self) -> bool:
        """Whether the whole picture is fitted to the stage: nobody has zoomed or moved it since."""
        return self._whole

    def frame_position(self, x_px: float, y_px: float) -> tuple[float, float]:
        """Return where a place of the frame lies on this widget, in widget pixels."""
        place = self.mapFromScene(self._box.mapViewToScene(QPointF(x_px, y_px)))
        return float(place.x()), float(place.y())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Show the whole picture again."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.reset_view()
            event.accept()
        else:
            super().mouseDoubleClickEvent(event)

    def _wanted_factor(self) -> int:
        if self._pixels is None or self._box.width() < 1:
            return 1
        ratio = self.devicePixelRatioF()
        return reduction(float(self._box.viewPixelSize()[0]) / ratio)

    def _paint_picture(self) -> None:
        if self._pixels is None:
            return
        rows, columns = covered(self._pixels.shape, self._factor)
        self._picture.setImage(reduced(self._pixels, self._factor), autoLevels=False)
        self._picture.setRect(QRectF(0, 0, columns, rows))

    def _sharpen(self) -> None:
        """After a zoom: as many pixels as the screen can show, no more."""
        factor = self._wanted_factor()
        if factor != self._factor:
            self._factor = factor
            self._paint_picture()

    def _refit(self) -> None:
        """After a change of the window's size: still the whole picture, unless someone looks at a part of it."""
        if self._whole:
            self.reset_view()

    def _moved_by_hand(self) -> None:
        self._whole = False


class LiveView(Stage):
    """The stage, fed from the station's newest finished part."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: object | None = None
        self.repaints = 0

    def show_view(self, view: StationView) -> None:
        """Repaint if another part is the newest; it is pale while its camera is away."""
        self.set_pale(view.camera_away)
        result = view.newest
        if result is self._shown:
            return
        self._shown = result
        self.repaints += 1
        self.show_picture(result.frame.pixels if result is not None and result.frame is not None else None)
        self.show_map(result.anomaly_map if result is not None else None)
        self.show_outlines([region.outline for region in result.inspection.regions] if result is not None else [])
