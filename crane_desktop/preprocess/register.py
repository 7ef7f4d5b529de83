"""Lay a part over others of its kind: by place, by turn, and by the light's strength.

The shift comes from phase correlation (Kuglin and Hines 1975), shift and turn are then refined by maximising the
enhanced correlation coefficient (Evangelidis and Psarakis 2008), both as OpenCV has them.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from crane_desktop.preprocess.texture import square

PLACE_SIDE_PX = 128
_FARTHEST_SHARE = 0.2
"""A part that lies farther off is not moved: the correlation found something else."""
_STEPS = 60
_PRECISION = 1e-4
_LIGHT_ROUNDS = 4
_DARKEST_GAIN, _BRIGHTEST_GAIN = 0.2, 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """A part laid over the reference.

    Attributes
    ----------
    lab
        float32 ``(S, S, 3)`` Lab in the reference's frame; L in 0..100.
    seen
        float32 ``(S, S)``: 1 where the picture has this place.
    back
        ``(2, 3)`` from the reference's pixels to the picture's.
    """

    lab: NDArray[np.float32]
    seen: NDArray[np.float32]
    back: NDArray[np.float32]


def as_lab(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return a uint8 picture small and square, as float32 Lab ``(PLACE_SIDE_PX, PLACE_SIDE_PX, 3)``."""
    small = square(pixels, PLACE_SIDE_PX).astype(np.float32) * np.float32(1 / 255)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2Lab), dtype=np.float32)


def lay_over(lab: NDArray[np.float32], reference: NDArray[np.float32]) -> Laid:
    """Move and turn `lab` so that it lies over `reference`, and bring its light to the reference's."""
    back = _found(_light(reference), _light(lab))
    side = lab.shape[0]
    inverse = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(lab, back, (side, side), flags=inverse, borderMode=cv2.BORDER_REPLICATE)
    seen = cv2.warpAffine(np.ones((side, side), np.float32), back, (side, side), flags=inverse)
    laid = np.asarray(moved, dtype=np.float32)
    laid[:, :, 0] /= np.float32(_gain(laid[:, :, 0], reference[:, :, 0]))
    return Laid(laid, np.asarray(seen, dtype=np.float32), back)


def lay_back(values: NDArray[np.float32], back: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring a float32 map from the reference's frame into the picture's."""
    side = values.shape[0]
    moved = cv2.warpAffine(values, back, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, dtype=np.float32)


def _light(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the lightness alone, smoothed: the plane by which two parts are laid over each other."""
    return np.asarray(cv2.GaussianBlur(np.ascontiguousarray(lab[:, :, 0]), (0, 0), 2.0), dtype=np.float32)


def _found(reference: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    still = np.eye(2, 3, dtype=np.float32)
    if reference.std() < 1e-3 or other.std() < 1e-3:
        return still
    side = reference.shape[0]
    # In float32 OpenCV 5.0 finds shifts that are not there.
    window = cv2.createHanningWindow((side, side), cv2.CV_64F)
    (right, down), _ = cv2.phaseCorrelate(reference.astype(np.float64), other.astype(np.float64), window)
    first = still.copy()
    if max(abs(right), abs(down)) <= _FARTHEST_SHARE * side:
        first[:, 2] = right, down
    everywhere = np.full(reference.shape, 255, np.uint8)
    ends = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _STEPS, _PRECISION)
    try:
        # The planes are smooth already: OpenCV's own smoothing (5 pixels by default) would blunt them.
        _, found = cv2.findTransformECC(reference, other, first.copy(), cv2.MOTION_EUCLIDEAN, ends, everywhere, 1)
    except cv2.error:  # it did not converge: the shift alone
        return first
    lost = np.abs(found[:, 2] + (found[:, :2] - np.eye(2)) @ [side / 2, side / 2]).max() > _FARTHEST_SHARE * side
    return first if lost else np.asarray(found, dtype=np.float32)


def _gain(light: NDArray[np.float32], reference: NDArray[np.float32]) -> float:
    """Return how many times brighter `light` is, by a fit through 0 that large differences do not pull."""
    x, y = reference.ravel(), light.ravel()
    weight: NDArray[np.float32] = np.ones_like(x)
    gain = 1.0
    for _ in range(_LIGHT_ROUNDS):
        strength = float((weight * x * x).sum())
        if strength <= 0:
            return 1.0
        gain = float((weight * x * y).sum()) / strength
        apart = np.abs(y - np.float32(gain) * x)
        # Least absolute deviations, by reweighted squares.
        weight = np.asarray(1 / np.maximum(apart, 1.0), dtype=np.float32)
    return float(np.clip(gain, _DARKEST_GAIN, _BRIGHTEST_GAIN))
