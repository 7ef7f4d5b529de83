"""One camera that several drivers see, and which of them opens it. Pure.

The order of preference: a driver that says that the camera can be opened, then the camera maker's own driver, then the
one that comes first (in the order of the variable's folders, in a folder by name). A .cti file that is named counts
alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from crane_desktop.camera.genicam.messages import DeviceInfo

Way = tuple[int, DeviceInfo]
"""Where a driver's sight of a camera stands in the list of all, and what it tells."""

_WORDS = re.compile(r"[a-z0-9]+")


def grouped(seen: Sequence[DeviceInfo]) -> list[list[Way]]:
    """Return the ways to each camera, preferred first; cameras in the order in which they were seen."""
    cameras: list[list[Way]] = []
    for way in enumerate(seen):
        known = next((ways for ways in cameras if any(same_camera(way[1], other) for _, other in ways)), None)
        if known is None:
            cameras.append([way])
        else:
            known.append(way)
    return [sorted(ways, key=_rank) for ways in cameras]


def one_each(seen: Sequence[DeviceInfo]) -> list[DeviceInfo]:
    """Return each camera once, as its preferred driver tells of it, with the names of all that see it."""
    return [replace(ways[0][1], ways=_drivers([way for _, way in ways])) for ways in grouped(seen)]


def same_camera(one: DeviceInfo, other: DeviceInfo) -> bool:
    """Return whether two sights are of one camera: its serial number, and model or maker, or its id besides."""
    if one.serial_number and other.serial_number and one.serial_number != other.serial_number:
        return False
    if one.device_id == other.device_id:
        return True
    if _driver(one) == _driver(other) or not one.serial_number or not other.serial_number:
        return False  # one driver tells its cameras apart
    return _words(one.model) == _words(other.model) or _maker(one.vendor) == _maker(other.vendor) != ""


def _driver(device: DeviceInfo) -> tuple[str, str]:
    return device.producer, device.producer_file


def _drivers(ways: Sequence[DeviceInfo]) -> tuple[str, ...]:
    """Return the drivers' names, each once; two versions of one, in a folder each, with their folders."""
    drivers = list(dict.fromkeys(map(_driver, ways)))
    names = [name for name, _ in drivers]
    return tuple(file if file and names.count(name) > 1 else name for name, file in drivers)


def _rank(way: Way) -> tuple[bool, bool, int]:
    place, device = way
    return not device.accessible, not _of_maker(device), place


def _of_maker(device: DeviceInfo) -> bool:
    """Return whether the driver's maker is the camera's; where the driver does not tell, its file's name may."""
    maker = _maker(device.vendor)
    return bool(maker) and (maker == _maker(device.producer_vendor) or maker in device.producer.lower())


def _maker(vendor: str) -> str:
    """Return a maker's first word: drivers write "Basler" and "Basler AG"."""
    return next(iter(_words(vendor)), "")


def _words(name: str) -> list[str]:
    return _WORDS.findall(name.lower())
