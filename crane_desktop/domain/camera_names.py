"""What a camera calls its settings: the one table of standard names, older names, units and fall-backs.

Names and meanings follow the GenICam Standard Features Naming Convention: version 2 first, behind it the names of
version 1 and the few that makers agree on. Nobody else names a feature: a test forbids it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

FeatureValue: TypeAlias = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Quantity:
    """One setting or reading of a camera, under whatever name a camera has it.

    Attributes
    ----------
    name
        What SFNC 2 calls it.
    same
        Other names of the same thing, with the same unit and meaning: values may be carried over.
    other
        Names of the same thing in the camera's own steps: each value means something on its camera only.
    unit
        What `name` and `same` are measured in, as GenApi writes it; empty for what is no measure, or where the
        convention leaves it to the camera.
    needs
        What must be so, before a camera lets a person set this one.
    """

    name: str
    same: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    unit: str = ""
    needs: tuple[tuple[Quantity, FeatureValue], ...] = ()

    @property
    def alike(self) -> tuple[str, ...]:
        """Names whose values mean the same, best first."""
        return (self.name, *self.same)

    @property
    def names(self) -> tuple[str, ...]:
        """All names, best first."""
        return (self.name, *self.same, *self.other)


Named: TypeAlias = Quantity | str
"""A quantity of the table, or a feature that only goes by its own name."""


def _steps(name: str, *needs: tuple[Quantity, FeatureValue], unit: str = "", absolute: bool = True) -> Quantity:
    """Return a quantity that version 1 had as ``...Abs`` and as ``...Raw``.

    Parameters
    ----------
    absolute
        The unit of ``...Abs`` is the one of today. Where version 1 left it to the camera, it is not.
    """
    same, other = ((f"{name}Abs",), (f"{name}Raw",)) if absolute else ((), (f"{name}Abs", f"{name}Raw"))
    return Quantity(name, same, other, unit, needs)


OFF, ON, CONTINUOUS, OUTPUT = "Off", "On", "Continuous", "Output"

# -- the device ---------------------------------------------------------------------------------------------------
ROOT = Quantity("Root")
SERIAL_NUMBER = Quantity("DeviceSerialNumber", other=("DeviceID",))
TEMPERATURE = Quantity("DeviceTemperature", ("TemperatureAbs",), unit="C")
LINK_SPEED = Quantity("DeviceLinkSpeed", other=("DeviceMaxThroughput",))
THROUGHPUT_LIMIT_MODE = Quantity("DeviceLinkThroughputLimitMode")
THROUGHPUT_LIMIT = Quantity("DeviceLinkThroughputLimit", needs=((THROUGHPUT_LIMIT_MODE, ON),))

# -- the picture's format -----------------------------------------------------------------------------------------
BIT_DEPTH = Quantity("SensorBitDepth")
SHUTTER_MODE = Quantity("SensorShutterMode")
BINNING_SELECTOR = Quantity("BinningSelector")
BINNING_X_MODE = Quantity("BinningHorizontalMode", other=("BinningModeHorizontal",))
BINNING_Y_MODE = Quantity("BinningVerticalMode", other=("BinningModeVertical",))
BINNING_X, BINNING_Y = Quantity("BinningHorizontal"), Quantity("BinningVertical")
DECIMATION_X, DECIMATION_Y = Quantity("DecimationHorizontal"), Quantity("DecimationVertical")
REVERSE_X, REVERSE_Y = Quantity("ReverseX"), Quantity("ReverseY")
PIXEL_FORMAT = Quantity("PixelFormat")
TEST_PATTERN = Quantity("TestPattern", other=("TestImageSelector",))
WIDTH, HEIGHT = Quantity("Width"), Quantity("Height")
OFFSET_X, OFFSET_Y = Quantity("OffsetX"), Quantity("OffsetY")
PAYLOAD_SIZE = Quantity("PayloadSize")

# -- when pictures are taken --------------------------------------------------------------------------------------
ACQUISITION_MODE = Quantity("AcquisitionMode")
FRAME_COUNT = Quantity("AcquisitionFrameCount")
BURST_COUNT = Quantity("AcquisitionBurstFrameCount")
RATE_AUTO = Quantity("AcquisitionFrameRateAuto")
RATE_ENABLE = Quantity("AcquisitionFrameRateEnable", ("AcquisitionFrameRateEnabled",))
FRAME_RATE = _steps("AcquisitionFrameRate", (RATE_ENABLE, True), (RATE_AUTO, OFF), unit="Hz")
FRAME_PERIOD = _steps("AcquisitionFramePeriod", unit="us")
RESULTING_RATE = Quantity(
    "AcquisitionResultingFrameRate",
    ("ResultingFrameRate", "ResultingFrameRateAbs", "BslResultingAcquisitionFrameRate"),
    unit="Hz",
)
LINE_RATE_ENABLE = Quantity("AcquisitionLineRateEnable")
LINE_RATE = _steps("AcquisitionLineRate", (LINE_RATE_ENABLE, True), unit="Hz")
TRIGGER_SELECTOR = Quantity("TriggerSelector")
TRIGGER_MODE = Quantity("TriggerMode")
TRIGGER_SOURCE = Quantity("TriggerSource")
TRIGGER_ACTIVATION = Quantity("TriggerActivation")
TRIGGER_OVERLAP = Quantity("TriggerOverlap")
TRIGGER_DELAY_ENABLE = Quantity("TriggerDelayEnable", ("TriggerDelayEnabled",))
TRIGGER_DELAY = _steps("TriggerDelay", (TRIGGER_DELAY_ENABLE, True), unit="us")
TRIGGER_SOFTWARE = Quantity("TriggerSoftware", ("SoftwareTrigger",))
EXPOSURE_MODE = Quantity("ExposureMode")
EXPOSURE_AUTO = Quantity("ExposureAuto")
EXPOSURE_STEP_ENABLE = Quantity("ExposureTimeBaseAbsEnable")
EXPOSURE_STEP = Quantity("ExposureTimeBaseAbs", unit="us", needs=((EXPOSURE_STEP_ENABLE, True),))
"""How long one step of the raw exposure is, where a camera says so."""
EXPOSURE_TIME = _steps("ExposureTime", (EXPOSURE_AUTO, OFF), (EXPOSURE_MODE, "Timed"), unit="us")

# -- the analogue part --------------------------------------------------------------------------------------------
GAIN_AUTO = Quantity("GainAuto")
GAIN = _steps("Gain", (GAIN_AUTO, OFF), unit="dB", absolute=False)
BLACK_LEVEL_AUTO = Quantity("BlackLevelAuto")
BLACK_LEVEL_ENABLE = Quantity("BlackLevelEnable", ("BlackLevelEnabled",))
BLACK_LEVEL = _steps("BlackLevel", (BLACK_LEVEL_AUTO, OFF), (BLACK_LEVEL_ENABLE, True), absolute=False)
WHITE_AUTO = Quantity("BalanceWhiteAuto")
WHITE_RATIO = _steps("BalanceRatio", (WHITE_AUTO, OFF))
GAMMA_ENABLE = Quantity("GammaEnable", ("GammaEnabled",))
GAMMA = Quantity("Gamma", needs=((GAMMA_ENABLE, True),))
HUE_AUTO, HUE_ENABLE = Quantity("HueAuto"), Quantity("HueEnable", ("HueEnabled",))
HUE = _steps("Hue", (HUE_AUTO, OFF), (HUE_ENABLE, True), absolute=False)
SATURATION_AUTO, SATURATION_ENABLE = Quantity("SaturationAuto"), Quantity("SaturationEnable", ("SaturationEnabled",))
SATURATION = _steps("Saturation", (SATURATION_AUTO, OFF), (SATURATION_ENABLE, True), absolute=False)
SHARPNESS_AUTO, SHARPNESS_ENABLE = Quantity("SharpnessAuto"), Quantity("SharpnessEnable", ("SharpnessEnabled",))
SHARPNESS = _steps("Sharpness", (SHARPNESS_AUTO, OFF), (SHARPNESS_ENABLE, True), absolute=False)

# -- lines and outputs --------------------------------------------------------------------------------------------
LINE_SELECTOR = Quantity("LineSelector")
LINE_MODE = Quantity("LineMode")
LINE_INVERTER = Quantity("LineInverter")
LINE_SOURCE = Quantity("LineSource")
LINE_DEBOUNCER = _steps("LineDebouncerTime", unit="us")
OUTPUT_SELECTOR = Quantity("UserOutputSelector")
OUTPUT_VALUE = Quantity("UserOutputValue")
OUTPUT_VALUES = Quantity("UserOutputValueAll")
"""All user outputs at once, a bit each."""
OUTPUT_MASK = Quantity("UserOutputValueAllMask")
# Before there were lines: Prosilica's way, which the cameras of its heirs still have.
SYNC_OUT_SELECTOR = Quantity("SyncOutSelector")
SYNC_OUT_SOURCE = Quantity("SyncOutSource")
SYNC_OUT_POLARITY = Quantity("SyncOutPolarity")
SYNC_OUT_LEVELS = Quantity("SyncOutLevels", ("SyncOutGpoLevels",))

# -- chunks, stored sets, transport -------------------------------------------------------------------------------
CHUNK_MODE, CHUNK_ENABLE = Quantity("ChunkModeActive"), Quantity("ChunkEnable")
USER_SET_LOAD = Quantity("UserSetLoad")
PACKET_SIZE = Quantity("GevSCPSPacketSize")
PACKET_DELAY = Quantity("GevSCPD")

# -- what a driver says of its network cards and of its stream (GenTL SFNC) ----------------------------------------
SEEN_DEVICE_SELECTOR, SEEN_DEVICE_ID = Quantity("DeviceSelector"), Quantity("DeviceID")
SEEN_DEVICE_ADDRESS, SEEN_DEVICE_MASK = Quantity("GevDeviceIPAddress"), Quantity("GevDeviceSubnetMask")
CARD_SELECTOR = Quantity("GevInterfaceSubnetSelector")
CARD_ADDRESS = Quantity("GevInterfaceSubnetIPAddress", ("GevInterfaceDefaultIPAddress",))
CARD_MASK = Quantity("GevInterfaceSubnetMask", ("GevInterfaceDefaultSubnetMask",))
CARD_MTU = Quantity("GevInterfaceMTU")
STREAM_UNDERRUN = Quantity("StreamLostFrameCount", ("StreamBufferUnderrunCount", "Statistic_Buffer_Underrun_Count"))
# The convention has no name for it; these are the ones in the wild (GigE Vision producers).
STREAM_RESENDS = Quantity(
    "StreamPacketResendRequestedPacketCount",
    (
        "StreamPacketResendReceivedPacketCount", "StreamPacketResendRequestCount", "StreamResendRequestCount",
        "ResendRequestCount", "Statistic_Resend_Request_Count", "Statistic_Resend_Packet_Count", "StatPacketRequested",
        "GevStreamResendPacketCount", "GevStreamResendCount",
    ),
)  # fmt: skip

TRIGGER_ARMING = (
    TRIGGER_SOURCE, TRIGGER_ACTIVATION, TRIGGER_DELAY_ENABLE, TRIGGER_DELAY, TRIGGER_OVERLAP, TRIGGER_MODE,
)  # fmt: skip
"""What is restored last of all, the switch at the very end."""

RESTORED = (
    BIT_DEPTH, BINNING_SELECTOR, BINNING_X_MODE, BINNING_Y_MODE, BINNING_X, BINNING_Y, DECIMATION_X, DECIMATION_Y,
    REVERSE_X, REVERSE_Y, PIXEL_FORMAT, TEST_PATTERN, WIDTH, HEIGHT, OFFSET_X, OFFSET_Y, ACQUISITION_MODE, FRAME_COUNT,
    BURST_COUNT, SHUTTER_MODE, EXPOSURE_MODE, EXPOSURE_AUTO, EXPOSURE_STEP_ENABLE, EXPOSURE_STEP, EXPOSURE_TIME,
    GAIN_AUTO, GAIN, BLACK_LEVEL_AUTO, BLACK_LEVEL_ENABLE, BLACK_LEVEL, GAMMA_ENABLE, GAMMA, WHITE_AUTO, WHITE_RATIO,
    HUE_AUTO, HUE_ENABLE, HUE, SATURATION_AUTO, SATURATION_ENABLE, SATURATION, SHARPNESS_AUTO, SHARPNESS_ENABLE,
    SHARPNESS, THROUGHPUT_LIMIT_MODE, THROUGHPUT_LIMIT, PACKET_SIZE, PACKET_DELAY, LINE_RATE_ENABLE, LINE_RATE,
    RATE_AUTO, RATE_ENABLE, FRAME_PERIOD, FRAME_RATE, LINE_MODE, LINE_INVERTER, LINE_DEBOUNCER, LINE_SOURCE,
    CHUNK_MODE, CHUNK_ENABLE, *TRIGGER_ARMING,
)  # fmt: skip
"""In the order of their influence: format and size, times, what depends on them, and last the trigger's switch."""

OF_THE_LINK = (THROUGHPUT_LIMIT_MODE, THROUGHPUT_LIMIT, PACKET_SIZE, PACKET_DELAY, CHUNK_MODE, CHUNK_ENABLE)
"""What concerns the way to the computer more than the picture."""

STREAM_LOCKED = (
    WIDTH, HEIGHT, OFFSET_X, OFFSET_Y, PIXEL_FORMAT, BINNING_X, BINNING_Y, DECIMATION_X, DECIMATION_Y, BIT_DEPTH,
    ACQUISITION_MODE, FRAME_COUNT, REVERSE_X, REVERSE_Y, CHUNK_MODE, CHUNK_ENABLE, PACKET_SIZE, USER_SET_LOAD,
    LINK_SPEED,
)  # fmt: skip
"""Cameras lock these while they stream, mostly in their registers, where their description does not show it."""

NEVER_KEPT = (
    "UserSet", "UserOutput", "SyncOutLevels", "SyncOutGpoLevels", "GevCurrent", "GevPersistent", "GevSupportedOption",
    "DeviceUserID", "DeviceTemperature", "File", "TLParams", "Action",
)  # fmt: skip
"""Families that are no part of a recipe: addresses, names, readings, stored sets, and outputs that move something."""

LEAVES_PICTURE = (
    # Device control: names, links, health. Not DeviceScanType and DeviceTapGeometry.
    "DeviceUserID", "DeviceCharacterSet", "DeviceLink", "DeviceMaxThroughput", "DeviceStreamChannel",
    "DeviceEventChannel", "DeviceIndicator", "DeviceTemperature", "DeviceSerialPort", "DeviceRegisters",
    "TemperatureSelector", "UserDefinedValue",
    # Acquisition control: when pictures are taken, and how many. Not the line rate, which stretches them.
    "AcquisitionMode", "AcquisitionFrameCount", "AcquisitionBurstFrameCount", "AcquisitionFrameRate",
    "AcquisitionFramePeriod", "AcquisitionStatus", "ResultingFrame", "Trigger",
    # Digital lines and user outputs. Not timers and strobes, which light lamps.
    "LineSelector", "LineMode", "LineInverter", "LineStatus", "LineSource", "LineFormat", "LineDebounce",
    "LineDebouncer", "LineFilter", "LineInputFilter", "LineLogic", "LineTermination", "UserOutput", "SyncUserOutput",
    "SoftwareSignal", "Action",
    # Events, chunks, stored sets, files.
    "Event", "Chunk", "UserSet", "DefaultSet", "File", "TestPendingAck", "TestEvent",
    # Transport layers, streams, clocks.
    "PayloadSize", "Gev", "Cxp", "Clhs", "Transfer", "Stream", "Ptp", "Timestamp",
)  # fmt: skip
"""Families of features (SFNC 2.7 by its chapters, and version 1) that leave a picture as it is."""

FRAME_TRIGGERS = ("FrameStart", "FrameBurstStart", "ExposureStart", "AcquisitionStart")
"""Triggers that bring pictures, the best for one part each first. AcquisitionStart is how version 1 took bursts."""
HOLDING_TRIGGERS = (*FRAME_TRIGGERS, "AcquisitionActive", "FrameBurstActive", "FrameActive", "ExposureActive")
"""Triggers without which, once they are switched on, no picture is taken."""
BURSTS = MappingProxyType({"FrameBurstStart": BURST_COUNT, "AcquisitionStart": FRAME_COUNT})
"""Triggers that bring several pictures, and what says how many."""
SOFTWARE = "Software"

OLDER_FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "RGB8Packed": "RGB8",
        "BGR8Packed": "BGR8",
        "RGBA8Packed": "RGBa8",
        "BGRA8Packed": "BGRa8",
        "YUV422Packed": "YUV422_8_UYVY",
        "YUYVPacked": "YUV422_8",
        "YUV422_YUYV_Packed": "YUV422_8",
    }
)
"""What GigE Vision 1.x called pixel formats: cameras of that age still do, under the same codes."""

_KEY = re.compile(r"^([A-Za-z_]\w*)(\[[^\]]*\])?$")


def _table() -> Iterator[Quantity]:
    for one in globals().values():
        yield from (one,) if isinstance(one, Quantity) else ()


QUANTITIES: tuple[Quantity, ...] = tuple(_table())
_BY_NAME = MappingProxyType({name: one for one in reversed(QUANTITIES) for name in reversed(one.names)})
_UNITS = MappingProxyType({"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "usec": 1e-6, "ns": 1e-9})


def quantity(name: str) -> Quantity | None:
    """Return what a feature of this name is; None for a name that is not in the table."""
    return _BY_NAME.get(name)


def standard_name(key: str) -> str:
    """Return what a feature of a recipe (``BalanceRatioAbs[Red]``) is called today; its own name where it stands alone.

    Names whose values mean something else keep their own.
    """
    match = _KEY.match(key)
    one = None if match is None else quantity(match[1])
    return f"{one.name}{match[2] or ''}" if match and one and match[1] in one.alike else key


def standard_value(key: str, value: FeatureValue) -> FeatureValue:
    """Return the value that a feature would have under its name of today."""
    if isinstance(value, str) and standard_name(key) == PIXEL_FORMAT.name:
        return OLDER_FORMATS.get(value, value)
    return value


def in_seconds(value: float, unit: str) -> float:
    """Return a time in seconds; a unit that is not known counts as the convention's microseconds."""
    return value * _UNITS.get(unit.strip() or "us", 1e-6)
