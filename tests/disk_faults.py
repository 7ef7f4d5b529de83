"""A disk that fails: every call below a folder in turn, beneath Python and SQLite (`disk_faults.c`)."""

from __future__ import annotations

import ctypes
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("disk_faults.c")


def build(folder: Path) -> Path:
    """Build the library into `folder`; raises AssertionError with the compiler's words where that fails."""
    library = folder / "libdiskfaults.so"
    words = ["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", str(library), str(SOURCE), "-ldl"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return library


def environment(library: Path) -> dict[str, str]:
    """What a process needs in its environment, so that its disk can fail."""
    return {**os.environ, "LD_PRELOAD": str(library)}


@dataclass(frozen=True)
class Counted:
    """What happened while the disk could fail.

    Attributes
    ----------
    calls
        That were counted.
    failed
        That failed.
    first
        The first of those: what it was and on which file.
    """

    calls: int
    failed: int
    first: str


class FailingDisk:
    """The disk of this process, which was started with `environment`."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None)
        self._library.crane_fault_last.restype = ctypes.c_char_p
        for name in ("disarm", "fired", "named", "deleted"):
            getattr(self._library, f"crane_fault_{name}").restype = ctypes.c_long

    def arm(self, folder: Path, number: int, error: int, many: int) -> None:
        """Let `many` calls below `folder` fail with `error`, from the `number`-th on."""
        self._library.crane_fault_arm(str(folder).encode(), ctypes.c_long(number), error, ctypes.c_long(many))

    def disarm(self) -> Counted:
        """Let the disk work again."""
        calls = self._library.crane_fault_disarm()
        return Counted(calls, self._library.crane_fault_fired(), self._library.crane_fault_last().decode())

    @property
    def pictures(self) -> tuple[int, int]:
        """How many pictures got their final name, and how many were deleted that had it."""
        return self._library.crane_fault_named(), self._library.crane_fault_deleted()
