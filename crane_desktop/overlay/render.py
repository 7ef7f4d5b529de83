"""Anomaly map -> picture: the heatmap alone, and the whole composed picture for export."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.maps import AnomalyMap, Region
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.overlay.badge import VERDICT_COLOURS, draw_badge
from crane_desktop.overlay.colour import colour_index, on_scale, overlay_table

OUTLINE_DARK = (0, 0, 0)
_SUBPIXEL_BITS = 4
_FARTHEST_PX = 1e6
"""Outlines are cut off here: beyond it OpenCV's fixed-point coordinates would wrap around."""


def heatmap_rgba(anomaly_map: AnomalyMap, opacity: float = 1.0) -> NDArray[np.uint8]:
    """Return the map in colour, to be laid over the part.

    Parameters
    ----------
    anomaly_map
        Shown on the absolute scale 0..1, the same for every picture.
    opacity
        In [0, 1]; scales the opacity of every place.

    Returns
    -------
    ndarray
        uint8 ``(h, w, 4)`` RGBA (straight alpha), at the map's own resolution.
    """
    if not 0.0 <= opacity <= 1.0:
        raise ValueError(f"opacity {opacity} is not in [0, 1]")
    table = overlay_table().copy()
    table[:, 3] = np.rint(table[:, 3] * opacity).astype(np.uint8)
    return table[colour_index(anomaly_map.values)]


def with_heatmap(pixels: NDArray[np.uint8], anomaly_map: AnomalyMap, opacity: float = 0.6) -> NDArray[np.uint8]:
    """Return the part with the heatmap laid over it, and nothing else.

    Parameters
    ----------
    pixels
        uint8 ``(H, W)`` or ``(H, W, 3)`` RGB.
    opacity
        Of the heatmap, in [0, 1].

    Returns
    -------
    ndarray
        uint8 ``(H, W, 3)`` RGB, a new array.
    """
    picture = np.repeat(pixels[:, :, None], 3, axis=2) if pixels.ndim == 2 else pixels.copy()
    _blend(picture, anomaly_map, opacity)
    return picture


def annotate(
    pixels: NDArray[np.uint8],
    anomaly_map: AnomalyMap | None,
    regions: Sequence[Region],
    verdict: Verdict,
    opacity: float = 0.6,
) -> NDArray[np.uint8]:
    """Return the part with heatmap, region outlines and the verdict's sign, as one picture.

    Parameters
    ----------
    pixels
        uint8 ``(H, W)`` or ``(H, W, 3)`` RGB.
    anomaly_map
        None where there is no model result.
    regions
        Outlined in the verdict's colour between dark edges.
    verdict
        Shown by colour and shape in the top-left corner.
    opacity
        Of the heatmap, in [0, 1].

    Returns
    -------
    ndarray
        uint8 ``(H, W, 3)`` RGB, a new array.
    """
    picture = np.repeat(pixels[:, :, None], 3, axis=2) if pixels.ndim == 2 else pixels.copy()
    if anomaly_map is not None:
        _blend(picture, anomaly_map, opacity)
    thickness = max(1, round(min(picture.shape[:2]) / 300))
    for region in regions:
        _outline(picture, region, OUTLINE_DARK, thickness + 2)
        _outline(picture, region, VERDICT_COLOURS[verdict], thickness)
    draw_badge(picture, verdict)
    return picture


def _blend(picture: NDArray[np.uint8], anomaly_map: AnomalyMap, opacity: float) -> None:
    """Lay the heatmap over its place in `picture`."""
    place = anomaly_map.placement
    left, right = round(place.x_px), round(place.x_px + place.width_px)
    top, bottom = round(place.y_px), round(place.y_px + place.height_px)
    if right <= left or bottom <= top or anomaly_map.values.size == 0:
        return
    # Before the values are mixed: what is beyond the scale, or no number, must not spread over its neighbours.
    values = on_scale(anomaly_map.values)
    scaled = cv2.resize(values, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
    # The part of the placement that lies inside the picture.
    rows, columns = picture.shape[:2]
    inside = scaled[max(0, -top) : max(0, rows - top), max(0, -left) : max(0, columns - left)]
    if inside.size == 0:
        return
    shown = AnomalyMap(np.asarray(inside, dtype=np.float32), place)
    rgba = heatmap_rgba(shown, opacity)
    under = picture[max(0, top) : max(0, top) + inside.shape[0], max(0, left) : max(0, left) + inside.shape[1]]
    alpha = rgba[:, :, 3:].astype(np.float32) / 255.0
    under[:] = np.rint(under * (1.0 - alpha) + rgba[:, :, :3] * alpha).astype(np.uint8)


def _outline(picture: NDArray[np.uint8], region: Region, colour: tuple[int, int, int], thickness: int) -> None:
    if len(region.outline) < 2:
        return
    corners = np.clip(np.array(region.outline, dtype=np.float64), -_FARTHEST_PX, _FARTHEST_PX)
    # Outlines count from a pixel's corner, OpenCV from its centre.
    points = np.rint((corners - 0.5) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    cv2.polylines(
        picture, [points], isClosed=True, color=colour, thickness=thickness, lineType=cv2.LINE_AA, shift=_SUBPIXEL_BITS
    )
