"""GenICam features by their SFNC names: reading, writing, and setting up the trigger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from genicam import genapi

from crane_desktop.camera.genicam.messages import FeatureValue
from crane_desktop.domain.errors import InputError

AnyNodeMap: TypeAlias = Any  # the binding is not annotated

_PICTURE_TRIGGERS = ("FrameStart", "FrameBurstStart")

# What a node raises for a value that it does not take; TypeError for a float to a whole-number node.
_REFUSALS = (genapi.GenericException, TypeError, ValueError, OverflowError)


def feature_value(nodes: AnyNodeMap, name: str, otherwise: Any) -> Any:
    """Return the feature's value, or `otherwise` where the camera lacks it or does not give it."""
    if not nodes.has_node(name):
        return otherwise
    try:
        return nodes.get_node(name).value
    except genapi.GenericException:
        return otherwise


def write_feature(nodes: AnyNodeMap, name: str, value: FeatureValue | None) -> None:
    """Set a feature, or execute it where `value` is None.

    Raises
    ------
    InputError
        If the camera lacks the feature or refuses the value.
    """
    if not nodes.has_node(name):
        raise InputError("camera.feature_missing", feature=name)
    node = nodes.get_node(name)
    try:
        if value is None:
            node.execute()
        else:
            node.value = value
    except _REFUSALS as error:
        detail = str(error).splitlines()[0] if str(error) else type(error).__name__
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
    if feature_value(nodes, "AcquisitionMode", "Continuous") != "Continuous":
        write_feature(nodes, "AcquisitionMode", "Continuous")
    set_trigger(nodes, trigger)


def set_trigger(nodes: AnyNodeMap, trigger: str) -> None:
    """Switch the trigger (SFNC 2.x, Acquisition Control) to ``free``, ``software`` or ``hardware``."""
    if not nodes.has_node("TriggerMode"):
        if trigger != "free":
            raise InputError("camera.no_trigger", trigger=trigger)
        return
    _choose_kind(nodes, free=trigger == "free")
    if trigger == "free":
        write_feature(nodes, "TriggerMode", "Off")
        return
    # The source is chosen before the trigger is armed: no edge of the old source makes a picture.
    source = feature_value(nodes, "TriggerSource", "")
    if trigger == "software":
        if "Software" not in _choices(nodes, "TriggerSource") or not nodes.has_node("TriggerSoftware"):
            raise InputError("camera.no_trigger", trigger=trigger)
        write_feature(nodes, "TriggerSource", "Software")
    elif source == "Software":
        input_lines = [name for name in _choices(nodes, "TriggerSource") if name.startswith("Line")]
        if not input_lines:
            raise InputError("camera.no_trigger", trigger=trigger)
        write_feature(nodes, "TriggerSource", input_lines[0])
    write_feature(nodes, "TriggerMode", "On")


def frames_per_trigger(nodes: AnyNodeMap) -> int:
    """Return how many pictures one trigger brings, once the trigger is set up."""
    if feature_value(nodes, "TriggerSelector", "FrameStart") != "FrameBurstStart":
        return 1
    return max(1, int(feature_value(nodes, "AcquisitionBurstFrameCount", 1)))


def frame_time_s(nodes: AnyNodeMap) -> float:
    """Return how long the camera itself needs for a picture: the exposure, or its period without a trigger."""
    exposure_us = float(feature_value(nodes, "ExposureTime", 0.0))
    delay_us = float(feature_value(nodes, "TriggerDelay", 0.0))
    rate_hz = float(feature_value(nodes, "AcquisitionFrameRate", 0.0))
    return max((exposure_us + delay_us) * 1e-6, 1.0 / rate_hz if rate_hz > 0 else 0.0)


def _choose_kind(nodes: AnyNodeMap, *, free: bool) -> None:
    """Switch off the triggers for pictures that are not meant, and select the one that is."""
    kinds = [kind for kind in _PICTURE_TRIGGERS if kind in _choices(nodes, "TriggerSelector")]
    meant = _wanted_kind(nodes, kinds)
    for kind in sorted(kinds, key=lambda kind: kind == meant):
        write_feature(nodes, "TriggerSelector", kind)
        if free or kind != meant:
            write_feature(nodes, "TriggerMode", "Off")


def _wanted_kind(nodes: AnyNodeMap, kinds: Sequence[str]) -> str | None:
    """Return the trigger that the features chose: bursts where they select them or switch them on."""
    if "FrameBurstStart" in kinds and len(kinds) > 1:
        if feature_value(nodes, "TriggerSelector", "") == "FrameBurstStart":
            return "FrameBurstStart"
        write_feature(nodes, "TriggerSelector", "FrameBurstStart")
        if feature_value(nodes, "TriggerMode", "Off") == "On":
            return "FrameBurstStart"
    return kinds[0] if kinds else None


def _choices(nodes: AnyNodeMap, name: str) -> tuple[str, ...]:
    if not nodes.has_node(name):
        return ()
    try:
        return tuple(nodes.get_node(name).symbolics)
    except (genapi.GenericException, AttributeError):
        return ()
