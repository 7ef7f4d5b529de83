"""What a painter of parts makes: reflectance, relief and outline of a part before any light falls on it."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

Colour = tuple[float, float, float]
_SHIFT = 4
_ONE = 1 << _SHIFT


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A part on its background, unlit.

    Attributes
    ----------
    albedo
        float32 ``(S, S, 3)`` RGB reflectance in [0, 1].
    height
        float32 ``(S, S)``, in picture sides; only its slope shows.
    part
        float32 ``(S, S)`` in [0, 1], how much of a pixel the part covers.
    gloss
        Strength of the highlight, 0 (matt) to 1 (polished).
    roughness
        Width of the highlight's lobe, as a slope.
    grain
        Direction of brushing or turning (cosine, sine), each float32 ``(S, S)`` or a number, or None.
    features
        How many features a part of this kind has that could be missing.
    ground
        What lies under the part, float32 ``(S, S, 3)``, where its painter says so; shows where a piece is gone.
    flaws
        Kinds of defects that such parts mostly have, beside those that any part may have.
    threshold
        Where the camera sends black and white only: the grey level, 1 = white, from which it sends white.
    """

    albedo: NDArray[np.float32]
    height: NDArray[np.float32]
    part: NDArray[np.float32]
    gloss: float = 0.0
    roughness: float = 0.3
    grain: tuple[NDArray[np.float32] | float, NDArray[np.float32] | float] | None = None
    features: int = 0
    ground: NDArray[np.float32] | None = None
    flaws: tuple[str, ...] = ()
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a part lies: its unit square [-1, 1] is turned, scaled and shifted into the picture."""

    size_px: int
    angle_rad: float
    scale: float
    shift: tuple[float, float]

    def points(self, units: ArrayLike) -> NDArray[np.float64]:
        """Map ``(N, 2)`` part units to pixels."""
        u = np.asarray(units, np.float64).reshape(-1, 2)
        c, s = np.cos(self.angle_rad), np.sin(self.angle_rad)
        turned = u @ np.array([[c, s], [-s, c]])
        placed: NDArray[np.float64] = (turned * self.scale + np.asarray(self.shift) + 1.0) * (self.size_px / 2)
        return placed

    def length_px(self, units: float) -> float:
        """Map a length in part units to pixels."""
        return units * self.scale * self.size_px / 2

    def local(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return each pixel's part units (x, y), float32 ``(S, S)``."""
        axis = (np.arange(self.size_px, dtype=np.float32) + 0.5) * (2.0 / self.size_px) - 1.0
        x = ((axis - self.shift[0]) / self.scale).astype(np.float32)[None, :]
        y = ((axis - self.shift[1]) / self.scale).astype(np.float32)[:, None]
        c, s = np.float32(np.cos(self.angle_rad)), np.float32(np.sin(self.angle_rad))
        return c * x + s * y, c * y - s * x


def posed(rng: Generator, size_px: int, turn_rad: float, scale: float, shift: float = 0.04) -> Pose:
    """Draw a pose: turned by up to `turn_rad` either way, 3 % of scale, up to `shift` units off the middle."""
    angle = rng.uniform(-turn_rad, turn_rad)
    factor = scale * rng.uniform(0.97, 1.03)
    x, y = rng.uniform(-shift, shift, 2)
    return Pose(size_px, float(angle), float(factor), (float(x), float(y)))


@dataclass(slots=True, eq=False)
class Brush:
    """Draws shapes in part units onto uint8 layers, and counts features so that one can be left out.

    Random numbers of a feature must be drawn before `feature` is asked: what is left out must not
    change the rest of the part.
    """

    pose: Pose
    skip: int | None = None
    count: int = field(default=0)

    def feature(self) -> bool:
        """Count one feature; False where this is the one to leave out."""
        self.count += 1
        return self.skip != self.count - 1

    def layer(self, value: int = 0) -> NDArray[np.uint8]:
        """Return an empty layer, uint8 ``(S, S)``."""
        return np.full((self.pose.size_px, self.pose.size_px), value, np.uint8)

    def canvas(self, colour: Colour) -> NDArray[np.uint8]:
        """Return a uint8 ``(S, S, 3)`` picture of one colour (RGB in [0, 1])."""
        out = np.empty((self.pose.size_px, self.pose.size_px, 3), np.uint8)
        out[:] = _bytes(colour)
        return out

    def polygon(self, layer: NDArray[np.uint8], units: ArrayLike, value: float | Colour = 1.0) -> None:
        """Fill a polygon of part units."""
        fixed = np.round((self.pose.points(units) - 0.5) * _ONE).astype(np.int32)
        cv2.fillPoly(layer, [fixed], _bytes(value), cv2.LINE_AA, _SHIFT)

    def disc(self, layer: NDArray[np.uint8], at: ArrayLike, radius: float, value: float | Colour = 1.0) -> None:
        """Fill a disc; `radius` in part units."""
        x, y = np.round((self.pose.points(at)[0] - 0.5) * _ONE).astype(int)
        fixed = max(1, round(self.pose.length_px(radius) * _ONE))
        cv2.circle(layer, (int(x), int(y)), fixed, _bytes(value), -1, cv2.LINE_AA, _SHIFT)

    def line(
        self,
        layer: NDArray[np.uint8],
        units: ArrayLike,
        width: float,
        value: float | Colour = 1.0,
        closed: bool = False,
    ) -> None:
        """Draw a line of part units; `width` in part units."""
        fixed = np.round((self.pose.points(units) - 0.5) * _ONE).astype(np.int32)
        thick = max(1, round(self.pose.length_px(width)))
        cv2.polylines(layer, [fixed], closed, _bytes(value), thick, cv2.LINE_AA, _SHIFT)

    def box(
        self,
        layer: NDArray[np.uint8],
        at: ArrayLike,
        half: ArrayLike,
        value: float | Colour = 1.0,
        turn: float = 0,
    ) -> None:
        """Fill a rectangle with middle `at` and half sides `half`, turned by `turn` radians."""
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * np.asarray(half)
        c, s = np.cos(turn), np.sin(turn)
        self.polygon(layer, corners @ np.array([[c, s], [-s, c]]) + np.asarray(at), value)

    def text(self, layer: NDArray[np.uint8], words: str, at: ArrayLike, height: float, value: float = 1.0) -> None:
        """Print `words` with their lower left corner at `at`; capitals are `height` part units high."""
        high, thick = 44, 5
        (wide, _), _ = cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, 2.0, thick)
        plate = np.zeros((high + 24, wide + 24), np.uint8)
        cv2.putText(plate, words, (12, high + 12), cv2.FONT_HERSHEY_SIMPLEX, 2.0, (255,), thick, cv2.LINE_AA)
        scale = height / high
        corners = np.asarray(at, np.float64) + np.array([[-12, -high - 12], [wide + 12, -high - 12], [-12, 12]]) * scale
        whence = np.array([[0, 0], [wide + 24, 0], [0, high + 24]], np.float32)
        matrix = cv2.getAffineTransform(whence, self.pose.points(corners).astype(np.float32))
        shown = cv2.warpAffine(plate, matrix, layer.shape[::-1], flags=cv2.INTER_AREA)
        np.maximum(layer, (shown * value).astype(np.uint8), out=layer)


def _bytes(value: float | Colour) -> tuple[int, ...]:
    if isinstance(value, tuple):
        return tuple(int(np.clip(v, 0, 1) * 255) for v in value)
    return (int(np.clip(value, 0, 1) * 255),)


def unit(layer: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return a uint8 layer as float32 in [0, 1]."""
    return layer.astype(np.float32) * np.float32(1 / 255)


def mixed(
    below: NDArray[np.float32], above: NDArray[np.float32] | Colour, cover: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Lay `above` over `below` ``(S, S, 3)`` where `cover` ``(S, S)`` says so."""
    top = np.asarray(above, np.float32)
    out: NDArray[np.float32] = below + (top - below) * cover[:, :, None]
    return out


def rounded_rectangle(half_x: float, half_y: float, radius: float, steps: int = 8) -> NDArray[np.float64]:
    """Return the outline of a rectangle with round corners, ``(4 * steps, 2)`` part units."""
    turn = np.linspace(0, np.pi / 2, steps)
    arc = np.stack([np.cos(turn), np.sin(turn)], -1) * radius
    corner = arc + np.array([half_x - radius, half_y - radius])
    flip = corner[::-1]
    return np.concatenate([corner, flip * [-1, 1], -corner, flip * [1, -1]])


def ring(radius: float, steps: int = 96) -> NDArray[np.float64]:
    """Return points of a circle, ``(steps, 2)`` part units."""
    turn = np.linspace(0, 2 * np.pi, steps, endpoint=False)
    return np.stack([np.cos(turn), np.sin(turn)], -1) * radius
