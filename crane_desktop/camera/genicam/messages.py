"""What the line and the camera's process say to each other through the pipe. Pictures go through the ring."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from crane_desktop.domain.errors import CraneError, InputError, Phrase, StationFault
from crane_desktop.domain.frames import LossCause
from crane_desktop.domain.signals import LineSetting, SignalCounts

FeatureValue: TypeAlias = str | int | float | bool


@dataclass(frozen=True, slots=True)
class CameraOrder:
    """What to open and how.

    Attributes
    ----------
    producers
        Paths of GenTL producers (.cti), tried in this order.
    device
        Device id, serial number or user-defined name; None for the first camera.
    trigger
        ``"free"``, ``"software"`` or ``"hardware"``.
    features
        GenICam features to set before the acquisition, in this order.
    line
        An output line to drive, or None.
    reopen
        The camera that was open before and went away: found by its serial number, wherever it is now.
    wait_s
        How long to look for it.
    """

    producers: tuple[str, ...]
    device: str | None = None
    trigger: str = "free"
    features: tuple[tuple[str, FeatureValue], ...] = ()
    line: LineSetting | None = None
    reopen: DeviceInfo | None = None
    wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """A camera that a producer sees.

    Attributes
    ----------
    producer, producer_vendor
        File name and maker of the producer.
    ways
        File names of all producers that see it, the one that opens it first; with their folders where two are called
        the same; empty where nobody compared them.
    producer_file
        Where the producer lies, as it says itself: two versions of one may be called the same.
    """

    device_id: str
    vendor: str
    model: str
    serial_number: str
    user_defined_name: str
    transport: str
    producer: str
    accessible: bool = True
    producer_vendor: str = ""
    ways: tuple[str, ...] = ()
    producer_file: str = ""

    def as_dict(self) -> dict[str, object]:
        """Return what people ask for by name; `ways` says where a producer lies, where that matters."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "producer_file"}

    def words(self) -> str:
        """Return one line for people: what it is, the id to ask for it by, and the drivers where there are several."""
        what = " ".join(part for part in (self.vendor, self.model, self.serial_number) if part)
        drivers = f"  [{', '.join(self.ways)}]" if len(self.ways) > 1 else ""
        return f"{self.device_id}  {what}".rstrip() + drivers


@dataclass(frozen=True, slots=True)
class Opened:
    """The camera streams.

    Attributes
    ----------
    frames_per_trigger
        More than 1 for bursts.
    frame_time_s
        What the camera itself needs for a picture, by its settings.
    """

    device: DeviceInfo
    frames_per_trigger: int = 1
    frame_time_s: float = 0.0


@dataclass(frozen=True, slots=True)
class RingRequest:
    """A ring with slots of at least so many bytes is needed; frames wait for the answer."""

    slot_bytes: int


@dataclass(frozen=True, slots=True)
class RingAddress:
    """The ring to write to from now on."""

    name: str
    slots: int
    slot_bytes: int


@dataclass(frozen=True, slots=True)
class FrameArrived:
    """A frame lies in a slot of a ring, lines without padding."""

    ring: str
    slot: int
    size_bytes: int
    width_px: int
    height_px: int
    pixel_format: str
    arrived_ns: int
    block_id: int | None
    device_timestamp_ns: int | None
    trigger_id: int | None


@dataclass(frozen=True, slots=True)
class FramesMissing:
    """Frames that the camera made and that did not get through."""

    count: int
    cause: LossCause


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """The end: an error for people, as it crosses processes."""

    key: str
    params: dict[str, object] = field(default_factory=dict)
    by_user: bool = False

    @classmethod
    def of(cls, error: CraneError) -> ErrorReport:
        """Return the message that carries `error`."""
        params: dict[str, object] = {k: v if isinstance(v, str | Phrase) else str(v) for k, v in error.params.items()}
        return cls(error.key, params, isinstance(error, InputError))

    def error(self) -> CraneError:
        """Return the error again."""
        kind = InputError if self.by_user else StationFault
        return kind(self.key, **self.params)


@dataclass(frozen=True, slots=True)
class TriggerNow:
    """Ask the camera for a picture, or a burst of them.

    Attributes
    ----------
    restart
        Start the stream anew before: a picture of an earlier trigger that is still on its way must not pass
        for one of this trigger.
    """

    trigger_id: int
    restart: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop the camera and end."""


@dataclass(frozen=True, slots=True)
class ListNodes:
    """Describe the whole node tree; answered by a tuple of `NodeInfo`."""


@dataclass(frozen=True, slots=True)
class ReadNodes:
    """Read these nodes; answered by a tuple of `NodeState`."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WriteNode:
    """Set a node, or execute it where `value` is None; answered by `Written`.

    Attributes
    ----------
    may_restart
        The stream may be stopped for it, and is started again.
    """

    name: str
    value: FeatureValue | None
    may_restart: bool = True


@dataclass(frozen=True, slots=True)
class ReadSet:
    """Read the settings worth keeping; answered by a tuple of (feature, value), in the order to restore them."""


@dataclass(frozen=True, slots=True)
class ReadFeatures:
    """Read features by their names in a set, selectors in brackets; answered by a tuple of (feature, value or None)."""

    features: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WriteSet:
    """Write a feature set; answered by `Restored`."""

    features: tuple[tuple[str, FeatureValue], ...]
    may_restart: bool = True


NodeOrder: TypeAlias = ListNodes | ReadNodes | WriteNode | ReadSet | ReadFeatures | WriteSet


@dataclass(frozen=True, slots=True)
class NodeCall:
    """A question about the camera's nodes, or an order to them; answered by a `NodeReply` of the same number."""

    call_id: int
    order: NodeOrder


@dataclass(frozen=True, slots=True)
class NodeReply:
    """The answer to a `NodeCall`: what its order says, or the error in its place."""

    call_id: int
    answer: object = None
    trouble: ErrorReport | None = None


@dataclass(frozen=True, slots=True)
class OutputLineVerdict:
    """The verdict on the part of the frame that arrived then: whether the output line gives a pulse for it."""

    arrived_ns: int
    pulse: bool


@dataclass(frozen=True, slots=True)
class TriggerRefused:
    """The camera did not take a trigger."""

    trigger_id: int
    detail: str


@dataclass(frozen=True, slots=True)
class StreamStatistics:
    """What is counted beside the balance: pictures sent again, pictures too late, packets asked for again."""

    repeated: int = 0
    late: int = 0
    resends: int | None = None


FromCamera: TypeAlias = (
    Opened
    | RingRequest
    | FrameArrived
    | FramesMissing
    | ErrorReport
    | TriggerRefused
    | StreamStatistics
    | NodeReply
    | SignalCounts
)
ToCamera: TypeAlias = RingAddress | TriggerNow | Stop | NodeCall | OutputLineVerdict
