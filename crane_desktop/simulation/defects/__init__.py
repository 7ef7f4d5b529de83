"""One function a kind of defect: surface, generator, strength (1 = usual) -> damaged surface."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from numpy.random import Generator

from crane_desktop.simulation.defects.lines import crack, foreign_fibre, scratch
from crane_desktop.simulation.defects.material import chip, dent, hole
from crane_desktop.simulation.defects.patches import colour_shift, smear, stain
from crane_desktop.simulation.defects.print import print_blot, print_break, print_nick
from crane_desktop.simulation.defects.structure import (
    broken_off,
    foreign_matter,
    fracture,
    scribble,
    warped,
    worn,
)
from crane_desktop.simulation.painting.surface import Surface

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
    "foreign_matter": foreign_matter,
    "warped": warped,
    "worn": worn,
    "scribble": scribble,
    "broken_off": broken_off,
    "fracture": fracture,
    "print_break": print_break,
    "print_nick": print_nick,
    "print_blot": print_blot,
}
PRINT_FLAWS: frozenset[str] = frozenset({"print_break", "print_nick", "print_blot"})
"""What is wrong with a print of two tones."""
OF_ITS_KIND: frozenset[str] = PRINT_FLAWS | {"broken_off", "fracture"}
"""Only kinds of parts that name them among their flaws have these: others have no ends, or no print, to show them."""
MISSING = "missing_feature"
"""One more kind: made by the painter, which leaves a feature out."""
