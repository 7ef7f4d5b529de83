"""Pixel figures of any number of maps in constant memory: fine histograms, kept picture by picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.maps import AnomalyMap
from crane_desktop.evaluation.metrics import area_to_limit, auroc, f1_max

PRO_LIMIT = 0.3
"""AUPRO is integrated up to this false positive rate (Bergmann et al. 2021)."""

_MANTISSA_BITS = 13
_SHIFT = 23 - _MANTISSA_BITS
_FINEST_OCTAVE = -42
"""Values below 2 ** -42 (or above 1 minus it) are the same; a Crane's soft-max ends near 2 ** -41."""
_HALF = (-1 - _FINEST_OCTAVE) << _MANTISSA_BITS
BINS = 2 * _HALF + 1

_COARSE_BITS = 5
_FIRSTS = np.arange(0, BINS, 1 << _COARSE_BITS)
COARSE = len(_FIRSTS)
"""Bins of a picture's own tally: each is 32 fine ones, 1/256 of an octave."""
UNIT = 2**28
"""Of overlap in a picture's own tally."""


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


@dataclass(frozen=True, slots=True, eq=False)
class PictureTally:
    """What one picture adds to the pixel figures, a few kilobytes whatever its size: for the bootstrap.

    Attributes
    ----------
    bins
        uint16 ``(K,)``: the coarse bins (see `COARSE`) that hold pixels, from the lowest up.
    good, defective
        int64 ``(K,)``: pixels in each.
    overlap
        int64 ``(K,)``: what each adds to the overlap, all regions together, in units of 2 ** -28: whole numbers add up
        to the same sum in any order.
    of_a_defective
        Whether the part is defective.
    """

    bins: NDArray[np.uint16]
    good: NDArray[np.int64]
    defective: NDArray[np.int64]
    overlap: NDArray[np.int64]
    of_a_defective: bool


class PixelTally:
    """Collects maps with their masks, then says how well the maps find the defects.

    Binning makes values equal that differ by less than 1/8192; that moves AUROC and AUPRO by at most half the share of
    pairs (defective, good) that fall into one bin.

    Attributes
    ----------
    counts
        int64 ``(3, BINS)``: pixels that are defective, good, and good in pictures of defective parts.
    overlap
        float64 ``(BINS,)``: what each bin adds to the overlap, all regions together.
    regions
        Connected defects.
    """

    def __init__(self) -> None:
        self.counts = np.zeros((3, BINS), np.int64)
        self.overlap = np.zeros(BINS, np.float64)
        self.regions = 0

    def add(
        self, values: NDArray[np.float32], mask: NDArray[np.bool_], *, defective: bool | None = None
    ) -> PictureTally:
        """Take in a map ``(H, W)`` in [0, 1], all finite, and where the part is defective ``(H, W)``.

        Parameters
        ----------
        defective
            Whether the part is; None: where the mask marks anything.
        """
        drawn = bool(mask.any())
        bad = drawn if defective is None else defective
        bins = bin_of(values)
        good = np.bincount(bins.ravel(), minlength=BINS)
        inside = np.zeros(BINS, np.int64)
        overlap = np.zeros(BINS, np.float64)
        if drawn:
            marked = bins[mask]
            inside = np.bincount(marked, minlength=BINS)
            good -= inside
            count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
            label = labels[mask]
            # A region's overlap at a threshold is the share of its pixels at or above it: each pixel adds 1 / area.
            shares: NDArray[np.float64] = 1 / np.bincount(label)[label]
            overlap = np.bincount(marked, weights=shares, minlength=BINS).astype(np.float64)
            self.regions += count - 1
            self.counts[0] += inside
            self.overlap += overlap
        self.counts[1] += good
        if bad:
            self.counts[2] += good
        return _compact(good, inside, overlap, bad)

    def auroc(self) -> float | None:
        """Return the AUROC over all pixels; None while there is no defective or no good one."""
        return auroc(self.counts[0], self.counts[1])

    def auroc_within_defective(self) -> float | None:
        """Return the AUROC over the pixels of defective parts: good parts are left out."""
        return auroc(self.counts[0], self.counts[2])

    def f1_max(self) -> float | None:
        """Return the best F1 over all pixels that a threshold between bins reaches."""
        return f1_max(self.counts[0], self.counts[1])

    def roc(self) -> NDArray[np.float64] | None:
        """Return false and true positive rates ``(2, K)`` from (0, 0) to (1, 1), some hundred points, to be drawn."""
        curve = np.stack([np.append(0.0, counts[::-1].cumsum(dtype=np.float64)) for counts in self.counts[[1, 0]]])
        if (curve[:, -1] == 0).any():
            return None
        curve /= curve[:, -1:]
        # A point for every 1/150 of the way along the curve.
        reached = np.floor(curve.sum(axis=0) * 150)
        return curve[:, np.unique([0, *np.flatnonzero(np.diff(reached)), curve.shape[1] - 1])]

    def aupro(self) -> float | None:
        """Return the mean overlap per region (8-neighbour), over false positive rates up to 0.3, divided by 0.3."""
        if not self.regions:
            return None
        return area_to_limit(self.overlap / self.regions, self.counts[1], PRO_LIMIT)


def coarse(counts: NDArray[Any]) -> NDArray[Any]:
    """Sum the fine bins ``(BINS,)`` up to coarse ones ``(COARSE,)``."""
    return np.asarray(np.add.reduceat(counts, _FIRSTS))


def _compact(
    good: NDArray[np.int64], inside: NDArray[np.int64], overlap: NDArray[np.float64], bad: bool
) -> PictureTally:
    few, marked = coarse(good), coarse(inside)
    bins = np.flatnonzero(few + marked)
    shares = np.rint(coarse(overlap)[bins] * UNIT).astype(np.int64)
    return PictureTally(bins.astype(np.uint16), few[bins], marked[bins], shares, bad)
