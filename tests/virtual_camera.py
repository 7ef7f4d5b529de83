"""The virtual GenTL camera for tests: building it, setting it up, ordering faults, reading what it did.

The camera itself and all its commands: packaging/virtual_camera/README.md.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from eventually import HANG_S, eventually

BUILD = Path(__file__).resolve().parents[1] / "packaging" / "virtual_camera" / "build.py"
FOLDER_VARIABLE = "CRANE_VIRTUAL_CAMERA"
OUTPUTS = ("Line2", "Line3")

Setting = str | int | float | bool | Path


def build(folder: Path, *options: str) -> Path:
    """Build the producer into `folder`; raises AssertionError with the compiler's words where that fails."""
    words = [sys.executable, "-B", str(BUILD), "-o", str(folder), *options]
    done = subprocess.run(words, capture_output=True, text=True, timeout=HANG_S, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "CraneVirtual.cti"


def build_once(folder: Path, kept: Path) -> Path:
    """Build into `folder`, or copy what was `kept` from an earlier run of the same sources and compiler."""
    compiler = next(filter(None, map(shutil.which, ("gcc", "cc", "clang"))))
    told = subprocess.run([compiler, "--version"], capture_output=True, timeout=HANG_S, check=True).stdout
    sources = b"".join(path.read_bytes() for path in sorted(BUILD.parent.glob("*.*")))
    before = kept / f"{hashlib.sha256(told + sources).hexdigest()}.cti"
    if before.exists():
        return Path(shutil.copy(before, folder / "CraneVirtual.cti"))
    built = build(folder)
    fresh = Path(shutil.copy(built, kept / f"{os.getpid()}.new"))
    fresh.replace(before)  # at once: another run may be looking
    return built


@dataclass(frozen=True)
class Event:
    """A line of a camera's events file."""

    at_ns: int
    pid: int
    name: str
    values: dict[str, str]

    @classmethod
    def read(cls, line: str) -> Event:
        at, pid, name, *rest = line.split(" ", 3)
        values, words = {}, (rest[0] if rest else "")
        words, _, text = words.partition("text=")
        for word in words.split():
            key, _, value = word.partition("=")
            values[key] = value
        return cls(int(at), int(pid), name, values | ({"text": text} if text else {}))

    def number(self, key: str) -> int:
        return int(self.values[key])


class VirtualCameras:
    """The cameras that the producer shows to every process which inherits this one's environment.

    Set `FOLDER_VARIABLE` to `folder` first (the fixture `virtual_cameras` does), then add cameras.
    """

    def __init__(self, cti: Path, folder: Path) -> None:
        self.cti = cti
        self.folder = folder
        self._sections: list[str] = []
        folder.mkdir(parents=True, exist_ok=True)

    def add(
        self, serial: str = "VC0001", features: dict[str, Setting] | None = None, **settings: Setting
    ) -> VirtualCamera:
        """Add a camera; call it before the producer is loaded.

        Parameters
        ----------
        features
            Values that the camera begins with, by feature: ``{"Width": 64, "TriggerMode[FrameStart]": "On"}``.
        settings
            Keys of camera.ini: ``tl_type="GEV"``, ``images=folder``, ``missing="GainAuto"``...
        """
        lines = [f"{key} = {int(value) if isinstance(value, bool) else value}"
                 for key, value in (settings | (features or {})).items()]  # fmt: skip
        self._sections.append("\n".join([f"[{serial}]", *lines]))
        (self.folder / "camera.ini").write_text("\n\n".join(self._sections) + "\n", encoding="utf-8")
        (self.folder / serial).mkdir(exist_ok=True)
        return VirtualCamera(self.folder / serial, str(settings.get("id", f"CraneVirtual_{serial}")))


class VirtualCamera:
    """One camera as a test sees it from outside: commands in, events out."""

    def __init__(self, folder: Path, device_id: str) -> None:
        self.serial = folder.name
        self.device_id = device_id
        self._folder = folder
        self._sent = 0

    def send(self, command: str) -> str:
        """Write a command and return its tag; a running camera takes it before its next frame."""
        self._sent += 1
        tag = f"{os.getpid()}.{self._sent}"
        with (self._folder / "commands").open("a", encoding="utf-8") as file:
            file.write(f"@{tag} {command}\n")
        return tag

    def order(self, command: str, within_s: float = 5.0) -> Event:
        """Write a command and wait until the camera took it; the producer must be loaded somewhere."""
        tag = self.send(command)
        taken = self._wait(lambda e: e.name in ("command", "command_error") and e.values.get("tag") == tag, 1, within_s)
        assert taken.name == "command", f"the camera does not know: {command}"
        return taken

    def events(self, name: str | None = None, /, **values: object) -> list[Event]:
        """Return what happened so far; only events of this name, and with these values, where given."""
        self._notice_a_dead_program()
        return [event for event in self._read() if _fits(event, name, values)]

    def wait_for(self, name: str, /, count: int = 1, within_s: float = 5.0, **values: object) -> Event:
        """Wait for the `count`-th such event since the beginning, and return it."""
        return self._wait(lambda event: _fits(event, name, values), count, within_s)

    def level(self, line: str) -> bool:
        """Return what lies on an output now."""
        told = self.events("line", name=line)
        return bool(told) and told[-1].values["level"] == "1"

    def is_open(self) -> bool:
        """Whether a living process has the camera open."""
        try:
            with (self._folder / "lock").open("rb") as file:
                # struct flock: type, whence, start, length, process id
                asked = struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0)
                answer = fcntl.fcntl(file, fcntl.F_OFD_GETLK, asked)
        except FileNotFoundError:
            return False
        return struct.unpack("hhqqi4x", answer)[0] != fcntl.F_UNLCK

    def _wait(self, fits: object, count: int, within_s: float) -> Event:
        def found() -> list[Event]:
            return [event for event in self.events() if fits(event)]  # type: ignore[operator]

        eventually(
            lambda: len(found()) >= count,
            within_s=within_s,
            what=lambda: f"{len(found())} of {count} such events; last: {self.events()[-8:]}",
        )
        return found()[count - 1]

    def _read(self) -> Iterator[Event]:
        try:
            text = (self._folder / "events").read_text(encoding="utf-8")
        except FileNotFoundError:
            return
        yield from (Event.read(line) for line in text.splitlines())

    def _last_holder(self) -> Event | None:
        told = [event for event in self._read() if event.name in ("opened", "closed")]
        return told[-1] if told else None

    def _notice_a_dead_program(self) -> None:
        """Do what a camera does when its program's heartbeat stays away: let the outputs fall.

        The virtual camera lives in the program's process and dies with it; so this is left to the test's side.
        """
        before = self._last_holder()
        if before is None or before.name == "closed" or self.is_open() or self._last_holder() != before:
            return
        levels = {e.values["name"]: e.values["level"] for e in self._read() if e.name == "line"}
        lines = [f"line name={name} level=0 cause=heartbeat" for name in OUTPUTS if levels.get(name) == "1"]
        with (self._folder / "events").open("a", encoding="utf-8") as file:
            for line in [*lines, "closed cause=died"]:
                file.write(f"{time.monotonic_ns()} {before.pid} {line}\n")


def _fits(event: Event, name: str | None, values: dict[str, object]) -> bool:
    return (name is None or event.name == name) and all(event.values.get(k) == str(v) for k, v in values.items())


def write_pnm(path: Path, pixels: np.ndarray) -> None:
    """Write uint8 or uint16 ``(H, W)`` as PGM or ``(H, W, 3)`` as PPM: the pictures of an images folder."""
    kind, full = ("P6" if pixels.ndim == 3 else "P5"), np.iinfo(pixels.dtype).max
    head = f"{kind}\n{pixels.shape[1]} {pixels.shape[0]}\n{full}\n".encode()
    path.write_bytes(head + pixels.astype(pixels.dtype.newbyteorder(">")).tobytes())
