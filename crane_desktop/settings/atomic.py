"""Write a file whole or not at all, whatever happens in between."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

TEMPORARY_SUFFIX = ".part"
"""Files of this suffix were being written when the program died; anyone may delete them."""


def write_atomic(path: Path, data: bytes) -> None:
    """Replace `path` by `data`: a reader, or a power loss, finds the old file or the new one.

    The temporary file lies in the same folder, because only a rename within one file system is atomic. Its
    name is short and random, so that two writers do not meet and long names do not grow longer.

    Raises
    ------
    OSError
        If the disk is full or the folder is missing or unwritable; `path` is then as it was.
    """
    temporary = path.parent / f".{secrets.token_hex(8)}{TEMPORARY_SUFFIX}"
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the folder's entries durable: POSIX keeps a rename in memory until its folder is synced.

    Windows has no such call and needs none (NTFS journals the entry).

    Raises
    ------
    OSError
        If the disk refuses.
    """
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
