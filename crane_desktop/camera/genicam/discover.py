"""Which cameras are there. The producers are loaded in a process of their own, with a bound on its time."""

from __future__ import annotations

import importlib.util
import time
from multiprocessing.connection import wait
from pathlib import Path

from crane_desktop.camera.genicam.child import Child
from crane_desktop.camera.genicam.messages import DeviceInfo, ErrorReport
from crane_desktop.camera.genicam.process import devices_main
from crane_desktop.camera.genicam.producers import producers_for
from crane_desktop.camera.genicam.ways import one_each
from crane_desktop.domain.errors import InputError, StationFault

__all__ = ["DeviceInfo", "bundled_viky", "enumerate_devices", "list_devices"]

_WITHIN_S = 20.0


def list_devices(cti: str | None = None) -> list[DeviceInfo]:
    """Return the cameras that a producer, or every producer of this system, sees; each once, with all its drivers.

    Raises
    ------
    InputError
        If there is no producer, the file is none, or no camera answers.
    StationFault
        If a driver crashes or does not come back.
    """
    seen = enumerate_devices(producers_for(cti))
    if not seen:
        raise InputError("camera.no_device")
    return one_each(seen)


def enumerate_devices(producers: tuple[str, ...], within_s: float = _WITHIN_S) -> list[DeviceInfo]:
    """Return the cameras that these producers see, maybe none.

    Raises
    ------
    InputError
        If no file is a producer.
    StationFault
        If a driver crashes or does not come back within the time.
    """
    try:
        child = Child("crane-cameras", devices_main, producers)
    except BrokenPipeError:
        raise StationFault("camera.driver_crashed", file=", ".join(producers)) from None
    answered = False
    try:
        until_s = time.monotonic() + within_s
        wait(child.waitables, within_s)
        if not child.pipe.poll(0):
            if time.monotonic() >= until_s:
                raise StationFault("camera.driver_hangs", file=", ".join(producers), seconds=round(within_s))
            raise StationFault("camera.driver_crashed", file=", ".join(producers))
        answer = child.pipe.recv()
        answered = True
    except (EOFError, OSError):
        raise StationFault("camera.driver_crashed", file=", ".join(producers)) from None
    finally:
        child.end(politely=answered)
    if isinstance(answer, ErrorReport):
        raise answer.error()
    return list(answer)


def bundled_viky() -> Path | None:
    """Return the test producer that the genicam wheel brings (simulated cameras), or None where it is missing."""
    spec = importlib.util.find_spec("genicam")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        file = Path(folder) / "viky.cti"
        if file.is_file():
            return file
    return None
