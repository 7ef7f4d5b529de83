"""GenICam features by their standard names: reading, writing, and setting up the trigger."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from genicam import genapi

from crane_desktop.camera.genicam.messages import FeatureValue
from crane_desktop.domain.camera_names import (
    ACQUISITION_MODE,
    BURSTS,
    CONTINUOUS,
    EXPOSURE_STEP,
    EXPOSURE_TIME,
    FRAME_PERIOD,
    FRAME_RATE,
    FRAME_TRIGGERS,
    HOLDING_TRIGGERS,
    OFF,
    ON,
    RATE_ENABLE,
    RESULTING_RATE,
    SOFTWARE,
    TRIGGER_DELAY,
    TRIGGER_MODE,
    TRIGGER_SELECTOR,
    TRIGGER_SOFTWARE,
    TRIGGER_SOURCE,
    Named,
    Quantity,
    in_seconds,
)
from crane_desktop.domain.errors import InputError, technical

AnyNodeMap: TypeAlias = Any  # the binding is not annotated

_LONGEST_S = 600.0
"""What a camera may say that a picture takes; a register that holds nonsense must not make a wait endless."""

# What a node raises for a value that it does not take; TypeError for a float to a whole-number node.
_REFUSALS = (genapi.GenericException, TypeError, ValueError, OverflowError)


def name_on(nodes: AnyNodeMap, what: Named) -> str | None:
    """Return what this camera calls a quantity, the best name that it has; None where it has none."""
    names = what.names if isinstance(what, Quantity) else (what,)
    return next((name for name in names if nodes.has_node(name) and _is_implemented(nodes, name)), None)


def _is_implemented(nodes: AnyNodeMap, name: str) -> bool:
    try:
        return bool(nodes.get_node(name).node.get_access_mode() != genapi.EAccessMode.NI)
    except (genapi.GenericException, AttributeError):
        return True  # it does not say: using it will tell


def feature_value(nodes: AnyNodeMap, what: Named, otherwise: Any) -> Any:
    """Return the feature's value, or `otherwise` where the camera lacks it or does not give it."""
    name = name_on(nodes, what)
    if name is None:
        return otherwise
    try:
        return nodes.get_node(name).value
    except genapi.GenericException:
        return otherwise


def write_feature(nodes: AnyNodeMap, what: Named, value: FeatureValue | None) -> None:
    """Set a feature, or execute it where `value` is None.

    Raises
    ------
    InputError
        If the camera lacks the feature or refuses the value.
    """
    name = name_on(nodes, what)
    if name is None:
        raise InputError("camera.feature_missing", feature=what.name if isinstance(what, Quantity) else what)
    node = nodes.get_node(name)
    try:
        if value is None:
            node.execute()
        else:
            node.value = value
    except _REFUSALS as error:
        detail = technical(error)
        raise InputError("camera.feature_refused", feature=name, value=value, detail=detail) from error


def prepare(nodes: AnyNodeMap, trigger: str, features: Sequence[tuple[str, FeatureValue]]) -> None:
    """Bring a camera into the state for a run: the given features, endless acquisition, the trigger mode.

    Raises
    ------
    InputError
        If a feature is refused, or the camera has no such trigger.
    """
    for name, value in features:
        write_feature(nodes, name, value)
    if feature_value(nodes, ACQUISITION_MODE, CONTINUOUS) != CONTINUOUS:
        write_feature(nodes, ACQUISITION_MODE, CONTINUOUS)
    set_trigger(nodes, trigger)


def set_trigger(nodes: AnyNodeMap, trigger: str) -> None:
    """Switch the trigger (SFNC, Acquisition Control) to ``free``, ``software`` or ``hardware``."""
    if name_on(nodes, TRIGGER_MODE) is None:
        if trigger != "free":
            raise InputError("camera.no_trigger", trigger=trigger)
        return
    _choose_kind(nodes, free=trigger == "free")
    if trigger == "free":
        write_feature(nodes, TRIGGER_MODE, OFF)
        return
    # The source is chosen before the trigger is armed: no edge of the old source makes a picture.
    source = feature_value(nodes, TRIGGER_SOURCE, "")
    if trigger == "software":
        if SOFTWARE not in choices(nodes, TRIGGER_SOURCE) or name_on(nodes, TRIGGER_SOFTWARE) is None:
            raise InputError("camera.no_trigger", trigger=trigger)
        write_feature(nodes, TRIGGER_SOURCE, SOFTWARE)
    elif source == SOFTWARE:
        input_lines = [name for name in choices(nodes, TRIGGER_SOURCE) if name.startswith("Line")]
        if not input_lines:
            raise InputError("camera.no_trigger", trigger=trigger)
        write_feature(nodes, TRIGGER_SOURCE, input_lines[0])
    write_feature(nodes, TRIGGER_MODE, ON)


def frames_per_trigger(nodes: AnyNodeMap) -> int:
    """Return how many pictures one trigger brings, once the trigger is set up."""
    count = BURSTS.get(feature_value(nodes, TRIGGER_SELECTOR, FRAME_TRIGGERS[0]))
    return 1 if count is None else max(1, int(feature_value(nodes, count, 1)))


def frame_time_s(nodes: AnyNodeMap) -> float:
    """Return how long the camera itself needs for a picture: the exposure, or its period without a trigger.

    Whatever the camera calls them, and in whatever unit of time; a rate that is switched off is none.
    """
    rates = [_positive(nodes, RESULTING_RATE.alike)]
    if feature_value(nodes, RATE_ENABLE, True) not in (False, OFF):
        rates.append(_positive(nodes, FRAME_RATE.alike))
        if not rates[-1]:
            rates.append(1 / period_s if (period_s := _time_s(nodes, FRAME_PERIOD)) else 0.0)
    exposed_s = (_time_s(nodes, EXPOSURE_TIME) or _raw_exposure_s(nodes)) + _time_s(nodes, TRIGGER_DELAY)
    return min(max(exposed_s, *(1 / rate for rate in rates if rate), 0.0), _LONGEST_S)


def _time_s(nodes: AnyNodeMap, what: Quantity) -> float:
    """Return a time under one of its names in units of time; 0 where the camera has none."""
    return _positive(nodes, what.alike, in_seconds)


def _raw_exposure_s(nodes: AnyNodeMap) -> float:
    """Return the exposure of a camera that counts it in steps of its own: a microsecond, where it does not say."""
    step_s = _time_s(nodes, EXPOSURE_STEP) or in_seconds(1.0, EXPOSURE_STEP.unit)
    return _positive(nodes, EXPOSURE_TIME.other) * step_s


def _positive(
    nodes: AnyNodeMap, names: Sequence[str], measured: Callable[[float, str], float] = lambda value, _unit: value
) -> float:
    """Return the first of the values that is one, `measured` by its unit; else 0."""
    for name in names:
        try:
            value = float(feature_value(nodes, name, 0.0))
        except (TypeError, ValueError):
            continue  # a choice of that name: in words
        if math.isfinite(value) and value > 0:
            return measured(value, _unit(nodes, name))
    return 0.0


def _unit(nodes: AnyNodeMap, name: str) -> str:
    try:
        return str(nodes.get_node(name).unit)
    except (genapi.GenericException, AttributeError):
        return ""


def _choose_kind(nodes: AnyNodeMap, *, free: bool) -> None:
    """Switch off the triggers for pictures that are not meant, and select the one that is."""
    offered = choices(nodes, TRIGGER_SELECTOR)
    kinds = [kind for kind in HOLDING_TRIGGERS if kind in offered]
    meant = _wanted_kind(nodes, [kind for kind in FRAME_TRIGGERS if kind in offered])
    for kind in sorted(kinds, key=lambda kind: kind == meant):
        try:
            write_feature(nodes, TRIGGER_SELECTOR, kind)
        except InputError:
            if kind == meant:
                raise
            continue  # not to be had in these settings: then it holds nothing back either
        if (free or kind != meant) and feature_value(nodes, TRIGGER_MODE, OFF) != OFF:
            write_feature(nodes, TRIGGER_MODE, OFF)


def _wanted_kind(nodes: AnyNodeMap, kinds: Sequence[str]) -> str | None:
    """Return the trigger that the features chose: bursts where they select them or switch them on."""
    chosen = feature_value(nodes, TRIGGER_SELECTOR, "")
    burst, older = BURSTS
    if burst in kinds[1:] and (chosen == burst or _is_on(nodes, burst)):
        return burst
    # Version 1 begins with its AcquisitionStart selected: that alone is no choice.
    if older in kinds[1:] and _is_on(nodes, older) and not _is_on(nodes, kinds[0]):
        return older
    return kinds[0] if kinds else None


def _is_on(nodes: AnyNodeMap, kind: str) -> bool:
    try:
        write_feature(nodes, TRIGGER_SELECTOR, kind)
    except InputError:
        return False
    return bool(feature_value(nodes, TRIGGER_MODE, OFF) == ON)


def choices(nodes: AnyNodeMap, what: Quantity) -> tuple[str, ...]:
    """Return what an enumeration offers; nothing where the camera has none."""
    name = name_on(nodes, what)
    if name is None:
        return ()
    try:
        return tuple(nodes.get_node(name).symbolics)
    except (genapi.GenericException, AttributeError):
        return ()
