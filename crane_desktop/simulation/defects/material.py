"""Defects of the material: dent, chip, hole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.random import Generator

from crane_desktop.simulation.defects.place import blob, edge_spot, spot
from crane_desktop.simulation.painting.surface import Surface, mixed
from crane_desktop.simulation.painting.textures import blurred, noise


def dent(surface: Surface, rng: Generator, strength: float) -> Surface:
    """A hollow, sometimes a bump, that shows by its shading alone."""
    size = surface.height.shape[0]
    at, radius = spot(surface, rng, 0.08), rng.uniform(0.03, 0.085)
    form = blob(
        rng, size, at, radius, edge=rng.uniform(0.7, 1.4), ragged=rng.uniform(0, 0.18), aspect=rng.uniform(1, 2.2)
    )
    form = blurred(form, radius * 0.12)
    depth = rng.uniform(0.14, 0.42) * strength * radius * (-1 if rng.random() < 0.8 else 1)
    height = surface.height + form * surface.part * np.float32(depth)
    return replace(surface, height=height.astype(np.float32))


def chip(surface: Surface, rng: Generator, strength: float) -> Surface:
    """A piece broken off: at the outline the background shows, in the middle the rough inside."""
    size = surface.height.shape[0]
    at = edge_spot(surface, rng) if rng.random() < 0.75 else None
    if at is None:
        return _spalled(surface, rng, strength)
    radius = rng.uniform(0.025, 0.065) * min(1.3, strength)
    bite = blob(rng, size, at, radius, edge=0.08, ragged=rng.uniform(0.3, 0.6), aspect=rng.uniform(1, 2))
    gone = bite * surface.part
    below = _ground_near(surface)
    part = surface.part * (1 - bite)
    torn = np.clip(blurred(bite, 0.006) * 3 - 1, 0, 1) * part
    albedo = mixed(surface.albedo, surface.albedo * np.float32(rng.choice([0.6, 1.35])), torn)
    albedo = mixed(albedo, below, gone)
    height = surface.height - blurred(gone, 0.003) * np.float32(0.02)
    return replace(
        surface, albedo=albedo.astype(np.float32), height=height.astype(np.float32), part=part.astype(np.float32)
    )


def _spalled(surface: Surface, rng: Generator, strength: float) -> Surface:
    size = surface.height.shape[0]
    at, radius = spot(surface, rng), rng.uniform(0.025, 0.06)
    form = (
        blob(rng, size, at, radius, edge=0.18, ragged=rng.uniform(0.35, 0.7), aspect=rng.uniform(1, 1.8)) * surface.part
    )
    rough = noise(rng, size, 0.8 / radius * 4, 3, 0.8)
    pale = surface.albedo.mean() < 0.4
    inside = (
        surface.albedo * np.float32(rng.uniform(0.35, 0.65))
        if not pale
        else surface.albedo * np.float32(0.7) + np.float32(0.25)
    )
    albedo = mixed(
        surface.albedo, inside * (1 + np.float32(0.2) * rough)[:, :, None], form * np.float32(min(1, 0.8 * strength))
    )
    height = surface.height - form * np.float32(0.012) * (1 + np.float32(0.6) * rough)
    return replace(surface, albedo=albedo.astype(np.float32), height=height.astype(np.float32))


def _ground_near(surface: Surface) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Return what lies under the part, guessed as the mean colour of the uncovered background."""
    bare = surface.part < 0.05
    if bare.sum() < 50:
        return np.full(3, 0.05, np.float32)
    out: np.ndarray[tuple[int, ...], np.dtype[np.float32]] = surface.albedo[bare].mean(0).astype(np.float32)
    return out


def hole(surface: Surface, rng: Generator, strength: float) -> Surface:
    """Pinholes, a pore or a puncture: dark, sharp, with a lit far rim."""
    size = surface.height.shape[0]
    at = spot(surface, rng)
    radius = rng.uniform(0.012, 0.034)
    pit = blob(rng, size, at, radius, edge=0.2, ragged=rng.uniform(0.05, 0.3), aspect=rng.uniform(1, 1.5))
    for _ in range(int(rng.choice([0, 0, 2, 4]))):
        near = (at[0] + rng.normal(0, 0.04), at[1] + rng.normal(0, 0.04))
        pit = np.maximum(pit, blob(rng, size, near, radius * rng.uniform(0.3, 0.7), edge=0.3, ragged=0.1))
    pit = pit * surface.part
    dark = min(0.95, rng.uniform(0.6, 0.9) * strength)
    albedo = surface.albedo * (1 - np.float32(dark) * pit[:, :, None])
    height = surface.height - blurred(pit, 0.003) * np.float32(0.02)
    return replace(surface, albedo=albedo.astype(np.float32), height=height.astype(np.float32))
