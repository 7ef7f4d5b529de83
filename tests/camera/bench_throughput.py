"""Frames a second and CPU a frame: our source beside Harvesters' bare fetch, taking turns in one run. Not a test.

``python tests/camera/bench_throughput.py [--seconds 6] [--turns 3]``; needs gcc. Bare fetch looks at nothing: it takes
a buffer and gives it back. Ours copies it out of the driver, hands it to another process and makes the picture.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil

sys.path.append(str(Path(__file__).parents[1]))

from virtual_camera import FOLDER_VARIABLE, VirtualCameras, build

from crane_desktop.camera.genicam.source import GenicamSource
from crane_desktop.domain.frames import Frame, FramesLost

KINDS = {
    "5 MP Mono8": ("Mono8", 2592, 1944, 1),
    "5 MP Mono12p": ("Mono12p", 2592, 1944, 2),
    "20 MP BayerRG8": ("BayerRG8", 5472, 3648, 2),
    "20 MP BayerRG12p": ("BayerRG12p", 5472, 3648, 3),
}
"""Format, size, and how often a pixel is written from the ring to the picture; once more it is from driver to ring."""


def bare(pipe: Connection, cti: str, seconds: float) -> None:
    """Fetch and queue for so long; send frames and CPU seconds."""
    from harvesters.core import Harvester

    harvester = Harvester()
    harvester.add_file(cti)
    harvester.update()
    acquirer = harvester.create(0)
    acquirer.num_buffers = 8
    acquirer.start()
    frames, cpu_s, until_s = 0, time.process_time(), time.monotonic() + seconds
    while time.monotonic() < until_s:
        buffer = acquirer.try_fetch(timeout=0.1, is_raw=True)
        if buffer is not None:
            frames += 1
            buffer.parent.queue_buffer(buffer)
    pipe.send((frames, 0, time.process_time() - cpu_s))
    acquirer.stop()
    acquirer.destroy()
    harvester.reset()


def bare_turn(cti: str, seconds: float) -> tuple[int, int, float]:
    """Return frames, lost ones and CPU seconds of Harvesters alone, in a process of its own."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=bare, args=(theirs, cti, seconds))
    process.start()
    found: tuple[int, int, float] = ours.recv()
    process.join()
    return found


def our_turn(cti: str, seconds: float) -> tuple[int, int, float]:
    """Return frames, lost ones and CPU seconds of both processes of our source."""
    source = GenicamSource(cti, "VC1")
    source.open()
    try:
        camera = psutil.Process(source.process_id)
        before = time.process_time() + sum(camera.cpu_times()[:2])
        frames = lost = 0
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            event = source.next_event(0.1)
            frames += isinstance(event, Frame)
            lost += event.count if isinstance(event, FramesLost) else 0
        return frames, lost, time.process_time() + sum(camera.cpu_times()[:2]) - before
    finally:
        source.close()


def measure(kind: str, seconds: float, turns: int, producer: Path, folder: Path) -> dict[str, Any]:
    """Return the figures of one format: medians over the turns."""
    pixel_format, width, height, writes = KINDS[kind]
    os.environ[FOLDER_VARIABLE] = str(folder)
    cameras = VirtualCameras(producer, folder)
    size = {"sensor_width": width, "sensor_height": height}
    settings = {"AcquisitionFrameRate": 200.0, "ExposureTime": 500.0, "PixelFormat": pixel_format}
    cameras.add("VC1", settings, scene="flat", log_frames=0, **size)
    ways = {"bare": bare_turn, "ours": our_turn}
    found = {name: [] for name in ways}
    for _ in range(turns):
        for name, turn in ways.items():
            frames, lost, cpu_s = turn(str(producer), seconds)
            found[name].append((frames / seconds, lost, 1e3 * cpu_s / max(1, frames)))
    table: dict[str, Any] = {"kind": kind, "copies_a_frame": 1 + writes}
    for name, rows in found.items():
        table[f"{name}_fps"] = round(statistics.median(row[0] for row in rows), 1)
        table[f"{name}_cpu_ms_a_frame"] = round(statistics.median(row[2] for row in rows), 2)
    table["ours_lost_and_counted"] = sum(row[1] for row in found["ours"])
    return table


def main() -> None:
    """Measure every kind and print an object for each."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=6.0)
    options.add_argument("--turns", type=int, default=3)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        producer = build(Path(folder) / "producer")
        for number, kind in enumerate(KINDS):
            cameras = Path(folder) / f"cameras {number}"
            print(json.dumps(measure(kind, given.seconds, given.turns, producer, cameras)), flush=True)


if __name__ == "__main__":
    main()
