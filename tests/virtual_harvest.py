"""Harvesters in a process of its own, driven step by step from a test: what it does cannot hang the test."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Grabbed:
    """A buffer as GenTL describes it, with a copy of all its bytes."""

    block: int
    timestamp_ns: int
    width: int
    height: int
    padding: int
    pixel_format: str
    filled: int
    data: np.ndarray
    chunks: dict[str, Any]

    def rows(self) -> np.ndarray:
        """Return uint8 ``(H, row bytes)`` with the line padding."""
        return self.data.reshape(self.height, -1)


class HarvestError(Exception):
    """What Harvesters raised in its process: ``kind: text``."""


class Harvest:
    """The test's end. A call that does not come back within its time raises TimeoutError; close() kills."""

    def __init__(self, cti: Path) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, str(cti)), daemon=True)
        self._process.start()
        theirs.close()
        self.pid = self._process.pid

    def call(self, name: str, *args: Any, within_s: float = 20.0) -> Any:
        """Run one method of `_Server`."""
        self._pipe.send((name, args))
        if not self._pipe.poll(within_s):
            raise TimeoutError(name)
        good, answer = self._pipe.recv()
        if not good:
            raise HarvestError(answer)
        return answer

    def comes_back(self, within_s: float = 5.0) -> bool:
        """Return whether a call that timed out has its answer now; the answer is thrown away."""
        if not self._pipe.poll(within_s):
            return False
        self._pipe.recv()
        return True

    def run(self, count: int, *chunks: str) -> list[Grabbed]:
        """Start, return so many frames and stop."""
        self.call("start")
        try:
            frames = self.call("fetch", count, 10.0, chunks)
        finally:
            self.call("stop")
        assert len(frames) == count
        return list(frames)

    def kill(self) -> None:
        """End the process as a crash would."""
        self._process.kill()
        self._process.join(10)

    def close(self) -> None:
        """End the process, politely where it answers."""
        with contextlib.suppress(OSError, EOFError, TimeoutError, HarvestError):
            if self._process.is_alive():
                self.call("end", within_s=3.0)
        self.kill()
        self._pipe.close()


class _Server:
    """The process's end."""

    def __init__(self, cti: str) -> None:
        from harvesters.core import Harvester

        self._harvester = Harvester()
        self._harvester.add_file(cti)
        self._acquirer: Any = None
        self._incomplete = 0

    def devices(self) -> list[tuple[str, str, str, int]]:
        """Return device id, serial number, transport and access status."""
        self._harvester.update()
        return [(d.id_, d.serial_number, d.tl_type, int(d.access_status)) for d in self._harvester.device_info_list]

    def open(self, serial: str, features: dict[str, Any] | None = None, buffers: int = 8) -> None:
        from harvesters.core import Callback

        class Counter(Callback):
            def emit(_, context: object) -> None:  # noqa: N805
                self._incomplete += 1

        self._harvester.update()
        self._acquirer = self._harvester.create({"serial_number": serial})
        self._acquirer.num_buffers = buffers
        self._acquirer.add_callback(self._acquirer.Events.INCOMPLETE_BUFFER, Counter())
        for name, value in (features or {}).items():
            self.set(name, value)

    def set(self, name: str, value: Any) -> None:
        self._acquirer.remote_device.node_map.get_node(name).value = value

    def get(self, name: str, attribute: str = "value") -> Any:
        value = getattr(self._acquirer.remote_device.node_map.get_node(name), attribute)
        return value if isinstance(value, (int, float, str, bool)) else list(value)

    def access(self, name: str) -> str:
        """Return ``RW``, ``RO``, ``NA`` ..., or ``absent``."""
        from genicam.genapi import EAccessMode

        nodes = self._acquirer.remote_device.node_map
        if not nodes.has_node(name):
            return "absent"
        return EAccessMode(nodes.get_node(name).get_access_mode()).name

    def execute(self, name: str) -> None:
        self._acquirer.remote_device.node_map.get_node(name).execute()

    def stream_count(self, name: str) -> int:
        return int(self._acquirer.data_streams[0].node_map.get_node(name).value)

    def start(self) -> None:
        self._incomplete = 0
        self._acquirer.start()

    def stop(self) -> None:
        self._acquirer.stop()

    def fetch(self, count: int = 1, within_s: float = 10.0, chunks: tuple[str, ...] = ()) -> list[Grabbed]:
        """Return so many whole buffers, or fewer where the time is up."""
        got: list[Grabbed] = []
        deadline_s = time.monotonic() + within_s
        while len(got) < count and time.monotonic() < deadline_s:
            buffer = self._acquirer.try_fetch(timeout=0.05, is_raw=True)
            if buffer is not None:
                got.append(self._grabbed(buffer, chunks))
                buffer.parent.queue_buffer(buffer)
        return got

    def incomplete(self) -> int:
        return self._incomplete

    def release(self) -> None:
        """Close the camera."""
        acquirer, self._acquirer = self._acquirer, None
        acquirer.destroy()

    def end(self) -> None:
        if self._acquirer is not None:
            self._acquirer.stop()
            self.release()
        self._harvester.reset()

    def _grabbed(self, buffer: Any, chunks: tuple[str, ...]) -> Grabbed:
        from harvesters.core import dict_by_ints

        return Grabbed(
            block=buffer.frame_id,
            timestamp_ns=buffer.timestamp_ns,
            width=buffer.width,
            height=buffer.height,
            padding=buffer.padding_x,
            pixel_format=dict_by_ints[buffer.pixel_format],
            filled=buffer.size_filled,
            data=np.frombuffer(buffer.raw_buffer, np.uint8).copy(),
            chunks={name: self.get(name) for name in chunks},
        )


def _serve(pipe: Connection, cti: str) -> None:
    # Harvesters and producers print to stdout, which is the tests'.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    logging.disable(logging.CRITICAL)
    server = _Server(cti)
    with contextlib.suppress(EOFError, OSError):
        while True:
            name, args = pipe.recv()
            try:
                answer = (True, getattr(server, name)(*args))
            except Exception as error:  # noqa: BLE001
                answer = (False, f"{type(error).__name__}: {error}")
            pipe.send(answer)
            if name == "end":
                return
