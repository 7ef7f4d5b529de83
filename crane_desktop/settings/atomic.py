"""Files that are there whole or not at all, whatever happens to the program or the power."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Iterable
from pathlib import Path

TEMPORARY_SUFFIX = ".part"
"""What a file is called while it is being written; one that stays behind is nobody's and may be deleted."""


def write_atomic(path: Path, content: bytes, *, sync_parent: bool = True) -> None:
    """Replace the file `path` by `content`; a reader sees the old file or the new one, never a part.

    The content reaches the disk before the name does, and the name before this returns (as far as the
    system lets a folder be synced: Windows does not).

    Parameters
    ----------
    sync_parent
        False where the caller writes many files into one folder and calls `sync_folder` once for all.

    Raises
    ------
    OSError
        If the folder is missing or cannot be written: the old file is then untouched. Or if only the name could not
        be made durable: then the new file is there, but may not outlive a power cut.
    """
    temporary = path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}{TEMPORARY_SUFFIX}")
    write_synced(temporary, [content])
    try:
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):  # what went wrong first is what must be told
            temporary.unlink()
        raise
    if sync_parent:
        sync_folder(path.parent)


def write_synced(path: Path, content: Iterable[bytes]) -> None:
    """Make the file `path`, its content on the disk when this returns; its name is so only after `sync_folder`.

    Parameters
    ----------
    content
        Piece by piece; whatever it raises passes through.

    Raises
    ------
    FileExistsError
        If there is such a file; it is untouched.
    OSError
        If it cannot be written; nothing of it stays.
    """
    with path.open("xb") as file:
        try:
            for piece in content:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            file.close()
            with contextlib.suppress(OSError):  # what went wrong first is what must be told
                path.unlink()
            raise


def free_name(path: Path) -> Path:
    """Return `path`, or that name with a number where it is taken."""
    number = 1
    found = path
    while found.exists() or found.is_symlink():
        number += 1
        found = path.with_name(f"{path.stem} ({number}){path.suffix}")
    return found


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable; nothing to do on Windows, which writes them through.

    Raises
    ------
    OSError
        If the folder is gone or the disk fails.
    """
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
