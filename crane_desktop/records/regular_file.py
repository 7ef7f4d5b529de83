"""Reading a file that somebody may have replaced by something else: a pipe or a device would never end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

LARGEST_PICTURE = 2**30
"""Bytes; the largest camera's uncompressed picture is a tenth of it."""


def read_regular(file: Path, most_bytes: int = LARGEST_PICTURE) -> bytes:
    """Return the content of a regular file.

    Raises
    ------
    OSError
        If it cannot be read, is no regular file, or is larger than `most_bytes`.
    """
    # Without waiting: opening a pipe would wait for somebody to write into it.
    with open(file, "rb", opener=_opened_at_once) as opened:
        found = os.fstat(opened.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "no regular file", str(file))
        if found.st_size > most_bytes:
            raise OSError(errno.EFBIG, "too large", str(file))
        return opened.read(most_bytes)


def _opened_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
