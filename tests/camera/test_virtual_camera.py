"""The virtual camera through Harvesters: what it shows, its pixels, its triggers, its settings."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from virtual_camera import VirtualCamera, VirtualCameras, build, write_pnm
from virtual_harvest import Grabbed, Harvest, HarvestError
from virtual_scene import SCENES, View, expected_rows

SMALL = {"sensor_width": 64, "sensor_height": 48}
FAST = {"ExposureTime": 500.0, "AcquisitionFrameRate": 200.0}
FULL_BRIGHTNESS = 0.1  # FAST's exposure against the reference of 5000 us
CHUNKS = ("ChunkTimestamp", "ChunkFrameID", "ChunkExposureTime", "ChunkGain", "ChunkLineStatusAll")

Opener = Callable[..., Harvest]


@pytest.fixture
def camera(virtual_cameras: VirtualCameras) -> VirtualCamera:
    return virtual_cameras.add("VC1", FAST, reference_exposure_us=500, scene="noise", **SMALL)


@pytest.fixture
def opened(camera: VirtualCamera, harvest: Opener) -> Harvest:
    host = harvest()
    host.call("open", "VC1")
    return host


def same(frame: Grabbed, view: View, number: int) -> bool:
    rows = expected_rows(view, number, frame.pixel_format)
    size = rows.size + frame.padding * view.height
    return np.array_equal(frame.data[:size].reshape(view.height, -1)[:, : rows.shape[1]], rows)


class TestDevices:
    def test_what_the_set_up_says_is_what_the_host_sees(self, virtual_cameras: VirtualCameras, harvest: Opener) -> None:
        virtual_cameras.add("左1", tl_type="GEV", user_id="left", id="left-id")
        virtual_cameras.add("R2", tl_type="U3V")
        host = harvest()
        assert host.call("devices") == [("left-id", "左1", "GEV", 1), ("CraneVirtual_R2", "R2", "U3V", 1)]
        host.call("open", "左1")
        assert host.call("get", "DeviceUserID") == "left"
        assert host.call("get", "DeviceSerialNumber") == "左1"
        assert host.call("get", "DeviceTLType") == "GigEVision"
        assert host.run(2)[0].block == 1  # GigE Vision begins with 1, USB3 Vision with 0
        host.call("release")
        host.call("open", "R2")
        assert host.run(1)[0].block == 0

    def test_one_program_at_a_time(self, opened: Harvest, harvest: Opener) -> None:
        other = harvest()
        assert other.call("devices")[0][3] == 4  # busy
        with pytest.raises(HarvestError, match="ResourceInUse"):
            other.call("open", "VC1")
        opened.call("release")
        other.call("open", "VC1")
        assert other.run(1)

    def test_features_that_a_camera_lacks(self, virtual_cameras: VirtualCameras, harvest: Opener) -> None:
        virtual_cameras.add(
            "old", missing="GainAuto TriggerSelector TriggerSource.Line3", formats="Mono8 Mono12p", **SMALL
        )
        host = harvest()
        host.call("open", "old")
        assert host.call("access", "GainAuto") == "absent"
        assert host.call("access", "TriggerSelector") == "absent"
        assert host.call("get", "TriggerSource", "symbolics") == ["Software", "Line1"]
        assert host.call("get", "PixelFormat", "symbolics") == ["Mono8", "Mono12p"]
        assert host.run(1)


class TestPixels:
    def test_every_format_is_exact_to_the_byte(self, opened: Harvest) -> None:
        formats = opened.call("get", "PixelFormat", "symbolics")
        assert len(formats) == 43
        view = View(64, 48, sensor_width=64, scene="noise")
        for name in formats:
            opened.call("set", "PixelFormat", name)
            for number, frame in enumerate(opened.run(2)):
                assert frame.pixel_format == name
                assert (frame.block, frame.filled) == (number + 1, opened.call("get", "PayloadSize"))
                assert same(frame, view, number), name

    @pytest.mark.parametrize("scene", SCENES)
    def test_every_scene_in_part_of_the_sensor(self, opened: Harvest, scene: str) -> None:
        opened.call("set", "TestPattern", scene.capitalize())
        for name, value in {"Width": 40, "Height": 20, "OffsetX": 12, "OffsetY": 6, "VirtualLinePadding": 5}.items():
            opened.call("set", name, value)
        view = View(40, 20, 12, 6, 64, scene)
        for name in ("BayerGR12Packed", "Mono16"):
            opened.call("set", "PixelFormat", name)
            frame = opened.run(2)[1]
            assert (frame.width, frame.height, frame.padding) == (40, 20, 5)
            assert same(frame, view, 1)
            assert np.all(frame.rows()[:, -5:] == 0xEE)

    def test_brightness_follows_the_settings(self, opened: Harvest, camera: VirtualCamera) -> None:
        view = View(64, 48, sensor_width=64, scene="noise", black_level=3.5, gamma=0.5, balance=(2.0, 1.0, 0.5))
        camera.order("light 0.25")
        for name, value in {"Gain": 6.5, "ExposureTime": 700.0, "BlackLevel": 3.5, "Gamma": 0.5}.items():
            opened.call("set", name, value)
        for name, value in {"Red": 2.0, "Blue": 0.5}.items():
            opened.call("set", "BalanceRatioSelector", name)
            opened.call("set", "BalanceRatio", value)
        factor = 700.0 / 500.0 * 10 ** (6.5 / 20.0) * 0.25
        for name in ("Mono16", "RGB8"):
            opened.call("set", "PixelFormat", name)
            assert same(opened.run(1)[0], View(**{**view.__dict__, "brightness": factor}), 0)
        opened.call("set", "Gain", 24.0)
        opened.call("set", "ExposureTime", 4000.0)
        assert np.median(opened.run(1)[0].data) == 255  # far too bright is white, not dark again

    def test_pictures_of_a_folder_in_turn(
        self, virtual_cameras: VirtualCameras, harvest: Opener, tmp_path: Path
    ) -> None:
        draw = np.random.default_rng(3).integers
        pictures = [draw(0, 256, (30, 70, 3), np.uint8), draw(0, 65536, (60, 40), np.uint16)]
        folder = tmp_path / "写真"
        folder.mkdir()
        for number, picture in enumerate(pictures):
            write_pnm(folder / f"{number}.{'ppm' if picture.ndim == 3 else 'pgm'}", picture)
        virtual_cameras.add("VC1", {**FAST, "PixelFormat": "RGB8"}, reference_exposure_us=500, images=folder, **SMALL)
        host = harvest()
        host.call("open", "VC1")
        for number, frame in enumerate(host.run(3)):
            assert same(frame, View(64, 48, sensor_width=64, picture=pictures[number % 2]), number)


class TestSettings:
    def test_what_is_locked_and_when(self, opened: Harvest) -> None:
        def access(*names: str) -> list[str]:
            return [opened.call("access", name) for name in names]

        names = ("Width", "Height", "PixelFormat", "ChunkModeActive")
        assert access(*names, "AcquisitionFrameRate", "SensorWidth") == ["RW"] * 5 + ["RO"]
        opened.call("set", "AcquisitionFrameRateEnable", False)
        opened.call("set", "GainAuto", "Continuous")
        assert access("AcquisitionFrameRate", "Gain", "ExposureTime", "LineMode") == ["RO", "RO", "RW", "RO"]
        opened.call("start")
        assert access(*names, "OffsetX", "ExposureTime") == ["RO"] * 4 + ["RW"] * 2
        with pytest.raises(HarvestError, match="Access"):
            opened.call("set", "Width", 32)
        opened.call("stop")
        assert access(*names) == ["RW"] * 4
        opened.call("set", "LineSelector", "Line3")
        assert access("LineMode") == ["RW"]

    def test_limits_and_units(self, opened: Harvest) -> None:
        assert [opened.call("get", "ExposureTime", at) for at in ("min", "max", "unit")] == [20.0, 1e6, "us"]
        assert [opened.call("get", "Width", at) for at in ("min", "max", "inc")] == [8, 64, 4]
        opened.call("set", "Width", 32)
        assert opened.call("get", "OffsetX", "max") == 32
        opened.call("set", "OffsetX", 16)
        assert opened.call("get", "Width", "max") == 48
        opened.call("set", "ExposureTime", 20_000.0)
        assert opened.call("get", "AcquisitionFrameRate", "max") == pytest.approx(50.0)
        assert opened.call("get", "AcquisitionResultingFrameRate") == pytest.approx(50.0)
        for name, value in {"Width": 33, "Gain": 24.5, "ExposureTime": 1.0}.items():
            with pytest.raises(HarvestError, match="OutOfRange"):
                opened.call("set", name, value)

    def test_user_sets_outlast_the_program(self, opened: Harvest, harvest: Opener, camera: VirtualCamera) -> None:
        opened.call("set", "Gain", 3.0)
        opened.call("set", "TriggerMode", "On")
        opened.call("set", "UserSetSelector", "UserSet1")
        opened.call("execute", "UserSetSave")
        opened.call("set", "Gain", 5.0)
        opened.call("set", "UserSetDefault", "UserSet1")
        opened.close()
        other = harvest()
        other.call("open", "VC1")
        assert (other.call("get", "Gain"), other.call("get", "TriggerMode")) == (3.0, "On")
        other.call("set", "UserSetSelector", "Default")
        other.call("execute", "UserSetLoad")
        assert (other.call("get", "Gain"), other.call("get", "TriggerMode")) == (0.0, "Off")
        assert other.call("get", "UserSetDefault") == "UserSet1"

    def test_the_automatic_reaches_a_middle_grey_and_stops(self, opened: Harvest, camera: VirtualCamera) -> None:
        opened.call("set", "TestPattern", "Flat")
        camera.order("light 0.2")
        opened.call("set", "ExposureAuto", "Once")
        assert opened.run(6)[-1].data.mean() == pytest.approx(0x70, abs=3)
        assert opened.call("get", "ExposureAuto") == "Off"
        opened.call("set", "ExposureTime", 500.0)
        opened.call("set", "GainAuto", "Continuous")
        assert opened.run(6)[-1].data.mean() == pytest.approx(0x70, abs=3)
        assert opened.call("get", "Gain") == pytest.approx(20 * np.log10(0x70 / (0x40 * 0.2)), abs=0.5)

    @pytest.mark.parametrize("tl_type", ["GEV", "U3V", "Custom"])
    def test_chunks(self, virtual_cameras: VirtualCameras, harvest: Opener, tl_type: str) -> None:
        camera = virtual_cameras.add("VC1", FAST, tl_type=tl_type, clock_offset_ns=10**15, **SMALL)
        host = harvest()
        host.call("open", "VC1")
        host.call("set", "ChunkModeActive", True)
        for name in host.call("get", "ChunkSelector", "symbolics"):
            host.call("set", "ChunkSelector", name)
            host.call("set", "ChunkEnable", True)
        assert host.call("get", "PayloadSize") == 64 * 48 + 8 + 5 * 16
        camera.order("level Line1 1")
        frames = host.run(3, *CHUNKS)
        for number, frame in enumerate(frames):
            assert frame.chunks["ChunkFrameID"] == frame.block == frames[0].block + number
            assert frame.chunks["ChunkTimestamp"] == frame.timestamp_ns > 10**15
            assert [frame.chunks[name] for name in CHUNKS[2:]] == [500.0, 0.0, 1]
            assert same(frame, View(64, 48, sensor_width=64, brightness=FULL_BRIGHTNESS), number)


class TestAcquisition:
    def test_the_rate(self, opened: Harvest) -> None:
        opened.call("set", "AcquisitionFrameRate", 50.0)
        times = np.diff([frame.timestamp_ns for frame in opened.run(8)])
        assert np.median(times) == pytest.approx(20e6, rel=0.05)

    @pytest.mark.parametrize(("mode", "count"), [("SingleFrame", 1), ("MultiFrame", 4)])
    def test_an_acquisition_of_so_many_frames(
        self, opened: Harvest, camera: VirtualCamera, mode: str, count: int
    ) -> None:
        opened.call("set", "AcquisitionMode", mode)
        opened.call("set", "AcquisitionFrameCount", 4)
        opened.call("start")
        assert len(opened.call("fetch", count + 1, 0.5)) == count
        camera.wait_for("acquisition_end", frames=count)
        opened.call("stop")
        assert opened.run(count)[0].block == 1

    def test_one_frame_a_software_trigger(self, opened: Harvest, camera: VirtualCamera) -> None:
        opened.call("set", "TriggerMode", "On")
        opened.call("start")
        for block in (1, 2, 3):
            assert opened.call("fetch", 1, 0.05) == []
            opened.call("execute", "TriggerSoftware")
            assert opened.call("fetch", 1)[0].block == block
        opened.call("set", "TriggerSource", "Line1")
        opened.call("execute", "TriggerSoftware")
        assert opened.call("fetch", 1, 0.1) == []
        assert camera.events("trigger_ignored", source="Software")

    def test_a_trigger_during_the_exposure_is_missed(self, opened: Harvest, camera: VirtualCamera) -> None:
        opened.call("set", "TriggerMode", "On")
        opened.call("set", "ExposureTime", 1_000_000.0)
        opened.call("start")
        opened.call("execute", "TriggerSoftware")
        camera.wait_for("trigger")
        opened.call("execute", "TriggerSoftware")
        assert len(opened.call("fetch", 1)) == 1
        assert len(camera.events("trigger_missed")) == 1
        assert len(camera.events("frame")) == 1

    @pytest.mark.parametrize(
        ("activation", "delay_us", "count"), [("RisingEdge", 0.0, 3), ("FallingEdge", 20_000.0, 3), ("AnyEdge", 0.0, 6)]
    )
    def test_a_line_triggers(
        self, opened: Harvest, camera: VirtualCamera, activation: str, delay_us: float, count: int
    ) -> None:
        opened.call("set", "TriggerActivation", activation)
        opened.call("set", "TriggerSource", "Line1")
        opened.call("set", "TriggerDelay", delay_us)
        opened.call("set", "TriggerMode", "On")
        opened.call("start")
        camera.order("pulse Line1 30 3 60")
        frames = opened.call("fetch", count + 1, 0.5)
        triggers = camera.events("trigger", source="Line1")
        assert len(frames) == len(triggers) == count
        for frame, trigger in zip(frames, triggers, strict=True):
            assert frame.timestamp_ns - trigger.at_ns - delay_us * 1000 == pytest.approx(0, abs=5e6)
        edges = camera.events("input", name="Line1")
        assert [edge.values["level"] for edge in edges] == ["1", "0"] * 3

    def test_a_burst(self, opened: Harvest, camera: VirtualCamera) -> None:
        opened.call("set", "AcquisitionBurstFrameCount", 3)
        opened.call("set", "TriggerSelector", "FrameBurstStart")
        opened.call("set", "TriggerMode", "On")
        opened.call("set", "TriggerDelay", 50_000.0)
        opened.call("start")
        for first in (1, 4):
            opened.call("execute", "TriggerSoftware")
            frames = opened.call("fetch", 4, 0.4)
            assert [frame.block for frame in frames] == [first, first + 1, first + 2]
            assert frames[0].timestamp_ns - camera.events("trigger")[-1].at_ns >= 50e6


class TestBuild:
    def test_for_windows(self, tmp_path: Path) -> None:
        if shutil.which("x86_64-w64-mingw32-gcc") is None:
            pytest.skip("needs the Debian package gcc-mingw-w64-x86-64")
        file = build(tmp_path, "--windows")
        assert file.read_bytes()[:2] == b"MZ"
        told = subprocess.run(
            ["x86_64-w64-mingw32-objdump", "-p", str(file)], capture_output=True, text=True, timeout=60, check=True
        ).stdout
        needed = {line.split()[-1].lower() for line in told.splitlines() if "DLL Name" in line}
        assert needed == {"kernel32.dll", "msvcrt.dll"}
        assert {"GCInitLib", "DSStartAcquisition", "EventGetData"} <= set(told.split())
