"""Which camera features can change a picture: all but those that are known not to."""

from __future__ import annotations

import re
from collections.abc import Mapping

from crane_desktop.domain.camera_setup import FeatureValue

# SFNC 2.7, by its chapters. What is not here counts as changing the picture, features of a maker's own included.
_IDLE = (
    # Device control: names, links, health. Not DeviceScanType and DeviceTapGeometry.
    "DeviceUserID", "DeviceCharacterSet", "DeviceLink", "DeviceStreamChannel", "DeviceEventChannel",
    "DeviceIndicator", "DeviceTemperature", "DeviceSerialPort", "DeviceRegisters",
    # Acquisition control: when pictures are taken, and how many. Not the line rate, which stretches them.
    "AcquisitionMode", "AcquisitionFrameCount", "AcquisitionBurstFrameCount", "AcquisitionFrameRate",
    "AcquisitionStatus", "Trigger",
    # Digital lines and user outputs. Not timers, which light lamps.
    "LineSelector", "LineMode", "LineInverter", "LineStatus", "LineSource", "LineFormat", "LineDebouncer",
    "UserOutput", "SoftwareSignal", "Action",
    # Events, chunks, stored sets, files.
    "Event", "Chunk", "UserSet", "File", "TestPendingAck", "TestEvent",
    # Transport layers, streams, clocks.
    "PayloadSize", "Gev", "Cxp", "Clhs", "Transfer", "Stream", "Ptp", "Timestamp",
)  # fmt: skip
_IDLE_NAME = re.compile(rf"(?:{'|'.join(_IDLE)})(?![a-z])")
# Triggers that shape the exposure itself, or the lines of a picture.
_SHAPING_TRIGGER = re.compile(r"Trigger\w*\[[^\]]*(?:Exposure|Line)")


def changes_picture(feature: str) -> bool:
    """Return whether a feature (SFNC name, selectors in brackets: ``Gain[DigitalAll]``) can change a picture."""
    return _IDLE_NAME.match(feature) is None or _SHAPING_TRIGGER.match(feature) is not None


def picture_features(features: Mapping[str, FeatureValue]) -> dict[str, FeatureValue]:
    """Return those of the features that can change a picture, in their order."""
    return {name: value for name, value in features.items() if changes_picture(name)}
