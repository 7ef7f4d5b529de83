"""Every finding of the doctor by itself, with what a driver and this computer say put in by hand."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import psutil
import pytest
from camera_fakes import device

from crane_desktop.camera.genicam import doctor, doctor_devices, doctor_files, host, libraries, producer_probe
from crane_desktop.camera.genicam.binaries import Binary, DamagedError, read_binary
from crane_desktop.camera.genicam.doctor_devices import check_device
from crane_desktop.camera.genicam.doctor_files import check_driver, check_file
from crane_desktop.camera.genicam.libraries import MissingLibrary, missing_libraries
from crane_desktop.camera.genicam.messages import DeviceInfo
from crane_desktop.camera.genicam.producer_probe import (
    CrashedError,
    HungError,
    LoadError,
    ProbedDevice,
    ProbedProducer,
    probe_producer,
)
from crane_desktop.domain.arrival import arrival
from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.findings import Finding, Severity, hint
from crane_desktop.domain.frames import Frame
from crane_desktop.settings.texts import text

CTI = Path("v.cti")


def keys(findings: list[Finding]) -> list[str]:
    for finding in findings:
        for language in ("ja", "en"):
            assert text(finding.key, language, **finding.params)
            assert finding.remedy is None or text(finding.remedy, language, **finding.params)
    return [finding.key.removeprefix("camera.").removeprefix("doctor_") for finding in findings]


def raising(error: Exception) -> Callable[..., Any]:
    def call(*_: object, **__: object) -> Any:
        raise error

    return call


class TestSeveralWays:
    def test_a_camera_that_two_drivers_can_serve_is_told(self) -> None:
        basler, other = (
            DeviceInfo(f"id-{n}", "Basler", "acA1300", "123", "", "GEV", producer, True, vendor)
            for n, producer, vendor in ((1, "any.cti", "Somebody"), (2, "ProducerGEV.cti", "Basler AG"))
        )
        (found,) = doctor.several_ways([basler, other])
        assert (keys([found]), found.severity) == (["several_ways"], Severity.HINT)
        assert "ProducerGEV.cti" in text(found.key, "en", **found.params).rpartition(";")[2]
        assert "any.cti" in text(found.key, "ja", **found.params)

    def test_two_cameras_or_one_driver_are_nothing_to_tell(self) -> None:
        one = DeviceInfo("id-1", "Basler", "acA1300", "123", "", "GEV", "any.cti")
        another = DeviceInfo("id-2", "Basler", "acA1300", "456", "", "GEV", "other.cti")
        assert doctor.several_ways([one, another]) == []
        assert doctor.several_ways([one, one]) == []


class TestDriver:
    def probed(self, monkeypatch: pytest.MonkeyPatch, answer: Any, file: str = "v.cti") -> list[str]:
        call = raising(answer) if isinstance(answer, Exception) else lambda *_: answer
        monkeypatch.setattr(doctor_files, "probe_producer", call)
        return keys(check_driver(Path(file), 5.0)[0])

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            (HungError(), "driver_hangs"),
            (CrashedError(), "driver_crashes"),
            (LoadError(None), "no_gentl"),
            (LoadError("libx.so: cannot open"), "load_error"),
        ],
        ids=lambda value: value if isinstance(value, str) else type(value).__name__,
    )
    def test_a_driver_that_does_not_come_up(self, monkeypatch: pytest.MonkeyPatch, answer: Any, expected: str) -> None:
        assert self.probed(monkeypatch, answer) == [expected]

    def test_one_that_sees_no_camera(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seen = ProbedProducer("", "", "", "", ())
        assert self.probed(monkeypatch, seen) == ["producer_loads", "sees_none"]

    @pytest.mark.parametrize(
        ("file", "vendor", "camera", "trial"),
        [
            ("mvGenTLProducer.cti", "", "Basler", True),
            ("other.cti", "MATRIX VISION GmbH", "Basler", True),
            ("other.cti", "Balluff", "Balluff", False),
            ("mvGenTLProducer.cti", "MATRIX VISION", "Matrix Vision", False),
            ("other.cti", "Basler", "Basler", False),
            ("mvGenTLProducer.cti", "MATRIX VISION", "", False),
        ],
    )
    def test_whose_cameras_a_maker_shows_as_a_trial(
        self, monkeypatch: pytest.MonkeyPatch, file: str, vendor: str, camera: str, trial: bool
    ) -> None:
        info = DeviceInfo("id", camera, "M", "1", "", "GEV", file)
        seen = ProbedProducer(vendor, "M", "1", "1.5", (ProbedDevice(info, 1),))
        assert ("trial" in self.probed(monkeypatch, seen, file)) is trial


class TestProbe:
    def child(self, monkeypatch: pytest.MonkeyPatch, *, ready: bool, answer: Any) -> list[bool]:
        """Put a process in place that says this; return how it was ended."""
        ended: list[bool] = []

        def recv() -> Any:
            if isinstance(answer, Exception):
                raise answer
            return answer

        pipe = SimpleNamespace(poll=lambda _: answer is not None, recv=recv)
        child = SimpleNamespace(pipe=pipe, waitables=[], end=lambda *, politely: ended.append(politely))
        monkeypatch.setattr(producer_probe, "Child", lambda *_: child)
        monkeypatch.setattr(producer_probe, "wait", lambda *_: [1] if ready else [])
        return ended

    @pytest.mark.parametrize(
        ("ready", "answer", "error"),
        [
            (False, None, HungError),
            (True, None, CrashedError),
            (True, EOFError(), CrashedError),
            (True, OSError(), CrashedError),
            (True, "nonsense", CrashedError),
        ],
        ids=str,
    )
    def test_a_process_that_does_not_answer_is_killed(
        self, monkeypatch: pytest.MonkeyPatch, ready: bool, answer: Any, error: type[Exception]
    ) -> None:
        ended = self.child(monkeypatch, ready=ready, answer=answer)
        with pytest.raises(error):
            probe_producer("v.cti", 1.0)
        assert ended == [answer == "nonsense"]

    def test_one_that_answers_is_let_go_in_peace(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ended = self.child(monkeypatch, ready=True, answer=LoadError(None))
        assert probe_producer("v.cti", 1.0) == LoadError(None)
        assert ended == [True]


class TestAccess:
    @pytest.fixture(autouse=True)
    def nobody(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.has(monkeypatch)

    def has(self, monkeypatch: pytest.MonkeyPatch, *programs: str) -> None:
        monkeypatch.setattr(doctor_devices, "holders", lambda _: list(programs))

    @pytest.mark.parametrize(
        ("access", "expected"),
        [(2, "read_only"), (3, "no_access"), (7, "no_access"), (4, "busy"), (5, "busy"), (6, "busy")],
    )
    def test_a_camera_that_lets_nobody_in(self, access: int, expected: str) -> None:
        (found,) = check_device(CTI, ProbedDevice(device(), access))
        assert keys([found]) == [expected]
        assert found.severity is Severity.PROBLEM

    def test_the_program_that_has_it_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.has(monkeypatch, "Viewer (99999999)", "python (99999998)")
        (found,) = check_device(CTI, ProbedDevice(device(), 4))
        assert keys([found]) == ["held_by"]
        assert found.params["programs"] == "Viewer (99999999), python (99999998)"

    def test_our_own_line_is_no_riddle(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.has(monkeypatch, "Viewer (99999999)", f"python ({os.getpid()})")
        assert keys(check_device(CTI, ProbedDevice(device(), 4))) == ["own"]

    def test_our_cameras_process_is_ours_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        own = SimpleNamespace(pid=4711, name=doctor_devices.CAMERA_PROCESS)
        other = SimpleNamespace(pid=4712, name="crane-something")
        monkeypatch.setattr(doctor_devices, "active_children", lambda: [own, other])
        self.has(monkeypatch, "python (4711)")
        assert keys(check_device(CTI, ProbedDevice(device(), 5))) == ["own"]
        self.has(monkeypatch, "python (4712)")
        assert keys(check_device(CTI, ProbedDevice(device(), 5))) == ["held_by"]


class TestFirstFrame:
    class Source:
        """A camera in whose place this stands."""

        event: Any = None
        error: Exception | None = None
        closed = 0

        def __init__(self, *_: object) -> None: ...

        def open(self) -> None:
            if self.error is not None:
                raise self.error

        def next_event(self, _within_s: float) -> Any:
            return self.event

        def close(self) -> None:
            type(self).closed += 1

    @pytest.fixture
    def source(self, monkeypatch: pytest.MonkeyPatch) -> type[Source]:
        kind = type("Source", (self.Source,), {})
        monkeypatch.setattr(doctor_devices, "GenicamSource", kind)
        return kind

    def test_a_picture_is_told_with_its_size(self, source: Any) -> None:
        pixels = np.zeros((3, 5), np.uint8)
        pixels.flags.writeable = False
        source.event = Frame(pixels, arrival(1, "s"), "Mono12")
        (found,) = check_device(CTI, ProbedDevice(device(), 1))
        assert (keys([found]), found.params["size"]) == (["frame_came"], "5x3 Mono12")

    def test_no_picture(self, source: Any) -> None:
        (found,) = check_device(CTI, ProbedDevice(device(), 1))
        assert keys([found]) == ["no_frame"]

    def test_a_camera_that_does_not_open_is_closed_and_told_in_its_own_words(self, source: Any) -> None:
        source.error = StationFault("camera.lost", device="A", detail="x")
        (found,) = check_device(CTI, ProbedDevice(device(), 0))
        assert (found.key, found.remedy) == ("camera.lost", "camera.doctor_does_not_run_do")
        assert source.closed == 1

    def test_nothing_is_opened_while_the_network_is_wrong(self, source: Any) -> None:
        source.error = AssertionError("was opened")
        address, card = int(IPv4Address("192.168.2.5")), int(IPv4Address("192.168.1.1"))
        mask = int(IPv4Address("255.255.255.0"))
        wrong = ProbedDevice(device(), 1, address, mask, ((card, mask),), 9000)
        assert keys(check_device(CTI, wrong)) == ["other_subnet"]

    @pytest.mark.parametrize(
        ("speed", "expected"), [(480, ["usb_slow", "no_frame"]), (5000, ["usb_good", "no_frame"]), (None, ["no_frame"])]
    )
    def test_the_speed_of_its_usb_port(
        self, source: Any, monkeypatch: pytest.MonkeyPatch, speed: int | None, expected: list[str]
    ) -> None:
        monkeypatch.setattr(doctor_devices, "usb_speed_mbps", lambda _: speed)
        usb = DeviceInfo("id", "V", "M", "S1", "", "U3V", "v.cti")
        found = check_device(CTI, ProbedDevice(usb, 1))
        assert keys(found) == expected


class TestHost:
    @pytest.fixture
    def cards(self, monkeypatch: pytest.MonkeyPatch) -> None:
        addresses = {
            "lo": [SimpleNamespace(address="127.0.0.1")],
            "cam": [SimpleNamespace(address="00:11:22:33:44:55"), SimpleNamespace(address="192.168.1.1")],
            "gone": [SimpleNamespace(address="10.0.0.1")],
            "unknown": [SimpleNamespace(address="10.0.0.2")],
        }
        stats = {"lo": SimpleNamespace(mtu=65536), "cam": SimpleNamespace(mtu=9000), "unknown": SimpleNamespace(mtu=0)}
        monkeypatch.setattr(psutil, "net_if_addrs", lambda: addresses)
        monkeypatch.setattr(psutil, "net_if_stats", lambda: stats)

    @pytest.mark.parametrize(
        ("address", "mtu"),
        [("192.168.1.1", 9000), ("127.0.0.1", 65536), ("10.0.0.1", None), ("10.0.0.2", None), ("8.8.8.8", None)],
    )
    def test_the_mtu_of_a_card_by_its_address(self, cards: None, address: str, mtu: int | None) -> None:
        assert host.card_mtu(address) == mtu

    def test_the_producers_own_word_goes_before_the_systems(self, cards: None) -> None:
        mask = int(IPv4Address("255.255.255.0"))
        card, address = int(IPv4Address("192.168.1.1")), int(IPv4Address("192.168.1.5"))
        small = ProbedDevice(device(), 1, address, mask, ((card, mask),), 1500)
        told = ProbedDevice(device(), 1, address, mask, ((card, mask),))
        assert keys(doctor_devices.network_findings(small)) == ["network_good", "mtu"]
        assert keys(doctor_devices.network_findings(told)) == ["network_good"]

    @pytest.mark.parametrize("linux", [True, False])
    def test_who_has_a_library_loaded(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, linux: bool) -> None:
        """Where there is no /proc, psutil says which files a process has mapped; others' processes stay hidden."""
        library = tmp_path / "ドライバ 1.cti"
        library.touch()

        class Process:
            def __init__(self, pid: int, *paths: str, error: Exception | None = None) -> None:
                self.pid, self.paths, self.error = pid, paths, error

            def name(self) -> str:
                return "" if self.pid == 3 else f"program{self.pid}"

            def memory_maps(self) -> list[Any]:
                if self.error is not None:
                    raise self.error
                return [SimpleNamespace(path=path) for path in self.paths]

        processes = [
            Process(1, "/lib/libc.so.6"), Process(2, "/lib/x", str(library)), Process(3, str(library)),
            Process(4, error=psutil.AccessDenied()), Process(5, error=psutil.NoSuchProcess(5)),
            Process(6, error=OSError()),
        ]  # fmt: skip
        monkeypatch.setattr(psutil, "process_iter", lambda: processes)
        monkeypatch.setattr(psutil, "LINUX", linux)
        if linux:
            maps = {1: "7f00-7f01 r--p 0 08:01 5 /lib/libc.so.6\n7f02-7f03 rw-p 0 00:00 0 \n"}
            maps[2] = maps[1] + f"7f04-7f05 r-xp 0 08:01 9    {library}\n"
            maps[3] = maps[2]
            real = Path.read_text

            def read_text(path: Path, **options: Any) -> str:
                if path.parts[:2] != ("/", "proc"):
                    return real(path, **options)
                if int(path.parts[2]) not in maps:
                    raise PermissionError(path)
                return maps[int(path.parts[2])]

            monkeypatch.setattr(Path, "read_text", read_text)
        assert host.holders(library) == ["? (3)", "program2 (2)"]

    def test_a_usb_device_without_a_speed(self, tmp_path: Path) -> None:
        (tmp_path / "1-1").mkdir()
        (tmp_path / "1-1" / "serial").write_text("A1")
        assert host.usb_speed_mbps("A1", tmp_path) is None
        (tmp_path / "1-1" / "speed").write_text("unknown")
        assert host.usb_speed_mbps("A1", tmp_path) is None


class TestOrder:
    def test_a_file_that_cannot_be_loaded_is_not_loaded(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(doctor, "check_driver", raising(AssertionError("was loaded")))
        (tmp_path / "x.cti").write_bytes(b"text")
        assert keys(doctor.examine(str(tmp_path / "x.cti"))) == ["cti_no_library"]

    def test_one_camera_that_confuses_the_doctor_hides_no_other(self, monkeypatch: pytest.MonkeyPatch) -> None:
        cameras = tuple(ProbedDevice(device(name), 1) for name in ("A", "B", "C"))
        seen = ProbedProducer("V", "M", "1", "1.5", cameras)

        def check(_file: Path, one: ProbedDevice, *_alone: object) -> list[Finding]:
            if one.info.device_id == "B":
                raise KeyError("proc")
            return [hint("camera.doctor_usb_good", "camera.doctor_busy_do", device=one.info.device_id, speed=1)]

        monkeypatch.setattr(doctor, "check_file", lambda _: [])
        monkeypatch.setattr(doctor, "check_driver", lambda *_: ([], seen))
        monkeypatch.setattr(doctor, "check_device", check)
        assert keys(doctor.examine("v.cti")) == ["usb_good", "failed", "usb_good"]

    def test_a_file_that_may_not_be_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(doctor_files, "read_binary", raising(PermissionError(13, "Permission denied")))
        (found,) = check_file(CTI)
        assert (keys([found]), found.params["detail"]) == (["cti_closed"], "Permission denied")


def elf(needed: tuple[str, ...] = (), runpath: str = "", machine: int = 0x3E) -> bytes:
    """Return a 64-bit ELF library that says no more than what it needs."""
    names, offsets = b"\0", []
    for name in (*needed, runpath):
        offsets.append(len(names))
        names += name.encode() + b"\0"
    entries = [(1, offset) for offset in offsets[:-1]] + ([(29, offsets[-1])] if runpath else [])
    table = 64 + 2 * 56
    dynamic = table + len(names)
    body = b"".join(struct.pack("<QQ", *entry) for entry in [*entries, (5, table), (0, 0)])
    size = dynamic + len(body)
    head = (
        b"\x7fELF\x02\x01\x01"
        + bytes(9)
        + struct.pack("<HHIQQQIHHHHHH", 3, machine, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    )
    load = struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, size, size, 4096)
    pointer = struct.pack("<IIQQQQQQ", 2, 6, dynamic, dynamic, dynamic, len(body), len(body), 8)
    return head + load + pointer + names + body


def pe(needed: tuple[str, ...] = (), machine: int = 0x8664, magic: int = 0x20B) -> bytes:
    """Return a PE library that imports from these."""
    head, optional_size = 0x80, 240 if magic == 0x20B else 224
    sections = head + 24 + optional_size
    raw = sections + 40
    start = 0x1000
    names_at = start + 20 * (len(needed) + 1)
    table, names = b"", b""
    for name in needed:
        table += struct.pack("<IIIII", 0, 0, 0, names_at + len(names), 0)
        names += name.encode() + b"\0"
    body = table + bytes(20) + names
    optional = bytearray(optional_size)
    struct.pack_into("<H", optional, 0, magic)
    struct.pack_into("<I", optional, (112 if magic == 0x20B else 96) + 8, start if needed else 0)
    dos = b"MZ" + bytes(0x3A) + struct.pack("<I", head) + bytes(head - 0x40)
    coff = b"PE\0\0" + struct.pack("<HHIIIHH", machine, 1, 0, 0, 0, optional_size, 0)
    section = struct.pack("<8sIIII", b".idata", len(body), start, len(body), raw) + bytes(16)
    return dos + coff + bytes(optional) + section + body


class TestLibraries:
    def read(self, tmp_path: Path, content: bytes, name: str = "a.cti") -> Binary:
        (tmp_path / name).write_bytes(content)
        binary = read_binary(tmp_path / name)
        assert binary is not None
        return binary

    def test_what_a_linux_library_needs(self, tmp_path: Path) -> None:
        binary = self.read(tmp_path, elf(("liba.so", "libb.so.2"), "$ORIGIN/x:/opt/y"))
        assert binary == Binary("Linux", 64, "x86-64", ("liba.so", "libb.so.2"), ("$ORIGIN/x", "/opt/y"))

    @pytest.mark.parametrize(
        ("machine", "magic", "bits", "name"),
        [
            (0x8664, 0x20B, 64, "x86-64"),
            (0x14C, 0x10B, 32, "x86"),
            (0xAA64, 0x20B, 64, "ARM64"),
            (0x1, 0x20B, 64, "0x1"),
        ],
    )
    def test_what_a_windows_library_needs(self, tmp_path: Path, machine: int, magic: int, bits: int, name: str) -> None:
        binary = self.read(tmp_path, pe(("KERNEL32.dll", "GenApi.dll"), machine, magic))
        assert binary == Binary("Windows", bits, name, ("KERNEL32.dll", "GenApi.dll"))
        assert self.read(tmp_path, pe()).needed == ()

    @pytest.mark.parametrize("content", [elf(("liba.so",)), pe(("A.dll",))], ids=["elf", "pe"])
    def test_a_library_cut_anywhere_is_damaged_or_still_says_the_same(self, tmp_path: Path, content: bytes) -> None:
        whole = self.read(tmp_path, content)
        damaged = 0
        for size in range(4, len(content)):
            (tmp_path / "cut").write_bytes(content[:size])
            try:
                assert read_binary(tmp_path / "cut") == whole, size
            except DamagedError:
                damaged += 1
        assert damaged >= len(content) - 30

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"\x7fELF\x03" + bytes(80), "class"),
            (elf()[:64] + bytes(112), "dynamic section"),
            (b"MZ" + bytes(0x60), "PE head"),
            (pe(magic=0x107), "optional head"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_what_begins_like_a_library_and_does_not_go_on(self, tmp_path: Path, content: bytes, why: str) -> None:
        (tmp_path / "a").write_bytes(content)
        with pytest.raises(DamagedError, match=why):
            read_binary(tmp_path / "a")

    def test_a_library_is_looked_for_where_the_loader_does(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
        cti = tmp_path / "a.cti"
        cti.write_bytes(elf(("libown.so", "libenv.so", "libc.so.6", "/abs/libpath.so"), "$ORIGIN/own"))
        for folder, name in (("own", "libown.so"), ("env", "libenv.so")):
            (tmp_path / folder).mkdir()
            (tmp_path / folder / name).write_bytes(elf())

        def missing() -> set[str]:
            binary = read_binary(cti)
            assert binary is not None
            return {one.name for one in missing_libraries(cti, binary)}

        assert missing() == {"libenv.so", "/abs/libpath.so"}
        monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path / "env"))
        assert missing() == {"/abs/libpath.so"}

    def test_what_a_makers_own_library_needs_is_looked_for_too_and_circles_end(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "libone.so").write_bytes(elf(("libtwo.so",), "$ORIGIN"))
        (tmp_path / "libtwo.so").write_bytes(elf(("libone.so", "libgone.so"), "$ORIGIN"))
        (tmp_path / "libbroken.so").write_bytes(b"\x7fELF")
        cti = tmp_path / "a.cti"
        cti.write_bytes(elf(("libone.so", "libbroken.so"), "$ORIGIN"))
        binary = read_binary(cti)
        assert binary is not None
        assert missing_libraries(cti, binary) == [MissingLibrary("libgone.so", "libtwo.so")]

    def test_another_systems_file_is_left_alone(self, tmp_path: Path) -> None:
        assert missing_libraries(CTI, Binary("Windows", 64, "x86-64", ("gone.dll",))) == []

    def test_on_windows_the_drivers_folder_path_and_system_are_looked_through(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(libraries.sys, "platform", "win32")
        for folder in ("driver", "path", "Windows/System32"):
            (tmp_path / folder).mkdir(parents=True)
        (tmp_path / "driver" / "own.dll").write_bytes(pe(("inner.dll",)))
        (tmp_path / "path" / "onpath.dll").write_bytes(pe())
        (tmp_path / "Windows" / "System32" / "system.dll").write_bytes(pe(("unknown.dll",)))
        monkeypatch.setenv("PATH", str(tmp_path / "path"))
        monkeypatch.setenv("SYSTEMROOT", str(tmp_path / "Windows"))
        needed = ("own.dll", "onpath.dll", "system.dll", "api-ms-win-core.dll", "API-MS-WIN-x.dll", "gone.dll")
        binary = Binary("Windows", 64, "x86-64", needed)
        found = missing_libraries(tmp_path / "driver" / "a.cti", binary)
        assert found == [MissingLibrary("gone.dll", "a.cti"), MissingLibrary("inner.dll", "own.dll")]
