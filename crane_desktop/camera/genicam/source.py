"""`GenicamSource`: any GenICam camera as a source of frames."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from crane_desktop.camera.genicam.child import END_WITHIN_S
from crane_desktop.camera.genicam.control import CameraControl
from crane_desktop.camera.genicam.formats import Converter
from crane_desktop.camera.genicam.frame_numbers import FrameNumbers
from crane_desktop.camera.genicam.link import HANG_AFTER_S, CameraLink
from crane_desktop.camera.genicam.messages import (
    CameraOrder,
    DeviceInfo,
    FeatureValue,
    FrameArrived,
    FramesMissing,
    NodeReply,
    Opened,
    StreamStatistics,
    TriggerRefused,
)
from crane_desktop.camera.genicam.output_line_control import OutputLineControl
from crane_desktop.camera.genicam.producers import producers_for
from crane_desktop.camera.genicam.software_trigger import SoftwareTrigger
from crane_desktop.camera.genicam.watchdog import Watchdog
from crane_desktop.domain.arrival import arrival, check_pace
from crane_desktop.domain.errors import CraneError, InputError, StationFault
from crane_desktop.domain.frames import EndOfFrames, Frame, LossCause, SourceEvent
from crane_desktop.domain.health import SourceStatus, StreamCounts
from crane_desktop.domain.ports import SourceInfo
from crane_desktop.domain.signals import LineSetting
from crane_desktop.domain.verdicts import ReasonCode
from crane_desktop.preprocess.correct import Corrector

_OPEN_WITHIN_S = 30.0
_SLICE_S = 0.05
_SEARCH_S = 10.0
_REOPEN_SILENT_S = 6.0
_ABANDON_WITHIN_S = 1.0


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
        a part. ``"as_set"``: the camera's own settings say when, for setting it up.
    frames
        End after so many frames, lost ones included; None means never.
    features
        GenICam features to set before the acquisition, in this order.
    line
        An output line to drive with the verdicts that `signals` takes; None: no line is touched.
    corrector
        What is done to the camera's values before they become pixels; None: nothing.

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
        line: LineSetting | None = None,
        corrector: Corrector | None = None,
    ) -> None:
        if trigger not in ("free", "software", "hardware", "as_set"):
            raise InputError("camera.trigger_unknown", trigger=trigger)
        check_pace(None, frames)
        self._cti = cti
        self._device = device
        self._trigger = trigger
        self._limit = frames
        self._features = tuple((features or {}).items())
        self._convert = Converter(corrector)
        self.control = CameraControl()
        self._line_setting = line
        self.signals = OutputLineControl()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._closed.set()
        self.newest: Frame | None = None
        self._link: CameraLink | None = None
        self._fault: CraneError | None = None
        self._software_trigger = SoftwareTrigger()
        self._patience_s = _REOPEN_SILENT_S
        self._watchdog = Watchdog(trigger)
        self.counts = StreamCounts()
        self.device: DeviceInfo | None = None
        stem = "" if cti is None else Path(cti).stem
        every_part = trigger not in ("free", "as_set")
        self._frame_numbers = FrameNumbers(frames, every_part=every_part)
        self._info = SourceInfo(
            f"genicam:{stem}/{device or ''}", "genicam", every_part, " ".join(filter(None, (stem, device))),
            waits_for_line=trigger == "software",
        )  # fmt: skip

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
        self.begin()
        until_s = time.monotonic() + _OPEN_WITHIN_S
        while not self._closed.is_set():
            if self.wait_until_open(_SLICE_S):
                return
            if time.monotonic() > until_s:
                self.close()
                raise StationFault("camera.hangs", device=self._device or "", seconds=round(_OPEN_WITHIN_S))

    def begin(self, reopen: DeviceInfo | None = None) -> None:
        """Start the camera's process and return at once; `wait_until_open` tells when the camera streams.

        Parameters
        ----------
        again
            The camera that was open before: it is waited for, and the numbering goes on.

        Raises
        ------
        InputError
            If there is no such producer.
        """
        order = CameraOrder(producers_for(self._cti), self._device, self._trigger, self._features, self._line_setting)
        if reopen is not None:
            order = replace(order, reopen=reopen, wait_s=_SEARCH_S)
        with self._lock:
            if reopen is None:
                self._frame_numbers = FrameNumbers(self._limit, every_part=self._info.every_part)
                self._software_trigger = SoftwareTrigger()
                self.counts = StreamCounts()
            self._frame_numbers.take_all()
            self._fault = None
            self._closed.clear()
            self._watchdog.opening()
            self._link = CameraLink(
                order, silent_for_s=_OPEN_WITHIN_S if reopen is None else self._patience_s, convert=self._convert
            )

    def wait_until_open(self, wait_s: float) -> bool:
        """Return whether the camera streams; wait so long for it. False too where the source was closed.

        Raises
        ------
        InputError
            If there is no such camera, or it cannot do what was asked.
        StationFault
            If the camera or its driver fails or does not answer.
        """
        with self._lock:
            link = self._link
            if link is None or self._closed.is_set():
                return False
            try:
                opened = link.receive(wait_s)
            except CraneError:
                self._release()
                raise
            if not isinstance(opened, Opened):
                return False
            link.silent_for_s = HANG_AFTER_S
            link.on_signals = self.signals.add
            self.signals.attach(link)
            self._patience_s = max(_REOPEN_SILENT_S, 3 * self._watchdog.opened(opened.frame_time_s))
            self._software_trigger.reset(opened.frames_per_trigger, opened.frame_time_s)
            self.device = opened.device
            self._describe(opened.device)
            self.control.open()
            return True

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
                if not self._closed.is_set() and (pending := self._frame_numbers.next_pending()) is not None:
                    return pending
                link = self._link
                if link is None or self._closed.is_set() or self._frame_numbers.finished:
                    return EndOfFrames()
                try:
                    event = self._step(link, min(_SLICE_S, until_s - time.monotonic()))
                except CraneError as error:
                    # What stops a running camera is a fault of the station, whoever could mend it.
                    self._fault = error if isinstance(error, StationFault) else StationFault(error.key, **error.params)
                    self.control.close(self._fault)
                    raise self._fault from error
                if event is not None or time.monotonic() >= until_s:
                    return event

    def abandon(self, detail: str) -> list[SourceEvent]:
        """Leave a camera that failed; return NONE for what was under way, one part at least.

        Where parts come by themselves nobody knows whether one was there; but no earlier verdict may go on
        standing on the screen as if it were the newest part's.
        """
        with self._lock:
            due = max(1, self._software_trigger.lost(self._software_trigger.frames_due))
            self._frame_numbers.faulted(due, ReasonCode.CAMERA_FAULT, detail, self._info.source_id, self._trigger_id)
            events = self._frame_numbers.take_all()
            self._release(patience_s=_ABANDON_WITHIN_S)
            self._watchdog.lost()
            self.counts = self.counts.plus(losses_of_connection=1)
            return events

    def status(self) -> SourceStatus:
        """Return how the source is now; from any thread."""
        return self._watchdog.status(self.counts)

    def close(self) -> None:
        """Stop the camera, end its process (by force where it does not answer) and release all memory."""
        self._closed.set()
        with self._lock:  # held by a wait for at most one slice
            self._release()

    def _release(self, patience_s: float = END_WITHIN_S) -> None:
        self._closed.set()
        self._watchdog.closed()
        self.control.close(self._fault)
        link, self._link = self._link, None
        if link is not None:
            link.close(patience_s)
        self.signals.detach()

    def _step(self, link: CameraLink, wait_s: float) -> SourceEvent | None:
        if self._trigger == "software" and (order := self._software_trigger.next_trigger()) is not None:
            link.send(order)
        for call in self.control.due():
            link.send(call)
        message = link.receive(wait_s)
        if isinstance(message, NodeReply):
            self.control.receive(message)
            return None
        if isinstance(message, FrameArrived):
            return self._frame(link, message)
        if isinstance(message, FramesMissing):
            return self._frames_missing(message)
        if isinstance(message, TriggerRefused):
            return self._frames_faulted(
                self._software_trigger.refused(message.trigger_id), f"trigger not taken: {message.detail}"
            )
        if isinstance(message, StreamStatistics):
            more = self.counts.plus(repeated=message.repeated, late=message.late)
            self.counts = replace(more, resends=message.resends)
            return None
        if timed_out := self._software_trigger.timed_out():
            return self._frames_faulted(timed_out, f"no picture within {self._software_trigger.timeout_s:.1f} s")
        if (silent_s := self._watchdog.silent_too_long_s()) is not None:
            raise StationFault("camera.silent", device=self._info.description, seconds=round(silent_s))
        return None

    def _frame(self, link: CameraLink, arrived: FrameArrived) -> SourceEvent | None:
        self._watchdog.frame_received()
        converted = link.take(arrived)
        if self._trigger == "software" and not self._software_trigger.delivered(arrived.trigger_id):
            # A picture of a trigger that already counts as a fault.
            self.counts = self.counts.plus(late=1)
            return None
        if converted is None:  # its ring was replaced meanwhile
            self.counts = self.counts.plus(overrun=1)
            return self._frames_lost(1, LossCause.OVERRUN)
        self.counts = self.counts.plus(delivered=1)
        origin = arrival(
            self._frame_numbers.next_frame_id(),
            self._info.source_id,
            arrived_ns=arrived.arrived_ns,
            block_id=arrived.block_id,
            device_timestamp_ns=arrived.device_timestamp_ns,
            trigger_id=arrived.trigger_id,
        )
        frame = Frame(converted.pixels, origin, arrived.pixel_format, converted.original, converted.corrections)
        self.newest = frame
        return frame

    def _frames_missing(self, missing: FramesMissing) -> SourceEvent | None:
        self.counts = self.counts.plus(**{missing.cause.value: missing.count})
        count = missing.count if self._trigger != "software" else self._software_trigger.lost(missing.count)
        return self._frames_lost(count, missing.cause) if count else None

    def _frames_lost(self, count: int, cause: LossCause) -> SourceEvent | None:
        self._frame_numbers.lost(count, cause, self._info.source_id, self._trigger_id)
        return self._frame_numbers.next_pending()

    def _frames_faulted(self, count: int, detail: str) -> SourceEvent | None:
        self._frame_numbers.faulted(count, ReasonCode.CAMERA_FAULT, detail, self._info.source_id, self._trigger_id)
        return self._frame_numbers.next_pending()

    @property
    def _trigger_id(self) -> int | None:
        return self._software_trigger.trigger_id if self._trigger == "software" else None

    @property
    def finished(self) -> bool:
        """Whether all frames that were asked for are accounted for."""
        return self._frame_numbers.finished

    def _describe(self, device: DeviceInfo) -> None:
        stem = Path(device.producer).stem or (Path(self._cti).stem if self._cti else "")
        self._info = replace(self._info, source_id=f"genicam:{stem}/{device.device_id}", description=device.words())
