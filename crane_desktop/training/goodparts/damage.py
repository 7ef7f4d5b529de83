"""Damaged copies of real good pictures: what decides, without any defective part, whether a memory helps.

Pieces pasted elsewhere (CutPaste, Li et al. 2021), stains, thin lines, shifted structure, and structure that is gone
(covered by what lies around it, or by the background). They look like no defect in particular and train nothing.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

_LEAST_CHANGE = 14.0
_TRIES = 12


def damaged(pixels: NDArray[np.uint8], draw: Generator) -> NDArray[np.uint8]:
    """Return a copy of a uint8 picture ``(H, W)`` or ``(H, W, 3)`` with one visible damage.

    Where nothing visible can be made (an empty picture), it is the last attempt.
    """
    part = pixels if pixels.ndim == 3 else np.repeat(pixels[:, :, None], 3, axis=2)
    changed = part
    for _ in range(_TRIES):
        make = _KINDS[int(draw.integers(len(_KINDS)))]
        changed = make(part, draw)
        apart = cv2.absdiff(cv2.blur(changed, (3, 3)), cv2.blur(part, (3, 3)))
        if float(apart.max()) >= _LEAST_CHANGE:
            break
    return np.ascontiguousarray(changed if pixels.ndim == 3 else changed[:, :, 0])


def _spot(part: NDArray[np.uint8], draw: Generator, low: float, high: float) -> NDArray[np.float32]:
    """Return a soft lump somewhere, float32 ``(H, W, 1)`` in [0, 1]; it prefers places where there is something."""
    height, width = part.shape[:2]
    x, y = _busy_place(part, draw)
    long_px, short_px = draw.uniform(low, high, 2) * max(height, width)
    shape = np.zeros((height, width), np.float32)
    axes = (max(2, round(long_px)), max(2, round(short_px)))
    cv2.ellipse(shape, (x, y), axes, float(draw.uniform(0, 180)), 0, 360, (1.0,), -1)
    rough = cv2.resize(
        draw.standard_normal((12, 12)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    soft = cv2.GaussianBlur(shape, (0, 0), max(0.8, 0.12 * min(axes))) + np.float32(0.12) * rough * shape
    return np.asarray(np.clip((soft - 0.35) * 3, 0, 1), dtype=np.float32)[:, :, None]


def _busy_place(part: NDArray[np.uint8], draw: Generator) -> tuple[int, int]:
    """Draw a place, half of the time where the picture has structure."""
    height, width = part.shape[:2]
    x, y = int(draw.integers(width)), int(draw.integers(height))
    if draw.random() < 0.5:
        return x, y
    small = cv2.resize(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), (64, 64), interpolation=cv2.INTER_AREA)
    edges = np.abs(cv2.Laplacian(small, cv2.CV_32F)).ravel() + 1e-3
    row, column = divmod(int(draw.choice(edges.size, p=edges / edges.sum())), 64)
    return int((column + 0.5) * width / 64), int((row + 0.5) * height / 64)


def _mixed(part: NDArray[np.uint8], other: NDArray[np.float32], share: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.clip(part + (other - part) * share, 0, 255).astype(np.uint8)


def _stain(part: NDArray[np.uint8], draw: Generator) -> NDArray[np.uint8]:
    colour = draw.uniform(0, 255, 3) if draw.random() < 0.5 else np.full(3, draw.uniform(0, 255))
    lump = _spot(part, draw, 0.012, 0.07) * np.float32(draw.uniform(0.35, 0.95))
    return _mixed(part, np.broadcast_to(colour.astype(np.float32), part.shape), lump)


def _line(part: NDArray[np.uint8], draw: Generator) -> NDArray[np.uint8]:
    height, width = part.shape[:2]
    x, y = _busy_place(part, draw)
    count, length = 8, draw.uniform(0.06, 0.3) * max(height, width)
    turns = draw.uniform(0, 2 * np.pi) + np.cumsum(draw.normal(0, 0.15, count))
    points = np.array([x, y]) + np.cumsum(np.stack([np.cos(turns), np.sin(turns)], 1) * length / count, axis=0)
    drawn = np.zeros((height, width), np.float32)
    thick = max(1, round(draw.uniform(0.002, 0.008) * max(height, width)))
    cv2.polylines(drawn, [np.round(points).astype(np.int32)], False, (1.0,), thick, cv2.LINE_AA)
    shade = np.full(part.shape, draw.choice([20.0, 235.0]), np.float32)
    return _mixed(part, shade, drawn[:, :, None] * np.float32(draw.uniform(0.5, 1.0)))


def _pasted(part: NDArray[np.uint8], draw: Generator) -> NDArray[np.uint8]:
    height, width = part.shape[:2]
    down, right = int(draw.integers(height)), int(draw.integers(width))
    moved = np.roll(part, (down, right), axis=(0, 1)).astype(np.float32)
    return _mixed(part, moved, _spot(part, draw, 0.015, 0.07))


def _shifted(part: NDArray[np.uint8], draw: Generator) -> NDArray[np.uint8]:
    far = draw.uniform(0.012, 0.05) * max(part.shape[:2])
    turn = draw.uniform(0, 2 * np.pi)
    moved = np.roll(part, (round(far * np.sin(turn)), round(far * np.cos(turn))), axis=(0, 1)).astype(np.float32)
    return _mixed(part, moved, _spot(part, draw, 0.02, 0.09))


def _gone(part: NDArray[np.uint8], draw: Generator) -> NDArray[np.uint8]:
    share = _spot(part, draw, 0.02, 0.1)
    if draw.random() < 0.5:
        rim = np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]])
        cover = np.broadcast_to(np.median(rim, axis=0).astype(np.float32), part.shape)
    else:
        ring = (cv2.dilate(share[:, :, 0], np.ones((9, 9), np.uint8)) > 0) & (share[:, :, 0] <= 0)
        around = part[ring] if ring.any() else part.reshape(-1, 3)
        cover = np.broadcast_to(np.median(around, axis=0).astype(np.float32), part.shape)
    return _mixed(part, cover, share)


_KINDS = (_stain, _line, _pasted, _shifted, _gone)
