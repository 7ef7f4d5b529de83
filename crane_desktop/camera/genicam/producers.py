"""GenTL producers and the cameras they see. `opened_producers` runs only in the camera's process."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crane_desktop.camera.genicam.messages import DeviceInfo
from crane_desktop.camera.genicam.producer_path import (
    PRODUCER_PATH,
    PRODUCER_SUFFIX,
    understood,
    unknown_variables,
    written_parts,
)
from crane_desktop.camera.genicam.ways import grouped
from crane_desktop.domain.errors import InputError

if TYPE_CHECKING:
    from harvesters.core import Harvester

_READABLE_AND_WRITABLE = 1  # GenTL DEVICE_ACCESS_STATUS_READWRITE
_UNKNOWN_ACCESS = 0
_LONGEST_SHOWN = 200


def configured_places(environment: Mapping[str, str] = os.environ) -> list[Path]:
    """Return the folders, or files, that the system names for producers."""
    parts = written_parts(environment)
    return list(dict.fromkeys(place for part in parts for place in understood(part, environment)))


def configured_producers(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return the producer files in the places that the system names, each once; in a folder by name."""
    found: dict[str, None] = {}
    for place in configured_places(environment):
        found |= dict.fromkeys(_producers_at(place))
    return list(found)


def _producers_at(place: Path) -> list[str]:
    try:
        if place.is_file() and place.suffix.lower() == PRODUCER_SUFFIX:
            return [str(place)]
        return sorted(str(file) for file in place.iterdir() if file.suffix.lower() == PRODUCER_SUFFIX)
    except OSError:
        return []  # a driver that was removed leaves its folder in the variable


def producers_for(cti: str | None) -> tuple[str, ...]:
    """Return the producers to use: the given file, or all that the system has.

    Raises
    ------
    InputError
        If the file does not exist or the system has none.
    """
    if cti is None:
        found = configured_producers()
        if not found:
            raise _none_configured(os.environ)
        return tuple(found)
    if not Path(cti).is_file():
        raise InputError("camera.cti_missing", file=cti)
    return (str(Path(cti).resolve()),)


def _none_configured(environment: Mapping[str, str]) -> InputError:
    value = environment.get(PRODUCER_PATH, "").strip()
    if not value:
        return InputError("camera.no_producer")
    unknown = unknown_variables(value, environment)
    if unknown:
        return InputError("camera.path_unknown_variable", variable=PRODUCER_PATH, unknown=", ".join(unknown))
    return InputError(
        "camera.path_without_producer", variable=PRODUCER_PATH, value=" ".join(value.split())[:_LONGEST_SHOWN]
    )


def is_producer(file: str) -> bool:
    """Load the library and tell whether it is a GenTL producer. It runs the library's start-up code."""
    try:
        library = ctypes.CDLL(file)
    except OSError:
        return False
    return hasattr(library, "GCInitLib")


def opened_producers(files: Sequence[str]) -> tuple[Harvester, list[DeviceInfo]]:
    """Load the producers and return the Harvester with the cameras it sees, in its order.

    Raises
    ------
    InputError
        If the only producer is none.
    """
    from harvesters.core import Harvester

    good = [file for file in files if is_producer(file)]
    if not good:
        raise InputError("camera.cti_is_no_producer", file=", ".join(files))
    harvester = Harvester()
    for file in good:
        harvester.add_file(file)
    return harvester, rediscover(harvester)


def rediscover(harvester: Harvester) -> list[DeviceInfo]:
    """Look for cameras anew; none may be open."""
    harvester.update()
    return [device_info(device) for device in harvester.device_info_list]


def find_device(seen: Sequence[DeviceInfo], wanted: str | None) -> tuple[int, DeviceInfo]:
    """Return position and description of the camera with this id, serial number or name; the first for None.

    A camera that several drivers see is one camera: it is opened through the preferred one (`ways`).

    Raises
    ------
    InputError
        If there is no camera, none with this name, or more than one.
    """
    if not seen:
        raise InputError("camera.no_device")
    cameras = grouped(seen)
    if wanted is None:
        return cameras[0][0]
    for field in ("device_id", "serial_number", "user_defined_name"):
        named = ([way for way in ways if getattr(way[1], field) == wanted] for ways in cameras)
        matches = [ways for ways in named if ways]
        if len(matches) == 1:
            return matches[0][0]
        if matches:
            raise InputError("camera.device_ambiguous", device=wanted, known=_ids(seen))
    raise InputError("camera.device_missing", device=wanted, known=_ids(seen))


def find_same_camera(seen: Sequence[DeviceInfo], known: DeviceInfo) -> tuple[int, DeviceInfo]:
    """Return position and description of a camera that was open before: its id may have changed with its socket.

    Several producers may show the same camera: the one it was opened with is preferred.

    Raises
    ------
    InputError
        If it is not there.
    """
    same = [
        (index, device)
        for index, device in enumerate(seen)
        if (device.serial_number == known.serial_number if known.serial_number else device.device_id == known.device_id)
    ]
    if not same:
        raise InputError("camera.device_missing", device=known.serial_number or known.device_id, known=_ids(seen))

    def strangeness(one: tuple[int, DeviceInfo]) -> tuple[bool, bool, bool]:
        device = one[1]
        other = device.producer != known.producer
        return other, device.producer_file != known.producer_file, device.device_id != known.device_id

    return min(same, key=strangeness)


def _ids(seen: Sequence[DeviceInfo]) -> str:
    return ", ".join(dict.fromkeys(ways[0][1].device_id for ways in grouped(seen)))


def device_info(device: Any) -> DeviceInfo:
    """Return what Harvesters knows of a camera."""
    from genicam.gentl import GenericException

    def read(name: str, module: Any = device) -> str:
        try:
            return str(getattr(module, name))
        except GenericException:
            return ""

    try:
        access = int(device.access_status)
    except GenericException:
        access = _UNKNOWN_ACCESS
    file = read("path_name", device.parent.parent)
    return DeviceInfo(
        device_id=read("id_"),
        vendor=read("vendor"),
        model=read("model"),
        serial_number=read("serial_number"),
        user_defined_name=read("user_defined_name"),
        transport=read("tl_type"),
        producer=Path(file).name,
        accessible=access in (_UNKNOWN_ACCESS, _READABLE_AND_WRITABLE),
        producer_vendor=read("vendor", device.parent.parent),
        producer_file=file,
    )
