"""The camera's process: takes frames from the driver and puts them into the ring.

Its functions run in a child process (spawn). It imports neither Qt nor torch nor cv2.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from crane_desktop.camera.genicam.loop import stream
from crane_desktop.camera.genicam.messages import CameraOrder, ErrorReport, Opened
from crane_desktop.domain.errors import CraneError, StationFault, technical

_log = logging.getLogger(__name__)

_ALONE_AFTER_S = 60.0
_LOOK_EVERY_S = 0.3


def camera_main(pipe: Connection, heartbeat: Any, order: CameraOrder) -> None:
    """Stream one camera until told to stop, the camera fails or the line's process is gone."""
    with prepared_process(), _reported(pipe, order.device or ""):
        from crane_desktop.camera.genicam.grabber import Grabber
        from crane_desktop.camera.genicam.nodes import NodeService
        from crane_desktop.camera.genicam.output_line import driving_output_line

        beat = Heartbeat(heartbeat)
        beat.tick()
        grabber = Grabber(order, _keep_looking_for(order.wait_s, pipe, beat.tick))
        # Harvesters puts its own handler for Ctrl-C in place while it opens a camera.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            beat.tick()
            with driving_output_line(grabber, pipe, beat.tick, order) as driven:
                grabber.start()
                pipe.send(Opened(grabber.device, grabber.frames_per_trigger, grabber.frame_time_s))
                nodes = NodeService(grabber.nodes, grabber, pipe.send, driven.tick)
                stream(grabber, driven.pipe, driven.tick, nodes)
        finally:
            grabber.close()


def _keep_looking_for(wait_s: float, pipe: Connection, tick: Callable[[], None]) -> Callable[[], bool]:
    """Return what tells, after a pause, whether to look for the camera once more."""
    until_s = time.monotonic() + wait_s

    def keep_looking() -> bool:
        tick()
        if pipe.poll(_LOOK_EVERY_S if wait_s else 0):
            raise EOFError  # the line stops, or is gone
        return time.monotonic() < until_s

    return keep_looking


def devices_main(pipe: Connection, heartbeat: Any, producers: tuple[str, ...]) -> None:
    """Send the list of cameras that the producers see."""
    with prepared_process(), _reported(pipe, ""):
        from crane_desktop.camera.genicam.producers import opened_producers

        Heartbeat(heartbeat).tick()
        harvester, seen = opened_producers(producers)
        pipe.send(seen)
        harvester.reset()


class Heartbeat:
    """A sign of life for the line, and the process's own end should the driver hang it for good."""

    def __init__(self, heartbeat: Any) -> None:
        self._heartbeat = heartbeat
        self._armed_at_s = -_ALONE_AFTER_S

    def tick(self) -> None:
        """Say that the loop still turns."""
        self._heartbeat.value += 1
        now_s = time.monotonic()
        if now_s - self._armed_at_s > _ALONE_AFTER_S / 4:
            # Its timer is a C thread: it ends the process even while the driver holds the GIL for ever,
            # and nobody is left to kill it.
            faulthandler.dump_traceback_later(_ALONE_AFTER_S, exit=True)
            self._armed_at_s = now_s


@contextlib.contextmanager
def prepared_process() -> Iterator[None]:
    """Keep Ctrl-C, the drivers' words on stdout and Harvesters' tracebacks away from a process of ours."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _silence_drivers()
    # Harvesters logs with a traceback what it then raises: we tell it in one sentence. A filter, since its import sets
    # level and handler anew.
    logging.getLogger("harvesters.core").addFilter(lambda record: record.levelno >= logging.CRITICAL)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def _silence_drivers() -> None:
    """Let nothing be read that drivers and their binding print; our own words keep their way to stderr.

    They print on both ("GenTL producer does not implement ..."): stdout carries results that others read, and a user
    can do nothing with such words. Their errors come to us as exceptions.
    """
    own: str | int = os.devnull  # a windowed program on Windows has no stderr
    with contextlib.suppress(OSError, ValueError, AttributeError):
        own = os.dup(sys.stderr.fileno())
    sys.stderr = open(own, "w", encoding="utf-8", errors="backslashreplace", buffering=1)  # noqa: SIM115, PTH123
    with Path(os.devnull).open("w", encoding="ascii") as nowhere, contextlib.suppress(OSError):
        for stream in (1, 2):
            os.dup2(nowhere.fileno(), stream)


@contextlib.contextmanager
def _reported(pipe: Connection, device: str) -> Iterator[None]:
    """Send what goes wrong to the line; a line that is gone needs nothing any more."""
    try:
        yield
    except (EOFError, BrokenPipeError, ConnectionError):
        return
    except CraneError as error:
        trouble = ErrorReport.of(error)
    except Exception as error:  # noqa: BLE001  # the process's last line of defence; the line makes it an alarm
        trouble = ErrorReport.of(StationFault("camera.lost", device=device, detail=technical(error)))
    else:
        return
    with contextlib.suppress(OSError):
        pipe.send(trouble)
