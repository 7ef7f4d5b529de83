"""Names from outside as they may be shown: nothing in them breaks a line, hides or turns what stands beside it."""

from __future__ import annotations

import re

_MARKS = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def shown_name(name: str) -> str:
    r"""Return a name with its control characters and marks of direction written out (``\n``, ``\u202e``)."""
    return _MARKS.sub(_written_out, name)


def _written_out(found: re.Match[str]) -> str:
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(found[0]) or (
        f"\\x{ord(found[0]):02x}" if ord(found[0]) < 0x100 else f"\\u{ord(found[0]):04x}"
    )
