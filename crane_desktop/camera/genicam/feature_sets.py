"""Feature sets: which settings are worth keeping, and writing them back in an order that works.

A feature with selectors goes by its name and theirs: ``TriggerMode[FrameStart]``. Runs only in the camera's
process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from itertools import product

from genicam import genapi

from crane_desktop.camera.genicam.feature_keys import feature_key, here, is_pointer, selected
from crane_desktop.camera.genicam.features import AnyNodeMap, prepare
from crane_desktop.camera.genicam.messages import CameraOrder
from crane_desktop.camera.genicam.node_reading import access_of, described, kind_of, quiet, value_of, value_or
from crane_desktop.camera.genicam.node_writing import Stream, write_node
from crane_desktop.domain.camera_names import NEVER_KEPT, OF_THE_LINK, RESTORED, TRIGGER_ARMING, quantity
from crane_desktop.domain.camera_setup import (
    Access,
    FeatureValue,
    NodeInfo,
    NodeKind,
    Refusal,
    Restored,
    same_feature,
)
from crane_desktop.domain.errors import CraneError, InputError

_MOST_SELECTIONS = 32
_PASSES = 3
"""What hangs together settles within so many rounds: an offset may have to go before the width fits."""

_KEPT_KINDS = (NodeKind.INTEGER, NodeKind.FLOAT, NodeKind.BOOLEAN, NodeKind.CHOICE, NodeKind.TEXT)
_PLACES = {name: place for place, one in enumerate(RESTORED) for name in one.names}
_ARMING = frozenset(name for one in TRIGGER_ARMING for name in one.names)
_LINK = frozenset(name for one in OF_THE_LINK for name in one.names)


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
        raise _refused(restored.refused)
    prepare(nodes, order.trigger, ())


def _refused(refused: Sequence[Refusal]) -> CraneError:
    """Return what says which features of a recipe this camera does not take: all by their names."""
    if len(refused) == 1:
        return refused[0].error
    return InputError("camera.set_not_restored", count=len(refused), features=", ".join(one.feature for one in refused))


def read_set(nodes: AnyNodeMap, *, streaming: bool) -> Iterator[tuple[str, FeatureValue] | None]:
    """Yield the settings worth keeping as (feature, value), in the order to restore them; None after each look.

    What the camera itself counts among its settings (GenApi: streamable) and what we know to be one. Some cameras
    say it of a few features only; what belongs to the link to the computer is kept where the camera says so.
    """
    infos = [info for info in described(nodes) if _is_setting(nodes, info)]
    silent = not any(info.streamable for info in infos)
    kept = [info for info in infos if info.streamable or (info.name in _PLACES and (silent or info.name not in _LINK))]
    for info in sorted(kept, key=_place):
        for selection in _selections(nodes, info.selectors):
            yield _setting(nodes, info, selection, streaming=streaming)


def _place(info: NodeInfo) -> int:
    """Return where a feature comes: known ones in our order, the others (the sort is stable) before the trigger's."""
    place = _PLACES.get(info.name, _PLACES[TRIGGER_ARMING[0].name] - 1)
    return place + len(_PLACES) if info.name in _ARMING else place


def _is_setting(nodes: AnyNodeMap, info: NodeInfo) -> bool:
    if info.kind not in _KEPT_KINDS or info.name.startswith(NEVER_KEPT):
        return False
    return not (nodes.get_node(info.name).node.is_selector() and is_pointer(info.name))


def _is_doubled(nodes: AnyNodeMap, name: str, *, streaming: bool) -> bool:
    """Return whether the camera can set the same under a better name: steps of its own mean nothing elsewhere."""
    what = quantity(name)
    better = () if what is None else what.names[: what.names.index(name)]
    return any(quiet(lambda one=one: _settable(nodes, one, streaming=streaming), False) for one in better)  # type: ignore[misc]


def _settable(nodes: AnyNodeMap, name: str, *, streaming: bool) -> bool:
    return access_of(nodes, name, streaming=streaming) in (Access.READ_WRITE, Access.LOCKED)


def _selections(nodes: AnyNodeMap, selectors: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the places of a feature's selectors; one that the camera lacks, or does not tell of, is left out."""
    every = [places for selector in filter(is_pointer, selectors) if (places := _places(nodes, selector))]
    return list(product(*every))[:_MOST_SELECTIONS]


def _places(nodes: AnyNodeMap, selector: str) -> list[str]:
    node = nodes.get_node(selector)
    kind = kind_of(node)
    if kind is NodeKind.CHOICE:
        return [str(symbol) for symbol in value_or(node, (), "symbolics")]
    if kind is NodeKind.INTEGER:
        low, high = value_or(node, 0, "min"), value_or(node, -1, "max")
        return [str(number) for number in range(low, min(high, low + _MOST_SELECTIONS) + 1)]
    return []


def _setting(
    nodes: AnyNodeMap, info: NodeInfo, selection: tuple[str, ...], *, streaming: bool
) -> tuple[str, FeatureValue] | None:
    try:
        with selected(nodes, info.name, selection):
            if not _settable(nodes, info.name, streaming=streaming):
                return None
            if _is_doubled(nodes, info.name, streaming=streaming):
                return None
            value = value_of(nodes.get_node(info.name), info.kind)
    except (genapi.GenericException, CraneError):
        return None
    return None if value is None else (feature_key(info.name, selection), value)


def read_feature(nodes: AnyNodeMap, key: str) -> FeatureValue | None:
    """Return a feature's value by its name in a set; None where the camera has no such value now.

    A camera that knows the same under another name is asked by that.
    """
    try:
        name, selection = here(nodes, key)
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
    waiting = [(key, value) for key, value in features if not same_feature(key, read_feature(nodes, key), value)]
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
        name = here(nodes, key)[0]
    except InputError:
        return False  # refused in its turn
    return bool(quiet(lambda: access_of(nodes, name, streaming=True), None) is Access.LOCKED)


def _write(nodes: AnyNodeMap, stream: Stream, key: str, value: FeatureValue) -> None:
    name, selection = here(nodes, key)
    with selected(nodes, name, selection):
        write_node(nodes, stream, name, value, may_restart=False)
