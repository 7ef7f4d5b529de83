"""Pixels -> Qt pictures."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage, QPixmap

from crane_desktop.domain.maps import AnomalyMap, Region
from crane_desktop.domain.station import Result
from crane_desktop.overlay.render import annotate


def to_image(pixels: NDArray[np.uint8]) -> QImage:
    """Return a picture with its own memory.

    Parameters
    ----------
    pixels
        uint8 ``(H, W)`` or ``(H, W, 3)`` RGB, C-contiguous.
    """
    rows, columns = pixels.shape[:2]
    form = QImage.Format.Format_Grayscale8 if pixels.ndim == 2 else QImage.Format.Format_RGB888
    return QImage(pixels.data, columns, rows, pixels.strides[0], form).copy()


def thumbnail(result: Result, side_px: int) -> QPixmap | None:
    """Return the part with heatmap, outlines and sign, fitting a square of `side_px`; None without a picture."""
    if result.frame is None:
        return None
    pixels = result.frame.pixels
    rows, columns = pixels.shape[:2]
    scale = min(1.0, side_px / max(rows, columns))
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    small = np.ascontiguousarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    sx, sy = size[0] / columns, size[1] / rows
    scaled = None if result.anomaly_map is None else _scaled_map(result.anomaly_map, sx, sy)
    regions = [_scaled_region(region, sx, sy) for region in result.inspection.regions]
    return QPixmap.fromImage(to_image(annotate(small, scaled, regions, result.inspection.verdict)))


def _scaled_map(anomaly_map: AnomalyMap, sx: float, sy: float) -> AnomalyMap:
    place = anomaly_map.placement
    return AnomalyMap(
        anomaly_map.values,
        type(place)(place.x_px * sx, place.y_px * sy, place.width_px * sx, place.height_px * sy),
    )


def _scaled_region(region: Region, sx: float, sy: float) -> Region:
    outline = tuple((x * sx, y * sy) for x, y in region.outline)
    return Region(region.area_px * sx * sy, region.peak, region.bounds, outline)
