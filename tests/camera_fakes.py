"""Doubles for the camera's own ports: a clock that the test turns, and a node map without a camera."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pytest
from genicam.genapi import NodeMap

_GUID = itertools.count(1)
_HEAD = """<?xml version="1.0" encoding="utf-8"?>
<RegisterDescription ModelName="T{number}" VendorName="V" ToolTip="" StandardNameSpace="None" SchemaMajorVersion="1"
 SchemaMinorVersion="1" SchemaSubMinorVersion="0" MajorVersion="1" MinorVersion="0" SubMinorVersion="0"
 ProductGuid="00000000-0000-0000-0000-{number:012d}" VersionGuid="00000000-0000-0000-0001-{number:012d}"
 xmlns="http://www.genicam.org/GenApi/Version_1_1">
"""


class Clock:
    """Stands for the `time` module in one of ours: it goes on only when the test says so."""

    def __init__(self, now_s: float = 1000.0) -> None:
        self.now_s = now_s
        self.slept_s: list[float] = []

    def monotonic(self) -> float:
        return self.now_s

    def monotonic_ns(self) -> int:
        return round(self.now_s * 1e9)

    def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        self.now_s += seconds

    def go_on(self, seconds: float) -> None:
        self.now_s += seconds

    def rules(self, monkeypatch: pytest.MonkeyPatch, *modules: ModuleType) -> Clock:
        """Put this clock in place of those modules' own `time`."""
        for module in modules:
            monkeypatch.setattr(module, "time", self)
        return self


def node_map(*features: str, xml: str) -> Any:
    """Return GenApi's own node map of this XML; `features` lie in its root."""
    listed = "".join(f"<pFeature>{name}</pFeature>" for name in features)
    nodes = NodeMap()
    head = _HEAD.format(number=next(_GUID))
    nodes.load_xml_from_string(f'{head}<Category Name="Root">{listed}</Category>{xml}</RegisterDescription>')
    return nodes


def enumeration(name: str, value: str, *symbols: str, before: str = "", after: str = "") -> str:
    """Return the XML of an enumeration with these entries."""
    entries = "".join(f'<EnumEntry Name="{s}"><Value>{n}</Value></EnumEntry>' for n, s in enumerate(symbols))
    inside = f"{before}{entries}<Value>{symbols.index(value)}</Value>{after}"
    return f'<Enumeration Name="{name}">{inside}</Enumeration>'


class FakeStream:
    """A stream that may be stopped for a change, and writes down that it was."""

    def __init__(self, *, running: bool = True) -> None:
        self.running = running
        self.pauses = 0

    @contextmanager
    def paused(self) -> Iterator[None]:
        self.pauses += 1
        before, self.running = self.running, False
        yield
        self.running = before


def device(name: str = "VC1", serial: str = "S1") -> Any:
    """Return what a producer says of a camera."""
    from crane_desktop.camera.genicam.messages import DeviceInfo

    return DeviceInfo(name, "V", "M", serial, "", "GEV", "v.cti")
