"""The grabber with a driver that the test writes: buffers of every kind, refusals, a lost camera, and the way out."""

from __future__ import annotations

import subprocess
import sys
from multiprocessing import Pipe
from types import SimpleNamespace
from typing import Any

import pytest
from camera_fakes import Clock, device, node_map
from eventually import HANG_S
from genicam import gentl
from harvesters.core import dict_by_names

from crane_desktop.camera.genicam import grabber as grabber_module
from crane_desktop.camera.genicam import process as process_module
from crane_desktop.camera.genicam.grabber import Grabber
from crane_desktop.camera.genicam.messages import CameraOrder, ErrorReport, Stop
from crane_desktop.camera.genicam.process import Heartbeat
from crane_desktop.camera.genicam.producers import device_info
from crane_desktop.camera.genicam.statistics import StreamReader
from crane_desktop.domain.camera_names import PIXEL_FORMAT
from crane_desktop.domain.errors import CraneError, InputError, StationFault

MONO8, MONO12P = (dict_by_names[name] for name in ("Mono8", "Mono12p"))


def driver_error(kind: type[Exception] = gentl.NotImplementedException) -> Exception:
    return kind("says the driver", "file", 1, "type")


class Silent:
    """A GenTL module that knows only what it is given."""

    def __init__(self, **known: Any) -> None:
        self.__dict__.update(known)

    def __getattr__(self, name: str) -> Any:
        raise driver_error()


class Queue:
    def __init__(self) -> None:
        self.given_back: list[Any] = []

    def queue_buffer(self, buffer: Any) -> None:
        self.given_back.append(buffer)


def buffer(queue: Queue, data: bytes | None = None, **changes: Any) -> Any:
    values = {
        "parent": queue, "parts": [], "width": 4, "height": 3, "pixel_format": MONO8, "padding_x": 0,
        "raw_buffer": bytes(range(40)) if data is None else data, "frame_id": 9, "timestamp_ns": 77, "image_offset": 0,
    }  # fmt: skip
    return Silent(**{**values, **changes})


class Acquirer:
    """Harvesters' image acquirer, as far as we use it."""

    Events = SimpleNamespace(INCOMPLETE_BUFFER=1)

    def __init__(self) -> None:
        self.buffers: list[Any] = []
        self.remote_device = SimpleNamespace(
            node_map=node_map(xml='<Integer Name="PayloadSize"><Value>12</Value></Integer>')
        )
        self.device = SimpleNamespace(module=Silent())
        self.data_streams: list[Any] = []
        self.min_num_buffers, self.num_buffers = 3, 0
        self.timeout_period_on_update_event_data_call = 99
        self.calls: list[str] = []
        self.callbacks: list[Any] = []
        self.fails: tuple[str, ...] = ()

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if name in self.fails:
            raise driver_error(gentl.IoException)

    def add_callback(self, _event: object, callback: Any) -> None:
        self.callbacks.append(callback)

    def start(self) -> None:
        self._call("start")

    def stop(self) -> None:
        self._call("stop")

    def destroy(self) -> None:
        self._call("destroy")

    def is_acquiring(self) -> bool:
        return "start" in self.calls

    def try_fetch(self, *, timeout: float, is_raw: bool) -> Any:
        assert is_raw
        assert timeout < 0.01  # the binding holds the GIL meanwhile
        return self.buffers.pop(0) if self.buffers else None


class Harvester:
    def __init__(self, acquirer: Acquirer) -> None:
        self.acquirer = acquirer
        self.refusals: list[Exception] = []
        self.resets = 0

    def create(self, _index: int) -> Acquirer:
        if self.refusals:
            raise self.refusals.pop(0)
        return self.acquirer

    def reset(self) -> None:
        self.resets += 1


@pytest.fixture
def harvester(monkeypatch: pytest.MonkeyPatch) -> Harvester:
    made = Harvester(Acquirer())
    monkeypatch.setattr(grabber_module, "opened_producers", lambda _: (made, [device()]))
    monkeypatch.setattr(grabber_module, "rediscover", lambda _: [device()])
    return made


@pytest.fixture
def grabber(harvester: Harvester) -> Grabber:
    return Grabber(CameraOrder(("v.cti",), "VC1"))


class TestBuffers:
    def fetched(self, grabber: Grabber, harvester: Harvester, one: Any) -> Any:
        harvester.acquirer.buffers.append(one)
        with grabber.fetch() as raw:
            return raw

    def test_a_picture_is_lent_and_goes_back(self, grabber: Grabber, harvester: Harvester) -> None:
        queue = Queue()
        one = buffer(queue)
        harvester.acquirer.buffers.append(one)
        with grabber.fetch() as raw:
            assert raw is not None
            assert raw.rows.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
            assert (raw.width_px, raw.height_px, raw.pixel_format) == (4, 3, "Mono8")
            assert (raw.block_id, raw.device_timestamp_ns) == (9, 77)
            assert queue.given_back == []
        assert queue.given_back == [one]

    def test_nothing_there_is_no_wait(self, grabber: Grabber) -> None:
        with grabber.fetch() as raw:
            assert raw is None

    def test_a_buffer_goes_back_whatever_happens_to_its_picture(self, grabber: Grabber, harvester: Harvester) -> None:
        queue = Queue()
        harvester.acquirer.buffers.append(buffer(queue))
        with pytest.raises(RuntimeError), grabber.fetch():
            raise RuntimeError
        assert len(queue.given_back) == 1

    def test_padding_and_an_offset_are_left_out(self, grabber: Grabber, harvester: Harvester) -> None:
        raw = self.fetched(grabber, harvester, buffer(Queue(), padding_x=2, image_offset=5))
        assert raw.rows.tolist() == [[5, 6, 7, 8], [11, 12, 13, 14], [17, 18, 19, 20]]

    def test_a_packed_line_ends_within_a_byte(self, grabber: Grabber, harvester: Harvester) -> None:
        raw = self.fetched(grabber, harvester, buffer(Queue(), pixel_format=MONO12P, width=3, height=2))
        assert raw.rows.shape == (2, 5)

    def test_of_several_parts_the_first_is_the_picture(self, grabber: Grabber, harvester: Harvester) -> None:
        part = Silent(data_offset=8, width=2, height=2, data_format=MONO8, x_padding=0)
        raw = self.fetched(grabber, harvester, buffer(Queue(), parts=[part, None]))
        assert raw.rows.tolist() == [[8, 9], [10, 11]]

    def test_a_driver_that_knows_little_is_enough(self, grabber: Grabber, harvester: Harvester) -> None:
        one = Silent(parent=Queue(), parts=[], width=4, height=3, pixel_format=MONO8, raw_buffer=bytes(12))
        raw = self.fetched(grabber, harvester, one)
        assert (raw.block_id, raw.device_timestamp_ns, raw.rows.shape) == (None, None, (3, 4))

    def test_the_delivered_height_of_a_line_scan_camera(self, grabber: Grabber, harvester: Harvester) -> None:
        raw = self.fetched(grabber, harvester, buffer(Queue(), height=0, delivered_image_height=2))
        assert raw.rows.shape == (2, 4)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"width": 0}, {"height": 0, "delivered_image_height": 0}, {"width": 100}, {"height": 11},
            {"image_offset": 30}, {"image_offset": -1}, {"padding_x": -1}, {"padding_x": 20},
            {"pixel_format": 0x12345}, {"width": -4},
            {"height": -3}, {"width": -4, "height": -3},
        ],
        ids=str,
    )  # fmt: skip
    def test_what_describes_no_picture_is_garbage_and_goes_back(
        self, grabber: Grabber, harvester: Harvester, wrong: dict[str, int]
    ) -> None:
        queue = Queue()
        assert self.fetched(grabber, harvester, buffer(queue, **wrong)) is None
        assert grabber.garbage == 1
        assert len(queue.given_back) == 1

    def test_nothing_but_garbage_means_that_the_camera_changed(self, grabber: Grabber, harvester: Harvester) -> None:
        for _ in range(49):
            self.fetched(grabber, harvester, buffer(Queue(), width=0))
        self.fetched(grabber, harvester, buffer(Queue()))  # a whole one: counted anew
        for _ in range(49):
            self.fetched(grabber, harvester, buffer(Queue(), width=0))
        queue = Queue()
        with pytest.raises(StationFault) as error:
            self.fetched(grabber, harvester, buffer(queue, width=0))
        assert error.value.key == "camera.format_changed"
        assert len(queue.given_back) == 1

    def test_unfilled_buffers_are_counted_where_harvesters_throws_them_back(
        self, grabber: Grabber, harvester: Harvester
    ) -> None:
        for _ in range(3):
            harvester.acquirer.callbacks[0].emit(None)
        assert grabber.incomplete == 3


class TestOpening:
    def test_the_driver_is_never_waited_for_and_has_room(self, grabber: Grabber, harvester: Harvester) -> None:
        acquirer = harvester.acquirer
        assert (acquirer.timeout_period_on_update_event_data_call, acquirer.num_buffers) == (0, 8)
        assert (grabber.payload_bytes, grabber.frames_per_trigger, grabber.first_block_id) == (12, 1, 1)

    @pytest.mark.parametrize("kind", [gentl.ResourceInUseException, gentl.AccessDeniedException])
    def test_a_camera_in_use_is_told_and_everything_let_go(self, harvester: Harvester, kind: type[Exception]) -> None:
        harvester.refusals = [driver_error(kind)]
        with pytest.raises(InputError) as error:
            Grabber(CameraOrder(("v.cti",)))
        assert error.value.key == "camera.device_busy"
        assert harvester.resets == 1

    def test_one_that_went_away_is_looked_for_as_long_as_asked(self, harvester: Harvester) -> None:
        harvester.refusals = [driver_error(gentl.AccessDeniedException)] * 3
        answers = [True, True, True]
        made = Grabber(CameraOrder(("v.cti",), reopen=device()), lambda: bool(answers) and answers.pop())
        assert made.device == device()
        assert answers == []

    def test_a_format_that_we_cannot_read_is_refused_before_the_stream(
        self, harvester: Harvester, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            grabber_module, "feature_value", lambda _n, what, other: "Mono1p" if what is PIXEL_FORMAT else other
        )
        with pytest.raises(InputError) as error:
            Grabber(CameraOrder(("v.cti",)))
        assert error.value.key == "camera.format_unknown"
        assert harvester.acquirer.calls == ["stop", "destroy"]


class TestStream:
    def test_a_pause_counts_as_a_new_acquisition_and_asks_for_the_size_anew(
        self, grabber: Grabber, harvester: Harvester
    ) -> None:
        grabber.start()
        with grabber.paused():
            harvester.acquirer.remote_device.node_map.get_node("PayloadSize").value = 99
        assert harvester.acquirer.calls == ["start", "stop", "start"]
        assert (grabber.starts, grabber.payload_bytes) == (2, 99)
        grabber.restart()
        assert grabber.starts == 3

    @pytest.mark.parametrize("fails", [(), ("stop",), ("stop", "destroy")], ids=str)
    def test_a_lost_camera_is_let_go_all_the_same(
        self, grabber: Grabber, harvester: Harvester, fails: tuple[str, ...]
    ) -> None:
        harvester.acquirer.fails = fails
        grabber.close()
        grabber.close()
        assert harvester.acquirer.calls == ["stop", "destroy"]
        assert harvester.resets == 2
        assert not grabber.running
        with pytest.raises(StationFault):
            grabber.start()

    @pytest.mark.parametrize(("status", "gone"), [(3, True), (1, False), (None, False)])
    def test_a_camera_out_of_reach(
        self, grabber: Grabber, harvester: Harvester, status: int | None, gone: bool
    ) -> None:
        harvester.acquirer.device.module = Silent() if status is None else Silent(access_status=status)
        if not gone:
            grabber.check()
            return
        with pytest.raises(StationFault) as error:
            grabber.check()
        assert error.value.key == "camera.lost"

    @pytest.mark.parametrize(
        ("raised", "refused"), [(gentl.BusyException, True), (gentl.TimeoutException, True), (gentl.IoException, False)]
    )
    def test_a_trigger_that_is_not_taken_now_is_told_from_a_camera_that_is_gone(
        self, grabber: Grabber, monkeypatch: pytest.MonkeyPatch, raised: type[Exception], refused: bool
    ) -> None:
        def write(*_: object) -> None:
            raise driver_error(raised)

        monkeypatch.setattr(grabber_module, "write_feature", write)
        with pytest.raises(InputError if refused else gentl.IoException):
            grabber.trigger()

    def test_statistics_of_the_first_stream(self, grabber: Grabber, harvester: Harvester) -> None:
        assert (grabber.underrun(), grabber.resends()) == (None, None)
        harvester.acquirer.data_streams = [SimpleNamespace(module=Silent(num_underrun=4), node_map=None)]
        assert (grabber.underrun(), grabber.resends()) == (4, None)


@pytest.mark.parametrize("name", ["StreamLostFrameCount", "StreamBufferUnderrunCount"])
def test_a_driver_that_counts_in_a_node(name: str) -> None:
    nodes = node_map(xml=f'<Integer Name="{name}"><Value>6</Value></Integer>')
    assert StreamReader(Silent(), nodes).underrun() == 6
    assert StreamReader(Silent(num_underrun=0), nodes).underrun() == 0  # the standard's own word comes first
    assert StreamReader(Silent(), None).underrun() is None


def test_a_camera_that_hardly_says_who_it_is() -> None:
    bare = device_info(Silent(id_="A", parent=SimpleNamespace(parent=Silent(path_name="/opt/x/v.cti"))))
    assert (bare.device_id, bare.vendor, bare.serial_number, bare.producer, bare.accessible) == (
        "A",
        "",
        "",
        "v.cti",
        True,
    )
    taken = device_info(Silent(id_="A", access_status=4, parent=SimpleNamespace(parent=Silent())))
    assert not taken.accessible


class TestProcess:
    def test_the_heartbeat_beats_and_the_own_end_is_armed_again_now_and_then(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = Clock().rules(monkeypatch, process_module)
        armed: list[tuple[float, bool]] = []
        fake = SimpleNamespace(dump_traceback_later=lambda after_s, **how: armed.append((after_s, how["exit"])))
        monkeypatch.setattr(process_module, "faulthandler", fake)
        shared = SimpleNamespace(value=0)
        beat = Heartbeat(shared)
        for _ in range(60):
            beat.tick()
            clock.go_on(1.0)
        assert shared.value == 60
        assert armed == [(60.0, True)] * len(armed)
        assert 3 <= len(armed) <= 5

    @pytest.mark.parametrize("wait_s", [0.0, 5.0])
    def test_a_camera_is_looked_for_until_the_time_is_over_or_somebody_stops(
        self, monkeypatch: pytest.MonkeyPatch, wait_s: float
    ) -> None:
        clock = Clock().rules(monkeypatch, process_module)
        ours, theirs = Pipe()
        ticks: list[int] = []

        def poll(timeout_s: float) -> bool:
            clock.go_on(timeout_s)
            return bool(theirs.poll(0))

        keep = process_module._keep_looking_for(wait_s, SimpleNamespace(poll=poll), lambda: ticks.append(1))  # type: ignore[arg-type]
        looks = 0
        while keep():
            looks += 1
        assert looks == (0 if wait_s == 0 else 16)
        assert len(ticks) == looks + 1
        ours.send(Stop())
        with pytest.raises(EOFError):
            keep()
        for end in (ours, theirs):
            end.close()

    @pytest.mark.parametrize(
        ("error", "key"),
        [
            (InputError("camera.no_device"), "camera.no_device"),
            (StationFault("camera.format_changed", format="X"), "camera.format_changed"),
            (RuntimeError("first\nsecond"), "camera.lost"),
            (gentl.IoException("io", "f", 1, "t"), "camera.lost"),
            (EOFError(), None),
            (BrokenPipeError(), None),
            (None, None),
        ],
        ids=lambda value: value if isinstance(value, str) else type(value).__name__,
    )
    def test_whatever_goes_wrong_is_sent_in_one_sentence(self, error: Exception | None, key: str | None) -> None:
        ours, theirs = Pipe()
        with process_module._reported(theirs, "VC1"):
            if error is not None:
                raise error
        assert ours.poll(0) == (key is not None)
        if key is not None:
            report = ours.recv()
            assert isinstance(report, ErrorReport)
            assert report.error().key == key
            assert "\n" not in str(report.error())
            assert isinstance(report.error(), InputError) == isinstance(error, InputError)
        for end in (ours, theirs):
            end.close()

    def test_nobody_left_to_tell_is_the_end_too(self) -> None:
        ours, theirs = Pipe()
        ours.close()
        with process_module._reported(theirs, "VC1"):
            raise CraneError("camera.no_device")
        assert not theirs.closed  # it came back from there: the process ends by itself, not by an exception
        theirs.close()


def test_what_drivers_and_harvesters_say_goes_nowhere_and_our_own_words_stay() -> None:
    """In a process of its own, as the camera's is: what it prints on the way would be read by whoever reads stdout."""
    words = (
        "import os, sys\n"
        "from crane_desktop.camera.genicam.process import prepared_process\n"
        "with prepared_process():\n"
        "    import harvesters.core\n"
        "    harvesters.core._logger.error('a traceback')\n"
        "    os.write(1, b'a driver'); os.write(2, b'a driver')\n"
        "    print('ours', file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, timeout=HANG_S, check=True)
    assert (done.stdout, done.stderr) == ("", "ours\n")
