"""Defects: what goes wrong with a surface. Each changes a scene before it is lit, so that light falls on it too."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from crane_desktop.camera.simulated.scene import Plane, Rng, Scene, grid, mix, noise, turned


def _spot(rng: Rng, scene: Scene) -> tuple[float, float]:
    """Return a place well on the part, in picture halves."""
    size = scene.part.shape[0]
    margin = int(size * 0.12)
    ys, xs = np.nonzero(scene.part[margin:-margin, margin:-margin] > 0.9)
    if len(xs) == 0:
        return 0.0, 0.0
    pick = int(rng.integers(len(xs)))
    return float((xs[pick] + margin) / size * 2 - 1), float((ys[pick] + margin) / size * 2 - 1)


def _blot(rng: Rng, scene: Scene, radius: float, ragged: float) -> Plane:
    """Return a soft blot ``(S, S)`` in [0, 1] of about `radius` picture halves."""
    size = scene.part.shape[0]
    cx, cy = _spot(rng, scene)
    x, y = turned(*grid(size), rng.uniform(0, np.pi), (cx, cy))
    stretch = rng.uniform(0.6, 1.5)
    distance = np.hypot(x * np.float32(stretch), y / np.float32(stretch)) / np.float32(radius)
    edge = 1 - distance + np.float32(ragged) * 0.3 * noise(rng, size, rng.uniform(12, 40))
    result: Plane = (np.clip(edge * rng.uniform(1.5, 6), 0, 1) * scene.part).astype(np.float32)
    return result


def _path(rng: Rng, scene: Scene, steps: tuple[int, int], stride: float, wander: float, width: float) -> Plane:
    """Return a drawn line ``(S, S)`` in [0, 1], anti-aliased, `width` in hundredths of the side."""
    size = scene.part.shape[0]
    cx, cy = _spot(rng, scene)
    at = np.asarray([(cx + 1) / 2 * size, (cy + 1) / 2 * size])
    heading = rng.uniform(0, 2 * np.pi)
    points = [at]
    for _ in range(int(rng.integers(*steps))):
        heading += rng.normal(0, wander)
        points.append(
            points[-1] + stride * size * rng.uniform(0.6, 1.4) * np.asarray([np.cos(heading), np.sin(heading)])
        )
    big = 4
    canvas = np.zeros((size, size), np.uint8)
    fixed = np.round(np.asarray(points) * (1 << big)).astype(np.int32)
    thick = max(1, round(width * size / 100))
    cv2.polylines(canvas, [fixed.reshape(-1, 1, 2)], False, 255, thick, cv2.LINE_AA, shift=big)
    line = cv2.GaussianBlur(canvas.astype(np.float32) / 255, (0, 0), max(0.35 * size / 256, 0.3))
    result: Plane = (np.clip(line * 1.4, 0, 1) * scene.part).astype(np.float32)
    return result


def scratch(rng: Rng, scene: Scene) -> Scene:
    """A thin furrow with bright and dark flanks."""
    line = _path(rng, scene, (3, 9), 0.055, 0.18, rng.uniform(0.3, 1.0))
    tone = rng.uniform(0.75, 0.98) if rng.random() < 0.6 else rng.uniform(0.02, 0.12)
    albedo = mix(scene.albedo, (tone, tone, tone), line * np.float32(rng.uniform(0.35, 0.9)))
    return scene.with_surface(albedo, scene.height - rng.uniform(0.3, 0.9) * line)


def dent(rng: Rng, scene: Scene) -> Scene:
    """A smooth hollow or bump that only the shading shows."""
    size = scene.part.shape[0]
    cx, cy = _spot(rng, scene)
    x, y = turned(*grid(size), rng.uniform(0, np.pi), (cx, cy))
    radius, stretch = rng.uniform(0.06, 0.2), rng.uniform(0.7, 1.4)
    bowl = np.exp(-((x * stretch) ** 2 + (y / stretch) ** 2) / np.float32(radius**2 * 0.5)) * scene.part
    depth = rng.choice([-1, 1]) * radius * rng.uniform(28, 55)
    return scene.with_surface(height=(scene.height + np.float32(depth) * bowl).astype(np.float32))


def stain(rng: Rng, scene: Scene) -> Scene:
    """A soft-edged patch of another colour: oil, rust, ink, water mark."""
    blot = _blot(rng, scene, rng.uniform(0.07, 0.26), rng.uniform(0.3, 1.2))
    colour = np.asarray(
        ((0.25, 0.2, 0.12), (0.5, 0.25, 0.1), (0.08, 0.1, 0.2), (0.9, 0.9, 0.88))[int(rng.integers(4))], np.float32
    )
    strength = rng.uniform(0.35, 0.85)
    if rng.random() < 0.5:
        worn = scene.albedo * (1 - strength * blot[..., None] * (1 - colour))
    else:
        worn = mix(scene.albedo, colour, blot * np.float32(strength))
    return scene.with_surface(np.clip(worn, 0, 1).astype(np.float32))


def chip(rng: Rng, scene: Scene) -> Scene:
    """Material broken out: a sharp, rough, deeper facet of raw colour."""
    size = scene.part.shape[0]
    cx, cy = _spot(rng, scene)
    count = int(rng.integers(5, 9))
    angles = np.sort(rng.uniform(0, 2 * np.pi, count))
    radius = rng.uniform(0.05, 0.15) * rng.uniform(0.6, 1.2, count)
    corners = np.stack([cx + radius * np.cos(angles), cy + radius * np.sin(angles)], axis=1)
    canvas = np.zeros((size, size), np.uint8)
    cv2.fillPoly(canvas, [np.round((corners + 1) / 2 * size * 16).astype(np.int32)], 255, cv2.LINE_AA, shift=4)
    hole = canvas.astype(np.float32) / 255 * scene.part
    tone = rng.uniform(0.03, 0.9)
    raw = np.clip(tone + 0.1 * noise(rng, size, 60), 0, 1)
    albedo = mix(scene.albedo, np.repeat(raw[..., None], 3, axis=-1), hole * np.float32(rng.uniform(0.6, 1.0)))
    rough = rng.uniform(0.8, 2.0) * (1 + 0.3 * noise(rng, size, 30))
    return scene.with_surface(albedo, (scene.height - rough * hole).astype(np.float32))


def colour_shift(rng: Rng, scene: Scene) -> Scene:
    """A region of another hue or brightness: burn, faded paint, wrong batch."""
    blot = _blot(rng, scene, rng.uniform(0.14, 0.36), 0.2)
    gain = 1 + rng.choice([-1, 1], 3) * rng.uniform(0.15, 0.5, 3)
    if rng.random() < 0.5:
        gain = np.full(3, 1 + rng.choice([-1, 1]) * rng.uniform(0.25, 0.5))
    shifted = scene.albedo * (1 + (gain.astype(np.float32) - 1) * blot[..., None])
    return scene.with_surface(np.clip(shifted, 0, 1).astype(np.float32))


def crack(rng: Rng, scene: Scene) -> Scene:
    """A dark, jagged hairline."""
    line = _path(rng, scene, (8, 18), 0.025, 0.55, rng.uniform(0.25, 0.6))
    return scene.with_surface(
        mix(scene.albedo, (0.02, 0.02, 0.02), line * np.float32(rng.uniform(0.6, 0.95))), scene.height - line
    )


def contamination(rng: Rng, scene: Scene) -> Scene:
    """A fibre, or a scatter of crumbs."""
    tone = rng.uniform(0.02, 0.95, 3)
    if rng.random() < 0.5:
        what = _path(rng, scene, (10, 22), 0.018, 0.4, rng.uniform(0.3, 0.7))
    else:
        what = np.zeros_like(scene.part)
        for _ in range(int(rng.integers(1, 5))):
            what = np.maximum(what, _blot(rng, scene, rng.uniform(0.02, 0.06), 1.0))
    albedo = mix(scene.albedo, tuple(tone), what * np.float32(rng.uniform(0.7, 1.0)))
    return scene.with_surface(albedo, scene.height + 0.5 * what)


SURFACE_DEFECTS: dict[str, Callable[[Rng, Scene], Scene]] = {
    "scratch": scratch,
    "dent": dent,
    "stain": stain,
    "chip": chip,
    "colour_shift": colour_shift,
    "crack": crack,
    "contamination": contamination,
}
