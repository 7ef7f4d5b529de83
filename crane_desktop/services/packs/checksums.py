"""The checksum that travels beside a pack: ``NAME.cranepack.sha256``, or ``SHA256SUMS`` for a whole stick."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from crane_desktop.domain.errors import InputError
from crane_desktop.settings.regular_file import open_regular, read_regular

SUMS = "SHA256SUMS"
_LARGEST_SUMS = 4_000_000
_LINE = re.compile(r"\\?([0-9a-fA-F]{64})(?: [ *](.+))?")


def check_sum_beside(pack: Path) -> bool:
    """Compare a pack with the checksums beside it, where there are any.

    Returns
    -------
    bool
        Whether there was one.

    Raises
    ------
    InputError
        If the pack differs from it, or the checksum or the pack cannot be read.
    """
    own = pack.with_name(f"{pack.name}.sha256")
    wanted = _wanted(own, pack.name, alone=True) or _wanted(pack.with_name(SUMS), pack.name, alone=False)
    if wanted is None:
        return False
    try:
        with open_regular(pack) as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError("model.no_such_pack_file", file=pack) from error
    if found != wanted:
        raise InputError("app.pack_sum_differs", file=pack)
    return True


def _wanted(sums: Path, name: str, *, alone: bool) -> str | None:
    """Return what a file of checksums says of `name`; `alone`: its one line need not name it."""
    try:
        lines = read_regular(sums, _LARGEST_SUMS).decode("utf-8-sig").splitlines()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, InputError) as error:
        raise InputError("app.pack_sum_unreadable", file=sums) from error
    found = [match for line in lines if (match := _LINE.fullmatch(line.strip()))]
    for match in found:
        if match[2] is not None and Path(match[2]).name == name:
            return match[1].lower()
    if not alone:
        return None
    if len(found) == 1:  # the file's own name says which pack is meant, even if that was renamed
        return found[0][1].lower()
    raise InputError("app.pack_sum_unreadable", file=sums)
