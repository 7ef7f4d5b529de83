"""What this computer tells of its network cards, USB ports and processes, without asking a driver.

psutil knows all but the speed of a USB port; Linux tells that in /sys, elsewhere the doctor says nothing of it.
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
            if any(os.path.normcase(part.path) == wanted for part in process.memory_maps()):
                found.append(f"{process.name() or '?'} ({process.pid})")
        except (psutil.Error, OSError):
            continue  # ended meanwhile, or another user's
    return sorted(found)


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
