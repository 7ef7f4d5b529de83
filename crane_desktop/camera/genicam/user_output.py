"""How a camera lets a program set one of its output lines. Runs only in the camera's process.

By the convention a line shows a user output, which has a selector and a value. Cameras of its first version have a user
output a line, all of them as bits of one number, or no lines at all but synchronised outputs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from crane_desktop.camera.genicam.features import AnyNodeMap, choices, feature_value, name_on, write_feature
from crane_desktop.camera.genicam.node_reading import quiet
from crane_desktop.domain.camera_names import (
    LINE_INVERTER,
    LINE_MODE,
    LINE_SELECTOR,
    LINE_SOURCE,
    OUTPUT,
    OUTPUT_MASK,
    OUTPUT_SELECTOR,
    OUTPUT_VALUE,
    OUTPUT_VALUES,
    SYNC_OUT_LEVELS,
    SYNC_OUT_POLARITY,
    SYNC_OUT_SELECTOR,
    SYNC_OUT_SOURCE,
)
from crane_desktop.domain.errors import InputError

_OWN_OUTPUT = "UserOutput"
"""What a line shows on cameras where each line has a user output of its own."""
_BY_PROGRAM = "GPO"
_NUMBER = re.compile(r"\d+$")


class Value(Protocol):
    """What can be set high or low."""

    def put(self, *, high: bool) -> None:
        """Set it; raises what the driver raises."""
        ...


class Output(Value, Protocol):
    """An output line under a program."""

    @property
    def can_invert(self) -> bool:
        """Whether the camera can turn the line's signal around: then rest and fall-off are the idle level."""
        ...

    def connect(self, *, inverted: bool) -> None:
        """Let the line show what the program puts; raises InputError where the camera does not take it."""
        ...


def output_of(nodes: AnyNodeMap, line: str, user_output: str | None) -> Output:
    """Return the output of that name.

    Parameters
    ----------
    user_output
        What drives the line; None for the one that belongs to it, or the camera's first.

    Raises
    ------
    InputError
        If the camera has no such line, or nothing by which a program could drive it.
    """
    if name_on(nodes, LINE_SELECTOR) is None and line in choices(nodes, SYNC_OUT_SELECTOR):
        return _SyncOut(nodes, line, _Bit(nodes, _known(nodes, SYNC_OUT_LEVELS.names), _place(nodes, line)))
    write_feature(nodes, LINE_SELECTOR, line)
    shown = choices(nodes, LINE_SOURCE)
    output = user_output or _default_output(nodes, line, shown)
    source = _OWN_OUTPUT if _OWN_OUTPUT in shown and output not in shown else output
    return _Line(nodes, source, _value(nodes, line, output))


def _default_output(nodes: AnyNodeMap, line: str, shown: tuple[str, ...]) -> str:
    outputs = choices(nodes, OUTPUT_SELECTOR)
    if _OWN_OUTPUT in shown and not any(one in shown for one in outputs):
        number = _NUMBER.search(line)
        own = [f"{_OWN_OUTPUT}{line}"] + ([f"{_OWN_OUTPUT}{number[0]}"] if number else [])
        return next((one for one in own if one in outputs), "")
    return outputs[0] if outputs else next((one for one in shown if one.startswith(_OWN_OUTPUT)), "")


def _value(nodes: AnyNodeMap, line: str, output: str) -> Value:
    outputs = choices(nodes, OUTPUT_SELECTOR)
    value = name_on(nodes, OUTPUT_VALUE)
    if value is None:
        if output not in outputs:
            raise InputError("camera.feature_missing", feature=OUTPUT_VALUE.name)
        return _Bit(nodes, _known(nodes, OUTPUT_VALUES.names), outputs.index(output))
    selecting = [str(one.node.name) for one in quiet(lambda: nodes.get_node(value).node.selecting_features, ())]
    if LINE_SELECTOR.name in selecting:
        return _Switch(nodes, value, LINE_SELECTOR.name, line)
    if name_on(nodes, OUTPUT_SELECTOR) is None:
        return _Switch(nodes, value)
    return _Switch(nodes, value, OUTPUT_SELECTOR.name, output)


def _known(nodes: AnyNodeMap, names: tuple[str, ...]) -> str:
    found = next((name for name in names if name_on(nodes, name) is not None), None)
    if found is None:
        raise InputError("camera.feature_missing", feature=names[0])
    return found


def _place(nodes: AnyNodeMap, line: str) -> int:
    return choices(nodes, SYNC_OUT_SELECTOR).index(line)


@dataclass(frozen=True, slots=True)
class _Switch:
    """A value of its own, with a selector that a page may have turned meanwhile: it is set each time."""

    nodes: AnyNodeMap
    name: str
    selector: str = ""
    selected: str = ""

    def put(self, *, high: bool) -> None:
        if self.selector:
            write_feature(self.nodes, self.selector, self.selected)
        write_feature(self.nodes, self.name, high)


@dataclass(frozen=True, slots=True)
class _Bit:
    """One bit among those of the other outputs, which stay as they are."""

    nodes: AnyNodeMap
    name: str
    place: int

    def put(self, *, high: bool) -> None:
        bit = 1 << self.place
        before = int(feature_value(self.nodes, self.name, 0))
        if name_on(self.nodes, OUTPUT_MASK) is not None and self.name in OUTPUT_VALUES.names:
            write_feature(self.nodes, OUTPUT_MASK, bit)
        write_feature(self.nodes, self.name, before | bit if high else before & ~bit)


@dataclass(frozen=True, slots=True)
class _Line:
    nodes: AnyNodeMap
    source: str
    value: Value

    @property
    def can_invert(self) -> bool:
        return name_on(self.nodes, LINE_INVERTER) is not None

    def put(self, *, high: bool) -> None:
        self.value.put(high=high)

    def connect(self, *, inverted: bool) -> None:
        if self.can_invert:
            write_feature(self.nodes, LINE_INVERTER, inverted)
        if name_on(self.nodes, LINE_SOURCE) is not None or not isinstance(self.value, _Switch):
            write_feature(self.nodes, LINE_SOURCE, self.source)
        if feature_value(self.nodes, LINE_MODE, OUTPUT) != OUTPUT:
            write_feature(self.nodes, LINE_MODE, OUTPUT)


@dataclass(frozen=True, slots=True)
class _SyncOut:
    nodes: AnyNodeMap
    line: str
    value: Value

    @property
    def can_invert(self) -> bool:
        return name_on(self.nodes, SYNC_OUT_POLARITY) is not None

    def put(self, *, high: bool) -> None:
        self.value.put(high=high)

    def connect(self, *, inverted: bool) -> None:
        write_feature(self.nodes, SYNC_OUT_SELECTOR, self.line)
        if self.can_invert:
            write_feature(self.nodes, SYNC_OUT_POLARITY, "Invert" if inverted else "Normal")
        write_feature(self.nodes, SYNC_OUT_SOURCE, _BY_PROGRAM)
