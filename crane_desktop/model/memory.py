"""How much memory this process holds, and held at most."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

_STATUS = Path("/proc/self/status")


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
    import ctypes
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
