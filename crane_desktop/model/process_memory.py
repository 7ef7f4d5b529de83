"""How much memory this process holds, and held at most; and that what is freed is not fetched anew every frame."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
"""glibc's names for them (malloc.h)."""
_KEPT_BYTES = 256 << 20
_OWN_MAPPING_BYTES = 32 << 20


def keep_freed_memory() -> bool:
    """Have glibc keep what is freed for the next frame, up to a bound, instead of giving it back; tell whether it does.

    Otherwise the kernel clears thousands of pages for every frame, those of every layer's output. torch's builds for
    Windows bring an allocator that keeps memory.
    """
    if not sys.platform.startswith("linux"):
        return False
    settle = getattr(ctypes.CDLL(None), "mallopt", None)
    if settle is None:  # another C library
        return False
    wishes = ((_MMAP_THRESHOLD, _OWN_MAPPING_BYTES), (_TRIM_THRESHOLD, _KEPT_BYTES), (_TOP_PAD, _OWN_MAPPING_BYTES))
    settled = [settle(name, size) == 1 for name, size in wishes]
    return all(settled)


def resident_and_peak_bytes() -> tuple[int, int]:
    """Return the memory that this process has in RAM now, and the most that it ever had."""
    import psutil  # here: the program starts without it

    memory = psutil.Process().memory_info()
    now = int(memory.rss)
    return now, max(now, _peak_bytes(memory))


def _peak_bytes(memory: object) -> int:
    """Return the peak: psutil tells it on Windows, Linux in its status file.

    Not getrusage: its maximum is inherited from whoever started this process.
    """
    if sys.platform == "win32":
        return int(getattr(memory, "peak_wset", 0))
    lines = _STATUS.read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) << 10
