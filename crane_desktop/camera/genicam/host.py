"""What this computer tells of its network cards, USB ports and processes, without asking a driver.

Linux tells it in /proc and /sys. Elsewhere these answers are empty: then the doctor says nothing of it.
"""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

_SIOCGIFADDR = 0x8915
_PROC, _NET, _USB = Path("/proc"), Path("/sys/class/net"), Path("/sys/bus/usb/devices")


def card_mtu(address: str, net: Path = _NET) -> int | None:
    """Return the MTU of the network card with this IPv4 address, or None where nobody tells."""
    for name in _cards():
        if _card_address(name) == address:
            return _number(net / name / "mtu")
    return None


def usb_speed_mbps(serial_number: str, usb: Path = _USB) -> int | None:
    """Return the speed at which the USB device with this serial number is connected, or None."""
    if not serial_number:
        return None
    for device in sorted(usb.glob("*")):
        if _line(device / "serial") == serial_number:
            return _number(device / "speed")
    return None


def holders(library: Path, proc: Path = _PROC) -> list[str]:
    """Return the processes, as ``name (id)``, that have this library loaded; those of other users stay hidden."""
    wanted = str(library.resolve())
    found = []
    for folder in proc.glob("[0-9]*"):
        try:
            maps = (folder / "maps").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # ended meanwhile, or another user's
        if any(line.endswith(wanted) for line in maps.splitlines()):
            found.append(f"{_line(folder / 'comm') or '?'} ({folder.name})")
    return sorted(found)


def _cards() -> Iterator[str]:
    if sys.platform != "linux":
        return
    for _, name in socket.if_nameindex():
        yield name


def _card_address(name: str) -> str | None:
    if sys.platform != "linux":
        return None
    import fcntl

    request = struct.pack("256s", name.encode()[:15])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            answer = fcntl.ioctl(asking.fileno(), _SIOCGIFADDR, request)
        except OSError:
            return None  # a card without an address
    return socket.inet_ntoa(answer[20:24])


def _line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _number(path: Path) -> int | None:
    words = _line(path)
    return int(words) if words.isdecimal() else None
