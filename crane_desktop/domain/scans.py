"""What a code reader reads: cleaned of what belongs to the reader and the keyboard, bounded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from crane_desktop.domain.errors import InputError

MOST_LETTERS = 7089
"""No code holds more: the largest QR code, filled with figures."""

GROUP = "\x1d"
"""Between two elements of a GS1 code, where the code itself has FNC1."""

_SEPARATORS = "\x1c\x1d\x1e\x1f\x04"
"""Control characters that belong to what a code says (ISO/IEC 15434): separators and the end of a message."""
_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_NAMES = {"\x04": "EOT", "\x1c": "FS", "\x1d": "GS", "\x1e": "RS", "\x1f": "US"}
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


@dataclass(frozen=True, slots=True)
class Scan:
    """One code, read.

    Attributes
    ----------
    text
        What it says; `GROUP` stands between the elements of a GS1 code.
    symbology
        The AIM identifier that the reader sent before it (``]d2``: a GS1 Data Matrix), empty where it sent none.
    at
        UTC.
    """

    text: str
    symbology: str
    at: datetime

    def shown(self) -> str:
        """Return the text for people: what cannot be seen is named."""
        return "".join(f"<{_NAMES[letter]}>" if letter in _NAMES else letter for letter in self.text)


def read_scan(typed: str, at: datetime) -> Scan | None:
    """Return what was scanned, or None where nothing is left of it.

    Full-width letters and figures, which a Japanese input method makes of a reader's keys, become plain ones; the
    reader's own control characters (STX, CR, LF, Tab ...) go; the AIM identifier is told apart from the text.

    Parameters
    ----------
    typed
        All that came from the keyboard, or was typed by hand.
    at
        UTC.

    Raises
    ------
    InputError
        If it is longer than any code; nothing is ever cut, half a serial number is another one.
    """
    if len(typed) > MOST_LETTERS:
        raise InputError("domain.scan_too_long", most=MOST_LETTERS)
    plain = typed.translate(_FULL_WIDTH)
    words = "".join(letter for letter in plain if letter.isprintable() or letter in _SEPARATORS)
    aim = _AIM.match(words)
    symbology = aim.group() if aim else ""
    words = words[len(symbology) :].lstrip(GROUP)
    return Scan(words, symbology, at) if words.strip() else None
