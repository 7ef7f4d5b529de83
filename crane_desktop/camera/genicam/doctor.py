"""What is wrong with the camera set-up, found in the order in which a person would look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from crane_desktop.camera.genicam.discover import enumerate_devices
from crane_desktop.camera.genicam.messages import DeviceInfo
from crane_desktop.camera.genicam.producers import PRODUCER_PATH, configured_folders, producers_for
from crane_desktop.camera.genicam.source import GenicamSource
from crane_desktop.domain.errors import CraneError
from crane_desktop.domain.frames import Frame

_FRAME_WITHIN_S = 5.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: the key of its sentence, the sentence's parameters, and whether it is well."""

    key: str
    params: dict[str, object] = field(default_factory=dict)
    ok: bool = True


def examine(cti: str | None = None) -> list[Finding]:
    """Look at producers, cameras and a first frame; never raises for what it finds."""
    findings: list[Finding] = []
    if cti is None:
        findings += _folders()
    producers = _tried(findings, lambda: producers_for(cti))
    for producer in producers or ():
        findings += _producer(producer)
    return findings


def _folders() -> list[Finding]:
    return [
        Finding("camera.doctor_folder_missing", {"folder": str(folder), "variable": PRODUCER_PATH}, ok=False)
        for folder in configured_folders()
        if not folder.is_dir()
    ]


def _producer(producer: str) -> list[Finding]:
    findings: list[Finding] = []
    seen = _tried(findings, lambda: enumerate_devices((producer,)))
    if seen is None:
        return findings
    findings.append(Finding("camera.doctor_producer_loads", {"file": Path(producer).name}))
    if not seen:
        return [*findings, Finding("camera.doctor_sees_none", {"file": Path(producer).name}, ok=False)]
    for device in seen:
        findings += _device(producer, device)
    return findings


def _device(producer: str, device: DeviceInfo) -> list[Finding]:
    if not device.accessible:
        return [Finding("camera.device_busy", {"device": device.device_id}, ok=False)]
    findings: list[Finding] = []
    source = GenicamSource(producer, device.device_id)
    try:
        frame = _tried(findings, lambda: _first_frame(source))
    finally:
        source.close()
    if frame is not None:
        height, width = frame.pixels.shape[:2]
        size = f"{width}x{height} {frame.pixel_format}"
        findings.append(Finding("camera.doctor_frame_came", {"device": device.words(), "size": size}))
    elif not findings:
        params: dict[str, object] = {"device": device.words(), "seconds": round(_FRAME_WITHIN_S)}
        findings.append(Finding("camera.doctor_no_frame", params, ok=False))
    return findings


def _first_frame(source: GenicamSource) -> Frame | None:
    source.open()
    event = source.next_event(_FRAME_WITHIN_S)
    return event if isinstance(event, Frame) else None


def _tried(findings: list[Finding], look: Callable[[], T]) -> T | None:
    """Return what `look` returns; an error for people becomes a finding."""
    try:
        return look()
    except CraneError as error:
        findings.append(Finding(error.key, dict(error.params), ok=False))
        return None
