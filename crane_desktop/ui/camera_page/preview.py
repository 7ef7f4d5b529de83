"""The camera's live picture with a line that a person draws, and what is clipped."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPen

from crane_desktop.domain.frames import Frame
from crane_desktop.ui.camera_page.aid_worker import Line
from crane_desktop.ui.live.live_view import Stage

_LINE_COLOUR = QColor(255, 214, 0)


class Preview(Stage):
    """Shows the newest frame; the profile's line is dragged by its ends or as a whole."""

    def __init__(self) -> None:
        super().__init__()
        self.repaints = 0
        self._shown: Frame | None = None
        self._clipping = pg.ImageItem(axisOrder="row-major")
        self._clipping.setZValue(2)
        self._box.addItem(self._clipping)
        pen = QPen(_LINE_COLOUR, 2)
        pen.setCosmetic(True)
        self._line = pg.LineSegmentROI([[0, 0], [1, 1]], pen=pen, hoverPen=pen, handlePen=pen)
        self._line.setZValue(10)
        self._line.hide()
        self._box.addItem(self._line)
        for handle in self._line.getHandles():
            # pyqtgraph gives each a menu of its own, which nobody would delete.
            handle.menu.setParent(self, handle.menu.windowFlags())
        self._placed_for: tuple[int, int] | None = None

    def show_frame(self, frame: Frame | None) -> None:
        """Show another frame."""
        if frame is self._shown or frame is None:
            return
        self._shown = frame
        self.repaints += 1
        self.show_picture(frame.pixels)
        if self._line.isVisible():
            self._place_line(frame)

    def show_clipping(self, painted: NDArray[np.uint8] | None) -> None:
        """Lay the stripes over the picture, stretched over all of it."""
        if painted is None or self._shown is None:
            self._clipping.clear()
            return
        rows, columns = self._shown.pixels.shape[:2]
        self._clipping.setImage(painted, autoLevels=False, levels=None)
        self._clipping.setRect(QRectF(0, 0, columns, rows))

    def set_line_shown(self, shown: bool) -> None:
        """Show or hide the profile's line; the first time it lies across the middle."""
        self._line.setVisible(shown)
        if shown and self._shown is not None:
            self._place_line(self._shown)

    def set_line(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Put the line's ends to these places of the frame."""
        first, second = self._line.getHandles()
        for handle, place in ((first, start), (second, end)):
            self._line.movePoint(handle, pg.Point(*place), coords="parent")

    def line(self) -> Line | None:
        """Return the line's ends in frame pixels, or None while it is hidden."""
        if not self._line.isVisible():
            return None
        ends = [self._line.mapToParent(handle.pos()) for handle in self._line.getHandles()]
        return (float(ends[0].x()), float(ends[0].y())), (float(ends[1].x()), float(ends[1].y()))

    def _place_line(self, frame: Frame) -> None:
        size = (frame.pixels.shape[0], frame.pixels.shape[1])
        if self._placed_for == size:
            return
        self._placed_for = size
        rows, columns = size
        self.set_line((columns * 0.1, rows / 2), (columns * 0.9, rows / 2))
