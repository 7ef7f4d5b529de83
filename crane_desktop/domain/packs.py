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
    signer, replaced_version, replaced_signer
        Of packs: who signed it, and whose it replaces. The beginning of a public key; empty for nobody.
    dropped
        Of recipes: what is left of the places that it named and that nobody here chose.
    """

    kind: Literal["pack", "recipe"]
    name: str
    version: str
    file: str
    replaces: bool = False
    for_demonstration: bool = False
    signer: str = ""
    replaced_version: str = ""
    replaced_signer: str = ""
    dropped: tuple[str, ...] = ()
