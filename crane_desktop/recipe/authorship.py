"""Who changed a recipe, and why."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from crane_desktop.domain.events import Plain
from crane_desktop.settings.texts import Language, catalogue, text

_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Why:
    """A reason: the key of its sentence in ``resources/texts``, and what stands in its places."""

    key: str
    params: Mapping[str, Plain] = field(default_factory=dict)

    @classmethod
    def said(cls, words: str) -> Why:
        """Return a reason in somebody's own words."""
        return cls("recipe.why.said", {"words": words})


def why_text(why: Why, language: Language) -> str:
    """Return a reason in `language`; one that another version of the program knew goes by its key."""
    if why.key not in catalogue():
        return why.key
    try:
        return text(why.key, language, **why.params)
    except KeyError:  # its sentence has other places now
        return why.key


def system_user() -> str:
    """Return the name of the system's user, or his number where he has no name."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):  # no account for this number (containers), no such module (Windows)
        name = str(os.getuid()) if hasattr(os, "getuid") else ""
    shown = "".join(c for c in name if c.isprintable()).strip()[:_LONGEST_NAME]
    return shown or "?"
