"""A part before it is lit: what colour it has, how high it stands, where it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Plane: TypeAlias = NDArray[np.float32]
Rng: TypeAlias = np.random.Generator


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A part on its background.

    Attributes
    ----------
    albedo
        float32 ``(S, S, 3)``, reflectance in [0, 1].
    height
        float32 ``(S, S)``, in units of one hundredth of the picture's side; only slopes matter.
    part
        float32 ``(S, S)`` in [0, 1]: where the part is.
    gloss
        Strength of its highlights, 0 (matt) to 1.
    """

    albedo: Plane
    height: Plane
    part: Plane
    gloss: float

    def with_surface(self, albedo: Plane | None = None, height: Plane | None = None) -> Scene:
        """Return the scene with another surface."""
        return replace(
            self, albedo=self.albedo if albedo is None else albedo, height=self.height if height is None else height
        )


def grid(size: int) -> tuple[Plane, Plane]:
    """Return x and y of every pixel, ``(S, S)`` each, from -1 to 1."""
    line = (np.arange(size, dtype=np.float32) + 0.5) / size * 2 - 1
    return np.broadcast_to(line, (size, size)).copy(), np.broadcast_to(line[:, None], (size, size)).copy()


def turned(x: Plane, y: Plane, angle: float, centre: tuple[float, float] = (0.0, 0.0)) -> tuple[Plane, Plane]:
    """Return coordinates turned by `angle` (radians) about `centre`."""
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    dx, dy = x - np.float32(centre[0]), y - np.float32(centre[1])
    return c * dx + s * dy, c * dy - s * dx


def noise(rng: Rng, size: int, cells: float, stretch: float = 1.0) -> Plane:
    """Return smooth noise of unit variance with about `cells` cells a side, `stretch` times longer in x."""
    rows, columns = max(2, round(cells)), max(2, round(cells / stretch))
    coarse = rng.standard_normal((rows, columns)).astype(np.float32)
    if max(rows, columns) > size:
        coarse = rng.standard_normal((size, size)).astype(np.float32)
    fine = cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)
    return np.asarray(fine, np.float32) / np.float32(max(float(fine.std()), 1e-3))


def grain(rng: Rng, size: int, length: float, width: float = 1.0, angle: float = 0.0) -> Plane:
    """Return brushed grain of unit variance: `length` and `width` in hundredths of the side."""
    unit = size / 100
    raw = rng.standard_normal((size, size)).astype(np.float32)
    soft = cv2.GaussianBlur(raw, (0, 0), sigmaX=max(length * unit, 0.4), sigmaY=max(width * unit * 0.3, 0.4))
    if angle:
        spin = cv2.getRotationMatrix2D((size / 2, size / 2), float(np.degrees(angle)), 1.42)
        soft = cv2.warpAffine(soft, spin, (size, size), borderMode=cv2.BORDER_REFLECT)
    return np.asarray(soft, np.float32) / np.float32(max(float(soft.std()), 1e-4))


def inside(distance: Plane, size: int, soft_px: float = 1.0) -> Plane:
    """Turn a signed distance (negative inside, in picture halves) into soft coverage in [0, 1]."""
    return np.clip(0.5 - distance * np.float32(size / 2 / soft_px), 0, 1)


def disc(x: Plane, y: Plane, cx: float, cy: float, radius: float) -> Plane:
    """Signed distance to a disc."""
    return np.hypot(x - np.float32(cx), y - np.float32(cy)) - np.float32(radius)


def box(x: Plane, y: Plane, cx: float, cy: float, half_w: float, half_h: float, corner: float = 0.0) -> Plane:
    """Signed distance to a rectangle with rounded corners."""
    dx = np.abs(x - np.float32(cx)) - np.float32(half_w - corner)
    dy = np.abs(y - np.float32(cy)) - np.float32(half_h - corner)
    outside = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0))
    result: Plane = (outside + np.minimum(np.maximum(dx, dy), 0) - np.float32(corner)).astype(np.float32)
    return result


def mix(under: Plane, over: Plane | tuple[float, ...], cover: Plane) -> Plane:
    """Lay `over` (a colour or a picture) on `under` with coverage `(S, S)`."""
    top = np.asarray(over, np.float32)
    result: Plane = (under + (top - under) * cover[..., None]).astype(np.float32)
    return result


def plain(size: int, colour: tuple[float, ...] | NDArray[np.floating]) -> Plane:
    """Return a picture of one colour."""
    return np.broadcast_to(np.asarray(colour, np.float32), (size, size, 3)).copy()


def tinted(rng: Rng, colour: tuple[float, float, float], spread: float = 0.06) -> tuple[float, float, float]:
    """Return `colour` varied a little in brightness and hue."""
    varied = np.clip(
        np.asarray(colour) * rng.uniform(1 - 2 * spread, 1 + 2 * spread) + rng.normal(0, spread / 2, 3), 0.02, 0.98
    )
    return float(varied[0]), float(varied[1]), float(varied[2])
