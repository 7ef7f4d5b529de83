"""Real cameras without the camera: their public descriptions over a dictionary of registers.

The files lie in ../shared/cameras (areaDetector/ADGenICam); nothing of them is ours, and nothing of them ships.
"""

from __future__ import annotations

import lzma
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree import ElementTree

from genicam.genapi import AbstractPort, EAccessMode, GenericException, NodeMap

from crane_desktop.camera.genicam.feature_keys import is_pointer, selected, split_key
from crane_desktop.camera.genicam.feature_sets import read_set
from crane_desktop.camera.genicam.node_reading import state_of
from crane_desktop.domain.camera_names import QUANTITIES
from crane_desktop.domain.camera_setup import FeatureValue, NodeKind, NodeState
from crane_desktop.domain.errors import CraneError

Elements: TypeAlias = dict[str, ElementTree.Element]

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "cameras"
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.xz")))
_NO_NODES = ("EnumEntry", "pVariable", "Constant", "Expression")
_REGISTERS = ("IntReg", "MaskedIntReg", "FloatReg", "StructEntry")
# What a camera's own side puts into registers that scale and limit others: the first value that fits there.
_SCALES = (1,)
_LIMITS = (("pMin", (1,)), ("pInc", (1,)), ("pMax", (10_000, 255, 15, 3, 1)))
# And into those that say that a feature is there: a bit, or the flags of a word, of which the fourth locks.
_THERE = (1, 0xC0000000, 0xE0000000, 3, 0xFFFFFFFF)
_STANDARD = frozenset(name for one in QUANTITIES for name in one.names)


class Registers(AbstractPort):  # type: ignore[misc]  # the binding is not annotated
    """A camera's memory."""

    def __init__(self) -> None:
        super().__init__()
        self.memory: dict[int, int] = {}

    def is_open(self) -> bool:
        return True

    def get_access_mode(self) -> Any:
        return EAccessMode.RW

    def read(self, address: int, length: int) -> bytes:
        return bytes(self.memory.get(address + place, 0) for place in range(length))

    def write(self, address: int, value: bytes) -> None:
        self.memory.update({address + place: byte for place, byte in enumerate(bytes(value))})


class RealCamera:
    """A camera by its description, all of whose features are there, each within limits."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.registers = Registers()
        self._wake_up()
        self.nodes = self.seen_anew()

    def seen_anew(self) -> Any:
        """Return a node map that knows nothing but the registers."""
        return _node_map(_description(self.name), self.registers)

    def kept(self) -> dict[str, FeatureValue]:
        """Return its feature set, without what no camera holds: a zero that its own limits forbid."""
        return {key: value for key, value in self._read() if self._is_possible(key, value)}

    def _read(self) -> list[tuple[str, FeatureValue]]:
        return [found for found in read_set(self.nodes, streaming=False) if found is not None]

    def _is_possible(self, key: str, value: FeatureValue) -> bool:
        name, selection = split_key(key)
        with selected(self.nodes, name, selection):
            state = state_of(self.nodes, name, streaming=False)
        if state.kind is NodeKind.CHOICE:
            return any(choice.name == value and choice.available for choice in state.choices)
        return state.low is None or state.high is None or state.low <= float(value) <= state.high

    def move(self, step: int) -> None:
        """Set everything that a feature set keeps to another value, at each place of its selectors."""
        for key, _ in self._read() * 2:  # what hangs on another is there the second time at the latest
            name, selection = split_key(key)
            try:
                with selected(self.nodes, name, selection):
                    wanted = _moved(state_of(self.nodes, name, streaming=False), step)
                    if wanted is not None:
                        self.nodes.get_node(name).value = wanted
            except (GenericException, CraneError):
                continue  # in this state the camera does not take it

    def _wake_up(self) -> None:
        text = _description(self.name)
        own = re.sub("<ImposedAccessMode>RO</ImposedAccessMode>", "", text).replace(
            "<AccessMode>RO</AccessMode>", "<AccessMode>RW</AccessMode>"
        )
        inside, elements = _node_map(own, self.registers), _elements(text)
        for element in elements.values():
            if _tag(element) in ("Converter", "IntConverter"):
                for below in _references(element, "pVariable"):
                    _put(inside, elements, below, _SCALES)
        for kind, values in _LIMITS:
            for element in elements.values():
                for below in _references(element, kind):
                    _put(inside, elements, below, values)
        for name, element in elements.items():
            for one in (element, *(child for child in element if _tag(child) == "EnumEntry")):
                self._show(inside, elements, name, one)

    def _show(self, inside: Any, elements: Elements, name: str, element: ElementTree.Element) -> None:
        """Let a feature, or a choice of it, be there: a standard one at each place of its selector."""
        asked = [*_references(element, "pIsImplemented"), *_references(element, "pIsAvailable")]
        for selection in _selections(inside, name) if asked and name in _STANDARD and inside.has_node(name) else [()]:
            try:
                with selected(inside, name, selection):
                    for below in asked:
                        _make_true(inside, elements, below)
            except CraneError:
                continue


def _node_map(text: str, registers: Registers) -> Any:
    nodes = NodeMap()
    nodes.load_xml_from_string(text)
    nodes.connect(registers, "Device")
    return nodes


@cache
def _description(name: str) -> str:
    with lzma.open(FOLDER / f"{name}.xz", "rt", encoding="utf-8-sig") as file:
        return file.read()


def _elements(text: str) -> Elements:
    root = ElementTree.fromstring(text.encode())
    for whole in root.iter():
        if _tag(whole) == "StructReg":
            access = [child for child in whole if _tag(child) == "AccessMode"]
            for part in [child for child in whole if _tag(child) == "StructEntry"]:
                part.extend(access)
    return {str(one.get("Name")): one for one in root.iter() if one.get("Name") and _tag(one) not in _NO_NODES}


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _references(element: ElementTree.Element, kind: str) -> list[str]:
    return [str(child.text) for child in element if _tag(child) == kind]


def _selections(nodes: Any, name: str) -> list[tuple[str, ...]]:
    selectors = [one for one in nodes.get_node(name).node.selecting_features if is_pointer(str(one.node.name))]
    if len(selectors) != 1 or not hasattr(selectors[0], "symbolics"):
        return [()]
    return [(str(symbol),) for symbol in selectors[0].symbolics] or [()]


def _make_true(inside: Any, elements: Elements, name: str) -> None:
    for value in (None, *_THERE):
        if value is not None:
            _put(inside, elements, name, (value,))
        try:
            if int(inside.get_node(name).value):
                return
        except (GenericException, AttributeError):
            continue


def _put(inside: Any, elements: Elements, name: str, values: tuple[int, ...]) -> None:
    for register in _below(name, elements, set()):
        for value in values:
            try:
                inside.get_node(register).value = value
            except (GenericException, TypeError):
                continue
            break


def _below(name: str, elements: Elements, seen: set[str]) -> Iterator[str]:
    """Yield the registers that a node's value comes from; those that a program may write are the program's affair."""
    if name in seen or name not in elements:
        return
    seen.add(name)
    element = elements[name]
    access = next((child.text for child in element if _tag(child) == "AccessMode"), "RO")
    if _tag(element) in _REGISTERS and access == "RO":
        yield name
    for child in element:
        if _tag(child) in ("pValue", "pVariable"):
            yield from _below(str(child.text), elements, seen)


def _moved(state: NodeState, step: int) -> FeatureValue | None:
    """Return another value that the node takes; with a choice of automatics, none."""
    if state.kind is NodeKind.BOOLEAN:
        return state.name.endswith(("Enable", "Enabled")) or step % 2 == 1
    if state.kind is NodeKind.CHOICE:
        offered = [choice.name for choice in state.choices if choice.available]
        if not offered or (state.name.endswith("Auto") and "Off" in offered):
            return "Off" if offered else None
        return offered[min(step - 1, len(offered) - 1)] if "Mode" not in state.name else offered[0]
    if state.low is None or state.high is None or state.low >= state.high:
        return None
    if state.kind is NodeKind.INTEGER:
        apart = int(state.step or 1)
        return int(state.low) + apart * min((int(state.high) - int(state.low)) // apart, 4 * step)
    low = max(state.low, min(0.25, state.high / 2))
    return low + (min(state.high, low + 1e5) - low) * step / 8
