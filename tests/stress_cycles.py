"""Stop, unplug, close and quit in every order, again and again: nothing may be left of it.

``python tests/stress_cycles.py [--cycles 500] [--progress FILE]``; needs gcc.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from multiprocessing import active_children
from pathlib import Path

import psutil
from eventually import eventually
from virtual_camera import FOLDER_VARIABLE, VirtualCamera, VirtualCameras, build

from crane_desktop.camera.genicam.reconnect import ReconnectingSource
from crane_desktop.camera.genicam.source import GenicamSource
from crane_desktop.domain.errors import CraneError
from crane_desktop.domain.frames import Frame

_WITHIN_S = 30.0
ORDERS = (
    "stop",
    "unplug stop",
    "stop unplug",
    "unplug away stop",
    "close-elsewhere",
    "unplug close-elsewhere",
    "quit",
    "unplug quit",
    "close-while-opening",
    "stop stop open stop",
)
"""What is done to a streaming camera, in this order."""


@dataclass(frozen=True)
class Leftovers:
    """What this process holds."""

    threads: int
    handles: int
    children: int
    memory: int
    rss_mb: float

    @classmethod
    def now(cls) -> Leftovers:
        """Count."""
        process = psutil.Process()
        shared = Path("/dev/shm")
        return cls(
            threads=threading.active_count(),
            handles=process.num_fds(),
            children=len(active_children()),
            memory=len(list(shared.glob(f"crane-{os.getpid()}-*"))),
            rss_mb=round(process.memory_info().rss / 2**20, 1),
        )


def run_cycle(order: str, cti: Path, camera: VirtualCamera) -> None:
    """Open the camera, take a frame, and do what `order` says; raises where something takes too long."""
    source = ReconnectingSource(GenicamSource(str(cti), "VC1"))
    try:
        if order == "close-while-opening":
            _close_while_opening(source)
            return
        source.open()
        _first_frame(source)
        for step in order.split():
            _STEPS[step](source, camera)
    finally:
        source.close()
        camera.send("return")
    assert source.process_id is None


def _first_frame(source: ReconnectingSource) -> None:
    eventually(lambda: isinstance(source.next_event(0.2), Frame), what="no frame")


def _close_while_opening(source: ReconnectingSource) -> None:
    def begin() -> None:
        try:
            source.open()
        except CraneError:
            return

    opening = threading.Thread(target=begin)
    opening.start()
    time.sleep(0.05 + (time.monotonic_ns() % 400) / 1000)
    _elsewhere(source)
    opening.join(_WITHIN_S)
    assert not opening.is_alive()


def _elsewhere(source: ReconnectingSource) -> None:
    """Close from another thread while this one waits for frames."""
    closer = threading.Thread(target=source.close)
    closer.start()
    source.next_event(0.5)
    closer.join(_WITHIN_S)
    assert not closer.is_alive()


def _unplug(_source: ReconnectingSource, camera: VirtualCamera) -> None:
    camera.send("lose")


def _away(source: ReconnectingSource, _camera: VirtualCamera) -> None:
    until_s = time.monotonic() + 0.6
    while time.monotonic() < until_s:
        source.next_event(0.1)


def _quit(source: ReconnectingSource, _camera: VirtualCamera) -> None:
    """End as a window does that is closed: a thread pumps, another closes, nobody waits for a last event."""
    pump = threading.Thread(target=_away, args=(source, _camera))
    pump.start()
    time.sleep(0.1)
    source.close()
    pump.join(_WITHIN_S)
    assert not pump.is_alive()


def _open(source: ReconnectingSource, _camera: VirtualCamera) -> None:
    source.open()
    _first_frame(source)


_STEPS: dict[str, Callable[[ReconnectingSource, VirtualCamera], None]] = {
    "stop": lambda source, _camera: source.close(),
    "unplug": _unplug,
    "away": _away,
    "close-elsewhere": lambda source, _camera: _elsewhere(source),
    "quit": _quit,
    "open": _open,
}


def main() -> None:
    """Run the cycles; a line of progress every ten."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cycles", type=int, default=500)
    options.add_argument("--progress", type=Path)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ[FOLDER_VARIABLE] = str(Path(name) / "cameras")
        cameras = VirtualCameras(build(Path(name) / "producer"), Path(name) / "cameras")
        camera = cameras.add("VC1", {"AcquisitionFrameRate": 60.0}, sensor_width=64, sensor_height=48)
        for order in ORDERS:  # so that everything is loaded once
            run_cycle(order, cameras.cti, camera)
        before = Leftovers.now()
        for number in range(given.cycles):
            run_cycle(ORDERS[number % len(ORDERS)], cameras.cti, camera)
            if (number + 1) % 10 == 0 or number + 1 == given.cycles:
                _tell(given.progress, {"cycles": number + 1, "before": asdict(before), "now": asdict(Leftovers.now())})
        left = Leftovers.now()
    same = (left.threads, left.children, left.memory) == (before.threads, before.children, before.memory)
    _tell(given.progress, {"done": given.cycles, "good": same and left.handles <= before.handles + 2})
    sys.exit(0 if same and left.handles <= before.handles + 2 else 1)


def _tell(file: Path | None, what: dict[str, object]) -> None:
    line = json.dumps(what)
    if file is None:
        print(line, flush=True)
    else:
        with file.open("a", encoding="utf-8") as progress:
            progress.write(line + "\n")


if __name__ == "__main__":
    main()
