"""What lens and sensor make of the lit picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Sensor:
    """Lens and sensor of one shot.

    Attributes
    ----------
    blur
        Standard deviation of the lens's blur, in picture sides.
    read, shot
        Noise in grey levels of [0, 1]: constant, and growing with the root of the brightness.
    mono
        True for a monochrome camera: R = G = B.
    """

    blur: float
    read: float
    shot: float
    mono: bool = False


def taken_by(design: Generator, rng: Generator) -> Sensor:
    """Draw lens and sensor of one shot: the line's camera (design; one in eight is monochrome), its focus now."""
    return Sensor(
        blur=float(design.uniform(0.0005, 0.0012) + rng.uniform(-0.0002, 0.0003)),
        read=float(design.uniform(0.002, 0.006)),
        shot=float(design.uniform(0.004, 0.013)),
        mono=bool(design.random() < 0.125),
    )


def exposed(lit: NDArray[np.float32], sensor: Sensor, noise: NDArray[np.float32] | None) -> NDArray[np.uint8]:
    """Return what the camera sends, uint8 ``(S, S, 3)``.

    Parameters
    ----------
    lit
        float32 ``(S, S, 3)``, 1 = white.
    noise
        Standard normal noise of the same shape, or None for a noiseless camera.
    """
    seen = focused(lit, sensor)
    if noise is not None:
        sigma = cv2.sqrt(np.maximum(seen, 0) * np.float32(sensor.shot**2) + np.float32(sensor.read**2))
        if sensor.mono:
            noise = np.ascontiguousarray(np.broadcast_to(noise[:, :, :1], noise.shape))
        seen = cv2.multiply(sigma, noise) + seen
    return np.asarray(cv2.convertScaleAbs(np.clip(seen, 0, 1), alpha=255.0), np.uint8)


def focused(lit: NDArray[np.float32], sensor: Sensor) -> NDArray[np.float32]:
    """Return the picture behind the lens, before noise, as the sensor's colours."""
    seen = lit
    if sensor.mono:
        grey = lit @ np.array([0.299, 0.587, 0.114], np.float32)
        seen = np.dstack([grey, grey, grey])
    sigma_px = sensor.blur * lit.shape[0]
    if sigma_px >= 0.15:
        return np.asarray(cv2.GaussianBlur(seen, (3, 3) if sigma_px < 0.8 else (5, 5), sigma_px), np.float32)
    return seen
