"""Changing a camera's nodes, and why it refuses, in plain words. Runs only in the camera's process."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from genicam import genapi

from crane_desktop.camera.genicam.features import AnyNodeMap
from crane_desktop.camera.genicam.node_reading import (
    AnyNode,
    access_of,
    choices_of,
    detail_of,
    kind_of,
    master_of,
    quiet,
    state_of,
)
from crane_desktop.camera.genicam.pfnc import LAYOUTS, pfnc_name
from crane_desktop.domain.camera_names import OFF, ON, PIXEL_FORMAT
from crane_desktop.domain.camera_setup import Access, FeatureValue, NodeKind, NodeState
from crane_desktop.domain.errors import InputError

# What a node raises for a value that it does not take; TypeError for a float to a whole-number node.
_REFUSALS = (genapi.GenericException, TypeError, ValueError, OverflowError)


class Stream(Protocol):
    """What may be stopped for a change."""

    @property
    def running(self) -> bool:
        """Whether the camera streams."""
        ...

    def paused(self) -> AbstractContextManager[None]:
        """Stop the stream, and start it again at the end."""
        ...


def write_node(
    nodes: AnyNodeMap, stream: Stream, name: str, value: FeatureValue | None, *, may_restart: bool = True
) -> bool:
    """Set a node, or execute it where `value` is None; return whether the stream was stopped and started for it.

    Raises
    ------
    InputError
        If the camera lacks the node or refuses, with the reason.
    """
    if not nodes.has_node(name):
        raise InputError("camera.feature_missing", feature=name)
    access = _access(nodes, name, value, streaming=stream.running)
    if access is Access.LOCKED:
        if not may_restart:
            raise InputError("camera.node_locked_line", feature=name)
        with stream.paused():
            _write_value(nodes, name, value, _access(nodes, name, value, streaming=False))
        return True
    _write_value(nodes, name, value, access)
    return False


def _access(nodes: AnyNodeMap, name: str, value: FeatureValue | None, *, streaming: bool) -> Access:
    try:
        return access_of(nodes, name, streaming=streaming)
    except genapi.GenericException as error:
        raise InputError("camera.feature_refused", feature=name, value=value, detail=detail_of(error)) from error


def _write_value(nodes: AnyNodeMap, name: str, value: FeatureValue | None, access: Access) -> None:
    if not access.writable:
        raise _not_writable(nodes, name, access)
    node = nodes.get_node(name)
    kind = kind_of(node)
    try:
        if kind is NodeKind.COMMAND:
            node.execute()
        elif value is None or kind in (NodeKind.CATEGORY, NodeKind.OTHER):
            raise InputError("camera.node_read_only", feature=name)
        else:
            node.value = _fitting(node, kind, name, value)
    except _REFUSALS as error:
        raise _refused(nodes, name, value, error) from error


def _not_writable(nodes: AnyNodeMap, name: str, access: Access) -> InputError:
    master = master_of(nodes, name)
    if master is not None:
        return InputError("camera.node_automatic", feature=name, master=master[0], free=_formatted(master[1]))
    if access is Access.READ_ONLY:
        return InputError("camera.node_read_only", feature=name)
    return InputError("camera.node_not_available", feature=name)


def _fitting(node: AnyNode, kind: NodeKind, name: str, value: FeatureValue) -> FeatureValue:
    """Return the value in the node's own type."""
    if kind in (NodeKind.INTEGER, NodeKind.FLOAT):
        if isinstance(value, str) or (kind is NodeKind.INTEGER and float(value) != int(value)):
            key = "camera.node_no_whole_number" if kind is NodeKind.INTEGER else "camera.node_no_number"
            raise InputError(key, feature=name, value=value)
        return int(value) if kind is NodeKind.INTEGER else float(value)
    if kind is NodeKind.BOOLEAN:
        if isinstance(value, str):
            raise InputError("camera.node_no_switch", feature=name, value=value)
        return bool(value)
    if kind is NodeKind.CHOICE:
        if name == PIXEL_FORMAT.name and pfnc_name(str(value)) not in LAYOUTS:
            raise InputError("camera.format_unknown", format=value, known=", ".join(LAYOUTS))
        choices = choices_of(node)
        value = _choice_here(name, value, [choice.name for choice in choices])
        if value not in [choice.name for choice in choices]:
            known = ", ".join(choice.name for choice in choices if choice.available)
            raise InputError("camera.node_no_choice", feature=name, value=value, known=known)
    if "\0" in str(value):  # a camera's text ends there, and the rest would be gone without a word
        raise InputError("camera.node_no_text", feature=name)
    return str(value)


def _choice_here(name: str, value: FeatureValue, offered: Sequence[str]) -> FeatureValue:
    """Return what this camera calls a choice: formats have older names, and a switch may be a choice of two."""
    if value in offered:
        return value
    if isinstance(value, bool):
        return ON if value else OFF
    if name == PIXEL_FORMAT.name:
        return next((one for one in offered if pfnc_name(one) == pfnc_name(str(value))), value)
    return value


def _refused(nodes: AnyNodeMap, name: str, value: FeatureValue | None, error: BaseException) -> InputError:
    """Say why: the limits first, for that is what it mostly is."""
    state: NodeState | None = quiet(lambda: state_of(nodes, name, streaming=False), None)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if state is not None and number and state.low is not None and state.high is not None:
        limits = {
            "low": _formatted(state.low),
            "high": _formatted(state.high),
            "unit": f" {state.unit}" if state.unit else "",
        }
        if not state.low <= float(value or 0) <= state.high:
            return InputError("camera.node_out_of_range", feature=name, value=_formatted(value), **limits)
        if state.step is not None and state.kind is NodeKind.INTEGER and (float(value or 0) - state.low) % state.step:
            return InputError(
                "camera.node_step", feature=name, value=_formatted(value), step=_formatted(state.step), **limits
            )
    offered = state.choices if state is not None else ()
    if any(choice.name == value and not choice.available for choice in offered):
        return InputError("camera.node_choice_not_now", feature=name, value=value)
    return InputError("camera.feature_refused", feature=name, value=value, detail=detail_of(error))


def _formatted(value: FeatureValue | None) -> str:
    """Return a number without a tail of zeros."""
    if isinstance(value, bool):
        return "On" if value else "Off"
    return f"{value:.10g}" if isinstance(value, float) else str(value)
