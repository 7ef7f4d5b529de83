"""What the rest of the program is told when another version of a recipe comes into use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crane_desktop.recipe.authorship import Why
from crane_desktop.recipe.differences import Difference
from crane_desktop.recipe.version_files import RecipeVersion


@dataclass(frozen=True, slots=True)
class RecipeChange:
    """A version that has just come into use.

    Attributes
    ----------
    parent_sha256
        The version that was in use before; None: there was none, or it is not known any more.
    when
        UTC.
    differences
        To that one; none where it is missing or damaged.
    """

    name: str
    version: int
    sha256: str
    parent_sha256: str | None
    who: str
    when: datetime
    why: Why
    differences: tuple[Difference, ...]


def change_of(made: RecipeVersion) -> RecipeChange:
    """Return what to tell of a version that was just made."""
    return RecipeChange(
        name=made.name,
        version=made.version,
        sha256=made.sha256,
        parent_sha256=made.parent_sha256,
        who=made.who,
        when=made.when,
        why=made.why,
        differences=made.differences or (),
    )
