"""One function a kind of defect: surface, generator, strength (1 = usual) -> damaged surface."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from numpy.random import Generator

from crane_desktop.camera.simulated.defects.lines import crack, foreign_fibre, scratch
from crane_desktop.camera.simulated.defects.material import chip, dent, hole
from crane_desktop.camera.simulated.defects.patches import colour_shift, smear, stain
from crane_desktop.camera.simulated.surface import Surface

Damage: TypeAlias = Callable[[Surface, Generator, float], Surface]

DAMAGES: Mapping[str, Damage] = {
    "scratch": scratch,
    "dent": dent,
    "stain": stain,
    "chip": chip,
    "colour_shift": colour_shift,
    "crack": crack,
    "hole": hole,
    "foreign_fibre": foreign_fibre,
    "smear": smear,
}
MISSING = "missing_feature"
"""The tenth kind: made by the painter, which leaves a feature out."""
