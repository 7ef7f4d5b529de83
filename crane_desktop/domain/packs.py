"""What a file that travels, a pack or a recipe, would bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Offer:
    """What a file would bring to the station.

    Attributes
    ----------
    replaces
        Whether another one of its name is there, which would be kept aside.
    """

    kind: Literal["pack", "recipe"]
    name: str
    version: str
    file: str
    replaces: bool = False
    for_demonstration: bool = False
