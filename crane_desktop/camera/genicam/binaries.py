"""What a library file is, read from its own head: for which system, how wide, and what it needs beside it.

ELF: System V ABI, chapters 4 and 5. PE: Microsoft's "PE Format". Nothing is loaded or run.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from crane_desktop.settings.regular_file import open_regular

_ELF_MACHINES = {0x03: "x86", 0x3E: "x86-64", 0x28: "ARM", 0xB7: "ARM64"}
_PE_MACHINES = {0x014C: "x86", 0x8664: "x86-64", 0x01C4: "ARM", 0xAA64: "ARM64"}
_LARGEST = 512 * 1024 * 1024
_MOST_NEEDED = 500
_PT_LOAD, _PT_DYNAMIC = 1, 2
_DT_NULL, _DT_NEEDED, _DT_STRTAB, _DT_RPATH, _DT_RUNPATH = 0, 1, 5, 15, 29
_IMPORT_DESCRIPTOR = 20


@dataclass(frozen=True, slots=True)
class Binary:
    """A library.

    Attributes
    ----------
    system
        ``"Linux"`` (ELF) or ``"Windows"`` (PE).
    machine
        ``"x86-64"``, ``"ARM64"``...; a number in hexadecimal for any other.
    needed
        Names of the libraries that it cannot do without.
    search
        Folders that it names for them itself, ``$ORIGIN`` being its own.
    """

    system: str
    bits: int
    machine: str
    needed: tuple[str, ...] = ()
    search: tuple[str, ...] = ()

    def words(self) -> str:
        """Return what it was built for."""
        return f"{self.system} {self.machine}, {self.bits} bit"


class DamagedError(Exception):
    """The file begins like a library and does not go on like one."""


def read_binary(path: Path) -> Binary | None:
    """Return what `path` is; None where it is no library.

    Raises
    ------
    DamagedError
        If it is cut off or damaged.
    OSError
        If it cannot be read.
    """
    with open_regular(path) as file:
        data = file.read(_LARGEST)
    try:
        if data[:4] == b"\x7fELF":
            return _elf(data)
        if data[:2] == b"MZ":
            return _pe(data)
    except (struct.error, IndexError, ValueError, OverflowError) as error:
        raise DamagedError(str(error)) from error
    return None


def _elf(data: bytes) -> Binary:
    bits = {1: 32, 2: 64}[data[4]] if data[4] in (1, 2) else 0
    order = ">" if data[5] == 2 else "<"
    if not bits:
        raise ValueError("no ELF class")
    machine = struct.unpack_from(order + "H", data, 18)[0]
    name = _ELF_MACHINES.get(machine, hex(machine))
    if bits == 32:
        # Not ours to load: its width is all that a person needs to know.
        return Binary("Linux", bits, name)
    offset, _, _, _, size, count = struct.unpack_from(order + "QQIHHH", data, 32)
    segments = [struct.unpack_from(order + "IIQQQQQQ", data, offset + size * index) for index in range(count)]
    dynamic = next(((s[2], s[5]) for s in segments if s[0] == _PT_DYNAMIC), None)
    if dynamic is None:
        raise ValueError("no dynamic section: not a shared library")
    if dynamic[0] + dynamic[1] > len(data):
        raise ValueError("cut off")
    entries = []
    for at in range(dynamic[0], dynamic[0] + dynamic[1], 16):
        tag, value = struct.unpack_from(order + "QQ", data, at)
        if tag == _DT_NULL:
            break
        entries.append((tag, value))
    strings = _offset_of(dict(entries).get(_DT_STRTAB, -1), segments)

    def texts(*tags: int) -> list[str]:
        return [_text(data, strings + value) for tag, value in entries if tag in tags]

    search = [folder for text in texts(_DT_RPATH, _DT_RUNPATH) for folder in text.split(":") if folder]
    return Binary("Linux", bits, name, tuple(texts(_DT_NEEDED)[:_MOST_NEEDED]), tuple(search))


def _offset_of(address: int, segments: list[tuple[int, ...]]) -> int:
    for kind, _, offset, start, _, size, _, _ in segments:
        if kind == _PT_LOAD and start <= address < start + size:
            return offset + address - start
    raise ValueError("an address outside of the file")


def _pe(data: bytes) -> Binary:
    head = struct.unpack_from("<I", data, 0x3C)[0]
    if data[head : head + 4] != b"PE\0\0":
        raise ValueError("no PE head")
    machine, sections, _, _, _, optional_size = struct.unpack_from("<HHIIIH", data, head + 4)
    optional = head + 24
    bits = {0x10B: 32, 0x20B: 64}.get(struct.unpack_from("<H", data, optional)[0], 0)
    if not bits:
        raise ValueError("no PE optional head")
    directory = optional + (112 if bits == 64 else 96) + 8
    imports = struct.unpack_from("<I", data, directory)[0]
    table = [struct.unpack_from("<8sIIII", data, optional + optional_size + 40 * index) for index in range(sections)]
    if any(raw + size > len(data) for _, _, _, size, raw in table):
        raise ValueError("cut off")

    def place(address: int) -> int:
        for _, virtual_size, start, raw_size, raw in table:
            if start <= address < start + max(virtual_size, raw_size):
                return int(raw + address - start)
        raise ValueError("an address outside of the file")

    needed: list[str] = []
    at = place(imports) if imports else 0
    while imports and len(needed) < _MOST_NEEDED:
        name = struct.unpack_from("<I", data, at + 12)[0]
        if name == 0:
            break
        needed.append(_text(data, place(name)))
        at += _IMPORT_DESCRIPTOR
    return Binary("Windows", bits, _PE_MACHINES.get(machine, hex(machine)), tuple(needed))


def _text(data: bytes, at: int) -> str:
    return data[at : data.index(b"\0", at)].decode("utf-8", "replace")
