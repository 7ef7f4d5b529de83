"""What is wrong with the camera set-up, found in the order in which a person would look."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from crane_desktop.camera.genicam.doctor_devices import check_device
from crane_desktop.camera.genicam.doctor_files import check_driver, check_file
from crane_desktop.camera.genicam.doctor_paths import check_paths
from crane_desktop.camera.genicam.messages import DeviceInfo
from crane_desktop.camera.genicam.producers import configured_producers
from crane_desktop.camera.genicam.ways import one_each
from crane_desktop.domain.errors import technical
from crane_desktop.domain.findings import Finding, hint, problem

Alone = Callable[[], AbstractContextManager[None]]

_DRIVER_WITHIN_S = 20.0
_log = logging.getLogger(__name__)


def examine(
    cti: str | None = None, driver_within_s: float = _DRIVER_WITHIN_S, alone: Alone = nullcontext
) -> list[Finding]:
    """Look at folders, producers, cameras and a first picture of each.

    Never raises for what it finds, and never hangs: each driver is loaded in a process of its own that is
    given `driver_within_s`.

    Parameters
    ----------
    alone
        Held while a camera is opened for a first picture, so that nobody else opens it meanwhile.
    """
    return list(findings(cti, driver_within_s, alone))


def findings(
    cti: str | None = None, driver_within_s: float = _DRIVER_WITHIN_S, alone: Alone = nullcontext
) -> Iterator[Finding]:
    """Yield the same as soon as each is found."""
    if cti is None:
        yield from _guarded(check_paths)
        producers = configured_producers()
    else:
        producers = [str(Path(cti).absolute())]
    cameras: list[DeviceInfo] = []
    for file in map(Path, producers):
        yield from _producer(file, driver_within_s, alone, cameras)
    yield from several_ways(cameras)


def several_ways(seen: Sequence[DeviceInfo]) -> list[Finding]:
    """Say of which cameras more than one driver can serve them, and which one does; `seen` is in the drivers' order."""
    found = []
    for camera in one_each(seen):
        if len(camera.ways) > 1:
            name = camera.user_defined_name or camera.device_id
            words: dict[str, object] = {"device": name, "drivers": ", ".join(camera.ways), "used": camera.producer}
            found.append(hint("camera.doctor_several_ways", "camera.doctor_several_ways_do", **words))
    return found


def _producer(file: Path, within_s: float, alone: Alone, cameras: list[DeviceInfo]) -> Iterator[Finding]:
    """Look at one driver and its cameras, and note these."""
    outside = _guarded(lambda: check_file(file))
    yield from outside
    if any(not finding.ok for finding in outside):
        return
    found, seen = check_driver(file, within_s)
    yield from found
    cameras += [device.info for device in seen.devices] if seen is not None else []
    for device in seen.devices if seen is not None else ():
        yield from _guarded(lambda device=device: check_device(file, device, alone))  # type: ignore[misc]


def _guarded(check: Callable[[], list[Finding]]) -> list[Finding]:
    """A doctor who stumbles says so, and goes on to the next."""
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - the last defence: whatever a broken set-up brings about
        _log.exception("the doctor failed")
        return [problem("camera.doctor_failed", "camera.doctor_failed_do", detail=technical(error))]
