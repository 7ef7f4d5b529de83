"""Names of recipes: readable in any script, and good file names on every system."""

from __future__ import annotations

import re
import unicodedata

LONGEST_NAME = 64
"""In characters; with the longest Japanese characters still well under a file system's 255 bytes."""

_FORBIDDEN = set('<>:"/\\|?*')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)


def clean_name(name: str) -> str | None:
    """Return `name` in Unicode NFC, or None where it cannot be a recipe's name.

    A name has 1 to 64 characters, none of them a path separator, a character that Windows reserves, or
    invisible (control, format, unassigned); it does not begin or end with a space, nor begin or end with a
    dot, and is no device name of Windows (``CON``, ``LPT1.json``...).
    """
    own = unicodedata.normalize("NFC", name)
    if not 1 <= len(own) <= LONGEST_NAME or own != own.strip() or own.strip(".") != own:
        return None
    if any(c in _FORBIDDEN or unicodedata.category(c)[0] == "C" for c in own):
        return None
    return None if _RESERVED.fullmatch(own) else own
