"""Where a map is anomalous: connected areas over a level, in frame pixels."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.maps import AnomalyMap, Placement, Region

MOST_REGIONS = 50
"""More regions tell a person nothing; the ones with the largest peaks are kept."""

MOST_OUTLINE_POINTS = 128


def find_regions(anomaly_map: AnomalyMap, level: float, smallest_area_px: float = 0.0) -> tuple[Region, ...]:
    """Find the connected areas (8 neighbours) where the map is at or over a level.

    Parameters
    ----------
    anomaly_map
        Values that are no finite number belong to no region.
    level
        Lowest value that belongs to a region.
    smallest_area_px
        Smaller areas, in frame pixels, are left out.

    Returns
    -------
    tuple of Region
        At most 50, the largest peak first. Outlines run along the edges of map pixels, simplified to within
        half a map pixel.
    """
    values = anomaly_map.values
    if values.size == 0:
        return ()
    count, labels, stats = _components(values, level)
    if count <= 1:
        return ()
    peaks = np.full(count, -np.inf, dtype=np.float32)
    np.maximum.at(peaks, labels[labels > 0], values[labels > 0])
    step_x, step_y = _pixel_size(anomaly_map)
    areas = stats[:, cv2.CC_STAT_AREA] * (step_x * step_y)
    kept = [i for i in range(1, count) if areas[i] >= smallest_area_px]
    kept.sort(key=lambda i: (-float(peaks[i]), -float(areas[i]), i))
    return tuple(_region(anomaly_map, labels, stats[i], i, float(peaks[i])) for i in kept[:MOST_REGIONS])


def region_peak(anomaly_map: AnomalyMap, smallest_area_px: float = 0.0) -> float:
    """Return the highest level at which the map still has a region of at least `smallest_area_px`.

    It is the one number that the map is judged and calibrated by: ``find_regions(map, level, area)`` is
    non-empty exactly where ``region_peak(map, area) >= level``. With no smallest area it is the map's maximum.

    Returns
    -------
    float
        0.0 where the whole map is smaller than that area; NaN where any value is no finite number.
    """
    values = anomaly_map.values
    if values.size == 0 or not np.isfinite(values).all():
        return math.nan
    step_x, step_y = _pixel_size(anomaly_map)
    pixels = max(1, _pixels_for(smallest_area_px, step_x * step_y))
    if pixels == 1:
        return float(values.max())
    if pixels > values.size:
        return 0.0
    # A region of so many pixels cannot exist above the value of that rank, and surely exists at the minimum.
    levels = np.unique(values)
    high = int(np.searchsorted(levels, np.partition(values, -pixels, axis=None)[-pixels]))
    low = 0
    while low < high:
        middle = (low + high + 1) // 2
        _, _, stats = _components(values, float(levels[middle]))
        if stats[1:, cv2.CC_STAT_AREA].max() >= pixels:
            low = middle
        else:
            high = middle - 1
    return float(levels[low])


def _components(values: NDArray[np.float32], level: float) -> tuple[int, NDArray[np.int32], NDArray[np.int32]]:
    # Compared in double precision: a float32 map value and a float64 threshold must mean the same here as in
    # the rule, which compares Python floats.
    over = (np.isfinite(values) & (values >= np.float64(level))).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(over, connectivity=8)
    return count, labels.astype(np.int32, copy=False), stats.astype(np.int32, copy=False)


def _pixel_size(anomaly_map: AnomalyMap) -> tuple[float, float]:
    """Return a map pixel's width and height in frame pixels."""
    rows, columns = anomaly_map.values.shape
    return anomaly_map.placement.width_px / columns, anomaly_map.placement.height_px / rows


def _pixels_for(area_px: float, pixel_area_px: float) -> int:
    """Return how many map pixels an area needs at least, by the same product that `find_regions` compares."""
    pixels = math.ceil(area_px / pixel_area_px)
    while pixels > 0 and (pixels - 1) * pixel_area_px >= area_px:
        pixels -= 1
    while pixels * pixel_area_px < area_px:
        pixels += 1
    return pixels


def _region(
    anomaly_map: AnomalyMap, labels: NDArray[np.int32], stats: NDArray[np.int32], label: int, peak: float
) -> Region:
    x, y, width, height, pixels = (int(v) for v in stats)
    step_x, step_y = _pixel_size(anomaly_map)
    left, top = anomaly_map.placement.x_px + x * step_x, anomaly_map.placement.y_px + y * step_y
    inside = labels[y : y + height, x : x + width] == label
    outline = tuple((left + column * step_x, top + row * step_y) for column, row in _outline(inside))
    return Region(
        area_px=pixels * (step_x * step_y),
        peak=peak,
        bounds=Placement(left, top, width * step_x, height * step_y),
        outline=outline,
    )


def _outline(inside: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """Return the outer outline of one area in map pixels, through pixel corners: ``(column, row)``."""
    rows, columns = inside.shape
    corners = np.zeros((rows + 1, columns + 1), dtype=np.uint8)
    for down in (0, 1):
        for right in (0, 1):
            corners[down : down + rows, right : right + columns] |= inside.astype(np.uint8)
    contours, _ = cv2.findContours(corners, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    longest = max(contours, key=len)
    tolerance = 0.5
    points = cv2.approxPolyDP(longest, tolerance, closed=True)
    while len(points) > MOST_OUTLINE_POINTS:
        tolerance *= 1.5
        points = cv2.approxPolyDP(longest, tolerance, closed=True)
    return [(float(column), float(row)) for column, row in points.reshape(-1, 2)]
