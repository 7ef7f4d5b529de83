"""What the line and the camera's process say to each other through the pipe. Pictures go through the ring."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from crane_desktop.domain.errors import CraneError, InputError, StationFault
from crane_desktop.domain.frames import LossCause

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
    """

    producers: tuple[str, ...]
    device: str | None = None
    trigger: str = "free"
    features: tuple[tuple[str, FeatureValue], ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """A camera that a producer sees."""

    device_id: str
    vendor: str
    model: str
    serial_number: str
    user_defined_name: str
    transport: str
    producer: str
    accessible: bool = True

    def as_dict(self) -> dict[str, object]:
        """Return the fields by name."""
        return {name: getattr(self, name) for name in self.__slots__}

    def words(self) -> str:
        """Return one line for people: what it is, and the id to ask for it by."""
        what = " ".join(part for part in (self.vendor, self.model, self.serial_number) if part)
        return f"{self.device_id}  {what}".rstrip()


@dataclass(frozen=True, slots=True)
class Opened:
    """The camera streams."""

    device: DeviceInfo


@dataclass(frozen=True, slots=True)
class RingWanted:
    """A ring with slots of at least so many bytes is needed; frames wait for the answer."""

    slot_bytes: int


@dataclass(frozen=True, slots=True)
class RingMade:
    """The ring to write to from now on."""

    name: str
    slots: int
    slot_bytes: int


@dataclass(frozen=True, slots=True)
class Arrived:
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
class Missing:
    """Frames that the camera made and that did not get through."""

    count: int
    cause: LossCause


@dataclass(frozen=True, slots=True)
class Trouble:
    """The end: an error for people, as it crosses processes."""

    key: str
    params: dict[str, str] = field(default_factory=dict)
    by_user: bool = False

    @classmethod
    def of(cls, error: CraneError) -> Trouble:
        """Return the message that carries `error`."""
        return cls(error.key, {k: str(v) for k, v in error.params.items()}, isinstance(error, InputError))

    def error(self) -> CraneError:
        """Return the error again."""
        kind = InputError if self.by_user else StationFault
        return kind(self.key, **self.params)


@dataclass(frozen=True, slots=True)
class TriggerNow:
    """Ask the camera for one picture."""

    trigger_id: int


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop the camera and end."""


FromCamera: TypeAlias = Opened | RingWanted | Arrived | Missing | Trouble
ToCamera: TypeAlias = RingMade | TriggerNow | Stop
