"""`GenicamSource`: any GenICam camera as a source of frames."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from pathlib import Path

from crane_desktop.camera.clock import arrival, check_pace
from crane_desktop.camera.genicam.link import HANG_AFTER_S, CameraLink
from crane_desktop.camera.genicam.messages import (
    Arrived,
    CameraOrder,
    DeviceInfo,
    FeatureValue,
    Missing,
    Opened,
    TriggerNow,
)
from crane_desktop.camera.genicam.producers import producers_for
from crane_desktop.domain.errors import CraneError, InputError, StationFault
from crane_desktop.domain.frames import EndOfFrames, Frame, FrameFault, FramesLost, LossCause, SourceEvent
from crane_desktop.domain.ports import SourceInfo
from crane_desktop.domain.verdicts import ReasonCode

_OPEN_WITHIN_S = 30.0
_SLICE_S = 0.05
_PICTURE_WITHIN_S = 5.0


class GenicamSource:
    """Frames of one camera, which runs in a process of its own.

    Parameters
    ----------
    cti
        GenTL producer file; None means all that the system has (GENICAM_GENTL64_PATH).
    device
        Device id, serial number or user-defined name; None means the first.
    trigger
        ``"free"``: the camera runs by itself and the newest frame wins. ``"software"``: each call for an
        event asks for a picture. ``"hardware"``: the camera's own input does. With a trigger every frame is
        a part.
    frames
        End after so many frames, lost ones included; None means never.
    features
        GenICam features to set before the acquisition, in this order.

    Raises
    ------
    InputError
        If `trigger` or `frames` make no sense.
    """

    def __init__(
        self,
        cti: str | None = None,
        device: str | None = None,
        *,
        trigger: str = "free",
        frames: int | None = None,
        features: Mapping[str, FeatureValue] | None = None,
    ) -> None:
        if trigger not in ("free", "software", "hardware"):
            raise InputError("camera.trigger_unknown", trigger=trigger)
        check_pace(None, frames)
        self._cti = cti
        self._device = device
        self._trigger = trigger
        self._limit = frames
        self._features = tuple((features or {}).items())
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._closed.set()
        self._link: CameraLink | None = None
        self._fault: CraneError | None = None
        self._numbered = 0
        self._triggers = 0
        self._triggered_at_s: float | None = None
        stem = "" if cti is None else Path(cti).stem
        self._info = SourceInfo(
            f"genicam:{stem}/{device or ''}", "genicam", trigger != "free", " ".join(filter(None, (stem, device)))
        )

    @property
    def info(self) -> SourceInfo:
        """What this source is; names the camera by vendor, model and serial number once it was open."""
        return self._info

    @property
    def process_id(self) -> int | None:
        """Id of the camera's process while open."""
        link = self._link
        return None if link is None else link.pid

    def open(self) -> None:
        """Start the camera's process and the camera; returns once it streams.

        Raises
        ------
        InputError
            If there is no such producer or camera, or the camera cannot do what was asked.
        StationFault
            If the camera or its driver fails or does not answer.
        """
        self.close()
        order = CameraOrder(producers_for(self._cti), self._device, self._trigger, self._features)
        with self._lock:
            self._numbered = self._triggers = 0
            self._triggered_at_s = None
            self._fault = None
            self._closed.clear()
            self._link = CameraLink(order, silent_for_s=_OPEN_WITHIN_S)
            try:
                opened = self._wait_for_camera(self._link)
            except CraneError:
                self._release()
                raise
            if opened is None:
                self._release()
                return
            self._link.silent_for_s = HANG_AFTER_S
            self._describe(opened)

    def next_event(self, timeout_s: float) -> SourceEvent | None:
        """Return the next event; with a software trigger, ask for the picture first.

        Raises
        ------
        StationFault
            If the camera, its driver or its process failed; the same again until the source is closed.
        """
        with self._lock:
            if self._fault is not None:
                raise self._fault
            until_s = time.monotonic() + timeout_s
            while True:
                link = self._link
                if link is None or self._closed.is_set() or self._at_limit():
                    return EndOfFrames()
                try:
                    event = self._step(link, min(_SLICE_S, until_s - time.monotonic()))
                except CraneError as error:
                    # What stops a running camera is a fault of the station, whoever could mend it.
                    self._fault = error if isinstance(error, StationFault) else StationFault(error.key, **error.params)
                    raise self._fault from error
                if event is not None or time.monotonic() >= until_s:
                    return event

    def close(self) -> None:
        """Stop the camera, end its process (by force where it does not answer) and release all memory."""
        self._closed.set()
        with self._lock:  # held by a wait for at most one slice
            self._release()

    def _release(self) -> None:
        self._closed.set()
        link, self._link = self._link, None
        if link is not None:
            link.close()

    def _wait_for_camera(self, link: CameraLink) -> DeviceInfo | None:
        until_s = time.monotonic() + _OPEN_WITHIN_S
        while time.monotonic() < until_s:
            if self._closed.is_set():
                return None
            message = link.receive(_SLICE_S)
            if isinstance(message, Opened):
                return message.device
        raise StationFault("camera.hangs", device=self._device or "-", seconds=round(_OPEN_WITHIN_S))

    def _step(self, link: CameraLink, wait_s: float) -> SourceEvent | None:
        if self._trigger == "software" and self._triggered_at_s is None:
            self._triggers += 1
            self._triggered_at_s = time.monotonic()
            link.send(TriggerNow(self._triggers))
        message = link.receive(wait_s)
        if isinstance(message, Arrived):
            return self._frame(link, message)
        if isinstance(message, Missing):
            return self._missing(message)
        if self._triggered_at_s is not None and time.monotonic() - self._triggered_at_s > _PICTURE_WITHIN_S:
            return self._faulty(ReasonCode.CAMERA_FAULT, f"no picture for trigger {self._triggers}")
        return None

    def _frame(self, link: CameraLink, arrived: Arrived) -> SourceEvent | None:
        if self._trigger == "software":
            if arrived.trigger_id != self._triggers:
                link.take(arrived)
                return None  # the late picture of a trigger that already counts as a fault
            self._triggered_at_s = None
        converted = link.take(arrived)
        if converted is None:
            return self._lost(1, LossCause.OVERRUN)
        self._numbered += 1
        origin = arrival(
            self._numbered,
            self._info.source_id,
            arrived_ns=arrived.arrived_ns,
            block_id=arrived.block_id,
            device_timestamp_ns=arrived.device_timestamp_ns,
            trigger_id=arrived.trigger_id,
        )
        return Frame(converted.pixels, origin, arrived.pixel_format, converted.original)

    def _missing(self, missing: Missing) -> SourceEvent:
        if self._trigger == "software":
            return self._faulty(ReasonCode.INCOMPLETE_FRAME, missing.cause.value)
        return self._lost(missing.count, missing.cause)

    def _lost(self, count: int, cause: LossCause) -> FramesLost:
        if self._limit is not None:
            count = min(count, self._limit - self._numbered)
        self._numbered += count
        return FramesLost(arrival(self._numbered, self._info.source_id), count, cause)

    def _faulty(self, reason: ReasonCode, detail: str) -> FrameFault:
        self._numbered += 1
        self._triggered_at_s = None
        origin = arrival(self._numbered, self._info.source_id, trigger_id=self._triggers)
        return FrameFault(origin, reason.value, detail)

    def _at_limit(self) -> bool:
        return self._limit is not None and self._numbered >= self._limit

    def _describe(self, device: DeviceInfo) -> None:
        stem = Path(device.producer).stem or (Path(self._cti).stem if self._cti else "")
        self._info = SourceInfo(f"genicam:{stem}/{device.device_id}", "genicam", self._info.every_part, device.words())
