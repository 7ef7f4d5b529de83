"""Pixel figures of any number of maps in constant memory: fine histograms, kept picture by picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.maps import AnomalyMap
from crane_desktop.training.metrics import area_to_limit, auroc, f1_max

PRO_LIMIT = 0.3
"""AUPRO is integrated up to this false positive rate (Bergmann et al. 2021)."""

_MANTISSA_BITS = 13
_SHIFT = 23 - _MANTISSA_BITS
_FINEST_OCTAVE = -42
"""Values below 2 ** -42 (or above 1 minus it) are the same; a Crane's soft-max ends near 2 ** -41."""
_HALF = (-1 - _FINEST_OCTAVE) << _MANTISSA_BITS
BINS = 2 * _HALF + 1


def bin_of(values: NDArray[np.float32]) -> NDArray[np.int32]:
    """Return the bin of each value in [0, 1]: monotone, and as fine close to 0 and to 1 as a soft-max needs it.

    The bits of a positive float32, read as an integer, grow with its value; their upper part cuts every octave into
    8,192 bins. Values above one half are binned by their distance from 1, which float32 subtracts without rounding.
    Within a bin values differ by less than 1/8192 of their distance from the nearer end.
    """
    clipped = np.clip(values, 0, 1).astype(np.float32, copy=False)
    high = clipped > 0.5
    distance = np.maximum(np.where(high, 1 - clipped, clipped), np.float32(2.0**_FINEST_OCTAVE))
    first = int(np.float32(2.0**_FINEST_OCTAVE).view(np.int32)) >> _SHIFT
    code = (distance.view(np.int32) >> _SHIFT) - first
    return np.where(high, 2 * _HALF - code, code).astype(np.int32)


def map_on_picture(anomaly_map: AnomalyMap, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Bring a map to a picture's size ``(H, W)`` bilinearly; 0 where it does not cover the picture."""
    place = anomaly_map.placement
    left, top = max(round(place.x_px), 0), max(round(place.y_px), 0)
    right = min(round(place.x_px + place.width_px), shape[1])
    bottom = min(round(place.y_px + place.height_px), shape[0])
    if right <= left or bottom <= top:
        return np.zeros(shape, np.float32)
    sized = cv2.resize(anomaly_map.values, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
    if sized.shape == shape:
        return np.asarray(sized, np.float32)
    whole = np.zeros(shape, np.float32)
    whole[top:bottom, left:right] = sized
    return whole


class PixelTally:
    """Collects maps with their masks, then says how well the maps find the defects.

    Binning makes values equal that differ by less than 1/8192; that moves AUROC and AUPRO by at most half the share of
    pairs (defective, good) that fall into one bin.
    """

    def __init__(self) -> None:
        self._defective = np.zeros(BINS, np.int64)
        self._good = np.zeros(BINS, np.int64)
        self._overlap = np.zeros(BINS, np.float64)
        self._regions = 0

    def add(self, values: NDArray[np.float32], mask: NDArray[np.bool_]) -> None:
        """Take in a map ``(H, W)`` in [0, 1], all finite, and where the part is defective ``(H, W)``."""
        bins = bin_of(values)
        self._good += np.bincount(bins.ravel(), minlength=BINS)
        if not mask.any():
            return
        inside = bins[mask]
        counted = np.bincount(inside, minlength=BINS)
        self._good -= counted
        self._defective += counted
        count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
        label = labels[mask]
        # A region's overlap at a threshold is the share of its pixels at or above it: each pixel adds 1 / area.
        self._overlap += np.bincount(inside, weights=1 / np.bincount(label)[label], minlength=BINS)
        self._regions += count - 1

    def auroc(self) -> float | None:
        """Return the AUROC over all pixels; None while there is no defective or no good one."""
        return auroc(self._defective, self._good)

    def f1_max(self) -> float | None:
        """Return the best F1 over all pixels that a threshold between bins reaches."""
        return f1_max(self._defective, self._good)

    def aupro(self) -> float | None:
        """Return the mean overlap per region (8-neighbour), over false positive rates up to 0.3, divided by 0.3."""
        if not self._regions:
            return None
        return area_to_limit(self._overlap / self._regions, self._good, PRO_LIMIT)
