"""The doctor's look at one camera: whether it is free, its network or USB, and a first picture."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from ipaddress import IPv4Address, IPv4Network
from multiprocessing import active_children
from pathlib import Path

from crane_desktop.camera.genicam.host import card_mtu, holders, usb_speed_mbps
from crane_desktop.camera.genicam.link import CAMERA_PROCESS
from crane_desktop.camera.genicam.producer_probe import ProbedDevice
from crane_desktop.camera.genicam.source import GenicamSource
from crane_desktop.domain.errors import CraneError
from crane_desktop.domain.findings import Finding, hint, problem, well
from crane_desktop.domain.frames import Frame

_FRAME_WITHIN_S = 5.0
_FREE = (0, 1)
"""GenTL DEVICE_ACCESS_STATUS: not told, readable and writable."""
_READ_ONLY, _BUSY, _OPEN = 2, 4, (5, 6)
_LINK_LOCAL = IPv4Network("169.254.0.0/16")
_JUMBO = 8000
_USB3_MBPS = 5000


def check_device(
    producer: Path, device: ProbedDevice, alone: Callable[[], AbstractContextManager[None]] = nullcontext
) -> list[Finding]:
    """Say all about one camera; `alone` is held while it is opened for a first picture."""
    findings = [*_access(producer, device), *network_findings(device), *_usb(device)]
    if device.access not in _FREE or any(not finding.ok for finding in findings):
        return findings
    with alone():
        return [*findings, _first_frame(producer, device)]


def _access(producer: Path, device: ProbedDevice) -> list[Finding]:
    if device.access in _FREE:
        return []
    name = device.info.words()
    if device.access == _READ_ONLY:
        return [problem("camera.doctor_read_only", "camera.doctor_read_only_do", device=name)]
    if device.access != _BUSY and device.access not in _OPEN:
        return [problem("camera.doctor_no_access", "camera.doctor_no_access_do", device=name)]
    cameras = [child.pid for child in active_children() if child.name == CAMERA_PROCESS]
    own = tuple(f"({pid})" for pid in (os.getpid(), *cameras))
    others = holders(producer)
    if any(one.endswith(own) for one in others):
        return [well("camera.doctor_own", device=name)]
    if others:
        by = ", ".join(others)
        return [problem("camera.doctor_held_by", "camera.doctor_busy_do", device=name, programs=by)]
    return [problem("camera.doctor_busy", "camera.doctor_busy_do", device=name)]


def network_findings(device: ProbedDevice) -> list[Finding]:
    """Compare the camera's address with those of the network card that sees it."""
    if not device.address or not device.mask:
        return []
    camera = IPv4Network((device.address, str(IPv4Address(device.mask))), strict=False)
    address = IPv4Address(device.address)
    cards = [IPv4Network((card, str(IPv4Address(mask))), strict=False) for card, mask in device.subnets]
    words: dict[str, object] = {"device": device.info.words(), "address": f"{address}/{camera.prefixlen}"}
    findings: list[Finding] = []
    if cards and not any(address in card for card in cards):
        mine = ", ".join(
            f"{IPv4Address(card)}/{net.prefixlen}" for (card, _), net in zip(device.subnets, cards, strict=True)
        )
        findings.append(problem("camera.doctor_other_subnet", "camera.doctor_other_subnet_do", **words, card=mine))
    elif address in _LINK_LOCAL:
        findings.append(hint("camera.doctor_link_local", "camera.doctor_link_local_do", **words))
    else:
        findings.append(well("camera.doctor_network_good", **words))
    for card, _ in device.subnets:
        mtu = device.mtu or card_mtu(str(IPv4Address(card)))
        if mtu is not None and mtu < _JUMBO:
            small: dict[str, object] = {"card": str(IPv4Address(card)), "mtu": mtu}
            findings.append(hint("camera.doctor_mtu", "camera.doctor_mtu_do", **small))
    return findings


def _usb(device: ProbedDevice) -> list[Finding]:
    if device.info.transport.upper() not in ("U3V", "USB3VISION", "USB3"):
        return []
    speed = usb_speed_mbps(device.info.serial_number)
    if speed is None:
        return []
    words: dict[str, object] = {"device": device.info.words(), "speed": speed}
    if speed < _USB3_MBPS:
        return [hint("camera.doctor_usb_slow", "camera.doctor_usb_slow_do", **words)]
    return [well("camera.doctor_usb_good", **words)]


def _first_frame(producer: Path, device: ProbedDevice) -> Finding:
    name = device.info.words()
    source = GenicamSource(str(producer), device.info.device_id)
    try:
        source.open()
        event = source.next_event(_FRAME_WITHIN_S)
    except CraneError as error:
        return Finding(error.key, "camera.doctor_does_not_run_do", dict(error.params))
    finally:
        source.close()
    if not isinstance(event, Frame):
        seconds = round(_FRAME_WITHIN_S)
        return problem("camera.doctor_no_frame", "camera.doctor_no_frame_do", device=name, seconds=seconds)
    height, width = event.pixels.shape[:2]
    return well("camera.doctor_frame_came", device=name, size=f"{width}x{height} {event.pixel_format}")
