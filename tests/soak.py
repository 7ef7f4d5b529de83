"""Full rate for a long time: 5 MP mono from the virtual camera through the product's own source, memory watched.

``python tests/soak.py [--minutes 30] [--csv FILE]``; needs gcc. One line of figures every five seconds.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tempfile
import time
from pathlib import Path

import psutil
from virtual_camera import FOLDER_VARIABLE, VirtualCameras, build

from crane_desktop.camera.genicam.reconnect import ReconnectingSource
from crane_desktop.camera.genicam.source import GenicamSource
from crane_desktop.domain.frames import Frame, FramesLost

SIZE = {"sensor_width": 2592, "sensor_height": 1944}
COLUMNS = ("seconds", "frames", "lost", "fps", "line_rss_mb", "camera_rss_mb", "exact")
_EVERY_S = 5.0
_MIB = 2**20


def run(minutes: float, file: Path, folder: Path) -> bool:
    """Run and write the figures; return whether the balance was exact all the time."""
    os.environ[FOLDER_VARIABLE] = str(folder / "cameras")
    cameras = VirtualCameras(build(folder / "producer"), folder / "cameras")
    settings = {"AcquisitionFrameRate": 60.0, "ExposureTime": 500.0, "PixelFormat": "Mono8"}
    cameras.add("VC1", settings, scene="flat", log_frames=0, **SIZE)
    source = ReconnectingSource(GenicamSource(str(cameras.cti), "VC1"))
    source.open()
    exact = True
    try:
        with file.open("w", newline="", encoding="utf-8") as out:
            rows = csv.writer(out)
            rows.writerow(COLUMNS)
            began_s = told_s = time.monotonic()
            frames = lost = number = told = 0
            while (now_s := time.monotonic()) - began_s < minutes * 60:
                event = source.next_event(0.2)
                if isinstance(event, Frame):
                    frames += 1
                    number = event.origin.frame_id
                elif isinstance(event, FramesLost):
                    lost += event.count
                    number = event.origin.frame_id
                if now_s - told_s < _EVERY_S:
                    continue
                exact = exact and frames + lost == number
                fps = (frames - told) / (now_s - told_s)
                rows.writerow([round(now_s - began_s), frames, lost, round(fps, 1), *_rss_mb(source), exact])
                out.flush()
                told_s, told = now_s, frames
    finally:
        source.close()
    return exact


def _rss_mb(source: ReconnectingSource) -> tuple[float, float]:
    ours = psutil.Process().memory_info().rss / _MIB
    pid = source.process_id
    theirs = psutil.Process(pid).memory_info().rss / _MIB if pid is not None else 0.0
    return round(ours, 1), round(theirs, 1)


def main() -> None:
    """Run for so many minutes."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=30.0)
    options.add_argument("--csv", type=Path, default=Path("soak.csv"))
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(0 if run(given.minutes, given.csv, Path(folder)) else 1)


if __name__ == "__main__":
    main()
