"""Names of features in a set, ``TriggerMode[FrameStart]``, and what they are on the camera at hand.

Runs only in the camera's process.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from genicam import genapi

from crane_desktop.camera.genicam.features import AnyNodeMap, name_on
from crane_desktop.camera.genicam.node_reading import AnyNode, kind_of, quiet, value_or
from crane_desktop.domain.camera_names import Quantity, quantity
from crane_desktop.domain.camera_setup import FeatureValue, NodeKind
from crane_desktop.domain.errors import InputError

_KEY = re.compile(r"^([A-Za-z_]\w*)(?:\[([^\]]*)\])?$")
# What only points at one of several values. Cameras call settings in their own right selectors, too: binning, modes.
_POINTER = re.compile(r"(?:Selector|Index)$")


def feature_key(name: str, selection: Sequence[FeatureValue]) -> str:
    """Return a feature's name in a set."""
    return f"{name}[{','.join(str(one) for one in selection)}]" if selection else name


def split_key(key: str) -> tuple[str, tuple[str, ...]]:
    """Return the feature's own name and the values of its selectors.

    Raises
    ------
    InputError
        If it is no name of a feature.
    """
    match = _KEY.match(key)
    if match is None:
        raise InputError("camera.feature_missing", feature=key)
    return match[1], tuple(match[2].split(",")) if match[2] else ()


def is_pointer(selector: str) -> bool:
    """Return whether a selector may be turned to look at a feature: one that is a setting itself may not."""
    return _POINTER.search(selector) is not None


def here(nodes: AnyNodeMap, key: str) -> tuple[str, tuple[str, ...]]:
    """Return the name and selection by which this camera has a feature of a set.

    Raises
    ------
    InputError
        If it has none whose values mean the same.
    """
    name, selection = split_key(key)
    if nodes.has_node(name) and _is_implemented(nodes, name, selection):
        return name, selection
    what = quantity(name)
    if what is not None and name in what.alike:
        found = next((one for one in what.alike if name_on(nodes, one) and _measured_alike(nodes, what, one)), None)
        if found is not None:
            return found, selection
    instead = None if what is None else name_on(nodes, what)
    if instead is not None and instead != name:
        raise InputError("camera.feature_other_steps", feature=key, instead=instead)
    if nodes.has_node(name):
        return name, selection  # not implemented: it says so itself
    raise InputError("camera.feature_missing", feature=key)


def _is_implemented(nodes: AnyNodeMap, name: str, selection: Sequence[str]) -> bool:
    """Return whether the camera has a feature; it may have it at some of the places of its selectors only."""
    if name_on(nodes, name) is not None:
        return True
    try:
        with selected(nodes, name, selection):
            return name_on(nodes, name) is not None
    except InputError:
        return True  # no such place: using it will tell


def _measured_alike(nodes: AnyNodeMap, what: Quantity, name: str) -> bool:
    unit = str(quiet(lambda: nodes.get_node(name).unit, "")).strip()
    return unit in ("", what.unit)


@contextmanager
def selected(nodes: AnyNodeMap, name: str, selection: Sequence[str]) -> Iterator[None]:
    """Turn the feature's selectors to these values, and back at the end."""
    turned: list[tuple[str, FeatureValue]] = []
    selectors = _selectors(nodes, name, len(selection)) if selection else []
    try:
        for selector, wanted in zip(selectors, selection, strict=False):
            node = nodes.get_node(selector)
            before = value_or(node, None)
            value: FeatureValue = int(wanted) if kind_of(node) is NodeKind.INTEGER and wanted.isdigit() else wanted
            if before != value:
                try:
                    node.value = value
                except (genapi.GenericException, TypeError, ValueError) as error:
                    raise InputError("camera.node_not_available", feature=feature_key(name, selection)) from error
                if before is not None:
                    turned.append((selector, before))
        yield
    finally:
        for selector, before in reversed(turned):
            _turn_back(nodes, selector, before)


def _selectors(nodes: AnyNodeMap, name: str, count: int) -> list[str]:
    """Return the selectors that a key with `count` values means: the pointers, or all, as keys once had them."""
    every = [str(one.node.name) for one in nodes.get_node(name).node.selecting_features]
    pointers = [one for one in every if is_pointer(one)]
    return pointers if count == len(pointers) or count != len(every) else every


def _turn_back(nodes: AnyNodeMap, selector: str, value: FeatureValue) -> None:
    try:
        node: AnyNode = nodes.get_node(selector)
        node.value = value
    except genapi.GenericException:
        return  # it was there a moment ago; nothing is lost but where a selector points
