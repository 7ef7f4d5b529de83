"""JSON that comes from outside: every way in which it can be wrong is one error, and nothing in it runs without end."""

from __future__ import annotations

import json
from typing import Any

_MOST_DIGITS = 300
"""Of a whole number. What reads it has bounds of its own; this one keeps the conversion short."""


class NoJson(ValueError):
    """What was read is no JSON that a program may use.

    Attributes
    ----------
    line
        Where, counted from 1; 1 where nobody knows.
    """

    def __init__(self, line: int = 1) -> None:
        super().__init__(f"no JSON, line {line}")
        self.line = line


def parse_json(content: bytes | str) -> Any:
    """Return what JSON text holds, with or without a byte order mark.

    Beside what is no JSON at all, refused are: whole numbers of hundreds of digits, half characters, nesting without
    end, and bytes that are no UTF-8. NaN and Infinity come through: whoever takes the number knows its name, and says
    it.

    Raises
    ------
    NoJson
        If it is none.
    """
    try:
        text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
        found = json.loads(text, parse_int=_whole)
        if "\\ud" in text or "\\uD" in text:  # half a character hides only behind such an escape
            json.dumps(found, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise NoJson(error.lineno) from error
    except (ValueError, RecursionError) as error:
        raise NoJson from error
    return found


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError("a number of too many digits")
    return int(digits)
