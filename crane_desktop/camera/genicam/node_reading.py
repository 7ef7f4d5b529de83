"""What a camera's nodes are and say now. Runs only in the camera's process.

Describing costs no transfer: it is all in the camera's XML. Reading a state costs registers, a network round
trip each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from genicam import genapi

from crane_desktop.camera.genicam.features import AnyNodeMap, name_on
from crane_desktop.domain.camera_names import ON, ROOT, STREAM_LOCKED, quantity
from crane_desktop.domain.camera_setup import (
    Access,
    FeatureValue,
    NodeChoice,
    NodeInfo,
    NodeKind,
    NodeState,
    Visibility,
)
from crane_desktop.domain.errors import Technical

AnyNode: TypeAlias = Any  # the binding is not annotated

_KINDS = {
    genapi.EInterfaceType.intfICategory: NodeKind.CATEGORY,
    genapi.EInterfaceType.intfIInteger: NodeKind.INTEGER,
    genapi.EInterfaceType.intfIFloat: NodeKind.FLOAT,
    genapi.EInterfaceType.intfIBoolean: NodeKind.BOOLEAN,
    genapi.EInterfaceType.intfIEnumeration: NodeKind.CHOICE,
    genapi.EInterfaceType.intfIString: NodeKind.TEXT,
    genapi.EInterfaceType.intfICommand: NodeKind.COMMAND,
}
_ACCESS = {
    genapi.EAccessMode.RW: Access.READ_WRITE,
    genapi.EAccessMode.RO: Access.READ_ONLY,
    genapi.EAccessMode.WO: Access.WRITE_ONLY,
    genapi.EAccessMode.NA: Access.NOT_AVAILABLE,
}
_STREAM_LOCKED = frozenset(name for one in STREAM_LOCKED for name in one.names)
_NO_UNIT_STEP = 1.0


def described(nodes: AnyNodeMap) -> Iterator[NodeInfo]:
    """Yield every node that the camera offers to people, each category before what lies in it."""
    if not nodes.has_node(ROOT.name):
        return
    seen = {ROOT.name}
    ahead: list[tuple[AnyNode, str]] = [(feature, "") for feature in reversed(nodes.get_node(ROOT.name).features)]
    while ahead:
        feature, category = ahead.pop()
        node = feature.node
        name = str(node.name)
        if name in seen:
            continue  # a camera may show a feature in two places; a loop would never end
        seen.add(name)
        kind = _KINDS.get(node.principal_interface_type, NodeKind.OTHER)
        yield NodeInfo(
            name=name,
            category=category,
            display_name=str(node.display_name) or name,
            description=str(node.description) or str(node.tooltip),
            kind=kind,
            visibility=Visibility(min(int(node.visibility), Visibility.INVISIBLE)),
            selectors=tuple(str(selector.node.name) for selector in node.selecting_features),
            streamable=bool(node.is_streamable()),
        )
        if kind is NodeKind.CATEGORY:
            ahead += [(below, name) for below in reversed(feature.features)]


def kind_of(node: AnyNode) -> NodeKind:
    """Return what a node is."""
    return _KINDS.get(node.node.principal_interface_type, NodeKind.OTHER)


def access_of(nodes: AnyNodeMap, name: str, *, streaming: bool) -> Access:
    """Return what can be done with a node now; asks the camera."""
    if not nodes.has_node(name):
        return Access.NOT_IMPLEMENTED
    node = nodes.get_node(name)
    access = _ACCESS.get(node.node.get_access_mode(), Access.NOT_IMPLEMENTED)
    held_back = access is Access.READ_ONLY or (access is Access.NOT_AVAILABLE and kind_of(node) is NodeKind.COMMAND)
    if streaming and held_back and _may_be_locked(nodes, name) and master_of(nodes, name) is None:
        return Access.LOCKED
    return access


def master_of(nodes: AnyNodeMap, name: str) -> tuple[str, FeatureValue] | None:
    """Return the feature because of which the camera sets this one itself, and the value it must have; or None."""
    what = quantity(name)
    for needed, free in what.needs if what is not None else ():
        master = name_on(nodes, needed)
        if master is None:
            continue
        value = quiet(lambda master=master: nodes.get_node(master).value, free)  # type: ignore[misc]
        if value != free and not (free is True and value == ON):
            return master, free
    return None


def _may_be_locked(nodes: AnyNodeMap, name: str) -> bool:
    node = nodes.get_node(name).node
    if _property(node, "ImposedAccessMode") == "RO":
        return False
    return name in _STREAM_LOCKED or bool(_property(node, "pIsLocked"))


def _property(node: AnyNode, name: str) -> str:
    return str(quiet(lambda: node.get_property(name)[0], ""))


def value_or(node: AnyNode, otherwise: Any, name: str = "value") -> Any:
    """Return what a node says (its value, or another attribute), or `otherwise` where it does not."""
    return quiet(lambda: getattr(node, name), otherwise)


def quiet(ask: Callable[[], Any], otherwise: Any) -> Any:
    """Return what a node says, or `otherwise` where it does not."""
    try:
        return ask()
    except (genapi.GenericException, AttributeError, ValueError):
        return otherwise


def state_of(nodes: AnyNodeMap, name: str, *, streaming: bool) -> NodeState:
    """Read a node; what the driver refuses to tell is in the state's detail."""
    if not nodes.has_node(name):
        return NodeState(name, NodeKind.OTHER, Access.NOT_IMPLEMENTED)
    node = nodes.get_node(name)
    kind = kind_of(node)
    try:
        access = access_of(nodes, name, streaming=streaming)
        value = value_of(node, kind) if access.readable else None
        numbers = _limits(node, kind) if access.readable else (None, None, None)
        return NodeState(
            name,
            kind,
            access,
            value,
            unit=str(quiet(lambda: node.unit, "")) if kind in (NodeKind.INTEGER, NodeKind.FLOAT) else "",
            low=numbers[0],
            high=numbers[1],
            step=numbers[2],
            choices=choices_of(node) if kind is NodeKind.CHOICE and access.readable else (),
        )
    except genapi.GenericException as error:
        return NodeState(name, kind, Access.NOT_AVAILABLE, detail=detail_of(error))


def value_of(node: AnyNode, kind: NodeKind) -> FeatureValue | None:
    """Return a readable node's value; None for a category, a command or a raw register."""
    if kind in (NodeKind.CATEGORY, NodeKind.COMMAND, NodeKind.OTHER):
        return None
    value = node.value
    return value if isinstance(value, bool | int | float | str) else str(value)


def _limits(node: AnyNode, kind: NodeKind) -> tuple[float | None, float | None, float | None]:
    if kind is NodeKind.INTEGER:
        return node.min, node.max, quiet(lambda: node.inc, _NO_UNIT_STEP)
    if kind is NodeKind.FLOAT:
        return node.min, node.max, quiet(lambda: node.inc if node.has_inc() else None, None)
    return None, None, None


def choices_of(node: AnyNode) -> tuple[NodeChoice, ...]:
    """Return the entries of an enumeration that the camera has, also those that it does not offer now."""
    found = []
    for entry in node.entries:
        access = _ACCESS.get(entry.node.get_access_mode(), Access.NOT_IMPLEMENTED)
        if access is Access.NOT_IMPLEMENTED:
            continue
        symbol = str(entry.symbolic)
        found.append(NodeChoice(symbol, str(entry.node.display_name) or symbol, access is not Access.NOT_AVAILABLE))
    return tuple(found)


def detail_of(error: BaseException) -> Technical:
    """Return what a driver said, in one line, without the binding's own words."""
    line = (str(error).splitlines() or [""])[0]
    return Technical(line.split(" : ")[0].strip() or type(error).__name__)
