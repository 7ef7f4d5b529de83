"""Real cameras through Harvesters: the process that holds the driver, its death, discovery and the doctor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing import active_children
from pathlib import Path

import psutil
import pytest
from eventually import eventually
from numpy._core import _multiarray_umath

from crane_desktop.camera.genicam import discover, doctor, link
from crane_desktop.camera.genicam import source as source_module
from crane_desktop.camera.genicam.messages import DeviceInfo
from crane_desktop.camera.genicam.producer_path import PRODUCER_PATH
from crane_desktop.camera.genicam.producers import (
    configured_places,
    configured_producers,
    find_device,
    producers_for,
)
from crane_desktop.camera.genicam.source import GenicamSource
from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.domain.frames import EndOfFrames, Frame, FramesLost, SourceEvent

RED = "VikyTL_DEV_red"


@pytest.fixture(scope="module")
def viky() -> str:
    found = discover.bundled_viky()
    assert found is not None
    return str(found)


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    yield
    assert active_children() == []


@pytest.fixture
def camera(viky: str) -> Iterator[GenicamSource]:
    source = GenicamSource(viky)
    yield source
    source.close()


def next_frame(source: GenicamSource) -> Frame:
    def frame() -> Frame | None:
        event = source.next_event(0.5)
        return event if isinstance(event, Frame) else None

    found = eventually(frame)
    assert found is not None
    return found


def until_it_fails(source: GenicamSource) -> None:
    """Take events for ever: the fault ends it."""
    eventually(lambda: isinstance(source.next_event(0.5), EndOfFrames))


class TestSource:
    def test_it_knows_its_camera_once_it_is_open(self, camera: GenicamSource) -> None:
        assert camera.info.source_id == "genicam:viky/"
        camera.open()
        assert camera.info.source_id == f"genicam:viky/{RED}"
        assert "Machine Vision Games" in camera.info.description
        assert not camera.info.every_part
        frame = next_frame(camera)
        assert frame.pixel_format == "RGBa8"
        assert frame.pixels.shape[2] == 3
        assert frame.origin.block_id is not None

    def test_features_are_set_before_the_first_frame(self, viky: str) -> None:
        source = GenicamSource(viky, "VikyTL_DEV_blue", features={"Width": 120, "Height": 104, "PixelFormat": "Mono8"})
        try:
            source.open()
            assert next_frame(source).pixels.shape == (104, 120)
        finally:
            source.close()

    @pytest.mark.parametrize(
        ("features", "key"),
        [({"ExposureTime": 100.0}, "camera.feature_missing"), ({"Width": 7}, "camera.node_out_of_range")],
    )
    def test_a_feature_that_the_camera_does_not_take(self, viky: str, features: dict[str, float], key: str) -> None:
        with pytest.raises(InputError) as error:
            GenicamSource(viky, features=features).open()
        assert error.value.key == key

    def test_two_cameras_run_beside_each_other(self, camera: GenicamSource, viky: str) -> None:
        camera.open()
        other = GenicamSource(viky, "VikyTL_DEV_green")
        try:
            other.open()
            assert next_frame(other).origin.source_id != next_frame(camera).origin.source_id
        finally:
            other.close()
        assert next_frame(camera)

    def test_a_process_that_dies_is_a_fault_and_it_opens_again(self, camera: GenicamSource) -> None:
        camera.open()
        next_frame(camera)
        assert camera.process_id is not None
        os.kill(camera.process_id, signal.SIGKILL)
        with pytest.raises(StationFault) as error:
            until_it_fails(camera)
        assert error.value.key == "camera.process_died"
        assert error.value.params == {"device": RED, "code": -9}
        with pytest.raises(StationFault):  # until it is closed
            camera.next_event(0.1)
        camera.close()
        camera.open()
        assert next_frame(camera).origin.frame_id == 1

    def test_a_driver_that_hangs_is_found_and_killed(
        self, camera: GenicamSource, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(source_module, "HANG_AFTER_S", 1.0)
        monkeypatch.setattr(link, "HANG_AFTER_S", 1.0)
        camera.open()
        next_frame(camera)
        pid = camera.process_id
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)  # as a driver that does not come back: no frame, no sign of life
        with pytest.raises(StationFault) as error:
            until_it_fails(camera)
        assert error.value.key == "camera.hangs"
        camera.close()
        assert not psutil.pid_exists(pid)

    def test_a_line_that_was_busy_elsewhere_blames_no_camera(
        self, camera: GenicamSource, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(source_module, "HANG_AFTER_S", 1.0)
        camera.open()
        next_frame(camera)
        time.sleep(2.0)
        assert next_frame(camera)

    def test_a_slow_taker_finds_every_frame_accounted_for(self, viky: str) -> None:
        source = GenicamSource(viky, features={"AcquisitionFrameRate": 100.0, "Width": 104, "Height": 104}, frames=60)
        events: list[SourceEvent | None] = []
        source.open()
        try:
            while not isinstance(event := source.next_event(5.0), EndOfFrames):
                events.append(event)
                if len(events) == 1:
                    time.sleep(0.5)  # the ring fills up
        finally:
            source.close()
        lost = sum(event.count for event in events if isinstance(event, FramesLost))
        frames = sum(isinstance(event, Frame) for event in events)
        assert lost > 0
        assert frames + lost == 60

    def test_a_program_that_is_killed_takes_its_camera_along(self, viky: str) -> None:
        # Guarded: the camera's process imports this program's main module anew.
        code = (
            "import sys, time\n"
            "from crane_desktop.camera.genicam.source import GenicamSource\n"
            "if __name__ == '__main__':\n"
            "    source = GenicamSource(sys.argv[1]); source.open()\n"
            "    print(source.process_id, flush=True); time.sleep(60)"
        )
        run = subprocess.Popen([sys.executable, "-c", code, viky], stdout=subprocess.PIPE, text=True)
        assert run.stdout is not None
        pid = int(run.stdout.readline())
        run.kill()
        run.communicate(timeout=20)
        eventually(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


class TestProducers:
    def test_the_systems_folders(self, tmp_path: Path, viky: str) -> None:
        for name in ("b.cti", "a.CTI", "readme.txt"):
            (tmp_path / name).touch()
        value = os.pathsep.join([str(tmp_path), "", str(tmp_path / "gone"), str(tmp_path)])
        assert configured_places({PRODUCER_PATH: value}) == [tmp_path, tmp_path / "gone"]
        assert configured_producers({PRODUCER_PATH: value}) == [str(tmp_path / "a.CTI"), str(tmp_path / "b.cti")]
        assert configured_producers({}) == []

    def test_a_producer_given_by_hand(self, viky: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert producers_for(viky) == (viky,)
        with pytest.raises(InputError) as error:
            producers_for(str(tmp_path / "ない.cti"))
        assert error.value.key == "camera.cti_missing"
        monkeypatch.delenv(PRODUCER_PATH, raising=False)
        with pytest.raises(InputError) as error:
            producers_for(None)
        assert error.value.key == "camera.no_producer"

    def test_which_camera_is_meant(self) -> None:
        def camera(number: int, name: str = "") -> DeviceInfo:
            return DeviceInfo(f"id-{number}", "V", "M", f"SN{number}", name, "U3V", "v.cti")

        seen = [camera(1), camera(2, "左"), camera(3, "右"), camera(4, "右")]
        assert find_device(seen, None)[0] == 0
        assert find_device(seen, "id-3")[0] == 2
        assert find_device(seen, "SN2")[0] == 1
        assert find_device(seen, "左")[0] == 1
        for wanted, key in (("右", "camera.device_ambiguous"), ("中", "camera.device_missing")):
            with pytest.raises(InputError) as error:
                find_device(seen, wanted)
            assert error.value.key == key
            assert "id-4" in str(error.value.params["known"])
        with pytest.raises(InputError) as error:
            find_device([], None)
        assert error.value.key == "camera.no_device"


class TestDiscovery:
    def test_three_cameras(self, viky: str) -> None:
        found = discover.list_devices(viky)
        assert [device.device_id for device in found] == [RED, "VikyTL_DEV_green", "VikyTL_DEV_blue"]
        assert all(device.accessible and device.producer == "viky.cti" for device in found)
        assert found[0].words().startswith(f"{RED}  Machine Vision Games")

    def test_a_file_that_is_no_producer(self, tmp_path: Path) -> None:
        fake = tmp_path / "偽.cti"
        fake.write_bytes(b"no library")
        with pytest.raises(InputError) as error:
            discover.list_devices(str(fake))
        assert error.value.key == "camera.cti_is_no_producer"

    def test_a_library_that_is_no_producer(self) -> None:
        with pytest.raises(InputError) as error:
            discover.list_devices(_multiarray_umath.__file__)
        assert error.value.key == "camera.cti_is_no_producer"

    def test_a_good_producer_works_beside_a_broken_one(self, tmp_path: Path, viky: str) -> None:
        fake = tmp_path / "a.cti"
        fake.write_bytes(b"no library")
        assert len(discover.enumerate_devices((str(fake), viky))) == 3

    def test_a_driver_that_does_not_come_back(self, viky: str) -> None:
        with pytest.raises(StationFault) as error:
            discover.enumerate_devices((viky,), within_s=0.01)
        assert error.value.key == "camera.driver_hangs"


class TestDoctor:
    def test_everything_is_well(self, viky: str) -> None:
        findings = doctor.examine(viky)
        assert [finding.key for finding in findings] == [
            "camera.doctor_producer_loads",
            *["camera.doctor_frame_came"] * 3,
        ]
        assert all(finding.ok for finding in findings)
        assert "x" in str(findings[-1].params["size"])

    def test_nothing_is_installed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv(PRODUCER_PATH, raising=False)
        (finding,) = doctor.examine()
        assert (finding.key, finding.ok) == ("camera.doctor_no_path", False)

    def test_one_bad_producer_hides_no_good_one(
        self, tmp_path: Path, viky: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "a.cti").write_bytes(b"no library")
        monkeypatch.setenv(PRODUCER_PATH, os.pathsep.join([str(tmp_path), str(Path(viky).parent)]))
        keys = [finding.key for finding in doctor.examine()]
        assert keys[:3] == ["camera.doctor_folder_good", "camera.doctor_folder_good", "camera.doctor_cti_no_library"]
        assert keys.count("camera.doctor_frame_came") == 3

    def test_a_camera_that_sends_nothing(self, viky: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(GenicamSource, "next_event", lambda self, timeout_s: None)
        found = [f for f in doctor.examine(viky) if not f.ok]
        assert [f.key for f in found] == ["camera.doctor_no_frame"] * 3
