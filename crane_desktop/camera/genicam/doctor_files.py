"""The doctor's look at one producer: its file from outside, then the driver in a process of its own."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

from crane_desktop.camera.genicam.binaries import Binary, DamagedError, read_binary
from crane_desktop.camera.genicam.libraries import missing_libraries
from crane_desktop.camera.genicam.producer_probe import (
    CrashedError,
    HungError,
    LoadError,
    ProbedProducer,
    probe_producer,
)
from crane_desktop.domain.errors import InputError, Technical, technical
from crane_desktop.domain.findings import Finding, hint, problem, well

_MACHINES = {"x86_64": "x86-64", "amd64": "x86-64", "aarch64": "ARM64", "arm64": "ARM64"}
_TRIALS = ("matrix vision", "balluff")
"""Makers whose producers show other makers' cameras as a trial (harvesters#451)."""
_TRIAL_FILE = "mvgentlproducer.cti"


def check_file(file: Path) -> list[Finding]:
    """Say why this file cannot be loaded on this computer; empty where nothing speaks against it."""
    name = str(file)
    try:
        binary = read_binary(file)
    except FileNotFoundError:
        return [problem("camera.doctor_cti_missing", "camera.doctor_cti_missing_do", file=name)]
    except OSError as error:
        detail = technical(error)
        return [problem("camera.doctor_cti_closed", "camera.doctor_cti_closed_do", file=name, detail=detail)]
    except (DamagedError, InputError):  # a folder or a pipe is no better
        return [problem("camera.doctor_cti_damaged", "camera.doctor_cti_damaged_do", file=name)]
    if binary is None:
        return [problem("camera.doctor_cti_no_library", "camera.doctor_cti_no_library_do", file=name)]
    here = _here()
    if (binary.system, binary.machine) != (here.system, here.machine):
        words: dict[str, object] = {"file": name, "built": binary.words(), "wanted": here.words()}
        return [problem("camera.doctor_cti_foreign", "camera.doctor_cti_foreign_do", **words)]
    return [
        problem("camera.doctor_library_missing", "camera.doctor_library_missing_do", file=name, library=one.name,
                needed_by=one.needed_by)
        for one in missing_libraries(file, binary)
    ]  # fmt: skip


def check_driver(file: Path, within_s: float) -> tuple[list[Finding], ProbedProducer | None]:
    """Load the producer in a process of its own, and say what came of it."""
    name = str(file)
    try:
        looked = probe_producer(name, within_s)
    except HungError:
        params: dict[str, object] = {"file": name, "seconds": round(within_s)}
        return [problem("camera.doctor_driver_hangs", "camera.doctor_driver_hangs_do", **params)], None
    except CrashedError:
        return [problem("camera.doctor_driver_crashes", "camera.doctor_driver_crashes_do", file=name)], None
    if isinstance(looked, LoadError):
        if looked.detail is None:
            return [problem("camera.doctor_no_gentl", "camera.doctor_no_gentl_do", file=name)], None
        found = problem(
            "camera.doctor_load_error", "camera.doctor_load_error_do", file=name, detail=Technical(looked.detail)
        )
        return [found], None
    loads = well(
        "camera.doctor_producer_loads",
        file=file.name,
        vendor=looked.vendor or "-",
        version=looked.version or "-",
        gentl=looked.gentl or "-",
        bits=_here().bits,
    )
    findings = [loads, *_trial(file, looked)]
    if not looked.devices:
        findings.append(problem("camera.doctor_sees_none", "camera.doctor_sees_none_do", file=file.name))
    return findings, looked


def _trial(file: Path, seen: ProbedProducer) -> list[Finding]:
    """A driver does not say that it runs as a trial: whose cameras it shows is all that can be told."""
    if file.name.lower() != _TRIAL_FILE and not _is_of(seen.vendor, _TRIALS):
        return []
    strangers = sorted({d.info.vendor for d in seen.devices if d.info.vendor and not _is_of(d.info.vendor, _TRIALS)})
    if not strangers:
        return []
    return [hint("camera.doctor_trial", "camera.doctor_trial_do", file=file.name, vendors=", ".join(strangers))]


def _is_of(vendor: str, makers: tuple[str, ...]) -> bool:
    return any(maker in vendor.lower() for maker in makers)


def _here() -> Binary:
    machine = platform.machine().lower()
    bits = 64 if sys.maxsize > 2**32 else 32
    return Binary("Windows" if sys.platform == "win32" else "Linux", bits, _MACHINES.get(machine, machine))
