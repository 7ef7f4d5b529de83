"""One producer, probed from inside: `probe_main` runs in a process of its own, since any driver may hang or crash."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

from crane_desktop.camera.genicam.child import Child
from crane_desktop.camera.genicam.features import AnyNodeMap, feature_value
from crane_desktop.camera.genicam.messages import DeviceInfo
from crane_desktop.domain.camera_names import (
    CARD_ADDRESS,
    CARD_MASK,
    CARD_MTU,
    CARD_SELECTOR,
    SEEN_DEVICE_ADDRESS,
    SEEN_DEVICE_ID,
    SEEN_DEVICE_MASK,
    SEEN_DEVICE_SELECTOR,
    Quantity,
)

_WITHIN_S = 20.0
_MOST_SUBNETS = 16


@dataclass(frozen=True, slots=True)
class ProbedDevice:
    """A camera as its producer tells of it without opening it.

    Attributes
    ----------
    access
        GenTL's DEVICE_ACCESS_STATUS.
    address, mask
        IPv4 as whole numbers (GigE Vision); None where the producer does not tell.
    subnets
        (address, mask) of the network card that sees it.
    mtu
        Of that card, where the producer tells.
    """

    info: DeviceInfo
    access: int
    address: int | None = None
    mask: int | None = None
    subnets: tuple[tuple[int, int], ...] = ()
    mtu: int | None = None


@dataclass(frozen=True, slots=True)
class ProbedProducer:
    """What a producer says of itself."""

    vendor: str
    model: str
    version: str
    gentl: str
    devices: tuple[ProbedDevice, ...]


@dataclass(frozen=True, slots=True)
class LoadError:
    """Why it does not load: the loader's own words, or None where it loads but is no producer."""

    detail: str | None


ProbeResult = ProbedProducer | LoadError


class HungError(Exception):
    """The driver did not come back."""


class CrashedError(Exception):
    """The driver ended its process."""


def probe_producer(file: str, within_s: float = _WITHIN_S) -> ProbeResult:
    """Return what the producer says, or why it does not load.

    Raises
    ------
    HungError, CrashedError
        If the driver does not come back within the time, or ends its process.
    """
    try:
        child = Child("crane-doctor", probe_main, file)
    except BrokenPipeError:
        raise CrashedError from None
    answered = False
    try:
        ready = wait(child.waitables, within_s)
        if not child.pipe.poll(0):
            raise CrashedError if ready else HungError
        answer = child.pipe.recv()
        answered = True
    except (EOFError, OSError):
        raise CrashedError from None
    finally:
        child.end(politely=answered)
    if not isinstance(answer, ProbedProducer | LoadError):
        raise CrashedError
    return answer


def probe_main(pipe: Connection, _heartbeat: Any, file: str) -> None:
    """Send what the producer says; the process's main function."""
    from crane_desktop.camera.genicam.process import prepared_process

    with prepared_process():
        try:
            library = ctypes.CDLL(file)
        except OSError as error:
            pipe.send(LoadError(str(error)))
            return
        if not hasattr(library, "GCInitLib"):
            pipe.send(LoadError(None))
            return
        try:
            pipe.send(_probe(file))
        except Exception as error:  # noqa: BLE001 - a driver may raise anything; it is what we came to see
            pipe.send(LoadError(f"{type(error).__name__}: {error}"))


def _probe(file: str) -> ProbedProducer:
    from harvesters.core import Harvester

    from crane_desktop.camera.genicam.producers import device_info

    harvester = Harvester()
    harvester.add_file(file)
    harvester.update()
    devices = tuple(_probe_device(device, device_info(device)) for device in harvester.device_info_list)
    # Harvesters keeps the opened producers to itself; they are there also where no camera is.
    systems = getattr(harvester, "_systems", [])
    if not systems:
        raise OSError("the producer does not open")
    module = systems[0].module
    seen = ProbedProducer(
        vendor=_read_info(module, "vendor"),
        model=_read_info(module, "model"),
        version=_read_info(module, "version"),
        gentl=".".join(filter(None, (_read_info(module, "gentl_ver_major"), _read_info(module, "gentl_ver_minor")))),
        devices=devices,
    )
    harvester.reset()
    return seen


def _probe_device(device: Any, info: DeviceInfo) -> ProbedDevice:
    from genicam import genapi

    access = _read_info(device, "access_status")
    try:
        network = network_of(device.parent.node_map, info.device_id)
    except genapi.GenericException:
        network = {}
    return ProbedDevice(info, int(access) if access.isdecimal() else 0, **network)


def network_of(nodes: AnyNodeMap, device_id: str) -> dict[str, Any]:
    """Return addresses of a camera and of the card that sees it, from the card's node map (GenTL SFNC 1.1)."""
    found: dict[str, Any] = {}
    for _ in _selections(nodes, SEEN_DEVICE_SELECTOR):
        if feature_value(nodes, SEEN_DEVICE_ID, device_id) == device_id:
            found["address"] = feature_value(nodes, SEEN_DEVICE_ADDRESS, None)
            found["mask"] = feature_value(nodes, SEEN_DEVICE_MASK, None)
            break
    subnets = []
    for _ in _selections(nodes, CARD_SELECTOR):
        address = feature_value(nodes, CARD_ADDRESS, None)
        mask = feature_value(nodes, CARD_MASK, None)
        if address and mask:
            subnets.append((int(address), int(mask)))
    found["subnets"] = tuple(subnets)
    found["mtu"] = feature_value(nodes, CARD_MTU, None)
    return found


def _selections(nodes: AnyNodeMap, selector: Quantity) -> Iterator[None]:
    """Stand on each choice of a selector; once where there is none."""
    from genicam import genapi

    if not nodes.has_node(selector.name):
        yield
        return
    node = nodes.get_node(selector.name)
    try:
        first, last = int(node.min), min(int(node.max), int(node.min) + _MOST_SUBNETS)
    except genapi.GenericException:
        yield
        return
    for index in range(first, last + 1):
        try:
            node.value = index
        except genapi.GenericException:
            return
        yield


def _read_info(module: Any, name: str) -> str:
    from genicam.gentl import GenericException

    try:
        return str(getattr(module, name))
    except (GenericException, AttributeError):
        return ""
