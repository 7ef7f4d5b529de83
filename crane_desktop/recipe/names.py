"""Names of recipes and packs: readable in any script, and good file names on every system."""

from __future__ import annotations

import re
import unicodedata

LONGEST_NAME = 64
"""In characters."""
LONGEST_NAME_BYTES = 200
"""In UTF-8: a file system takes 255, and endings, numbers and parts of a SHA-256 are put behind a name."""

_FORBIDDEN = set('<>:"/\\|?*')
_SPOILING = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
"""Kinds of characters: control, format, half ones, private, unassigned, and breaks of a line."""
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Characters that count as letters or marks and show nothing: two names would look like one."""
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9]|lpt[0-9]) *(\..*)?", re.DOTALL)


def clean_name(name: str) -> str | None:
    """Return `name` in Unicode NFC, or None where it can be no name.

    A name has 1 to 64 characters (at most 200 bytes in UTF-8), none of them a path separator, a character that
    Windows reserves, a break of a line, or invisible (control, format, half a character, unassigned); it does not begin
    or end with a space, nor begin or end with a dot, and is no device name of Windows (``CON``, ``LPT1.json``,
    ``COM¹``, ``ＡＵＸ``...), in whatever width: old interfaces of Windows fold that.
    """
    if len(name) > 4 * LONGEST_NAME:
        return None
    own = unicodedata.normalize("NFC", name)
    if not 1 <= len(own) <= LONGEST_NAME or any(_spoils(c) for c in own):
        return None
    folded = unicodedata.normalize("NFKC", own)
    if len(own.encode()) > LONGEST_NAME_BYTES or any(
        one != one.strip() or one.strip(".") != one for one in (own, folded)
    ):
        return None
    return None if _RESERVED.fullmatch(folded.casefold()) else own


def same_to_people(one: str, other: str) -> bool:
    """Return whether two names are one to a person or a file system: case, width and composition do not tell apart."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    """Fold what looks alike; twice, since folding a letter may leave something that folds again."""
    for _ in range(2):
        name = unicodedata.normalize("NFKC", name).casefold().strip(" .")
    return name


def _spoils(char: str) -> bool:
    return char in _FORBIDDEN or char in _UNSEEN or unicodedata.category(char) in _SPOILING
