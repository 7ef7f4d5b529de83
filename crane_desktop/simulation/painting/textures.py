"""Procedural textures: small random grids, enlarged, so that they look alike at every picture size."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray


def grid_px(size_px: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return x ``(1, S)`` and y ``(S, 1)`` of the pixels' centres, float32, in [-1, 1]."""
    axis = ((np.arange(size_px, dtype=np.float32) + 0.5) / np.float32(size_px)) * np.float32(2) - np.float32(1)
    return axis[None, :], axis[:, None]


def noise(
    rng: Generator, size_px: int, cells: float, octaves: int = 1, gain: float = 0.5, stretch: float = 1.0
) -> NDArray[np.float32]:
    """Return fractal value noise, float32 ``(S, S)``, about [-1, 1] with standard deviation about 0.4.

    Parameters
    ----------
    cells
        Cells of the coarsest octave over the picture's side; each further octave has twice as many.
    gain
        Amplitude of an octave relative to the one before.
    stretch
        Over 1 the cells are longer in x than in y.
    """
    out = np.zeros((size_px, size_px), np.float32)
    amplitude, total = 1.0, 0.0
    for _ in range(octaves):
        high = int(np.clip(round(cells), 2, 2048))
        wide = int(np.clip(round(cells / stretch), 2, 2048))
        small = rng.standard_normal((high + 1, wide + 1), dtype=np.float32)
        if max(high, wide) > size_px:  # finer than the pixels: what the optics would average away
            layer = cv2.resize(small, (size_px, size_px), interpolation=cv2.INTER_AREA)
        else:
            layer = cv2.resize(small, (size_px, size_px), interpolation=cv2.INTER_CUBIC)
        out += layer * np.float32(amplitude)
        total += amplitude**2
        amplitude *= gain
        cells *= 2
    return out * np.float32(0.5 / np.sqrt(total))


def turned(picture: NDArray[np.float32], angle_rad: float) -> NDArray[np.float32]:
    """Turn a texture about its middle, mirrored at the border; enlarged so that the mirror hardly shows."""
    size = picture.shape[0]
    matrix = cv2.getRotationMatrix2D((size / 2, size / 2), float(np.degrees(angle_rad)), 1.0)
    out = cv2.warpAffine(picture, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(out, np.float32)


def streaks(rng: Generator, size_px: int, angle_rad: float, cells: float, length: float) -> NDArray[np.float32]:
    """Return fine lines along `angle_rad` (brushing, wood pores), float32 ``(S, S)``, about [-1, 1].

    `cells` lines over the side, each about `length` times as long as thick.
    """
    return turned(noise(rng, size_px, cells, 2, 0.7, length), -angle_rad)


def rings(rng: Generator, radius: NDArray[np.float32], cells: float) -> NDArray[np.float32]:
    """Return random concentric grooves over a radius map (1 = half the picture), float32, about [-1, 1]."""
    profile = rng.standard_normal(int(cells * 1.6) + 2, dtype=np.float32) * np.float32(0.5)
    at = np.minimum(radius * np.float32(cells), profile.size - 1.001)
    low = at.astype(np.int32)
    part = at - low
    out: NDArray[np.float32] = profile[low] * (1 - part) + profile[low + 1] * part
    return out


def cells_map(
    rng: Generator, size_px: int, count: int, jitter: float = 0.9
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return Voronoi cells: distance to the nearest seed in cell widths, and the cell's number.

    Seeds lie on a jittered grid of `count` by `count`, so that no region is bare.

    Returns
    -------
    distance
        float32 ``(S, S)``, 0 at a seed, about 0.5 to 0.8 at the borders.
    label
        int32 ``(S, S)``, numbers from 1.
    """
    pitch = size_px / count
    grid = (np.stack(np.meshgrid(np.arange(count), np.arange(count)), -1).reshape(-1, 2) + 0.5) * pitch
    seeds = grid + rng.uniform(-0.5, 0.5, grid.shape) * jitter * pitch
    ground = np.full((size_px, size_px), 255, np.uint8)
    at = np.clip(seeds.astype(int), 0, size_px - 1)
    ground[at[:, 1], at[:, 0]] = 0
    distance, label = cv2.distanceTransformWithLabels(ground, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    return (distance / np.float32(pitch)).astype(np.float32), np.asarray(label, np.int32)


def blurred(picture: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Gaussian blur; `sigma` in picture sides. Wide blurs run on a smaller copy."""
    size = picture.shape[0]
    sigma_px = sigma * size
    if sigma_px < 0.3:
        return picture
    step = int(min(8, max(1, sigma_px // 3)))
    if step == 1:
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT_101), np.float32)
    small = cv2.resize(picture, (size // step, size // step), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma_px / step, borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(cv2.resize(small, (size, size), interpolation=cv2.INTER_LINEAR), np.float32)


def scaled(label: NDArray[np.int32], values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Look up a value for each cell number (values are repeated as needed)."""
    out: NDArray[np.float32] = np.take(values, label, mode="wrap")
    return out
