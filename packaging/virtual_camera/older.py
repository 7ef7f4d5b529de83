"""What a camera of the convention's first version has instead: older names, gain in steps, outputs as bits.

A camera shows either what `ONLY_TODAY` names or what `only_older` returns: ``sfnc = 1`` in its set-up.
"""

from __future__ import annotations

from dataclasses import replace

from features import EXPERT, INTEGER, Feature, features

_NAMES = {
    "DeviceSerialNumber": "DeviceID",
    "DeviceTemperature": "TemperatureAbs",
    "AcquisitionFrameRate": "AcquisitionFrameRateAbs",
    "AcquisitionResultingFrameRate": "ResultingFrameRateAbs",
    "TriggerDelay": "TriggerDelayAbs",
    "ExposureTime": "ExposureTimeAbs",
    "BalanceRatio": "BalanceRatioAbs",
}
_OTHERWISE = ("Gain", "UserOutputValue", "AcquisitionBurstFrameCount", "TriggerSelector.FrameBurstStart")
ONLY_TODAY = (
    *_NAMES, *_OTHERWISE, "DeviceSFNCVersionMajor", "DeviceSFNCVersionMinor", "DeviceTLType",
    "DeviceLinkThroughputLimit", "TimestampLatch", "TimestampLatchValue", "DeviceTemperatureSelector",
)  # fmt: skip
"""Features and choices that version 1 does not have."""


def _registers() -> list[Feature]:
    """Return what works differently, and so has a register of its own."""
    return [
        Feature("GainRaw", "AnalogControl", INTEGER, "Amplification in steps of 0.1 dB.", 0, 0, 240, lock="GainLock",
                computed=True, saved=False, streamable=True),
        Feature("UserOutputValueAll", "DigitalIOControl", INTEGER, "What the program puts out; bit 0 is UserOutput1.",
                0, 0, 3, visibility=EXPERT, computed=True, saved=False),
    ]  # fmt: skip


def everything() -> list[Feature]:
    """Return all features with a register, in the order of the registers."""
    return [*features(), *_registers()]


def renamed() -> list[tuple[Feature, str]]:
    """Return features under their older names, each with the name of the feature whose register it shows."""
    by_name = {feature.name: feature for feature in features()}
    return [(replace(by_name[today], name=older), today) for today, older in _NAMES.items()]


def only_older() -> tuple[str, ...]:
    """Return features and choices that today's version does not have."""
    return (*_NAMES.values(), *(feature.name for feature in _registers()), "TriggerSelector.AcquisitionStart")
