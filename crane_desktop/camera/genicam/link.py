"""The line's end of a camera's process: its messages, its ring, and whether it still lives."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from multiprocessing.connection import wait

from crane_desktop.camera.genicam.child import END_WITHIN_S, Child
from crane_desktop.camera.genicam.formats import Converted, Converter
from crane_desktop.camera.genicam.messages import (
    CameraOrder,
    ErrorReport,
    FrameArrived,
    FromCamera,
    Opened,
    RingRequest,
    Stop,
    ToCamera,
)
from crane_desktop.camera.genicam.process import camera_main
from crane_desktop.camera.genicam.ring import RingReader
from crane_desktop.domain.errors import CraneError, StationFault, technical
from crane_desktop.domain.signals import SignalCounts

HANG_AFTER_S = 4.0
"""A camera's process that shows no sign of life for so long hangs: its driver does not come back."""

CAMERA_PROCESS = "crane-camera"
"""Name of every camera's process."""

_EXIT_CODE_WITHIN_S = 0.5


class CameraLink:
    """A running camera process. One thread at a time.

    Parameters
    ----------
    silent_for_s
        How long it may be silent; longer while it opens the camera, where drivers block.
    convert
        What makes pictures of the frames; None: without corrections.
    """

    def __init__(self, order: CameraOrder, silent_for_s: float, convert: Converter | None = None) -> None:
        self.silent_for_s = silent_for_s
        self._convert = convert or Converter()
        self._name = order.device or ""
        self.on_signals: Callable[[SignalCounts], None] = lambda _counts: None
        self._sending = threading.Lock()
        self._ended = False
        self._ring: RingReader | None = None
        try:
            self._child = Child(CAMERA_PROCESS, camera_main, order)
        except BrokenPipeError:  # it was ended before it had heard what to do
            raise StationFault("camera.process_died", device=self._name, code="-") from None
        self._heartbeat = -1
        self._heartbeat_at_s = time.monotonic()
        self._checked_at_s = self._heartbeat_at_s

    @property
    def pid(self) -> int | None:
        """Process id of the camera's process."""
        return self._child.pid

    def receive(self, timeout_s: float) -> FromCamera | None:
        """Return the next message, None where none comes in time.

        Raises
        ------
        StationFault
            If the process died, shows no sign of life or sends what nobody can read.
        """
        asleep_since_s = time.monotonic()
        wait(self._child.waitables, max(timeout_s, 0.0))
        try:
            message = self._read() if self._child.pipe.poll(0) else None
            if message is not None:
                return self._handle(message)
        except (EOFError, OSError):
            raise self._died() from None
        if self._child.exit_code is not None:
            raise self._died()
        self._check_heartbeat(asleep_since_s)
        return None

    def send(self, message: ToCamera) -> None:
        """Send a message.

        Raises
        ------
        StationFault
            If the process died.
        """
        try:
            with self._sending:  # frames and verdicts have a thread each
                if self._ended:
                    raise StationFault("camera.process_died", device=self._name, code="-")
                self._child.pipe.send(message)
        except OSError:
            raise self._died() from None

    def take(self, arrived: FrameArrived) -> Converted | None:
        """Return the pixels of a frame and give its slot back; None where its ring was replaced meanwhile.

        Raises
        ------
        StationFault
            If the message describes no frame of its ring.
        """
        ring = self._ring
        if ring is None or ring.address.name != arrived.ring:
            return None
        try:
            return ring.take(
                arrived.slot,
                arrived.size_bytes,
                lambda data: self._convert(data, arrived.width_px, arrived.height_px, arrived.pixel_format),
            )
        except ValueError as error:
            raise self._unreadable(error) from None

    def close(self, patience_s: float = END_WITHIN_S) -> None:
        """Stop the camera, end the process and remove the ring, within seconds."""
        polite = self._child.exit_code is None and time.monotonic() - self._heartbeat_at_s < HANG_AFTER_S
        if polite:
            try:
                self._child.pipe.send(Stop())
            except OSError:
                polite = False
        try:
            self._child.end(politely=polite, patience_s=patience_s, before_close=self._drain_signal_counts)
        finally:
            ring, self._ring = self._ring, None
            if ring is not None:
                ring.close()

    def _drain_signal_counts(self) -> None:
        """Take what the process still said of its output line; nobody may send to it from here on."""
        self._ended = True
        if self._sending.acquire(timeout=_EXIT_CODE_WITHIN_S):  # who is in the middle of sending ends first
            self._sending.release()
        try:
            while self._child.pipe.poll(0):
                message = self._child.pipe.recv()
                if isinstance(message, SignalCounts):
                    self.on_signals(message)
        except (EOFError, OSError):
            return

    def _read(self) -> FromCamera:
        try:
            message: FromCamera = self._child.pipe.recv()
        except (EOFError, OSError):
            raise
        except Exception as error:  # noqa: BLE001 - unpickling bytes that a driver has written over raises anything
            raise self._unreadable(error) from None
        return message

    def _handle(self, message: FromCamera) -> FromCamera | None:
        """Deal with what concerns only the two ends, pass the rest on."""
        self._heartbeat_at_s = time.monotonic()
        if isinstance(message, RingRequest):
            if self._ring is not None:
                self._ring.close()
            self._ring = RingReader(message.slot_bytes)
            self.send(self._ring.address)
            return None
        if isinstance(message, SignalCounts):
            self.on_signals(message)
            return None
        if isinstance(message, ErrorReport):
            raise self._named(message.error())
        if isinstance(message, Opened):
            self._name = message.device.device_id
        return message

    def _named(self, error: CraneError) -> CraneError:
        """Return an error with the camera's name, where the process did not know it when it began."""
        if error.params.get("device") == "":
            error.params["device"] = self._name
        return error

    def _check_heartbeat(self, asleep_since_s: float) -> None:
        heartbeat = self._child.heartbeat.value
        now_s = time.monotonic()
        # Only silence that we watched counts: a line that was busy elsewhere has seen nothing.
        unwatched_s = asleep_since_s - self._checked_at_s
        self._checked_at_s = now_s
        if heartbeat != self._heartbeat:
            self._heartbeat = heartbeat
            self._heartbeat_at_s = now_s
        elif unwatched_s > self.silent_for_s / 2:
            self._heartbeat_at_s = asleep_since_s
        elif now_s - self._heartbeat_at_s > self.silent_for_s:
            raise StationFault("camera.hangs", device=self._name, seconds=round(self.silent_for_s))

    def _unreadable(self, error: Exception) -> StationFault:
        return StationFault("camera.lost", device=self._name, detail=technical(error))

    def _died(self) -> StationFault:
        # The pipe breaks a moment before the system tells how the process ended.
        code = self._child.wait_for_end(_EXIT_CODE_WITHIN_S)
        return StationFault("camera.process_died", device=self._name, code="-" if code is None else code)
