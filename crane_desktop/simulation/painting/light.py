"""How light falls on a part: diffuse shading of its relief, highlights, shadow, uneven illumination."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from crane_desktop.simulation.painting.surface import Surface
from crane_desktop.simulation.painting.textures import grid_px


@dataclass(frozen=True, slots=True)
class Light:
    """The light of one shot.

    Attributes
    ----------
    azimuth_rad, slope
        Where it comes from; `slope` is the tangent of its angle from the vertical.
    ambient
        Share of light from everywhere.
    gradient, vignette
        Unevenness over the picture: a linear fall-off along an own direction, and towards the corners.
    nearness
        How much a near lamp's direction varies over the picture (moves highlights about).
    exposure, balance
        Overall brightness, and the white balance's factors for R, G, B.
    shadow
        Darkness of the part's shadow on the background.
    """

    azimuth_rad: float
    slope: float
    ambient: float
    gradient: float
    gradient_rad: float
    vignette: float
    nearness: float
    exposure: float
    balance: tuple[float, float, float]
    shadow: float


def lit_by(design: Generator, rng: Generator, reflectance: float) -> Light:
    """Draw the light of one shot: the line's lamp and exposure (design), and how they drift (`rng`).

    Parameters
    ----------
    reflectance
        Mean of the picture's albedo: dark products get a longer exposure, as a fitter would set it.
    """
    tint = design.normal(0, 0.012, 3) + rng.normal(0, 0.005, 3)
    longer = float(np.clip((0.42 / max(reflectance, 1e-3)) ** 0.5, 0.8, 2.2))
    return Light(
        azimuth_rad=float(np.radians(-125 + design.normal(0, 25) + rng.normal(0, 6))),
        slope=float(design.uniform(0.55, 1.0) + rng.normal(0, 0.03)),
        ambient=float(design.uniform(0.35, 0.55) + rng.normal(0, 0.02)),
        gradient=float(design.uniform(0.0, 0.11) + rng.uniform(0, 0.04)),
        gradient_rad=float(design.uniform(0, 2 * np.pi) + rng.normal(0, 0.4)),
        vignette=float(design.uniform(0.02, 0.15) + rng.uniform(0, 0.02)),
        nearness=float(design.uniform(0.25, 0.5)),
        exposure=longer * float(design.uniform(0.9, 1.08) * rng.normal(1, 0.025)),
        balance=(1 + float(tint[0]), 1 + float(tint[1]), 1 + float(tint[2])),
        shadow=float(design.uniform(0.25, 0.55)),
    )


def shaded(surface: Surface, light: Light) -> NDArray[np.float32]:
    """Return the lit picture, float32 ``(S, S, 3)``, 1 = white, not yet clipped.

    Lambert's law for the diffuse part; a Gaussian lobe of slopes for the highlight, stretched across the
    grain (G. J. Ward, "Measuring and modeling anisotropic reflection", 1992, equation 5, small angles).
    """
    size = surface.height.shape[0]
    scale = size / 8.0
    hx = np.asarray(cv2.Sobel(surface.height, cv2.CV_32F, 1, 0, ksize=3, scale=scale), np.float32)
    hy = np.asarray(cv2.Sobel(surface.height, cv2.CV_32F, 0, 1, ksize=3, scale=scale), np.float32)
    lx = np.float32(np.cos(light.azimuth_rad) * light.slope)
    ly = np.float32(np.sin(light.azimuth_rad) * light.slope)
    norm = np.sqrt(1 + hx * hx + hy * hy)
    diffuse = np.maximum(1 - hx * lx - hy * ly, 0) / norm
    field = _field(size, light)
    level = (np.float32(light.ambient) + np.float32(1 - light.ambient) * diffuse.astype(np.float32)) * field
    _cast_shadow(level, surface.part, light)
    out: NDArray[np.float32] = surface.albedo * level[:, :, None]
    if surface.gloss > 0:
        out += (_highlight(surface, light, hx, hy) * field)[:, :, None]
    out *= np.asarray(light.balance, np.float32)
    return out


def _field(size_px: int, light: Light) -> NDArray[np.float32]:
    x, y = grid_px(size_px)
    c, s = np.float32(np.cos(light.gradient_rad)), np.float32(np.sin(light.gradient_rad))
    fall = 1 + np.float32(light.gradient) * (c * x + s * y) - np.float32(light.vignette / 2) * (x * x + y * y)
    out: NDArray[np.float32] = (fall * np.float32(light.exposure)).astype(np.float32)
    return out


def _cast_shadow(level: NDArray[np.float32], part: NDArray[np.float32], light: Light) -> None:
    size = part.shape[0]
    step = max(1, size // 128)
    small = cv2.resize(part, (size // step, size // step), interpolation=cv2.INTER_AREA)
    if small.min() > 0.99:
        return
    far = small.shape[0] * 0.02 * light.slope
    move = np.array([[1, 0, -np.cos(light.azimuth_rad) * far], [0, 1, -np.sin(light.azimuth_rad) * far]])
    small = cv2.warpAffine(small, move, small.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    small = cv2.GaussianBlur(small, (0, 0), small.shape[0] * 0.012)
    dark = cv2.resize(small, (size, size), interpolation=cv2.INTER_LINEAR)
    level *= 1 - np.float32(light.shadow) * dark * (1 - part)


def _highlight(surface: Surface, light: Light, hx: NDArray[np.float32], hy: NDArray[np.float32]) -> NDArray[np.float32]:
    size = surface.height.shape[0]
    x, y = grid_px(size)
    # The slope at which the surface mirrors the lamp into the lens, at each place.
    half = 0.5 * light.slope
    dx = hx + np.float32(half * np.cos(light.azimuth_rad)) + np.float32(light.nearness) * x
    dy = hy + np.float32(half * np.sin(light.azimuth_rad)) + np.float32(light.nearness) * y
    wide = np.float32(0.5 / surface.roughness**2)
    if surface.grain is None:
        lobe = cv2.exp(-(dx * dx + dy * dy) * wide)
    else:
        along = dx * surface.grain[0] + dy * surface.grain[1]
        across2 = dx * dx + dy * dy - along * along
        lobe = cv2.exp(-(along * along * (wide * 4) + across2 * (wide * np.float32(0.15))))
    out: NDArray[np.float32] = lobe * surface.part * np.float32(surface.gloss)
    return out
