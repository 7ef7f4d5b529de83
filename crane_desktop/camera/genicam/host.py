"""What this computer tells of its network cards, USB ports and processes, without asking a driver.

psutil knows most of it. Linux tells the speed of a USB port in /sys; elsewhere the doctor says nothing of that.
"""

from __future__ import annotations

import os
from pathlib import Path

import psutil

_USB = Path("/sys/bus/usb/devices")


def card_mtu(address: str) -> int | None:
    """Return the MTU of the network card with this IPv4 address, or None where there is none."""
    for name, addresses in psutil.net_if_addrs().items():
        if any(one.address == address for one in addresses):
            stats = psutil.net_if_stats().get(name)
            return int(stats.mtu) if stats is not None and stats.mtu else None
    return None


def holders(library: Path) -> list[str]:
    """Return the processes, as ``name (id)``, that have this library loaded; those of other users stay hidden."""
    wanted = os.path.normcase(library.resolve())
    found = []
    for process in psutil.process_iter():
        try:
            if wanted in map(os.path.normcase, _mapped_files(process)):
                found.append(f"{process.name() or '?'} ({process.pid})")
        except (psutil.Error, OSError):
            continue  # ended meanwhile, or another user's
    return sorted(found)


def _mapped_files(process: psutil.Process) -> list[str]:
    if not psutil.LINUX:
        return [part.path for part in process.memory_maps()]
    # psutil reads smaps, for which the kernel walks over all pages of every process: seconds instead of a moment.
    maps = Path(f"/proc/{process.pid}/maps").read_text(encoding="utf-8", errors="replace")
    return [words[5] for line in maps.splitlines() if len(words := line.split(maxsplit=5)) == 6]


def usb_speed_mbps(serial_number: str, usb: Path = _USB) -> int | None:
    """Return the speed at which the USB device with this serial number is connected, or None."""
    if not serial_number:
        return None
    for device in sorted(usb.glob("*")):
        if _line(device / "serial") == serial_number:
            speed = _line(device / "speed")
            return int(speed) if speed.isdecimal() else None
    return None


def _line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
