"""Feature sets: which settings are worth keeping, and writing them back in an order that works.

A feature with selectors goes by its name and theirs: ``TriggerMode[FrameStart]``. Runs only in the camera's
process.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import product

from genicam import genapi

from crane_desktop.camera.genicam.features import AnyNodeMap, prepare
from crane_desktop.camera.genicam.messages import CameraOrder
from crane_desktop.camera.genicam.node_reading import access_of, described, kind_of, quiet, value_of, value_or
from crane_desktop.camera.genicam.node_writing import Stream, write_node
from crane_desktop.domain.camera_setup import (
    Access,
    FeatureValue,
    NodeInfo,
    NodeKind,
    Refusal,
    Restored,
    same_value,
)
from crane_desktop.domain.errors import CraneError, InputError

_KEY = re.compile(r"^([A-Za-z_]\w*)(?:\[([^\]]*)\])?$")
_MOST_SELECTIONS = 32
_PASSES = 3
"""What hangs together settles within so many rounds: an offset may have to go before the width fits."""

_KEPT_KINDS = (NodeKind.INTEGER, NodeKind.FLOAT, NodeKind.BOOLEAN, NodeKind.CHOICE, NodeKind.TEXT)
# In the order of their influence: format and size, then times, then what depends on them, last the trigger's switch.
_ORDER = (
    "SensorBitDepth", "BinningSelector", "BinningHorizontal", "BinningVertical", "DecimationHorizontal",
    "DecimationVertical", "ReverseX", "ReverseY", "PixelFormat", "TestPattern", "Width", "Height", "OffsetX",
    "OffsetY", "AcquisitionMode", "AcquisitionFrameCount", "AcquisitionBurstFrameCount", "SensorShutterMode",
    "ExposureMode", "ExposureAuto", "ExposureTime", "GainAuto", "Gain", "BlackLevelAuto", "BlackLevel", "GammaEnable",
    "Gamma", "BalanceWhiteAuto", "BalanceRatio", "DeviceLinkThroughputLimitMode", "DeviceLinkThroughputLimit",
    "GevSCPSPacketSize", "GevSCPD", "AcquisitionFrameRateEnable", "AcquisitionFrameRate", "LineMode", "LineInverter",
    "LineDebouncerTime", "LineSource", "ChunkModeActive", "ChunkEnable", "TriggerSource", "TriggerActivation",
    "TriggerDelay", "TriggerOverlap", "TriggerMode",
)  # fmt: skip
_PLACES = {name: place for place, name in enumerate(_ORDER)}
_LAST = ("TriggerSource", "TriggerActivation", "TriggerDelay", "TriggerOverlap", "TriggerMode")
# Never part of a recipe, whatever the camera says: addresses, names, stored sets, and outputs that move something.
_NEVER = ("UserSet", "UserOutput", "GevCurrent", "GevPersistent", "DeviceUserID", "File", "TLParams", "Action")


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


@contextmanager
def selected(nodes: AnyNodeMap, name: str, selection: Sequence[str]) -> Iterator[None]:
    """Turn the feature's selectors to these values, and back at the end."""
    turned: list[tuple[str, FeatureValue]] = []
    selectors = [node.node.name for node in nodes.get_node(name).node.selecting_features] if selection else []
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


def _turn_back(nodes: AnyNodeMap, selector: str, value: FeatureValue) -> None:
    try:
        nodes.get_node(selector).value = value
    except genapi.GenericException:
        return  # it was there a moment ago; nothing is lost but where a selector points


def set_up(nodes: AnyNodeMap, stream: Stream, order: CameraOrder) -> None:
    """Bring a camera into the state for a run: the given features, endless acquisition, the trigger.

    With the trigger ``"as_set"``, for setting the camera up, the camera's own state is the beginning: what it
    refuses shows as a difference to the recipe.

    Raises
    ------
    InputError
        If a feature is refused, or the camera has no such trigger.
    """
    restored = write_set(nodes, stream, order.features)
    if order.trigger == "as_set":
        return
    if restored.refused:
        raise restored.refused[0].error
    prepare(nodes, order.trigger, ())


def read_set(nodes: AnyNodeMap, *, streaming: bool) -> Iterator[tuple[str, FeatureValue] | None]:
    """Yield the settings worth keeping as (feature, value), in the order to restore them; None after each look.

    What the camera itself counts among its settings (GenApi: streamable) where it says so, else what we know.
    """
    infos = [info for info in described(nodes) if _is_setting(nodes, info)]
    told = [info for info in infos if info.streamable]
    for info in sorted(told or [info for info in infos if info.name in _PLACES], key=_place):
        for selection in _selections(nodes, info.selectors):
            yield _setting(nodes, info, selection, streaming=streaming)


def _place(info: NodeInfo) -> int:
    """Return where a feature comes: known ones in our order, the others (the sort is stable) before the trigger's."""
    place = _PLACES.get(info.name, _PLACES[_LAST[0]] - 1)
    return place + len(_PLACES) if info.name in _LAST else place


def _is_setting(nodes: AnyNodeMap, info: NodeInfo) -> bool:
    if info.kind not in _KEPT_KINDS or info.name.startswith(_NEVER):
        return False
    return not nodes.get_node(info.name).node.is_selector()


def _selections(nodes: AnyNodeMap, selectors: Sequence[str]) -> list[tuple[str, ...]]:
    every: list[list[str]] = []
    for selector in selectors:
        node = nodes.get_node(selector)
        kind = kind_of(node)
        if kind is NodeKind.CHOICE:
            every.append([str(symbol) for symbol in value_or(node, (), "symbolics")])
        elif kind is NodeKind.INTEGER:
            low, high = value_or(node, 0, "min"), value_or(node, -1, "max")
            every.append([str(number) for number in range(low, min(high, low + _MOST_SELECTIONS) + 1)])
    return list(product(*every))[:_MOST_SELECTIONS]


def _setting(
    nodes: AnyNodeMap, info: NodeInfo, selection: tuple[str, ...], *, streaming: bool
) -> tuple[str, FeatureValue] | None:
    try:
        with selected(nodes, info.name, selection):
            if access_of(nodes, info.name, streaming=streaming) not in (Access.READ_WRITE, Access.LOCKED):
                return None
            value = value_of(nodes.get_node(info.name), info.kind)
    except (genapi.GenericException, CraneError):
        return None
    return None if value is None else (feature_key(info.name, selection), value)


def read_feature(nodes: AnyNodeMap, key: str) -> FeatureValue | None:
    """Return a feature's value by its name in a set; None where the camera has no such value now."""
    try:
        name, selection = split_key(key)
        if not nodes.has_node(name):
            return None
        with selected(nodes, name, selection):
            return value_of(nodes.get_node(name), kind_of(nodes.get_node(name)))
    except (genapi.GenericException, CraneError):
        return None


def write_set(
    nodes: AnyNodeMap,
    stream: Stream,
    features: Sequence[tuple[str, FeatureValue]],
    *,
    may_restart: bool = True,
    tick: Callable[[], None] = lambda: None,
) -> Restored:
    """Write a feature set; what is already so is left alone, what is refused is tried again after the rest."""
    waiting = [(key, value) for key, value in features if not same_value(read_feature(nodes, key), value)]
    pause = may_restart and stream.running and any(_is_locked(nodes, key) for key, _ in waiting)
    written = 0
    refused: list[Refusal] = []
    with stream.paused() if pause else nullcontext():
        for _ in range(_PASSES):
            refused, again = [], []
            for key, value in waiting:
                tick()
                try:
                    _write(nodes, stream, key, value)
                    written += 1
                except InputError as error:
                    refused.append(Refusal(key, error))
                    again.append((key, value))
            if not again or len(again) == len(waiting):
                break
            waiting = again
    return Restored(written, tuple(refused), restarted=pause)


def _is_locked(nodes: AnyNodeMap, key: str) -> bool:
    try:
        name = split_key(key)[0]
    except InputError:
        return False  # no name of a feature: refused in its turn
    return bool(quiet(lambda: access_of(nodes, name, streaming=True), None) is Access.LOCKED)


def _write(nodes: AnyNodeMap, stream: Stream, key: str, value: FeatureValue) -> None:
    name, selection = split_key(key)
    if not nodes.has_node(name):
        raise InputError("camera.feature_missing", feature=key)
    with selected(nodes, name, selection):
        write_node(nodes, stream, name, value, may_restart=False)
