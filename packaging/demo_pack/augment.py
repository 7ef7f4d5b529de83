"""Cheap variation of drawn parts, so that a pool of thousands looks like many more."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Frame: TypeAlias = tuple[int, int, int]
"""Left, top and side of a square within a picture, in pixels."""

_CLOSE_UP_SHARE = 0.55
_ON_DEFECT_SHARE = 0.85
_STRETCH = 0.45
"""Largest logarithm of width over height that a zoom adds: cameras send 3 : 2."""
_DUSTY_SHARE = 0.4
_MOST_SPECKS = 6
_SPECK_PX = 11
"""Side of the square that a speck of dust is drawn in; it is much smaller."""
_MOST_VISIBLE = 0.07
"""Of the full range: a speck of dust is no darker than this, and nobody would call it a defect."""


def chosen_frame(mask: NDArray[np.bool_], size_px: int, rng: np.random.Generator) -> Frame:
    """Choose what is shown of a part ``(S, S)``: all of it, or a close-up, most often with a defect in it.

    A close-up is between `size_px` and S wide, so that details are seen at the scale that larger pictures have.
    """
    whole = len(mask)
    if whole <= size_px or rng.random() > _CLOSE_UP_SHARE:
        return 0, 0, whole
    side = size_px if rng.random() < 0.6 else int(rng.integers(size_px, whole + 1))
    left, top = (int(v) for v in rng.integers(0, whole - side + 1, 2))
    marked = np.flatnonzero(mask)
    if marked.size and rng.random() < _ON_DEFECT_SHARE:
        row, column = divmod(int(rng.choice(marked)), whole)
        inside = rng.uniform(0.1, 0.9, 2) * side
        left = int(np.clip(column - inside[0], 0, whole - side))
        top = int(np.clip(row - inside[1], 0, whole - side))
    return left, top, side


def framed(
    pixels: NDArray[np.uint8], mask: NDArray[np.bool_], frame: Frame, size_px: int
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Cut a frame out of a part and bring it to `size_px`; a thin defect stays in the mask."""
    left, top, side = frame
    seen, truth = pixels[top : top + side, left : left + side], mask[top : top + side, left : left + side]
    if side == size_px:
        return seen, truth
    small = cv2.resize(seen, (size_px, size_px), interpolation=cv2.INTER_AREA)
    share = cv2.resize(truth.astype(np.float32), (size_px, size_px), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), share > 0.3


def varied(
    pixels: NDArray[np.uint8], mask: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return a part ``(S, S, 3)`` turned, mirrored, zoomed, stretched and recoloured, in [0, 1], with its mask."""
    turns = int(rng.integers(4))
    picture, truth = np.rot90(pixels, turns), np.rot90(mask, turns)
    if rng.random() < 0.5:
        picture, truth = picture[:, ::-1], truth[:, ::-1]
    if rng.random() < 0.4:
        picture, truth = _zoomed(np.ascontiguousarray(picture), np.ascontiguousarray(truth), rng)
    return _recoloured(picture.astype(np.float32) / np.float32(255), rng), np.ascontiguousarray(truth)


def _zoomed(
    picture: NDArray[np.uint8], truth: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    size = picture.shape[0]
    spin = cv2.getRotationMatrix2D((size / 2, size / 2), float(rng.uniform(-180, 180)), float(rng.uniform(0.8, 1.5)))
    spin = _stretched(np.asarray(spin, np.float64), size, float(rng.uniform(-1, 1)) * _STRETCH)
    turned, covered = (
        np.asarray(cv2.warpAffine(layer, spin, (size, size), borderMode=cv2.BORDER_REFLECT_101), np.uint8)
        for layer in (picture, truth.astype(np.uint8) * 255)
    )
    return turned, covered > 100


def _stretched(turn: NDArray[np.float64], size: int, stretch: float) -> NDArray[np.float64]:
    """Make a turned part wider and lower, or the reverse, as pictures are that a model sees made square."""
    scale = np.diag([np.exp(stretch / 2), np.exp(-stretch / 2)])
    middle = np.full(2, size / 2)
    return np.hstack([scale @ turn[:, :2], (scale @ (turn[:, 2] - middle) + middle)[:, None]])


def _recoloured(picture: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    choice = rng.random()
    if choice < 0.2:
        picture = np.repeat(picture.mean(axis=-1, keepdims=True), 3, axis=-1)
    elif choice < 0.5:
        picture = picture[..., rng.permutation(3)]
    if rng.random() < 0.1:
        picture = 1 - picture
    gain, shift = rng.uniform(0.75, 1.25), rng.uniform(-0.1, 0.1)
    if rng.random() < _DUSTY_SHARE:
        picture = _dusted(picture, rng)
    tone = (picture * np.float32(gain) + np.float32(shift)).clip(0, 1) ** np.float32(rng.uniform(0.75, 1.3))
    if rng.random() < 0.25:
        tone = np.asarray(cv2.GaussianBlur(tone, (0, 0), float(rng.uniform(0.3, 0.9))), np.float32)
    if rng.random() < 0.4:
        tone = tone + rng.standard_normal(tone.shape, dtype=np.float32) * np.float32(rng.uniform(0.003, 0.02))
    return np.asarray(tone.clip(0, 1), np.float32)


def _dusted(picture: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Add specks a pixel or two wide, hardly visible, as dust on the sensor or on the light table leaves them."""
    dusty = picture.copy()
    middle, side = _SPECK_PX // 2, _SPECK_PX
    for _ in range(int(rng.integers(1, _MOST_SPECKS + 1))):
        speck = np.zeros((side, side), np.float32)
        axes = (int(rng.integers(0, 3)), int(rng.integers(0, 2)))
        cv2.ellipse(speck, (middle, middle), axes, float(rng.uniform(0, 180)), 0, 360, (1.0,), -1)
        soft = cv2.GaussianBlur(speck, (0, 0), float(rng.uniform(0.4, 0.8)))
        dark = rng.uniform(0.01, _MOST_VISIBLE) * rng.uniform(0.4, 1, 3) * (1 if rng.random() < 0.8 else -1)
        top, left = int(rng.integers(picture.shape[0] - side)), int(rng.integers(picture.shape[1] - side))
        dusty[top : top + side, left : left + side] -= soft[:, :, None] * dark.astype(np.float32)
    return dusty.clip(0, 1)
