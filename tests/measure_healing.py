"""How long a camera is away after it is back: losses in a row, with the median and the longest.

``python tests/measure_healing.py [--losses 10]``; needs gcc. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

from eventually import eventually
from virtual_camera import FOLDER_VARIABLE, VirtualCameras, build

from crane_desktop.camera.genicam.reconnect import ReconnectingSource
from crane_desktop.camera.genicam.source import GenicamSource
from crane_desktop.domain.frames import Frame, SourceDown


def until(source: ReconnectingSource, kind: type) -> float:
    """Return when (monotonic) the first event of this kind came."""
    eventually(lambda: isinstance(source.next_event(0.1), kind), what=f"no {kind.__name__}")
    return time.monotonic()


def measure(losses: int, folder: Path) -> list[float]:
    """Return the seconds from each return of the camera to its first picture."""
    os.environ[FOLDER_VARIABLE] = str(folder / "cameras")
    cameras = VirtualCameras(build(folder / "producer"), folder / "cameras")
    camera = cameras.add("VC1", {"AcquisitionFrameRate": 50.0}, sensor_width=64, sensor_height=48)
    source = ReconnectingSource(GenicamSource(str(cameras.cti), "VC1"))
    took: list[float] = []
    source.open()
    try:
        for number in range(losses):
            until(source, Frame)
            camera.order("lose")
            until(source, SourceDown)
            away_until_s = time.monotonic() + 0.5 + 0.7 * number
            while time.monotonic() < away_until_s:
                source.next_event(0.1)
            camera.send(f"return id=socket-{number}")
            began_s = time.monotonic()
            took.append(until(source, Frame) - began_s)
    finally:
        source.close()
    return took


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--losses", type=int, default=10)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        took = measure(given.losses, Path(folder))
    print(json.dumps({"losses": len(took), "median_s": statistics.median(took), "max_s": max(took), "all_s": took}))


if __name__ == "__main__":
    main()
