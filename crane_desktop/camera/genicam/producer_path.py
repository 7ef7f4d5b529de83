"""The variable in which camera drivers leave the folders of their producers, as installers and people write it.

GenTL 1.6 (3.2) asks for folders between the system's separators. What else is written there is understood where it
can mean one thing only: quotation marks and blanks, the other system's separator, ``~`` and variables, a producer's
own file. Pure but for the question whether something lies where the value says.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

PRODUCER_PATH = "GENICAM_GENTL64_PATH"
PRODUCER_SUFFIX = ".cti"
_AROUND = " \t\r\n\"'"
_VARIABLE = re.compile(r"%([^%;:]+)%|\$\{(\w+)\}|\$(\w+)")
_DRIVE = re.compile(r"[A-Za-z]:(?![^\\/])")


def written_parts(environment: Mapping[str, str], separator: str = os.pathsep) -> list[str]:
    """Return what stands between the system's separators, as it is written; empty parts are left out."""
    return [part for part in environment.get(PRODUCER_PATH, "").split(separator) if part.strip(_AROUND)]


def understood(
    part: str,
    environment: Mapping[str, str],
    separator: str = os.pathsep,
    is_there: Callable[[str], bool] = os.path.exists,
) -> list[Path]:
    """Return the folders (or producer files) that a part means.

    Parameters
    ----------
    part
        One of `written_parts`.
    separator
        Of this system.
    is_there
        Whether a path exists: a name that holds the other system's separator is one name where it does.
    """
    whole = _filled(part.strip(_AROUND), environment)
    if is_there(whole):
        return [Path(whole)]
    pieces = (_filled(piece.strip(_AROUND), environment) for piece in _by_other_separator(whole, separator))
    return [Path(piece) for piece in pieces if piece]


def unknown_variables(part: str, environment: Mapping[str, str]) -> list[str]:
    """Return the variables that a part names and that are not set."""
    return [found.group(0) for found in _VARIABLE.finditer(part) if _value(found, environment) is None]


def _by_other_separator(words: str, separator: str) -> list[str]:
    if separator == ":":
        return words.split(";")
    # On Windows a colon stands behind a drive's letter and nowhere else in a path.
    pieces, rest = [], words
    while rest:
        drive = _DRIVE.match(rest.lstrip(_AROUND))
        begin = rest.find(":") + 1 if drive else 0
        end = rest.find(":", begin)
        if end < 0:
            break
        pieces.append(rest[:end])
        rest = rest[end + 1 :]
    return [*pieces, rest]


def _filled(words: str, environment: Mapping[str, str]) -> str:
    filled = _VARIABLE.sub(lambda found: _value(found, environment) or found.group(0), words)
    home = environment.get("USERPROFILE") or environment.get("HOME")
    return home + filled[1:] if home and (filled == "~" or filled.startswith(("~/", "~\\"))) else filled


def _value(found: re.Match[str], environment: Mapping[str, str]) -> str | None:
    return environment.get(next(name for name in found.groups() if name))
