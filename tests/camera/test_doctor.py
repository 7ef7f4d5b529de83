"""The doctor: a set-up broken in every way that plants break it, and the words for each."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from virtual_camera import VirtualCamera, VirtualCameras, build

from crane_desktop.camera.genicam import host
from crane_desktop.camera.genicam.binaries import Binary, DamagedError, read_binary
from crane_desktop.camera.genicam.doctor import examine
from crane_desktop.camera.genicam.doctor_devices import network_findings
from crane_desktop.camera.genicam.doctor_files import check_file
from crane_desktop.camera.genicam.doctor_paths import check_paths
from crane_desktop.camera.genicam.messages import DeviceInfo
from crane_desktop.camera.genicam.producer_path import PRODUCER_PATH
from crane_desktop.camera.genicam.producer_probe import ProbedDevice, network_of
from crane_desktop.camera.genicam.source import GenicamSource
from crane_desktop.domain.findings import Finding, Severity
from crane_desktop.settings.texts import text

SMALL = {"sensor_width": 64, "sensor_height": 48}
FAST = {"ExposureTime": 500.0, "AcquisitionFrameRate": 100.0}


def keys(findings: list[Finding]) -> list[str]:
    for finding in findings:
        for language in ("ja", "en"):
            assert text(finding.key, language, **finding.params)
            assert finding.remedy is None or text(finding.remedy, language, **finding.params)
        assert (finding.remedy is None) == (finding.severity is Severity.OK)
    return [finding.key.removeprefix("camera.doctor_") for finding in findings]


@pytest.fixture
def gcc() -> str:
    found = shutil.which("gcc")
    if found is None:
        pytest.skip("needs the Debian package gcc")
    return found


@pytest.fixture
def camera(virtual_cameras: VirtualCameras) -> VirtualCamera:
    return virtual_cameras.add("VC1", FAST, **SMALL)


@pytest.fixture
def look(virtual_cameras: VirtualCameras, camera: VirtualCamera) -> Callable[..., list[Finding]]:
    """Examine the virtual producer."""

    def looked(within_s: float = 20.0) -> list[Finding]:
        return examine(str(virtual_cameras.cti), within_s)

    return looked


class TestPaths:
    def check(self, value: str | None, **others: str) -> list[Finding]:
        return check_paths(others | ({} if value is None else {PRODUCER_PATH: value}))

    def test_nothing_is_set(self) -> None:
        assert keys(self.check(None)) == keys(self.check("  ")) == ["no_path"]

    def test_only_the_variable_of_32_bit_programs(self) -> None:
        (found,) = self.check(None, GENICAM_GENTL32_PATH="/opt/driver")
        assert keys([found]) == ["only_32_bit"]
        assert found.params["variable"] == "GENICAM_GENTL32_PATH"

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("{0}/good", ["folder_good"]),
            ("{0}/good:{0}/good:", ["folder_good"]),
            ("{0}/gone:{0}/good", ["folder_missing", "folder_good"]),
            ("{0}/empty", ["folder_empty"]),
            ('"{0}/good"', ["folder_quoted", "folder_good"]),
            ("{0}/good ", ["folder_quoted", "folder_good"]),
            ("{0}/good :{0}/good", ["folder_quoted", "folder_good"]),
            ("{0}/good/a.cti", ["folder_is_file"]),
            ("{0}/good;{0}/empty", ["separator", "folder_good", "folder_empty"]),
            ('"{0}/gone"', ["folder_quoted", "folder_missing"]),
        ],
    )
    def test_folders(self, tmp_path: Path, value: str, expected: list[str]) -> None:
        for name in ("good", "empty"):
            (tmp_path / name).mkdir()
        (tmp_path / "good" / "a.cti").touch()
        assert keys(self.check(value.format(tmp_path))) == expected

    def test_a_variable_in_the_variable_that_nobody_set_is_named(self) -> None:
        found = self.check("%DRIVER_ROOT%/lib")
        assert found[0].key == "camera.path_unknown_variable"
        assert (found[0].params["unknown"], found[0].severity) == ("%DRIVER_ROOT%", Severity.PROBLEM)

    def test_only_what_stops_a_driver_is_a_problem(self, tmp_path: Path) -> None:
        found = self.check(f"{tmp_path / 'gone'}:{tmp_path}")
        assert [finding.severity for finding in found] == [Severity.HINT] * 2


class TestFiles:
    def test_what_is_no_library(self, tmp_path: Path, virtual_cti: Path) -> None:
        whole = virtual_cti.read_bytes()
        cases = {
            "text": (b"a text file", "cti_no_library"),
            "empty": (b"", "cti_no_library"),
            "head": (whole[:40], "cti_damaged"),
            "cut": (whole[: len(whole) // 2], "cti_damaged"),
            "elf32": (whole[:4] + b"\1" + whole[5:18] + struct.pack("<H", 3) + whole[20:], "cti_foreign"),
            "arm": (whole[:18] + struct.pack("<H", 0xB7) + whole[20:], "cti_foreign"),
        }
        for name, (content, expected) in cases.items():
            file = tmp_path / f"{name}.cti"
            file.write_bytes(content)
            found = examine(str(file))
            assert keys(found) == [expected], name
            assert str(file) in str(found[0].params["file"])
        assert keys(examine(str(tmp_path / "none.cti"))) == ["cti_missing"]
        assert "32 bit" in str(examine(str(tmp_path / "elf32.cti"))[0].params["built"])

    def test_a_producer_for_windows(self, tmp_path: Path) -> None:
        if shutil.which("x86_64-w64-mingw32-gcc") is None:
            pytest.skip("needs the Debian package gcc-mingw-w64-x86-64")
        file = build(tmp_path, "--windows")
        binary = read_binary(file)
        assert binary is not None
        assert (binary.system, binary.bits, binary.machine) == ("Windows", 64, "x86-64")
        assert {name.lower() for name in binary.needed} == {"kernel32.dll", "msvcrt.dll"}
        (found,) = examine(str(file))
        assert keys([found]) == ["cti_foreign"]
        assert "Windows" in str(found.params["built"])

    def test_our_reading_is_that_of_readelf(self, virtual_cti: Path) -> None:
        if shutil.which("readelf") is None:
            pytest.skip("needs the Debian package binutils")
        told = subprocess.run(["readelf", "-d", virtual_cti], capture_output=True, text=True, check=True).stdout
        binary = read_binary(virtual_cti)
        assert binary is not None
        assert list(binary.needed) == [line.split("[")[1].rstrip("]") for line in told.splitlines() if "NEEDED" in line]

    def test_a_missing_library_is_named_with_the_one_that_needs_it(self, tmp_path: Path, gcc: str) -> None:
        """A driver whose own library needs another one that was left behind, as a copied .cti does."""
        beside = tmp_path / "beside"
        beside.mkdir()

        def compiled(target: Path, *options: str | Path) -> None:
            source = tmp_path / "empty.c"
            source.write_text("int GCInitLib(void) { return 0; }\n")
            words = [gcc, "-shared", "-fPIC", "-Wl,--no-as-needed", "-o", target, source, *options]
            subprocess.run(words, check=True, capture_output=True)

        compiled(beside / "libinner.so")
        compiled(beside / "libouter.so", f"-L{beside}", "-linner", "-Wl,-rpath,$ORIGIN")
        cti = tmp_path / "driver.cti"
        compiled(cti, f"-L{beside}", "-louter", "-Wl,-rpath,$ORIGIN/beside")
        assert check_file(cti) == []
        (beside / "libinner.so").rename(tmp_path / "away")
        (found,) = examine(str(cti))
        assert keys([found]) == ["library_missing"]
        assert (found.params["library"], found.params["needed_by"]) == ("libinner.so", "libouter.so")
        (beside / "libouter.so").unlink()
        (found,) = examine(str(cti))
        assert (found.params["library"], found.params["needed_by"]) == ("libouter.so", "driver.cti")

    def test_a_library_that_is_no_producer_or_does_not_link(self, tmp_path: Path, gcc: str) -> None:
        source = tmp_path / "a.c"
        for name, body, expected in [
            ("other", "int other(void) { return 0; }", "no_gentl"),
            ("open", "int nowhere(void); int (*needed)(void) = nowhere;", "load_error"),
            ("dies", "#include <stdlib.h>\n__attribute__((constructor)) void a(void) { abort(); }", "driver_crashes"),
        ]:  # fmt: skip
            source.write_text(body + "\n")
            file = tmp_path / f"{name}.cti"
            subprocess.run([gcc, "-shared", "-fPIC", "-o", file, source], check=True, capture_output=True)
            assert keys(examine(str(file))) == [expected], name

    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def test_damage_anywhere_is_damage_or_nothing(self, virtual_cti: Path, data: st.DataObject) -> None:
        content = bytearray(virtual_cti.read_bytes())
        for _ in range(data.draw(st.integers(1, 8))):
            content[data.draw(st.integers(0, 0x400))] = data.draw(st.integers(0, 255))
        file = virtual_cti.parent / "damaged.bin"
        file.write_bytes(content[: data.draw(st.integers(1, len(content)))])
        try:
            found = read_binary(file)
        except DamagedError:
            return
        assert found is None or isinstance(found, Binary)


class TestDrivers:
    def test_everything_is_well(
        self, virtual_cameras: VirtualCameras, camera: VirtualCamera, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(PRODUCER_PATH, str(virtual_cameras.cti.parent))
        found = examine()
        assert keys(found) == ["folder_good", "producer_loads", "frame_came"]
        assert {name: found[1].params[name] for name in ("vendor", "version", "gentl", "bits")} == {
            "vendor": "CraneInspector", "version": "1.0", "gentl": "1.5", "bits": 64,
        }  # fmt: skip
        assert "64x48" in str(found[2].params["size"])

    @pytest.mark.parametrize(
        ("command", "expected"),
        [
            ("crash TLUpdateInterfaceList", ["driver_crashes"]),
            ("hang IFUpdateDeviceList", ["driver_hangs"]),
            ("slow IFUpdateDeviceList 400", ["producer_loads", "frame_came"]),
            ("lose", ["producer_loads", "sees_none"]),
            ("fail IFOpenDevice -1010", ["producer_loads", "camera.lost"]),
            ("stall", ["producer_loads", "no_frame"]),
        ],
        ids=lambda value: value.split()[0] if isinstance(value, str) else "",
    )
    def test_faults_of_a_driver(
        self, look: Callable[..., list[Finding]], camera: VirtualCamera, command: str, expected: list[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        monkeypatch.setattr("crane_desktop.camera.genicam.doctor_devices._FRAME_WITHIN_S", 0.5)
        camera.send(command)
        within_s = 2.0 if expected == ["driver_hangs"] else 60.0  # a busy machine takes its time to load a driver
        assert keys(look(within_s)) == expected

    @pytest.mark.parametrize("command", ["deny on", "busy on"])
    def test_a_camera_that_lets_nobody_in(
        self, look: Callable[..., list[Finding]], camera: VirtualCamera, command: str
    ) -> None:
        camera.send(command)
        loads, access = look()
        assert loads.ok
        assert not access.ok
        assert keys([access])[0] in ("no_access", "busy", "camera.device_busy")

    def test_the_camera_of_our_own_line_is_no_riddle(
        self, look: Callable[..., list[Finding]], virtual_cameras: VirtualCameras
    ) -> None:
        source = GenicamSource(str(virtual_cameras.cti), "VC1")
        source.open()
        try:
            assert keys(look()) == ["producer_loads", "own"]
        finally:
            source.close()

    def test_who_has_the_camera(
        self, look: Callable[..., list[Finding]], camera: VirtualCamera, harvest: Callable[[], Any]
    ) -> None:
        other = harvest()
        other.call("open", "VC1")
        found = look()[-1]
        assert keys([found]) == ["held_by"]
        assert f"({other.pid})" in str(found.params["programs"])

    def test_a_driver_that_may_be_a_trial(
        self, virtual_cameras: VirtualCameras, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        virtual_cameras.add("VC1", FAST, vendor="Basler", **SMALL)
        file = tmp_path / "mvGenTLProducer.cti"
        shutil.copy(virtual_cameras.cti, file)
        found = examine(str(file))
        assert keys(found) == ["producer_loads", "trial", "frame_came"]
        assert found[1].severity is Severity.HINT
        assert found[1].params["vendors"] == "Basler"

    def test_a_doctor_who_stumbles_goes_on(
        self, look: Callable[..., list[Finding]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def stumbles(*_: object) -> list[Finding]:
            raise RuntimeError("proc is strange")

        monkeypatch.setattr("crane_desktop.camera.genicam.doctor.check_device", stumbles)
        assert keys(look()) == ["producer_loads", "failed"]


def seen(address: str, mask: str = "255.255.255.0", *cards: tuple[str, str], mtu: int | None = None) -> ProbedDevice:
    info = DeviceInfo("id-1", "V", "M", "1", "", "GEV", "v.cti")
    subnets = tuple((int(IPv4Address(card)), int(IPv4Address(net))) for card, net in cards)
    return ProbedDevice(info, 1, int(IPv4Address(address)), int(IPv4Address(mask)), subnets, mtu)


NODES = """<?xml version="1.0" encoding="utf-8"?>
<RegisterDescription ModelName="I" VendorName="V" ToolTip="" StandardNameSpace="GEV" SchemaMajorVersion="1"
 SchemaMinorVersion="1" SchemaSubMinorVersion="0" MajorVersion="1" MinorVersion="0" SubMinorVersion="0"
 ProductGuid="00000000-0000-0000-0000-000000000001" VersionGuid="00000000-0000-0000-0000-000000000002"
 xmlns="http://www.genicam.org/GenApi/Version_1_1">
 <Category Name="Root"><pFeature>DeviceSelector</pFeature></Category>
 <Integer Name="DeviceSelector"><Value>0</Value><Min>0</Min><Max>1</Max></Integer>
 <IntSwissKnife Name="GevDeviceIPAddress"><pVariable Name="S">DeviceSelector</pVariable>
  <Formula>0xC0A80105 + S</Formula></IntSwissKnife>
 <Integer Name="GevDeviceSubnetMask"><Value>0xFFFFFF00</Value></Integer>
 <Integer Name="GevInterfaceSubnetIPAddress"><Value>0xC0A80101</Value></Integer>
 <Integer Name="GevInterfaceSubnetMask"><Value>0xFFFFFF00</Value></Integer>
 <Integer Name="GevInterfaceMTU"><Value>9000</Value></Integer>
</RegisterDescription>"""


class TestHost:
    @pytest.mark.parametrize(
        ("device", "expected"),
        [
            (seen("192.168.1.5", "255.255.255.0", ("192.168.1.1", "255.255.255.0"), mtu=9000), ["network_good"]),
            (seen("192.168.2.5", "255.255.255.0", ("192.168.1.1", "255.255.255.0"), mtu=9000), ["other_subnet"]),
            (seen("169.254.3.5", "255.255.0.0", ("169.254.1.1", "255.255.0.0"), mtu=9000), ["link_local"]),
            (seen("10.0.0.5", "255.0.0.0", ("10.9.9.9", "255.0.0.0"), mtu=1500), ["network_good", "mtu"]),
            (ProbedDevice(DeviceInfo("i", "", "", "", "", "GEV", "v"), 1), []),
        ],
    )
    def test_addresses(self, device: ProbedDevice, expected: list[str]) -> None:
        assert keys(network_findings(device)) == expected

    def test_addresses_come_from_the_nodes_of_the_interface(self) -> None:
        from genicam.genapi import NodeMap

        nodes = NodeMap()
        nodes.load_xml_from_string(NODES)
        assert network_of(nodes, "id-1") == {
            "address": int(IPv4Address("192.168.1.5")),
            "mask": int(IPv4Address("255.255.255.0")),
            "subnets": ((int(IPv4Address("192.168.1.1")), int(IPv4Address("255.255.255.0"))),),
            "mtu": 9000,
        }

    @pytest.mark.skipif(sys.platform != "linux", reason="Linux tells it in /sys")
    def test_this_computer(self) -> None:
        assert host.card_mtu("127.0.0.1") == int(Path("/sys/class/net/lo/mtu").read_text())
        assert host.card_mtu("203.0.113.77") is None
        libc = next(line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if "libc.so" in line)
        assert any(one.endswith(f"({os.getpid()})") for one in host.holders(Path(libc)))

    def test_the_speed_of_a_usb_port(self, tmp_path: Path) -> None:
        for name, serial, speed in [("1-1", "A1", "480"), ("2-1", "B2", "5000"), ("usb1", "x", "10000")]:
            (tmp_path / name).mkdir()
            (tmp_path / name / "serial").write_text(serial + "\n")
            (tmp_path / name / "speed").write_text(speed + "\n")
        assert host.usb_speed_mbps("A1", tmp_path) == 480
        assert host.usb_speed_mbps("B2", tmp_path) == 5000
        assert host.usb_speed_mbps("", tmp_path) is None
        assert host.usb_speed_mbps("C3", tmp_path) is None
