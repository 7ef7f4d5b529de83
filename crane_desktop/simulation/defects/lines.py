"""Defects that are lines: scratch, crack, foreign fibre."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.random import Generator

from crane_desktop.simulation.defects.place import drawn_line, path, spot
from crane_desktop.simulation.painting.surface import Surface, mixed
from crane_desktop.simulation.painting.textures import blurred


def scratch(surface: Surface, rng: Generator, strength: float) -> Surface:
    """One to four strokes: a furrow with thrown-up edges, bared or whitened material in it."""
    size = surface.height.shape[0]
    at, length = spot(surface, rng), rng.uniform(0.12, 0.5)
    width = rng.uniform(0.0022, 0.006) * min(1.5, strength)
    points = path(rng, at, length, 0.04)
    line = drawn_line(size, points, width)
    for _ in range(int(rng.choice([0, 0, 1, 3]))):
        beside = points + rng.normal(0, 0.012, 2) + rng.normal(0, 0.03) * (points - np.asarray(at))
        line = np.maximum(line, drawn_line(size, beside[: int(rng.integers(10, 24))], width * rng.uniform(0.4, 1)))
    line = line * surface.part
    furrow = blurred(line, 0.0012) - np.float32(0.55) * blurred(line, 0.003)
    bare = surface.albedo.mean()
    tone = rng.uniform(0.25, 0.6) * min(1.4, strength) * (1 if rng.random() < (0.75 if bare < 0.45 else 0.35) else -1)
    albedo = surface.albedo * (1 + (tone if tone < 0 else 0) * line[:, :, None])
    if tone > 0:
        albedo = mixed(albedo, np.float32(0.25) + surface.albedo * np.float32(0.9), line * np.float32(tone))
    height = surface.height - furrow * np.float32(0.006 * strength * rng.uniform(0.6, 1.4))
    return replace(surface, albedo=albedo.astype(np.float32), height=height.astype(np.float32))


def crack(surface: Surface, rng: Generator, strength: float) -> Surface:
    """A dark, jagged, branching gap."""
    size = surface.height.shape[0]
    at, length, width = spot(surface, rng), rng.uniform(0.16, 0.5), rng.uniform(0.003, 0.0075)
    points = path(rng, at, length, 0.34, 30)
    line = drawn_line(size, points, width * min(1.5, strength))
    for _ in range(int(rng.integers(1, 4))):
        fork = points[int(rng.integers(6, 24))]
        twig = path(rng, (0.0, 0.0), length * rng.uniform(0.15, 0.45), 0.3, 12)
        line = np.maximum(line, drawn_line(size, twig - twig[0] + fork, width * rng.uniform(0.5, 0.9)))
    line = line * surface.part
    dark = min(0.92, rng.uniform(0.5, 0.85) * strength)
    albedo = surface.albedo * (1 - np.float32(dark) * line[:, :, None])
    height = surface.height - blurred(line, 0.0012) * np.float32(0.008)
    return replace(surface, albedo=albedo.astype(np.float32), height=height.astype(np.float32))


def foreign_fibre(surface: Surface, rng: Generator, strength: float) -> Surface:
    """A hair or thread lying on the part, with the thin shadow that says so."""
    size = surface.height.shape[0]
    at, length = spot(surface, rng), rng.uniform(0.15, 0.5)
    curl = rng.uniform(0.05, 0.3)
    bend = path(rng, at, length, curl, 40)
    width = rng.uniform(0.003, 0.0075) * min(1.4, strength)
    thread = drawn_line(size, bend, width, taper=False)
    shadow = blurred(drawn_line(size, bend + rng.uniform(0.002, 0.005, 2), width, taper=False), 0.0015)
    dark_ground = surface.albedo.mean() < 0.35
    base = rng.uniform(0.6, 0.9) if dark_ground or rng.random() < 0.3 else rng.uniform(0.03, 0.15)
    tint = base * (1 + rng.normal(0, 0.15, 3))
    colour = (float(tint[0]), float(tint[1]), float(tint[2]))
    on = surface.part * np.float32(0.5) + np.float32(0.5)
    albedo = surface.albedo * (1 - np.float32(0.35) * (shadow * surface.part)[:, :, None])
    albedo = mixed(albedo, np.clip(np.asarray(colour, np.float32), 0, 1), thread * np.float32(0.92) * on)
    height = surface.height + blurred(thread, 0.0012) * np.float32(width * 0.5)
    return replace(surface, albedo=albedo.astype(np.float32), height=height.astype(np.float32))
