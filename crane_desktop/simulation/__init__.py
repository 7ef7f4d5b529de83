"""The simulated line: draws several kinds of parts, good and defective, with known truth."""

from __future__ import annotations

from crane_desktop.simulation.painting.dataset import write_dataset
from crane_desktop.simulation.painting.draw import (
    DEFECTS,
    HELD_OUT_KINDS,
    KINDS,
    TRAINING_KINDS,
    DrawnPart,
    draw_part,
    draw_twins,
)

__all__ = [
    "DEFECTS",
    "HELD_OUT_KINDS",
    "KINDS",
    "TRAINING_KINDS",
    "DrawnPart",
    "draw_part",
    "draw_twins",
    "write_dataset",
]
