"""How much memory this process holds, and held at most; and that what is freed is not fetched anew every frame."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path
from typing import Any

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
    if sys.platform == "win32":
        return _of_windows()
    if _STATUS.exists():
        # Not getrusage: its maximum is inherited from whoever started this process.
        lines = dict(line.split(":", 1) for line in _STATUS.read_text(encoding="ascii").splitlines() if ":" in line)
        now, most = (int(lines[name].split()[0]) << 10 for name in ("VmRSS", "VmHWM"))
        return now, most
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most, most


def _of_windows() -> tuple[int, int]:
    from ctypes import wintypes

    class Counters(ctypes.Structure):
        _fields_ = (
            ("cb", wintypes.DWORD),
            ("PageFaultCount", wintypes.DWORD),
            ("PeakWorkingSetSize", ctypes.c_size_t),
            ("WorkingSetSize", ctypes.c_size_t),
            ("others", ctypes.c_size_t * 6),
        )

    windows: Any = ctypes
    counters = Counters(cb=ctypes.sizeof(Counters))
    own = windows.windll.kernel32.GetCurrentProcess
    own.restype = wintypes.HANDLE
    ask = windows.windll.kernel32.K32GetProcessMemoryInfo
    ask.argtypes = (wintypes.HANDLE, ctypes.POINTER(Counters), wintypes.DWORD)
    if not ask(own(), ctypes.byref(counters), counters.cb):
        raise OSError("the memory in use is not known")
    return counters.WorkingSetSize, counters.PeakWorkingSetSize
