"""What the virtual camera can do: one table, from which both its XML and its C registers are made.

Names, units and meanings are those of the GenICam Standard Features Naming Convention (SFNC 2.7); features
that begin with ``Virtual`` are our own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

INTEGER, FLOAT, BOOLEAN, CHOICE, COMMAND, TEXT = "Integer", "Float", "Boolean", "Enumeration", "Command", "String"
BEGINNER, EXPERT, GURU, INVISIBLE = "Beginner", "Expert", "Guru", "Invisible"


@dataclass(frozen=True)
class Feature:
    """One feature, or an internal register that other features point at.

    Attributes
    ----------
    computed
        The camera works the value out whenever it is read.
    saved, streamable
        A part of the user sets; a part of what a host may save and restore, even so.
    selector
        Name of the feature that says which of several values is meant.
    lock
        Name of an internal register; while it is not 0 the feature is read-only.
    """

    name: str
    category: str
    kind: str
    tip: str
    initial: float | str = 0
    low: float = 0
    high: float = 2**31 - 1
    step: int = 1
    unit: str = ""
    access: str = "RW"
    visibility: str = BEGINNER
    choices: dict[str, int] = field(default_factory=dict)
    selector: str = ""
    lock: str = ""
    low_from: str = ""
    high_from: str = ""
    computed: bool = False
    saved: bool = True
    streamable: bool = False


@dataclass(frozen=True)
class PixelKind:
    """A pixel format: PFNC name and number, bits a pixel takes, bits that count, packing, colours."""

    name: str
    code: int
    bits: int
    depth: int
    packing: str
    colours: str


def pixel_kinds() -> list[PixelKind]:
    """Return all pixel formats, as PFNC 2.x numbers them."""
    kinds = [
        PixelKind("Mono8", 0x01080001, 8, 8, "PLAIN", "MONO"),
        PixelKind("Mono10", 0x01100003, 16, 10, "PLAIN", "MONO"),
        PixelKind("Mono12", 0x01100005, 16, 12, "PLAIN", "MONO"),
        PixelKind("Mono14", 0x01100025, 16, 14, "PLAIN", "MONO"),
        PixelKind("Mono16", 0x01100007, 16, 16, "PLAIN", "MONO"),
        PixelKind("Mono10p", 0x010A0046, 10, 10, "LSB", "MONO"),
        PixelKind("Mono12p", 0x010C0047, 12, 12, "LSB", "MONO"),
        PixelKind("Mono10Packed", 0x010C0004, 12, 10, "GIGE", "MONO"),
        PixelKind("Mono12Packed", 0x010C0006, 12, 12, "GIGE", "MONO"),
    ]
    # The four Bayer patterns stand one after the other: GR, RG, GB, BG; only the "p" kinds run the other way.
    for place, pattern in enumerate(("GR", "RG", "GB", "BG")):
        backwards = {"BG": 0, "GB": 2, "GR": 4, "RG": 6}[pattern]
        kinds += [
            PixelKind(f"Bayer{pattern}8", 0x01080008 + place, 8, 8, "PLAIN", pattern),
            PixelKind(f"Bayer{pattern}10", 0x0110000C + place, 16, 10, "PLAIN", pattern),
            PixelKind(f"Bayer{pattern}12", 0x01100010 + place, 16, 12, "PLAIN", pattern),
            PixelKind(f"Bayer{pattern}10p", 0x010A0052 + backwards, 10, 10, "LSB", pattern),
            PixelKind(f"Bayer{pattern}12p", 0x010C0053 + backwards, 12, 12, "LSB", pattern),
            PixelKind(f"Bayer{pattern}10Packed", 0x010C0026 + place, 12, 10, "GIGE", pattern),
            PixelKind(f"Bayer{pattern}12Packed", 0x010C002A + place, 12, 12, "GIGE", pattern),
        ]
    return [
        *kinds,
        PixelKind("RGB8", 0x02180014, 24, 8, "PLAIN", "RGB"),
        PixelKind("BGR8", 0x02180015, 24, 8, "PLAIN", "BGR"),
        PixelKind("RGBa8", 0x02200016, 32, 8, "PLAIN", "RGBA"),
        PixelKind("BGRa8", 0x02200017, 32, 8, "PLAIN", "BGRA"),
        PixelKind("YUV422_8", 0x02100032, 16, 8, "PLAIN", "YUYV"),
        PixelKind("YUV422_8_UYVY", 0x0210001F, 16, 8, "PLAIN", "UYVY"),
    ]


def _numbered(*names: str) -> dict[str, int]:
    return {name: number for number, name in enumerate(names)}


OFF_ON = _numbered("Off", "On")
AUTO = _numbered("Off", "Once", "Continuous")
TRIGGERS = {"FrameStart": 0, "FrameBurstStart": 1, "AcquisitionStart": 1}
LINES = _numbered("Line1", "Line2", "Line3")
OUTPUTS = _numbered("UserOutput1", "UserOutput2")
COLOURS = _numbered("Red", "Green", "Blue")
CHUNKS = _numbered("Timestamp", "FrameID", "ExposureTime", "Gain", "LineStatusAll")
USER_SETS = _numbered("Default", "UserSet1", "UserSet2")
_STREAMING = "StreamingLock"


def _said(name: str, tip: str, **more: object) -> Feature:
    """Return a text that the camera tells about itself."""
    return Feature(name, "DeviceControl", TEXT, tip, access="RO", saved=False, **more)  # type: ignore[arg-type]


def _device() -> list[Feature]:
    c = "DeviceControl"
    return [
        Feature("DeviceScanType", c, CHOICE, "How the sensor scans: an area at a time.", access="RO",
                choices={"Areascan": 0}, visibility=EXPERT, saved=False),
        _said("DeviceVendorName", "Name of the maker."),
        _said("DeviceModelName", "Model of the camera."),
        _said("DeviceManufacturerInfo", "What else the maker says.", visibility=EXPERT),
        _said("DeviceVersion", "Version of the camera."),
        _said("DeviceFirmwareVersion", "Version of the software inside the camera."),
        _said("DeviceSerialNumber", "Serial number, as on the type plate.", visibility=EXPERT),
        Feature("DeviceUserID", c, TEXT, "A name of your own for this camera.", saved=False),
        Feature("DeviceSFNCVersionMajor", c, INTEGER, "Naming convention, main version.", 2, access="RO", saved=False),
        Feature("DeviceSFNCVersionMinor", c, INTEGER, "Naming convention, version.", 7, access="RO", saved=False),
        Feature("DeviceTLType", c, CHOICE, "How the camera is connected.", access="RO", computed=True, saved=False,
                choices=_numbered("GigEVision", "USB3Vision", "Custom")),
        Feature("DeviceTemperatureSelector", c, CHOICE, "Where the temperature is taken.",
                choices={"Mainboard": 0}, visibility=EXPERT, saved=False),
        Feature("DeviceTemperature", c, FLOAT, "Temperature inside the camera.", 42.5, -273.15, 10000.0, unit="C",
                access="RO", visibility=EXPERT, computed=True, saved=False),
        Feature("DeviceLinkThroughputLimit", c, INTEGER, "Most bytes a second that the camera may send.", 125_000_000,
                1_000_000, 1_000_000_000, unit="Bps", visibility=EXPERT),
        Feature("TimestampLatch", c, COMMAND, "Takes the camera's time now.", access="WO", visibility=EXPERT),
        Feature("TimestampLatchValue", c, INTEGER, "The time that was taken last.", 0, 0, 2**63 - 1, unit="ns",
                access="RO", visibility=EXPERT, saved=False),
    ]  # fmt: skip


def _image() -> list[Feature]:
    c = "ImageFormatControl"
    formats = {kind.name: kind.code for kind in pixel_kinds()}
    return [
        Feature("SensorWidth", c, INTEGER, "Columns of the sensor.", access="RO", visibility=EXPERT, computed=True,
                saved=False, unit="px"),
        Feature("SensorHeight", c, INTEGER, "Lines of the sensor.", access="RO", visibility=EXPERT, computed=True,
                saved=False, unit="px"),
        Feature("WidthMax", c, INTEGER, "Greatest width of a picture.", access="RO", visibility=EXPERT,
                computed=True, saved=False, unit="px"),
        Feature("HeightMax", c, INTEGER, "Greatest height of a picture.", access="RO", visibility=EXPERT,
                computed=True, saved=False, unit="px"),
        Feature("Width", c, INTEGER, "Width of the picture.", 640, 8, 16384, 4, "px", lock=_STREAMING,
                high_from="WidthLimit"),
        Feature("Height", c, INTEGER, "Height of the picture.", 480, 2, 16384, 2, "px", lock=_STREAMING,
                high_from="HeightLimit"),
        Feature("OffsetX", c, INTEGER, "First column of the picture on the sensor.", 0, 0, 16384, 4, "px",
                high_from="OffsetXLimit"),
        Feature("OffsetY", c, INTEGER, "First line of the picture on the sensor.", 0, 0, 16384, 2, "px",
                high_from="OffsetYLimit"),
        Feature("PixelFormat", c, CHOICE, "How the camera writes a pixel.", formats["Mono8"], choices=formats,
                lock=_STREAMING),
        Feature("TestPattern", c, CHOICE, "A made picture in place of the folder's or the set-up's scene.",
                choices=_numbered("Off", "Ramp", "Bars", "Checker", "Flat", "Noise"), visibility=BEGINNER),
        Feature("VirtualLinePadding", c, INTEGER, "Bytes after each line that belong to no pixel.", 0, 0, 4096,
                visibility=GURU, lock=_STREAMING, unit="B"),
    ]  # fmt: skip


def _acquisition() -> list[Feature]:
    c = "AcquisitionControl"
    return [
        Feature("AcquisitionMode", c, CHOICE, "How many pictures an acquisition takes.", 2, lock=_STREAMING,
                choices=_numbered("SingleFrame", "MultiFrame", "Continuous")),
        Feature("AcquisitionStart", c, COMMAND, "Begins the acquisition.", access="WO"),
        Feature("AcquisitionStop", c, COMMAND, "Ends the acquisition after the current picture.", access="WO"),
        Feature("AcquisitionAbort", c, COMMAND, "Ends the acquisition at once.", access="WO", visibility=EXPERT),
        Feature("AcquisitionFrameCount", c, INTEGER, "Pictures of a MultiFrame acquisition.", 10, 1, 65535,
                lock=_STREAMING),
        Feature("AcquisitionBurstFrameCount", c, INTEGER, "Pictures that follow one burst trigger.", 3, 1, 65535),
        Feature("AcquisitionFrameRateEnable", c, BOOLEAN, "Whether AcquisitionFrameRate limits the rate.", 1),
        Feature("AcquisitionFrameRate", c, FLOAT, "Pictures a second without a trigger.", 20.0, 0.1, 1000.0,
                unit="Hz", lock="FrameRateLock", high_from="FrameRateLimit"),
        Feature("AcquisitionResultingFrameRate", c, FLOAT, "Pictures a second that come of all settings.", access="RO",
                unit="Hz", visibility=EXPERT, computed=True, saved=False, high=1e6),
        Feature("TriggerSelector", c, CHOICE, "Which trigger is set up.", choices=TRIGGERS),
        Feature("TriggerMode", c, CHOICE, "Whether the trigger is waited for.", choices=OFF_ON,
                selector="TriggerSelector"),
        Feature("TriggerSoftware", c, COMMAND, "Triggers, where Software is the source.", access="WO",
                selector="TriggerSelector"),
        Feature("TriggerSource", c, CHOICE, "Where the trigger comes from.",
                choices=_numbered("Software", "Line1", "Line3"), selector="TriggerSelector"),
        Feature("TriggerActivation", c, CHOICE, "Which edge of the line triggers.",
                choices=_numbered("RisingEdge", "FallingEdge", "AnyEdge"), selector="TriggerSelector"),
        Feature("TriggerDelay", c, FLOAT, "Time from the trigger to the exposure.", 0.0, 0.0, 1_000_000.0, unit="us",
                visibility=EXPERT, selector="TriggerSelector"),
        Feature("ExposureMode", c, CHOICE, "What ends the exposure.", choices={"Timed": 0}),
        Feature("ExposureTime", c, FLOAT, "How long the sensor is open.", 5000.0, 20.0, 1_000_000.0, unit="us",
                lock="ExposureLock"),
        Feature("ExposureAuto", c, CHOICE, "The camera chooses the exposure time.", choices=AUTO),
    ]  # fmt: skip


def _analog() -> list[Feature]:
    c = "AnalogControl"
    return [
        Feature("GainSelector", c, CHOICE, "Which gain is set.", choices={"All": 0}),
        Feature("Gain", c, FLOAT, "Amplification of the picture.", 0.0, 0.0, 24.0, unit="dB", lock="GainLock"),
        Feature("GainAuto", c, CHOICE, "The camera chooses the gain.", choices=AUTO),
        Feature("BlackLevelSelector", c, CHOICE, "Which black level is set.", choices={"All": 0}, visibility=EXPERT),
        Feature("BlackLevel", c, FLOAT, "Added to each pixel, in steps of an 8-bit picture.", 0.0, 0.0, 64.0,
                unit="DN", visibility=EXPERT),
        Feature("BalanceRatioSelector", c, CHOICE, "Which colour's ratio is set.", choices=COLOURS, visibility=EXPERT),
        Feature("BalanceRatio", c, FLOAT, "Amplification of one colour.", 1.0, 0.25, 8.0, visibility=EXPERT,
                selector="BalanceRatioSelector"),
        Feature("Gamma", c, FLOAT, "Exponent of the brightness curve.", 1.0, 0.25, 4.0),
    ]  # fmt: skip


def _lines() -> list[Feature]:
    c = "DigitalIOControl"
    sources = _numbered("Off", "UserOutput1", "UserOutput2", "ExposureActive", "FrameTriggerWait")
    return [
        Feature("LineSelector", c, CHOICE, "Which connection is set up.", choices=LINES),
        Feature("LineMode", c, CHOICE, "Input or output; only Line3 can change.",
                choices=_numbered("Input", "Output"), selector="LineSelector", visibility=EXPERT, lock="LineModeLock"),
        Feature("LineInverter", c, BOOLEAN, "Whether the signal is turned around.", selector="LineSelector",
                visibility=EXPERT),
        Feature("LineStatus", c, BOOLEAN, "The signal on the connection now.", selector="LineSelector", access="RO",
                visibility=EXPERT, computed=True, saved=False),
        Feature("LineStatusAll", c, INTEGER, "All signals; bit 0 is Line1.", access="RO", visibility=EXPERT,
                computed=True, saved=False),
        Feature("LineSource", c, CHOICE, "What an output shows.", choices=sources, selector="LineSelector",
                visibility=EXPERT),
        Feature("LineFormat", c, CHOICE, "Electrical kind of the connection.", access="RO", visibility=EXPERT,
                choices={"OptoCoupled": 0}, saved=False),
        Feature("UserOutputSelector", c, CHOICE, "Which output value is set.", choices=OUTPUTS, visibility=EXPERT),
        Feature("UserOutputValue", c, BOOLEAN, "What the program puts out.", selector="UserOutputSelector",
                visibility=EXPERT),
    ]  # fmt: skip


def _chunks() -> list[Feature]:
    c = "ChunkDataControl"
    return [
        Feature("ChunkModeActive", c, BOOLEAN, "Whether facts travel with each picture.", visibility=EXPERT,
                lock=_STREAMING),
        Feature("ChunkSelector", c, CHOICE, "Which fact is chosen.", choices=CHUNKS, visibility=EXPERT),
        Feature("ChunkEnable", c, BOOLEAN, "Whether this fact travels with each picture.", selector="ChunkSelector",
                visibility=EXPERT, lock=_STREAMING),
    ]  # fmt: skip


def _rest() -> list[Feature]:
    return [
        Feature("UserSetSelector", "UserSetControl", CHOICE, "Which set is loaded or saved.", choices=USER_SETS,
                saved=False),
        Feature("UserSetLoad", "UserSetControl", COMMAND, "Takes the settings of the set.", access="WO",
                lock=_STREAMING),
        Feature("UserSetSave", "UserSetControl", COMMAND, "Keeps the settings in the set.", access="WO"),
        Feature("UserSetDefault", "UserSetControl", CHOICE, "The set that the camera begins with.", choices=USER_SETS,
                saved=False),
        Feature("GevSCPSPacketSize", "TransportLayerControl", INTEGER, "Bytes of a network packet; no effect here.",
                1500, 576, 9000, 4, "B", visibility=EXPERT),
        Feature("GevSCPD", "TransportLayerControl", INTEGER, "Pause between packets; no effect here.", 0,
                visibility=EXPERT),
        Feature("PayloadSize", "TransportLayerControl", INTEGER, "Bytes of a buffer.", access="RO", unit="B",
                visibility=EXPERT, computed=True, saved=False, high=2**63 - 1),
        Feature("TLParamsLocked", "TransportLayerControl", INTEGER, "Not 0 while the program streams.", 0, 0, 1,
                visibility=INVISIBLE, saved=False),
        Feature("VirtualCommand", "VirtualFaults", TEXT, "A line for the commands file: a fault, a pulse.",
                visibility=GURU, saved=False),
    ]  # fmt: skip


def _internal() -> list[Feature]:
    """Return registers without a feature of their own: limits and locks that others point at."""

    def made(name: str, kind: str = INTEGER) -> Feature:
        return Feature(name, "", kind, "", access="RO", computed=True, saved=False, high=2**31 - 1)

    return [
        *(made(name) for name in ("WidthLimit", "HeightLimit", "OffsetXLimit", "OffsetYLimit")),
        made("FrameRateLimit", FLOAT),
        *(made(name) for name in (_STREAMING, "FrameRateLock", "ExposureLock", "GainLock", "LineModeLock")),
    ]


def features() -> list[Feature]:
    """Return everything, in the order of the registers."""
    return [
        *_device(), *_image(), *_acquisition(), *_analog(), *_lines(), *_chunks(), *_rest(), *_internal()
    ]  # fmt: skip
