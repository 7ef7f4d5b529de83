"""One camera through Harvesters. Runs only in the camera's process: the binding holds the GIL in C."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from genicam import genapi, gentl
from harvesters.core import Callback, ImageAcquirer, dict_by_ints
from numpy.typing import NDArray

from crane_desktop.camera.genicam.feature_sets import set_up
from crane_desktop.camera.genicam.features import (
    AnyNodeMap,
    feature_value,
    frame_time_s,
    frames_per_trigger,
    name_on,
    write_feature,
)
from crane_desktop.camera.genicam.messages import CameraOrder, DeviceInfo
from crane_desktop.camera.genicam.pfnc import LAYOUTS, pfnc_name
from crane_desktop.camera.genicam.producers import find_device, find_same_camera, opened_producers, rediscover
from crane_desktop.camera.genicam.statistics import StreamReader
from crane_desktop.domain.camera_names import PAYLOAD_SIZE, PIXEL_FORMAT, TRIGGER_SOFTWARE
from crane_desktop.domain.errors import InputError, StationFault, Technical, technical

DRIVER_ERRORS = (gentl.GenericException, genapi.GenericException)

_FETCH_S = 1e-4  # with no waiting inside the producer: the binding would hold the GIL meanwhile
# What a driver says of a write that the camera refuses; anything else means that the camera is gone.
_NOT_NOW = (gentl.AccessDeniedException, gentl.BusyException, gentl.TimeoutException, gentl.InvalidValueException)
_BUFFERS = 8
_FIRST_BLOCKS = {"U3V": 0, "GEV": 1}
_NO_ACCESS = 3  # GenTL DEVICE_ACCESS_STATUS_NOACCESS
_MOST_GARBAGE = 50


@dataclass(frozen=True, slots=True, eq=False)
class RawFrame:
    """A frame in the driver's buffer: valid until the buffer is queued back.

    Attributes
    ----------
    rows
        uint8 ``(H, row bytes)``, a view without the line padding.
    """

    rows: NDArray[np.uint8]
    width_px: int
    height_px: int
    pixel_format: str
    arrived_ns: int
    block_id: int | None
    device_timestamp_ns: int | None


class Grabber:
    """An open, streaming camera.

    Raises
    ------
    InputError
        If there is no such camera, it is in use, has no trigger, or a feature or its format is not ours.
    """

    def __init__(self, order: CameraOrder, keep_looking: Callable[[], bool] = lambda: False) -> None:
        self.incomplete = self.garbage = self.starts = 0
        self._consecutive_garbage = 0
        self._harvester, seen = opened_producers(order.producers)
        self._acquirer: ImageAcquirer | None = None
        try:
            self.device, self._acquirer = self._opened(order, seen, keep_looking)
            self.first_block_id = _FIRST_BLOCKS.get(self.device.transport)
            nodes: AnyNodeMap = self._acquirer.remote_device.node_map
            self._nodes = nodes
            set_up(nodes, self, order)
            name = pfnc_name(str(feature_value(nodes, PIXEL_FORMAT, "Mono8")))
            if name not in LAYOUTS:
                raise InputError("camera.format_unknown", format=name, known=", ".join(LAYOUTS))
            self.payload_bytes = int(feature_value(nodes, PAYLOAD_SIZE, 0))
            self.frames_per_trigger = 1 if order.trigger == "free" else frames_per_trigger(nodes)
            self.frame_time_s = frame_time_s(nodes)
            # Found once: a trigger is asked for many times a second.
            self._software_trigger = name_on(nodes, TRIGGER_SOFTWARE) or TRIGGER_SOFTWARE.name
        except BaseException:
            self.close()
            raise

    def _opened(
        self, order: CameraOrder, seen: list[DeviceInfo], keep_looking: Callable[[], bool]
    ) -> tuple[DeviceInfo, ImageAcquirer]:
        """Open the camera that is meant; one that went away is waited for as long as `keep_looking` says."""
        while True:
            try:
                index, device = (
                    find_same_camera(seen, order.reopen) if order.reopen else find_device(seen, order.device)
                )
                return device, self._create(index, device)
            except InputError:
                if not keep_looking():
                    raise
            seen = rediscover(self._harvester)

    def _create(self, index: int, device: DeviceInfo) -> ImageAcquirer:
        try:
            acquirer = self._harvester.create(index)
        except (gentl.ResourceInUseException, gentl.AccessDeniedException) as error:
            raise InputError("camera.device_busy", device=device.device_id) from error
        acquirer.timeout_period_on_update_event_data_call = 0
        acquirer.num_buffers = max(_BUFFERS, acquirer.min_num_buffers)
        acquirer.add_callback(ImageAcquirer.Events.INCOMPLETE_BUFFER, _Counter(self))
        return acquirer

    def start(self) -> None:
        """Start the stream."""
        self._camera.start()
        self.starts += 1

    def restart(self) -> None:
        """Drop what is under way and start the stream anew."""
        with self.paused():
            return

    def check(self) -> None:
        """Raise where the driver says that the camera is out of reach; drivers that do not know say nothing."""
        status = _known(self._camera.device.module, "access_status", None)
        if status == _NO_ACCESS:
            raise StationFault("camera.lost", device=self.device.device_id, detail=Technical("no access"))

    def underrun(self) -> int | None:
        """Return how many frames found no empty buffer so far; None where the driver does not say."""
        reader = self._stream_reader()
        return None if reader is None else reader.underrun()

    def resends(self) -> int | None:
        """Return how many packets were asked for again; None where the driver does not say."""
        reader = self._stream_reader()
        return None if reader is None else reader.resends()

    def _stream_reader(self) -> StreamReader | None:
        streams = self._camera.data_streams
        return StreamReader(streams[0].module, streams[0].node_map) if streams else None

    @property
    def nodes(self) -> AnyNodeMap:
        """The camera's features."""
        return self._nodes

    @property
    def running(self) -> bool:
        """Whether the camera streams."""
        return self._acquirer is not None and bool(self._acquirer.is_acquiring())

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop the stream for a change that the camera takes only then; what was under way is dropped."""
        self._camera.stop()
        try:
            yield
        finally:
            self.payload_bytes = int(feature_value(self._nodes, PAYLOAD_SIZE, 0))
            self.start()

    def trigger(self) -> None:
        """Ask for one picture, or a burst.

        Raises
        ------
        InputError
            If the camera does not take the trigger now.
        """
        try:
            write_feature(self._nodes, self._software_trigger, None)
        except _NOT_NOW as error:
            name = self._software_trigger
            raise InputError("camera.feature_refused", feature=name, value="", detail=technical(error)) from error

    @contextmanager
    def fetch(self) -> Iterator[RawFrame | None]:
        """Lend the next frame, or None where none is there; never waits. The buffer goes back at the end."""
        buffer = self._camera.try_fetch(timeout=_FETCH_S, is_raw=True)
        if buffer is None:
            yield None
            return
        try:
            raw = _raw_frame(buffer)
            self._check_buffer(good=raw is not None)
            yield raw
        finally:
            buffer.parent.queue_buffer(buffer)

    def _check_buffer(self, *, good: bool) -> None:
        """Count buffers that describe no picture; nothing but those means that the camera changed."""
        self._consecutive_garbage = 0 if good else self._consecutive_garbage + 1
        self.garbage += not good
        if self._consecutive_garbage >= _MOST_GARBAGE:
            name = str(feature_value(self._nodes, PIXEL_FORMAT, "-"))
            raise StationFault("camera.format_changed", format=name)

    def close(self) -> None:
        """Stop and release, in the only order that every driver survives; what a lost camera raises is over."""
        acquirer, self._acquirer = self._acquirer, None
        if acquirer is not None:
            for step in (acquirer.stop, acquirer.destroy):
                try:
                    step()
                except DRIVER_ERRORS:
                    continue
        self._harvester.reset()

    @property
    def _camera(self) -> ImageAcquirer:
        if self._acquirer is None:
            raise StationFault("camera.lost", device=self.device.device_id, detail=Technical("closed"))
        return self._acquirer


class _Counter(Callback):  # type: ignore[misc]  # harvesters is not annotated
    """Counts the buffers that Harvesters throws back because they were not filled."""

    def __init__(self, grabber: Grabber) -> None:
        super().__init__()
        self._grabber = grabber

    def emit(self, context: object) -> None:  # noqa: ARG002  # the signature is Harvesters'
        """Count one."""
        self._grabber.incomplete += 1


def _raw_frame(buffer: Any) -> RawFrame | None:
    """Return the picture in a GenTL buffer, or None where it holds no whole picture (GenTL 1.6, BUFFER_INFO)."""
    arrived_ns = time.monotonic_ns()
    picture = buffer
    offset = _known(buffer, "image_offset", 0)
    for part in buffer.parts:  # multi-part payload: the first picture is the picture
        picture, offset = part, part.data_offset
        break
    code = _known(picture, "data_format" if picture is not buffer else "pixel_format", 0)
    name = dict_by_ints.get(code, hex(code))
    if name not in LAYOUTS:
        return None
    width, height = int(picture.width), int(picture.height) or _known(buffer, "delivered_image_height", 0)
    padding = _known(picture, "x_padding" if picture is not buffer else "padding_x", 0)
    row = LAYOUTS[name].row_bytes(width)
    size = (row + padding) * height
    if size <= 0 or min(width, height, padding, offset) < 0 or offset + size > len(buffer.raw_buffer):
        return None
    rows = np.frombuffer(buffer.raw_buffer, np.uint8, size, offset).reshape(height, row + padding)
    return RawFrame(
        rows=rows[:, :row],
        width_px=width,
        height_px=height,
        pixel_format=name,
        arrived_ns=arrived_ns,
        block_id=_known(buffer, "frame_id", None),
        device_timestamp_ns=_known(buffer, "timestamp_ns", None),
    )


def _known(module: Any, name: str, otherwise: Any) -> Any:
    """Return what a GenTL module says, or `otherwise` where its producer does not know."""
    try:
        return getattr(module, name)
    except gentl.GenericException:
        return otherwise
