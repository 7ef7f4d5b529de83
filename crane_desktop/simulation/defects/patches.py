"""Defects that lie on the surface: stain, colour shift, smear."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.random import Generator

from crane_desktop.simulation.defects.place import blob, drawn_line, path, spot
from crane_desktop.simulation.painting.surface import Surface, mixed
from crane_desktop.simulation.painting.textures import blurred, noise


def stain(surface: Surface, rng: Generator, strength: float) -> Surface:
    """A drop that dried: soft inside, often with a darker rim and a few splashes."""
    size = surface.height.shape[0]
    at, radius = spot(surface, rng), rng.uniform(0.03, 0.1)
    wet = blob(
        rng, size, at, radius, edge=rng.uniform(0.15, 0.7), ragged=rng.uniform(0.2, 0.6), aspect=rng.uniform(1, 2)
    )
    if rng.random() < 0.5:
        wet = wet * np.float32(0.6) + 2.2 * wet * (1 - wet)
    for _ in range(int(rng.integers(0, 5))):
        splash = (at[0] + rng.normal(0, radius * 1.3), at[1] + rng.normal(0, radius * 1.3))
        wet = np.maximum(wet, blob(rng, size, splash, radius * rng.uniform(0.08, 0.22), edge=0.4, ragged=0.1))
    wet = np.minimum(wet, 1) * surface.part * (1 + np.float32(0.25) * noise(rng, size, 40, 2))
    depth = rng.uniform(0.28, 0.7) * min(1.3, strength)
    if surface.albedo.mean() > 0.22 or rng.random() < 0.2:
        keep = 1 - depth * (1 + np.array([-0.12, 0.0, 0.14]) * rng.uniform(-0.4, 1.4))
        albedo = surface.albedo * (1 + (np.asarray(keep, np.float32) - 1) * wet[:, :, None])
    else:  # on dark material a dried drop is paler
        tone = rng.uniform(0.35, 0.7) + np.array([0.05, 0.02, -0.05]) * rng.uniform(-1, 1)
        albedo = mixed(surface.albedo, tone.astype(np.float32), wet * np.float32(depth * 0.55))
    return replace(surface, albedo=np.maximum(albedo, 0).astype(np.float32))


def colour_shift(surface: Surface, rng: Generator, strength: float) -> Surface:
    """A region of another hue or brightness: burnt, faded, wrong batch, heat tint."""
    size = surface.height.shape[0]
    at, radius = spot(surface, rng), rng.uniform(0.05, 0.13)
    area = blob(
        rng, size, at, radius, edge=rng.uniform(0.3, 0.9), ragged=rng.uniform(0.1, 0.5), aspect=rng.uniform(1, 2.5)
    )
    area = (area * surface.part)[:, :, None]
    way = rng.normal(0, 1, 3)
    way = way - way.mean() * rng.uniform(0, 1)
    way = way / np.abs(way).max() * rng.uniform(0.2, 0.45) * strength
    shifted = surface.albedo * np.maximum(1 + way, 0.2).astype(np.float32)
    shifted += np.float32(0.06) * np.maximum(way, 0).astype(np.float32)
    return replace(surface, albedo=(surface.albedo + (shifted - surface.albedo) * area).astype(np.float32))


def smear(surface: Surface, rng: Generator, strength: float) -> Surface:
    """Something wiped along: grease, ink, glue; streaky, thinning out along its way."""
    size = surface.height.shape[0]
    points = path(rng, spot(surface, rng), rng.uniform(0.18, 0.4), 0.07, 20)
    width = rng.uniform(0.03, 0.07)
    sweep = np.zeros((size, size), np.float32)
    for i in range(12):
        offset = rng.normal(0, 1, 2) * width * 0.35
        last = int(rng.integers(8, 21))
        thin = drawn_line(size, points[:last] + offset, width * rng.uniform(0.06, 0.3))
        sweep = np.maximum(sweep, thin * np.float32(rng.uniform(0.35, 1) * (1 if i else 0.6)))
    sweep = blurred(sweep, rng.uniform(0.0015, 0.004)) * surface.part
    dark = surface.albedo.mean() > 0.3
    tone = rng.uniform(0.04, 0.2) if dark else rng.uniform(0.5, 0.85)
    tint = tone * (1 + rng.normal(0, 0.12, 3))
    cover = np.clip(sweep * np.float32(rng.uniform(0.4, 0.8) * strength), 0, 0.95)
    albedo = mixed(surface.albedo, tint.astype(np.float32), cover)
    return replace(surface, albedo=albedo.astype(np.float32))
