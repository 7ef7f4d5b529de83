"""Cells that a spreadsheet must not take for formulas (OWASP, "CSV Injection")."""

from __future__ import annotations

import unicodedata

_STARTS = frozenset("=+-@\N{MINUS SIGN}")
_UNSEEN = frozenset(("Cc", "Cf", "Zs", "Zl", "Zp"))
"""Kinds of characters that a spreadsheet skips, or a reader does not see, before a formula: blanks, tabs, marks."""


def guarded(cell: str) -> str:
    """Return the text for a cell: behind an apostrophe where a spreadsheet would compute it, else as it is.

    Signs count in full width as well: in Japan spreadsheets take ＝ for =. A line or a tab at the beginning is guarded
    whatever follows.
    """
    begins = next((char for char in cell if unicodedata.category(char) not in _UNSEEN), "")
    if cell[:1] in ("\t", "\r", "\n") or unicodedata.normalize("NFKC", begins)[:1] in _STARTS:
        return f"'{cell}"
    return cell
